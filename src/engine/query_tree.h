#pragma once

/// \file engine/query_tree.h
/// \brief A query as DuckDB's parser sees it: the JSON of json_serialize_sql.

#include <cstddef>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "engine/duck_database.h"

namespace frazil {

/// \brief Where in a query's text DuckDB found it wrong.
struct QueryProblem {
  std::string message;
  std::size_t offset = 0;
};

/// \brief The node of one query: a SELECT_NODE, a SET_OPERATION_NODE, ...
class QueryTree {
 public:
  /// \return kInvalidConfig for a text that is not one SELECT; `problem`, if not null, then
  /// says where.
  static Result<QueryTree> Parse(DuckConnection& connection, std::string_view query,
                                 QueryProblem* problem = nullptr);

  /// \brief The query's node.
  [[nodiscard]] const Json& node() const { return node_; }

  /// \brief The tables that it reads, each once; common table expressions are left out.
  [[nodiscard]] std::vector<std::string> Tables() const;

  /// \brief The same, each by the parts of its name.
  [[nodiscard]] std::vector<std::vector<std::string>> TableParts() const;

  /// \brief The names of its common table expressions, at any depth, in lower case.
  [[nodiscard]] std::set<std::string> CommonTables() const;

  /// \brief The functions that it calls, in lower case, each once.
  [[nodiscard]] std::vector<std::string> Functions() const;

  /// \brief The SQL of a node.
  static Result<std::string> ToSql(DuckConnection& connection, const Json& node);

  /// \brief The same, but nullopt unless the parser reads the SQL as this node again.
  static std::optional<std::string> ToSameSql(DuckConnection& connection,
                                              const Json& node);

 private:
  Json node_;
};

/// \brief The tables, views and sources that a query names, each once, as written there;
/// common table expressions are not among them. Names with dots for catalog and schema.
/// \return kInvalidConfig for a text that is not one SELECT.
Result<std::vector<std::string>> ReferencedTables(const std::string& select,
                                                  DuckDatabase& database);

/// \brief Calls `visit` for each object at any depth. It returns whether to go inside.
void VisitObjects(const Json& json, const std::function<bool(const Json& object)>& visit);

/// \brief A string member, or "".
std::string_view TextMember(const Json& object, std::string_view key);

/// \brief The parts of the name of a BASE_TABLE: one to three.
std::vector<std::string> BaseTableParts(const Json& table);

/// \brief The full name of a BASE_TABLE: "lake.db.events".
std::string BaseTableName(const Json& table);

/// \brief Where an expression begins in the text; nullopt where DuckDB did not note it.
std::optional<std::size_t> OffsetOf(const Json& expression);

/// \brief A text as an SQL literal.
std::string QuoteSqlText(std::string_view text);

}  // namespace frazil
