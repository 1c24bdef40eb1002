#include "transform/unsteady_columns.h"

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>

#include "engine/names.h"

namespace frazil {
namespace {

const Json* Inside(const Json& object, std::string_view outer, std::string_view inner) {
  const Json* member = FindMember(object, outer);
  return member == nullptr ? nullptr : FindMember(*member, inner);
}

bool HasNames(const Json& object, std::string_view key) {
  const Json* names = FindMember(object, key);
  return names != nullptr && names->is_array() && !names->empty();
}

// Stands for an unsteady column whose name only DuckDB knows.
constexpr std::string_view kUnnamed = "*";

bool HasSample(const Json& query) {
  bool found = false;
  VisitObjects(query, [&](const Json& object) {
    found = found || FindMember(object, "sample") != nullptr;
    return !found;
  });
  return found;
}

// What a query means to the one that reads it. Renamed and unnamed columns are not followed.
Unsteady AsRead(Unsteady unsteady, bool is_renamed) {
  if (is_renamed && !unsteady.names.empty()) unsteady.all = true;
  if (unsteady.names.contains(std::string(kUnnamed))) unsteady.all = true;
  return unsteady;
}

// age() of one timestamp counts from today, though DuckDB calls it CONSISTENT; error() is
// VOLATILE there, but gives no value.
bool IsVolatile(const Json& call, const std::string& name, bool is_volatile) {
  if (name == "error") return false;
  if (name != "age") return is_volatile;
  const Json* children = FindMember(call, "children");
  return children != nullptr && children->size() == 1;
}

std::string OutputName(const Json& item) {
  const std::string_view alias = TextMember(item, "alias");
  if (!alias.empty()) return LowerName(alias);
  const Json* names = FindMember(item, "column_names");
  if (names == nullptr || names->empty()) return std::string(kUnnamed);
  return LowerName(names->back().get_ref<const std::string&>());
}

}  // namespace

Unsteady UnsteadyColumns::OfQuery(const Json& node) const { return OfNode(node, {}); }

std::vector<bool> UnsteadyColumns::OfItems(const Json& node) const {
  const Scope scope = {ScopeLevel{&node}};
  Unsteady from;
  if (const Json* table = FindMember(node, "from_table"); table != nullptr) {
    from = OfFrom(*table, scope);
  }
  std::vector<bool> result;
  for (const Json& item : *FindMember(node, "select_list")) {
    const bool is_star = TextMember(item, "type") == "STAR";
    result.push_back(!is_star && IsUnsteady(item, from));
  }
  return result;
}

Unsteady UnsteadyColumns::OfNode(const Json& node, Scope scope) const {
  Unsteady result;
  if (TextMember(node, "type") != "SELECT_NODE") {
    // A UNION's columns go by position: one unsteady value anywhere counts for all, also in
    // the views, of which this query may be one.
    result.all = IsUnsteady(node, {}) || HasSample(node);
    for (const auto& [name, view] : views_) {
      const Json& read = view.tree.node();
      result.all = result.all || IsUnsteady(read, {}) || HasSample(read);
    }
    return result;
  }
  scope.push_back(ScopeLevel{&node});
  Unsteady from;
  if (const Json* table = FindMember(node, "from_table"); table != nullptr) {
    from = OfFrom(*table, scope);
  }
  result.all = from.all || FindMember(node, "sample") != nullptr;
  for (const std::string_view key :
       {"where_clause", "group_expressions", "having", "qualify", "modifiers"}) {
    const Json* member = FindMember(node, key);
    if (member != nullptr && IsUnsteady(*member, from)) result.all = true;
  }
  for (const Json& item : *FindMember(node, "select_list")) {
    if (TextMember(item, "type") == "STAR") {
      result.names.insert(from.names.begin(), from.names.end());
      if (IsUnsteady(item, from)) result.all = true;
    } else if (IsUnsteady(item, from)) {
      result.names.insert(OutputName(item));
    }
  }
  return result;
}

Unsteady UnsteadyColumns::OfFrom(const Json& from, const Scope& scope) const {
  Unsteady result;
  if (FindMember(from, "sample") != nullptr) result.all = true;
  const std::string_view type = TextMember(from, "type");
  if (type == "BASE_TABLE") {
    Unsteady table = OfTable(BaseTableName(from), scope);
    table.all = table.all || result.all;
    return AsRead(std::move(table), HasNames(from, "column_name_alias"));
  }
  if (type == "SUBQUERY") {
    const Json* node = Inside(from, "subquery", "node");
    if (node != nullptr) result = OfNode(*node, scope);
    return AsRead(std::move(result), HasNames(from, "column_name_alias"));
  }
  if (type == "JOIN") {
    for (const std::string_view side : {"left", "right"}) {
      const Json* table = FindMember(from, side);
      if (table == nullptr) continue;
      const Unsteady inner = OfFrom(*table, scope);
      result.all = result.all || inner.all;
      result.names.insert(inner.names.begin(), inner.names.end());
    }
    const Json* condition = FindMember(from, "condition");
    if (condition != nullptr && IsUnsteady(*condition, result)) result.all = true;
    return result;
  }
  result.all = result.all || IsUnsteady(from, {});
  return result;
}

Unsteady UnsteadyColumns::OfTable(const std::string& name, const Scope& scope) const {
  if (auto common = FindCommonTable(scope, name); common.has_value()) {
    return AsRead(OfNode(*common->node, std::move(common->scope)),
                  !common->column_names.empty());
  }
  const auto view = views_.find(LowerName(name));
  if (view == views_.end()) return {};
  return AsRead(OfNode(view->second.tree.node(), {}),
                !view->second.spec->columns.empty());
}

bool UnsteadyColumns::IsUnsteady(const Json& expression, const Unsteady& from) const {
  bool found = false;
  VisitObjects(expression, [&](const Json& object) {
    if (found) return false;
    const std::string function = LowerName(TextMember(object, "function_name"));
    const auto fact = facts_.find(function);
    if (fact != facts_.end() && IsVolatile(object, function, fact->second.is_volatile)) {
      found = true;
    }
    const Json* names = FindMember(object, "column_names");
    if (names == nullptr) return !found;
    for (const Json& part : *names) {
      const std::string name = LowerName(part.get_ref<const std::string&>());
      if (from.names.contains(name)) found = true;
      if (IsTimeWord(name) && names->size() == 1 && !source_names_.contains(name))
        found = true;
    }
    return !found;
  });
  return found;
}

}  // namespace frazil
