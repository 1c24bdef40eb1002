#include "engine/query_tree.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <utility>

#include <fmt/format.h>

#include "engine/names.h"

namespace frazil {
namespace {

// json_serialize_sql leaves this where it knows no place.
constexpr std::uint64_t kNoLocation = ~std::uint64_t{0};

Result<std::string> SingleText(DuckConnection& connection, const std::string& sql) {
  FRAZIL_ASSIGN(const auto rows, connection.QueryTexts(sql));
  if (rows.size() != 1 || rows[0].size() != 1) {
    return Fail(ErrorKind::kInternal, "not a single value: {}", sql);
  }
  return rows[0][0];
}

tl::unexpected<Error> FailParse(const Json& answer, QueryProblem* problem) {
  const std::string message(TextMember(answer, "error_message"));
  if (problem != nullptr) {
    problem->message = message;
    const std::string_view position = TextMember(answer, "position");
    std::from_chars(position.data(), position.data() + position.size(), problem->offset);
  }
  return Fail(ErrorKind::kInvalidConfig, "{}", message);
}

bool MeansSame(const Json& a, const Json& b);

// Whether the members of both mean the same. An absent one is as good as null.
bool HaveSameMembers(const Json& a, const Json& b) {
  const auto is_told = [](const std::string& key, const Json& member) {
    return key != "query_location" && !member.is_null();
  };
  for (const auto& [key, member] : a.items()) {
    if (!is_told(key, member)) continue;
    const Json* other = FindMember(b, key);
    if (other == nullptr || !MeansSame(member, *other)) return false;
  }
  for (const auto& [key, member] : b.items()) {
    if (is_told(key, member) && FindMember(a, key) == nullptr) return false;
  }
  return true;
}

// Whether two trees differ in nothing but the places where they were written.
bool MeansSame(const Json& a, const Json& b) {
  if (a.is_object() && b.is_object()) return HaveSameMembers(a, b);
  if (!a.is_array() || !b.is_array()) return a == b;
  return std::ranges::equal(a, b, MeansSame);
}

}  // namespace

Result<QueryTree> QueryTree::Parse(DuckConnection& connection, std::string_view query,
                                   QueryProblem* problem) {
  FRAZIL_ASSIGN(const std::string text,
                SingleText(connection, fmt::format("SELECT json_serialize_sql({})",
                                                   QuoteSqlText(query))));
  FRAZIL_ASSIGN(const Json answer, ParseJson(text));
  FRAZIL_ASSIGN(const bool is_error, GetBool(answer, "error"));
  if (is_error) return FailParse(answer, problem);
  FRAZIL_ASSIGN(const Json* statements, GetArray(answer, "statements"));
  if (statements->size() != 1) {
    if (problem != nullptr) problem->message = "one SELECT is wanted";
    return Fail(ErrorKind::kInvalidConfig, "one SELECT is wanted, but there are {}",
                statements->size());
  }
  FRAZIL_ASSIGN(const Json* node, GetObject((*statements)[0], "node"));
  QueryTree tree;
  tree.node_ = *node;
  return tree;
}

std::set<std::string> QueryTree::CommonTables() const {
  std::set<std::string> names;
  VisitObjects(node_, [&](const Json& object) {
    const Json* ctes = FindMember(object, "cte_map");
    const Json* map = ctes == nullptr ? nullptr : FindMember(*ctes, "map");
    if (map != nullptr) {
      for (const Json& entry : *map) names.insert(LowerName(TextMember(entry, "key")));
    }
    // A recursive or materialized one is a node of its own.
    const std::string_view cte_name = TextMember(object, "cte_name");
    if (!cte_name.empty()) names.insert(LowerName(cte_name));
    return true;
  });
  return names;
}

std::vector<std::string> QueryTree::Tables() const {
  std::vector<std::string> tables;
  for (const auto& parts : TableParts()) {
    tables.push_back(fmt::format("{}", fmt::join(parts, ".")));
  }
  return tables;
}

std::vector<std::vector<std::string>> QueryTree::TableParts() const {
  const std::set<std::string> common = CommonTables();
  std::vector<std::vector<std::string>> tables;
  VisitObjects(node_, [&](const Json& object) {
    if (TextMember(object, "type") != "BASE_TABLE") return true;
    std::vector<std::string> parts = BaseTableParts(object);
    const bool is_known = std::ranges::any_of(tables, [&](const auto& table) {
      return std::ranges::equal(table, parts, SameName);
    });
    const bool is_common = parts.size() == 1 && common.contains(LowerName(parts[0]));
    if (!is_known && !is_common) tables.push_back(std::move(parts));
    return true;
  });
  return tables;
}

std::vector<std::string> QueryTree::Functions() const {
  std::set<std::string> names;
  VisitObjects(node_, [&](const Json& object) {
    const std::string_view name = TextMember(object, "function_name");
    if (!name.empty()) names.insert(LowerName(name));
    return true;
  });
  return {names.begin(), names.end()};
}

Result<std::string> QueryTree::ToSql(DuckConnection& connection, const Json& node) {
  Json statement = Json::object();
  statement["node"] = node;
  statement["named_param_map"] = Json::array();
  Json document = Json::object();
  document["error"] = false;
  document["statements"] = Json::array({std::move(statement)});
  return SingleText(connection, fmt::format("SELECT json_deserialize_sql({})",
                                            QuoteSqlText(DumpJson(document))));
}

std::optional<std::string> QueryTree::ToSameSql(DuckConnection& connection,
                                                const Json& node) {
  auto sql = ToSql(connection, node);
  if (!sql.has_value()) return std::nullopt;
  const auto again = Parse(connection, *sql);
  if (!again.has_value() || !MeansSame(again->node(), node)) return std::nullopt;
  return *std::move(sql);
}

void VisitObjects(const Json& json,
                  const std::function<bool(const Json& object)>& visit) {
  if (json.is_object() && !visit(json)) return;
  if (!json.is_structured()) return;
  for (const Json& member : json) VisitObjects(member, visit);
}

std::string_view TextMember(const Json& object, std::string_view key) {
  const Json* member = FindMember(object, key);
  if (member == nullptr || !member->is_string()) return {};
  return member->get_ref<const std::string&>();
}

std::vector<std::string> BaseTableParts(const Json& table) {
  std::vector<std::string> parts;
  for (const std::string_view key : {"catalog_name", "schema_name", "table_name"}) {
    const std::string_view part = TextMember(table, key);
    if (!part.empty()) parts.emplace_back(part);
  }
  return parts;
}

std::string BaseTableName(const Json& table) {
  return fmt::format("{}", fmt::join(BaseTableParts(table), "."));
}

std::optional<std::size_t> OffsetOf(const Json& expression) {
  // An operator is noted where its sign stands, so the first of all parts counts.
  std::optional<std::size_t> first;
  VisitObjects(expression, [&](const Json& object) {
    const Json* location = FindMember(object, "query_location");
    if (location == nullptr || !location->is_number_unsigned()) return true;
    const auto offset = location->get<std::uint64_t>();
    if (offset != kNoLocation && (!first.has_value() || offset < *first)) first = offset;
    return true;
  });
  return first;
}

std::string QuoteSqlText(std::string_view text) {
  std::string result = "'";
  for (const char c : text) {
    if (c == '\'') result += '\'';
    result += c;
  }
  return result + "'";
}

Result<std::vector<std::string>> ReferencedTables(const std::string& select,
                                                  DuckDatabase& database) {
  FRAZIL_ASSIGN(const std::unique_ptr<DuckConnection> connection, database.Connect());
  FRAZIL_ASSIGN(const QueryTree tree, QueryTree::Parse(*connection, select));
  return tree.Tables();
}

}  // namespace frazil
