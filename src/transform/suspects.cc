#include "transform/suspects.h"

#include <string_view>
#include <utility>
#include <vector>

#include "engine/query_tree.h"

namespace frazil {
namespace {

Json Expression(const char* kind, const char* type) {
  Json made = Json::object();
  made["class"] = kind;
  made["type"] = type;
  made["alias"] = "";
  return made;
}

Json Operator(const char* type, Json child) {
  Json made = Expression("OPERATOR", type);
  made["children"] = Json::array({std::move(child)});
  return made;
}

Json Row(Json expression) {
  Json made = Expression("FUNCTION", "FUNCTION");
  made["function_name"] = "row";
  made["schema"] = "";
  made["catalog"] = "";
  made["children"] = Json::array({std::move(expression)});
  made["filter"] = nullptr;
  made["order_bys"]["type"] = "ORDER_MODIFIER";
  made["order_bys"]["orders"] = Json::array();
  made["distinct"] = false;
  made["is_operator"] = false;
  made["export_state"] = false;
  return made;
}

Json Try(Json expression) { return Operator("OPERATOR_TRY", std::move(expression)); }

Json Fails(Json expression) {
  expression["alias"] = "";
  return Operator("OPERATOR_IS_NULL", Try(Row(std::move(expression))));
}

// What DuckDB computes for the list.
std::vector<Json> ComputedExpressions(const Json& node) {
  std::vector<Json> expressions;
  for (const Json& item : node["select_list"]) {
    const std::string_view type = TextMember(item, "type");
    if (type == "COLUMN_REF" || type == "VALUE_CONSTANT") continue;
    if (type != "STAR") {
      expressions.push_back(item);
      continue;
    }
    const Json* replaced = FindMember(item, "replace_list");
    if (replaced == nullptr) continue;
    for (const Json& entry : *replaced) expressions.push_back(entry["value"]);
  }
  return expressions;
}

bool HasConjunction(const Json& expression) {
  bool found = false;
  VisitObjects(expression, [&](const Json& object) {
    found = found || TextMember(object, "class") == "CONJUNCTION";
    return !found;
  });
  return found;
}

// Prepares queries for the numbers of the rows of which something is true.
class Preparing {
 public:
  Preparing(DuckConnection& connection, const Json& node)
      : connection_(connection), node_(node) {
    node_["select_list"] = Json::array({RowColumnRef()});
  }

  // Null if DuckDB refuses it.
  std::unique_ptr<DuckStatement> RowsWhere(Json condition) {
    node_["where_clause"] = std::move(condition);
    auto sql = QueryTree::ToSql(connection_, node_);
    if (!sql.has_value()) return nullptr;
    auto statement = connection_.Prepare(*sql);
    return statement.has_value() ? *std::move(statement) : nullptr;
  }

 private:
  DuckConnection& connection_;
  Json node_;
};

}  // namespace

std::optional<SuspectQueries> PrepareSuspects(DuckConnection& connection,
                                              const NumberedQuery& query) {
  Preparing preparing(connection, query.node);
  SuspectQueries queries;
  if (const Json* where = FindMember(query.node, "where_clause"); where != nullptr) {
    Json condition = *where;
    condition["alias"] = "";
    queries.is_filter_certain = !HasConjunction(condition);
    queries.filter_fails = preparing.RowsWhere(Fails(condition));
    queries.filter_keeps = preparing.RowsWhere(Try(std::move(condition)));
    if (queries.filter_fails == nullptr || queries.filter_keeps == nullptr) {
      return std::nullopt;
    }
  }
  for (Json& expression : ComputedExpressions(query.node)) {
    queries.fails.push_back(preparing.RowsWhere(Fails(std::move(expression))));
    if (queries.fails.back() == nullptr) return std::nullopt;
  }
  if (queries.filter_fails == nullptr && queries.fails.empty()) return std::nullopt;
  return queries;
}

}  // namespace frazil
