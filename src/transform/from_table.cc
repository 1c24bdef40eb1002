#include "transform/from_table.h"

#include "engine/names.h"

namespace frazil {
namespace {

FromTable QueryOver(const Json* statement, std::vector<std::string> column_names) {
  const Json* node = statement == nullptr ? nullptr : FindMember(*statement, "node");
  if (node == nullptr) return {};
  return FromTable{FromTable::Kind::kQuery, node, std::move(column_names)};
}

// The common table expression of that name in a node's WITH, or nullptr.
const Json* FindCommonTable(const Json& node, std::string_view name) {
  const Json* ctes = FindMember(node, "cte_map");
  const Json* map = ctes == nullptr ? nullptr : FindMember(*ctes, "map");
  if (map == nullptr) return nullptr;
  for (const Json& entry : *map) {
    if (SameName(TextMember(entry, "key"), name)) return FindMember(entry, "value");
  }
  return nullptr;
}

}  // namespace

FromTable ResolveFrom(const Json& node, std::string_view source_name,
                      const ParsedViews& views) {
  const Json* from = FindMember(node, "from_table");
  if (from == nullptr) return {};
  const std::string_view type = TextMember(*from, "type");
  if (type == "SUBQUERY") return QueryOver(FindMember(*from, "subquery"), {});
  if (type != "BASE_TABLE") return {};
  const std::string name = BaseTableName(*from);
  if (const Json* common = FindCommonTable(node, name); common != nullptr) {
    return QueryOver(FindMember(*common, "query"), NamesMember(*common, "aliases"));
  }
  if (SameName(name, source_name))
    return FromTable{FromTable::Kind::kSource, nullptr, {}};
  const auto view = views.find(LowerName(name));
  if (view == views.end()) return {};
  return FromTable{FromTable::Kind::kQuery, &view->second.tree.node(),
                   view->second.spec->columns};
}

std::vector<std::string> NamesMember(const Json& object, std::string_view key) {
  std::vector<std::string> names;
  const Json* member = FindMember(object, key);
  if (member == nullptr || !member->is_array()) return names;
  for (const Json& name : *member) {
    if (name.is_string()) names.push_back(name.get_ref<const std::string&>());
  }
  return names;
}

}  // namespace frazil
