#include "transform/row_wise.h"

#include <fmt/format.h>

#include "engine/names.h"

namespace frazil {
namespace {

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

}  // namespace

std::string RowWiseCheck::WhyNot(const Json& node) const {
  if (TextMember(node, "type") != "SELECT_NODE") return "it combines several queries";
  if (const Json* modifiers = FindMember(node, "modifiers"); modifiers != nullptr) {
    for (const Json& modifier : *modifiers) return WhyNotModifier(modifier);
  }
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
    std::string reason = WhyNotExpression(*member);
    if (!reason.empty()) return reason;
  }
  return WhyNotFrom(node);
}

std::string RowWiseCheck::WhyNotFrom(const Json& node) const {
  const Json* from = FindMember(node, "from_table");
  if (from == nullptr) return "it reads no table";
  if (FindMember(*from, "sample") != nullptr) return "it takes a sample";
  const FromTable table = ResolveFrom(node, source_name_, views_);
  if (table.kind == FromTable::Kind::kSource) return {};
  if (table.kind == FromTable::Kind::kQuery) return WhyNot(*table.query);
  const std::string_view type = TextMember(*from, "type");
  if (type == "JOIN") return "it joins";
  if (type != "BASE_TABLE") return "it reads no table";
  return fmt::format("it reads another table ({})", BaseTableName(*from));
}

std::string RowWiseCheck::WhyNotExpression(const Json& expression) const {
  std::string reason;
  VisitObjects(expression, [&](const Json& object) {
    if (!reason.empty()) return false;
    const std::string_view kind = TextMember(object, "class");
    if (kind == "WINDOW") reason = "it has a window function";
    if (kind == "SUBQUERY") reason = "it has a subquery";
    const std::string name = LowerName(TextMember(object, "function_name"));
    if (name.empty()) return reason.empty();
    if (name == "unnest" || name == "unlist") reason = "it unnests";
    const auto fact = facts_.find(name);
    if (fact == facts_.end()) return reason.empty();
    if (fact->second.is_aggregate) reason = fmt::format("it aggregates ({})", name);
    if (fact->second.is_macro) reason = fmt::format("it calls a macro ({})", name);
    return reason.empty();
  });
  return reason;
}

}  // namespace frazil
