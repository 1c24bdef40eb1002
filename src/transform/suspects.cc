#include "transform/suspects.h"

#include <string_view>
#include <utility>

#include "engine/query_tree.h"

namespace frazil {
namespace {

Json Operator(const char* type, Json child) {
  Json made = Json::object();
  made["class"] = "OPERATOR";
  made["type"] = type;
  made["alias"] = "";
  made["children"] = Json::array({std::move(child)});
  return made;
}

Json Conjunction(const char* type, Json children) {
  if (children.size() == 1) return children[0];
  Json made = Json::object();
  made["class"] = "CONJUNCTION";
  made["type"] = type;
  made["alias"] = "";
  made["children"] = std::move(children);
  return made;
}

Json Try(Json expression) {
  expression["alias"] = "";
  return Operator("OPERATOR_TRY", std::move(expression));
}

Json IsNull(Json expression) {
  return Operator("OPERATOR_IS_NULL", std::move(expression));
}

// Null if nothing in the SELECT can fail.
Json SuspectsSelect(const Json& node) {
  Json doubts = Json::array();
  for (const Json& item : node["select_list"]) {
    const std::string_view type = TextMember(item, "type");
    if (type == "COLUMN_REF" || type == "VALUE_CONSTANT") continue;
    if (type == "STAR") {
      const Json* replaced = FindMember(item, "replace_list");
      if (replaced == nullptr) continue;
      for (const Json& entry : *replaced) doubts.push_back(IsNull(Try(entry["value"])));
      continue;
    }
    doubts.push_back(IsNull(Try(item)));
  }
  const Json* where = FindMember(node, "where_clause");
  Json condition;
  if (!doubts.empty()) condition = Conjunction("CONJUNCTION_OR", std::move(doubts));
  if (where != nullptr) {
    Json either = Json::array({IsNull(Try(*where))});
    if (!condition.is_null()) {
      either.push_back(Conjunction("CONJUNCTION_AND",
                                   Json::array({Try(*where), std::move(condition)})));
    }
    condition = Conjunction("CONJUNCTION_OR", std::move(either));
  }
  if (condition.is_null()) return condition;
  Json made = node;
  made["select_list"] = Json::array({RowColumnRef()});
  made["where_clause"] = std::move(condition);
  return made;
}

}  // namespace

std::unique_ptr<DuckStatement> PrepareSuspects(DuckConnection& connection,
                                               const NumberedQuery& query) {
  const Json suspects = SuspectsSelect(query.node);
  if (suspects.is_null()) return nullptr;
  auto sql = QueryTree::ToSql(connection, suspects);
  if (!sql.has_value()) return nullptr;
  auto statement = connection.Prepare(*sql);
  return statement.has_value() ? *std::move(statement) : nullptr;
}

}  // namespace frazil
