#include "transform/from_table.h"

#include <algorithm>
#include <cstddef>

#include "engine/names.h"

namespace frazil {
namespace {

// The common table expressions of a node's own WITH, or nullptr.
const Json* CommonTablesOf(const Json& node) {
  const Json* ctes = FindMember(node, "cte_map");
  return ctes == nullptr ? nullptr : FindMember(*ctes, "map");
}

// The node of a statement inside an object's member, or nullptr.
const Json* NodeIn(const Json& object, std::string_view key) {
  const Json* statement = FindMember(object, key);
  return statement == nullptr ? nullptr : FindMember(*statement, "node");
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
      const Json* node = value == nullptr ? nullptr : NodeIn(*value, "query");
      if (node == nullptr) return std::nullopt;
      CommonTable table{node, NamesMember(*value, "aliases"), {}};
      table.scope.assign(scope.begin(), scope.begin() + static_cast<std::ptrdiff_t>(i));
      table.scope.push_back(ScopeLevel{scope[i].node, k});
      return table;
    }
  }
  return std::nullopt;
}

FromTable ResolveFrom(const Json& from, const Scope& scope, std::string_view source_name,
                      const ParsedViews& views) {
  using Kind = FromTable::Kind;
  const std::string_view type = TextMember(from, "type");
  if (type == "SUBQUERY") {
    const Json* node = NodeIn(from, "subquery");
    if (node == nullptr) return {};
    return FromTable{Kind::kQuery, node, scope, {}};
  }
  if (type != "BASE_TABLE") return {};
  const std::string name = BaseTableName(from);
  if (auto common = FindCommonTable(scope, name); common.has_value()) {
    return FromTable{Kind::kQuery, common->node, std::move(common->scope),
                     std::move(common->column_names)};
  }
  if (SameName(name, source_name)) return FromTable{Kind::kSource, nullptr, {}, {}};
  const auto view = views.find(LowerName(name));
  if (view == views.end()) return {};
  return FromTable{
      Kind::kQuery, &view->second.tree.node(), {}, view->second.spec->columns};
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
