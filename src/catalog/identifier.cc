#include "catalog/identifier.h"

namespace frazil {
namespace {

// A name becomes a folder below the warehouse and must not lead out of it.
bool IsFolderName(std::string_view name) {
  return !name.empty() && name != "." && name != ".." && name.size() <= 255 &&
         name.find('/') == std::string_view::npos &&
         name.find('\0') == std::string_view::npos;
}

}  // namespace

std::string TableIdentifier::ToString() const {
  return table_namespace.empty() ? name : NamespaceToString(table_namespace) + "." + name;
}

std::string NamespaceToString(const Namespace& table_namespace) {
  std::string text;
  for (const std::string& level : table_namespace) {
    if (!text.empty()) text += '.';
    text += level;
  }
  return text;
}

Namespace NamespaceFromString(std::string_view text) {
  Namespace levels;
  while (true) {
    const auto dot = text.find('.');
    levels.emplace_back(text.substr(0, dot));
    if (dot == std::string_view::npos) return levels;
    text.remove_prefix(dot + 1);
  }
}

Status CheckNamespace(const Namespace& table_namespace) {
  if (table_namespace.empty()) {
    return Fail(ErrorKind::kInvalidArgument, "a namespace needs a name");
  }
  for (const std::string& level : table_namespace) {
    if (!IsFolderName(level) || level.find('.') != std::string::npos) {
      return Fail(ErrorKind::kInvalidArgument,
                  "not a name for a namespace (1 to 255 bytes without '.' and '/'): '{}'",
                  level);
    }
  }
  return {};
}

Status CheckIdentifier(const TableIdentifier& identifier) {
  FRAZIL_TRY(CheckNamespace(identifier.table_namespace));
  if (IsFolderName(identifier.name)) return {};
  return Fail(ErrorKind::kInvalidArgument,
              "not a name for a table (1 to 255 bytes without '/'): '{}'",
              identifier.name);
}

std::string DefaultTableLocation(std::string_view warehouse,
                                 const TableIdentifier& identifier) {
  std::string location(warehouse);
  while (location.size() > 1 && location.ends_with('/')) location.pop_back();
  for (const std::string& level : identifier.table_namespace) location += "/" + level;
  return location + "/" + identifier.name;
}

tl::unexpected<Error> NoSuchNamespace(const Namespace& table_namespace) {
  return Fail(ErrorKind::kNotFound, "no such namespace: {}",
              NamespaceToString(table_namespace));
}

tl::unexpected<Error> NoSuchTable(const TableIdentifier& identifier) {
  return Fail(ErrorKind::kNotFound, "no such table: {}", identifier.ToString());
}

tl::unexpected<Error> NamespaceIsThere(const Namespace& table_namespace) {
  return Fail(ErrorKind::kAlreadyExists, "the namespace is there already: {}",
              NamespaceToString(table_namespace));
}

tl::unexpected<Error> TableIsThere(const TableIdentifier& identifier) {
  return Fail(ErrorKind::kAlreadyExists, "the table is there already: {}",
              identifier.ToString());
}

}  // namespace frazil
