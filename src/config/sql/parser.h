#pragma once

/// \file config/sql/parser.h
/// \brief The statements of a script, as written: nothing is looked up here.
///
/// docs/reference/sql.md describes the language.

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/result.h"
#include "config/pipeline_spec.h"
#include "config/sql/token_cursor.h"

namespace frazil {

/// \brief SET 'key' = 'value'.
struct SetStatement {
  Option option;
};

/// \brief CREATE CATALOG [IF NOT EXISTS] name WITH (...).
struct CreateCatalogStatement {
  PlacedName name;
  bool if_not_exists = false;
  Options options;
};

/// \brief USE CATALOG name, or USE [catalog.]database.
struct UseStatement {
  bool is_catalog = false;
  QualifiedName name;
};

/// \brief CREATE DATABASE [IF NOT EXISTS] [catalog.]database [COMMENT ''] [WITH (...)].
struct CreateDatabaseStatement {
  QualifiedName name;
  bool if_not_exists = false;
  std::optional<std::string> comment;
  Options properties;
};

/// \brief CREATE [TEMPORARY] TABLE.
struct CreateTableStatement {
  QualifiedName name;
  bool is_temporary = false;
  bool if_not_exists = false;
  std::vector<ColumnSpec> columns;
  std::vector<PlacedName> primary_key;
  std::vector<PartitionItemSpec> partition;
  std::optional<std::string> comment;
  Options options;
  TextPlace place;
};

/// \brief CREATE TEMPORARY VIEW [IF NOT EXISTS].
struct CreateViewStatement {
  PlacedName name;
  bool if_not_exists = false;
  std::vector<std::string> columns;
  std::string select;
  TextPlace select_place;
  TextPlace place;
};

/// \brief INSERT INTO name [(columns)] SELECT ...
struct InsertStatement {
  QualifiedName target;
  std::vector<std::string> columns;
  std::string select;
  TextPlace select_place;
  TextPlace place;
};

using Statement = std::variant<SetStatement, CreateCatalogStatement, UseStatement,
                               CreateDatabaseStatement, CreateTableStatement,
                               CreateViewStatement, InsertStatement>;

/// \brief Parses statement by statement.
class SqlParser {
 public:
  /// \param cursor outlives the parser.
  explicit SqlParser(TokenCursor& cursor) : cursor_(cursor) {}

  /// \brief The next statement, or nullopt at the end of the script.
  /// \return kInvalidConfig in the form of ErrorAt.
  Result<std::optional<Statement>> Next();

 private:
  /// Takes the beginning or the end of a statement set, if one comes next.
  Result<bool> AcceptStatementSetBorder();
  Status EndStatement();
  Result<Statement> ParseStatement();
  Result<Statement> ParseSet();
  Result<std::string> ParseSetKey();
  Result<Statement> ParseCreate();
  Result<Statement> ParseCreateCatalog();
  Result<Statement> ParseCreateDatabase();
  Result<Statement> ParseCreateView(TextPlace place);
  Result<Statement> ParseUse();
  Result<Statement> ParseInsert();
  tl::unexpected<Error> RefuseStatement() const;

  TokenCursor& cursor_;
  /// Where the statement set began that is being read.
  std::optional<TextPlace> statement_set_;
  bool is_set_empty_ = false;
};

/// \brief Reads `name [IF NOT EXISTS ...] (columns) ...`, all that follows CREATE TABLE.
/// \param place where CREATE stands.
Result<CreateTableStatement> ParseCreateTable(TokenCursor& cursor, TextPlace place);

/// \brief WITH ('key' = 'value', ...), or nothing if WITH does not come next.
Result<Options> ParseWithOptions(TokenCursor& cursor);

}  // namespace frazil
