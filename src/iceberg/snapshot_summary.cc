#include "iceberg/snapshot_summary.h"

#include <charconv>

#include "base/json.h"

namespace frazil {
namespace {

constexpr std::size_t kHexDigits = 4;

// The character that the escape in front of `rest` stands for; moves `rest` behind it. Of the
// \u escapes DumpJson writes those of control characters alone.
char TakeEscape(std::string_view& rest) {
  const char letter = rest[1];
  rest.remove_prefix(2);
  switch (letter) {
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case 'u': {
      unsigned code = 0;
      std::from_chars(rest.data(), rest.data() + kHexDigits, code, 16);
      rest.remove_prefix(kHexDigits);
      return static_cast<char>(code);
    }
    default:
      return letter;
  }
}

// The string in front of `rest`; moves `rest` behind it.
std::string TakeString(std::string_view& rest) {
  std::string value;
  rest.remove_prefix(1);
  while (rest.front() != '"') {
    if (rest.front() == '\\') {
      value += TakeEscape(rest);
      continue;
    }
    const std::string_view plain = rest.substr(0, rest.find_first_of("\"\\"));
    value += plain;
    rest.remove_prefix(plain.size());
  }
  rest.remove_prefix(1);
  return value;
}

// Calls `visit` with each name and value, until it returns false. The text is DumpJson's of
// an object of strings: nothing else has to be expected in it.
template <typename Visit>
void VisitEntries(std::string_view json, const Visit& visit) {
  while (json.size() > 2) {
    json.remove_prefix(1);  // the brace or the comma
    std::string name = TakeString(json);
    json.remove_prefix(1);  // the colon
    if (!visit(std::move(name), TakeString(json))) return;
  }
}

}  // namespace

SnapshotSummary::SnapshotSummary(const Map& entries) : json_(DumpJson(Json(entries))) {
  json_.shrink_to_fit();
}

std::optional<std::string> SnapshotSummary::Find(std::string_view name) const {
  std::optional<std::string> found;
  VisitEntries(json_, [&](const std::string& each, std::string value) {
    if (each == name) found = std::move(value);
    return !found.has_value();
  });
  return found;
}

SnapshotSummary::Map SnapshotSummary::ToMap() const {
  Map entries;
  VisitEntries(json_, [&](std::string name, std::string value) {
    entries.insert_or_assign(std::move(name), std::move(value));
    return true;
  });
  return entries;
}

}  // namespace frazil
