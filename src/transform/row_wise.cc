#include "transform/row_wise.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "engine/names.h"

namespace frazil {
namespace {

constexpr std::array<std::string_view, 4> kUnnesting = {
    "unnest", "unlist", "generate_subscripts", "regexp_split_to_table"};
/// Table functions whose rows come from their arguments alone.
constexpr std::array<std::string_view, 5> kMakeRows = {
    "unnest", "range", "generate_series", "json_each", "json_tree"};

bool IsOneOf(std::string_view name, std::span<const std::string_view> names) {
  return std::ranges::find(names, name) != names.end();
}

bool IsEmptyMember(const Json& node, std::string_view key) {
  const Json* member = FindMember(node, key);
  return member == nullptr || (member->is_structured() && member->empty());
}

std::string WhyNotModifier(const Json& modifier) {
  const std::string_view type = TextMember(modifier, "type");
  if (type == "DISTINCT_MODIFIER") return "it is DISTINCT";
  if (type == "ORDER_MODIFIER") return "it has ORDER BY";
  return "it has LIMIT";
}

// Whether something inside a query reads no table, so that it gives the same for each row
// around it.
bool ReadsNoTable(const Json& inner) {
  bool reads = false;
  VisitObjects(inner, [&](const Json& object) {
    const std::string_view type = TextMember(object, "type");
    reads = reads || type == "BASE_TABLE" || FindMember(object, "sample") != nullptr;
    if (type != "TABLE_FUNCTION") return !reads;
    const Json* function = FindMember(object, "function");
    const std::string name =
        function == nullptr ? "" : LowerName(TextMember(*function, "function_name"));
    reads = reads || !IsOneOf(name, kMakeRows);
    return !reads;
  });
  return !reads;
}

// Whether a join keeps or drops each row of its left side by itself.
bool IsJoinOfRows(const Json& join) {
  const std::string_view type = TextMember(join, "join_type");
  const std::string_view form = TextMember(join, "ref_type");
  return (type == "INNER" || type == "LEFT" || type == "SEMI" || type == "ANTI") &&
         (form == "REGULAR" || form == "CROSS" || form == "NATURAL" ||
          form == "DEPENDENT");
}

}  // namespace

RowWise RowWiseCheck::Of(const Json& node) const {
  RowWise result;
  result.why_not = WhyNot(node, {}, result.is_plain);
  return result;
}

std::string RowWiseCheck::WhyNot(const Json& node, Scope scope, bool& is_plain) const {
  if (const Json* modifiers = FindMember(node, "modifiers"); modifiers != nullptr) {
    for (const Json& modifier : *modifiers) return WhyNotModifier(modifier);
  }
  const std::string_view type = TextMember(node, "type");
  scope.push_back(ScopeLevel{&node});
  if (type == "SET_OPERATION_NODE") return WhyNotUnion(node, scope, is_plain);
  if (type != "SELECT_NODE") return "it combines several queries";
  if (!IsEmptyMember(node, "group_expressions") || !IsEmptyMember(node, "group_sets") ||
      TextMember(node, "aggregate_handling") == "FORCE_AGGREGATES") {
    return "it has GROUP BY";
  }
  if (FindMember(node, "having") != nullptr) return "it has HAVING";
  if (FindMember(node, "qualify") != nullptr) return "it has QUALIFY";
  if (FindMember(node, "sample") != nullptr) return "it takes a sample";
  for (const std::string_view key : {"select_list", "where_clause"}) {
    const Json* member = FindMember(node, key);
    if (member == nullptr) continue;
    std::string reason = WhyNotExpression(*member, is_plain);
    if (!reason.empty()) return reason;
  }
  const Json* from = FindMember(node, "from_table");
  return from == nullptr ? "it reads no table" : WhyNotFrom(*from, scope, is_plain);
}

// Each row of a UNION ALL is one of either side.
std::string RowWiseCheck::WhyNotUnion(const Json& node, const Scope& scope,
                                      bool& is_plain) const {
  const Json* is_all = FindMember(node, "setop_all");
  const Json* left = FindMember(node, "left");
  const Json* right = FindMember(node, "right");
  if (TextMember(node, "setop_type") != "UNION" || is_all == nullptr ||
      *is_all != Json(true) || left == nullptr || right == nullptr) {
    return "it combines several queries";
  }
  is_plain = false;
  std::string reason = WhyNot(*left, scope, is_plain);
  return reason.empty() ? WhyNot(*right, scope, is_plain) : reason;
}

std::string RowWiseCheck::WhyNotFrom(const Json& from, const Scope& scope,
                                     bool& is_plain) const {
  if (FindMember(from, "sample") != nullptr) return "it takes a sample";
  const std::string_view type = TextMember(from, "type");
  if (type == "JOIN") return WhyNotJoin(from, scope, is_plain);
  FromTable table = ResolveFrom(from, scope, source_name_, views_);
  if (table.kind == FromTable::Kind::kSource) return {};
  if (table.kind == FromTable::Kind::kQuery) {
    return WhyNot(*table.query, std::move(table.scope), is_plain);
  }
  if (type != "BASE_TABLE") return "it reads no table";
  return fmt::format("it reads another table ({})", BaseTableName(from));
}

// Each row of one side is matched by itself with what is the same for all of them, such as
// VALUES, or comes from the row itself, such as unnest.
std::string RowWiseCheck::WhyNotJoin(const Json& join, const Scope& scope,
                                     bool& is_plain) const {
  const Json* rows = FindMember(join, "left");
  const Json* fixed = FindMember(join, "right");
  if (rows == nullptr || fixed == nullptr || !IsJoinOfRows(join)) return "it joins";
  if (ReadsNoTable(*rows) && TextMember(join, "join_type") == "INNER") {
    std::swap(rows, fixed);
  }
  if (!ReadsNoTable(*fixed)) return "it joins";
  is_plain = false;
  if (const Json* condition = FindMember(join, "condition"); condition != nullptr) {
    std::string reason = WhyNotExpression(*condition, is_plain);
    if (!reason.empty()) return reason;
  }
  return WhyNotFrom(*rows, scope, is_plain);
}

std::string RowWiseCheck::WhyNotExpression(const Json& expression, bool& is_plain) const {
  std::string reason;
  VisitObjects(expression, [&](const Json& object) {
    if (!reason.empty()) return false;
    const std::string_view kind = TextMember(object, "class");
    if (kind == "WINDOW") reason = "it has a window function";
    if (kind == "SUBQUERY") {
      // One over the row's own lists counts or sorts nothing else.
      is_plain = false;
      if (!ReadsNoTable(object)) reason = "it has a subquery";
      return false;
    }
    const std::string name = LowerName(TextMember(object, "function_name"));
    if (IsOneOf(name, kUnnesting)) is_plain = false;
    const auto fact = facts_.find(name);
    if (fact == facts_.end()) return reason.empty();
    if (fact->second.is_aggregate) reason = fmt::format("it aggregates ({})", name);
    if (fact->second.is_unknown) reason = fmt::format("it calls a macro ({})", name);
    return reason.empty();
  });
  return reason;
}

}  // namespace frazil
