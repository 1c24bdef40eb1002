#include "transform/diagnosis.h"

#include <algorithm>
#include <utility>

namespace frazil {
namespace {

// No column or table of a user is likely to have these names; if one has, DuckDB calls it
// ambiguous, and there is no diagnosis.
constexpr const char* kRowColumn = "frazil input row";
constexpr const char* kNumberedView = "frazil numbered input";

Json ColumnRef(const char* name) {
  Json ref = Json::object();
  ref["class"] = "COLUMN_REF";
  ref["type"] = "COLUMN_REF";
  ref["alias"] = "";
  ref["column_names"] = Json::array({name});
  return ref;
}

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

// The SELECT over the view with numbers, under the name that its columns go by.
Json OverNumberedView(const Json& node, const std::string& source_name) {
  Json made = node;
  Json& from = made["from_table"];
  if (TextMember(from, "alias").empty()) from["alias"] = source_name;
  from["table_name"] = kNumberedView;
  return made;
}

// Stars inside expressions, as COLUMNS(*), would take the number as well.
bool HasInnerStar(const Json& node) {
  bool found = false;
  for (const char* key : {"select_list", "where_clause"}) {
    const Json* part = FindMember(node, key);
    if (part == nullptr) continue;
    VisitObjects(*part, [&](const Json& object) {
      if (TextMember(object, "type") != "STAR") return true;
      const Json* is_columns = FindMember(object, "columns");
      found = found || (is_columns != nullptr && *is_columns == Json(true));
      return true;
    });
  }
  return found;
}

Json NumberedSelect(const Json& node, const std::string& source_name) {
  Json made = OverNumberedView(node, source_name);
  for (Json& item : made["select_list"]) {
    if (TextMember(item, "type") == "STAR") item["exclude_list"].push_back(kRowColumn);
  }
  made["select_list"].push_back(ColumnRef(kRowColumn));
  return made;
}

// Null if nothing in the SELECT can fail.
Json SuspectsSelect(const Json& node, const std::string& source_name) {
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
  Json made = OverNumberedView(node, source_name);
  made["select_list"] = Json::array({ColumnRef(kRowColumn)});
  made["where_clause"] = std::move(condition);
  return made;
}

// Null if DuckDB does not take it.
std::unique_ptr<DuckStatement> TryPrepare(DuckConnection& connection, const Json& node) {
  auto sql = QueryTree::ToSql(connection, node);
  if (!sql.has_value()) return nullptr;
  auto statement = connection.Prepare(*sql);
  return statement.has_value() ? *std::move(statement) : nullptr;
}

bool AddsOneNumber(const std::vector<DuckColumn>& numbered,
                   const std::vector<DuckColumn>& plain) {
  return numbered.size() == plain.size() + 1 &&
         numbered.back().type.id == DuckTypeId::kBigInt &&
         std::ranges::equal(plain.begin(), plain.end(), numbered.begin(),
                            numbered.end() - 1, {}, &DuckColumn::type, &DuckColumn::type);
}

}  // namespace

Result<Diagnosis> MakeDiagnosis(DuckConnection& connection, ScanTable& table,
                                const SelectAnalysis& analysis,
                                const std::string& source_name,
                                const DuckStatement& statement) {
  Diagnosis result;
  const Json& node = analysis.tree.node();
  if (!analysis.reads_source_directly || HasInnerStar(node)) return result;
  FRAZIL_TRY(table.AddNumberedView(kNumberedView, kRowColumn));
  result.numbered = TryPrepare(connection, NumberedSelect(node, source_name));
  if (result.numbered != nullptr &&
      !AddsOneNumber(result.numbered->columns(), statement.columns())) {
    result.numbered = nullptr;
  }
  const Json suspects = SuspectsSelect(node, source_name);
  if (!suspects.is_null()) result.suspects = TryPrepare(connection, suspects);
  return result;
}

}  // namespace frazil
