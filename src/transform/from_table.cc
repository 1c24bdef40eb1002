#include "transform/from_table.h"

#include <algorithm>
#include <cstddef>

#include "engine/names.h"

namespace frazil {
namespace {

FromTable QueryOver(const Json* statement, std::vector<std::string> column_names) {
  const Json* node = statement == nullptr ? nullptr : FindMember(*statement, "node");
  if (node == nullptr) return {};
  return FromTable{FromTable::Kind::kQuery, node, std::move(column_names)};
}

// The common table expressions of a node's own WITH, or nullptr.
const Json* CommonTablesOf(const Json& node) {
  const Json* ctes = FindMember(node, "cte_map");
  return ctes == nullptr ? nullptr : FindMember(*ctes, "map");
}

// The common table expression of that name in a node's WITH, or nullptr.
const Json* FindOwnCommonTable(const Json& node, std::string_view name) {
  const Json* map = CommonTablesOf(node);
  if (map == nullptr) return nullptr;
  for (const Json& entry : *map) {
    if (SameName(TextMember(entry, "key"), name)) return FindMember(entry, "value");
  }
  return nullptr;
}

}  // namespace

std::optional<CommonTable> FindCommonTable(const Scope& scope, std::string_view name) {
  for (std::size_t i = scope.size(); i-- > 0;) {
    const Json* map = CommonTablesOf(*scope[i].node);
    if (map == nullptr) continue;
    for (std::size_t k = 0; k < std::min(map->size(), scope[i].visible); ++k) {
      const Json& entry = (*map)[k];
      if (!SameName(TextMember(entry, "key"), name)) continue;
      const Json* value = FindMember(entry, "value");
      const Json* query = value == nullptr ? nullptr : FindMember(*value, "query");
      const Json* node = query == nullptr ? nullptr : FindMember(*query, "node");
      if (node == nullptr) return std::nullopt;
      CommonTable table{node, !NamesMember(*value, "aliases").empty(), {}};
      table.scope.assign(scope.begin(), scope.begin() + static_cast<std::ptrdiff_t>(i));
      table.scope.push_back(ScopeLevel{scope[i].node, k});
      return table;
    }
  }
  return std::nullopt;
}

FromTable ResolveFrom(const Json& node, std::string_view source_name,
                      const ParsedViews& views) {
  const Json* from = FindMember(node, "from_table");
  if (from == nullptr) return {};
  const std::string_view type = TextMember(*from, "type");
  if (type == "SUBQUERY") return QueryOver(FindMember(*from, "subquery"), {});
  if (type != "BASE_TABLE") return {};
  const std::string name = BaseTableName(*from);
  if (const Json* common = FindOwnCommonTable(node, name); common != nullptr) {
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
