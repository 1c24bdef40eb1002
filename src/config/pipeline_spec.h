#pragma once

/// \file config/pipeline_spec.h
/// \brief What every front end turns its files into: one description of a pipeline.
///
/// Nothing after config/ knows which kind of file a pipeline came from. Every part keeps
/// its place in the text, so that a later check can point at it.

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/type.h"

namespace frazil {

/// \brief A place in a script. Lines and columns count from 1; columns count code points.
struct TextPlace {
  int line = 0;
  int column = 0;

  bool operator==(const TextPlace&) const = default;
};

/// \brief A key with its value, as written in WITH (...) or SET.
struct Option {
  std::string key;
  std::string value;
  TextPlace key_place;
  TextPlace value_place;
};

/// \brief Options in their order; a key stands at most once.
class Options {
 public:
  /// \return kInvalidConfig if the key is there already, or 10,000 others are.
  Status Add(Option option);
  /// \brief The option, or nullptr.
  [[nodiscard]] const Option* Find(std::string_view key) const;
  /// \brief The value, or nullopt.
  [[nodiscard]] std::optional<std::string> Get(std::string_view key) const;
  [[nodiscard]] const std::vector<Option>& all() const { return options_; }

 private:
  std::vector<Option> options_;
};

/// \brief CREATE CATALOG.
struct CatalogSpec {
  std::string name;
  Options options;
  TextPlace place;
};

/// \brief CREATE DATABASE.
struct DatabaseSpec {
  std::string catalog;
  std::vector<std::string> levels;
  bool if_not_exists = false;
  Options properties;
  TextPlace place;
};

/// \brief A column of a CREATE TABLE.
struct ColumnSpec {
  std::string name;
  /// Field ids are all 0 here.
  Type type;
  bool required = false;
  /// METADATA [FROM 'key']: the key; nullopt for a physical column.
  std::optional<std::string> metadata_key;
  std::string comment;
  TextPlace place;
};

/// \brief CREATE TABLE ... WITH ('connector'='...') of a source.
struct SourceSpec {
  std::string name;
  /// "kafka", "datagen".
  std::string connector;
  std::vector<ColumnSpec> columns;
  /// The connector's own options, "connector" included.
  Options options;
  TextPlace place;
};

/// \brief One item of PARTITIONED BY: a column, or a transform of one.
struct PartitionItemSpec {
  /// Dotted path of the column.
  std::string column;
  /// "identity", "bucket[16]", "day": the specification's text.
  std::string transform = "identity";
  TextPlace place;
};

/// \brief The full name of a table in a catalog.
struct TableName {
  std::string catalog;
  std::vector<std::string> levels;
  std::string table;

  auto operator<=>(const TableName&) const = default;
  /// \brief "lake.db.events".
  [[nodiscard]] std::string ToString() const;
};

/// \brief CREATE TABLE in a catalog, or with 'connector'='iceberg'.
struct TargetSpec {
  TableName name;
  bool if_not_exists = false;
  std::vector<ColumnSpec> columns;
  std::vector<PartitionItemSpec> partition;
  /// PRIMARY KEY ... NOT ENFORCED: identifier fields.
  std::vector<std::string> primary_key;
  /// Table properties.
  Options properties;
  TextPlace place;
};

/// \brief CREATE TEMPORARY VIEW name [(columns)] AS SELECT ...
struct ViewSpec {
  std::string name;
  std::vector<std::string> columns;
  std::string select;
  TextPlace select_place;
  TextPlace place;
};

/// \brief INSERT INTO target [(columns)] SELECT ...
struct InsertSpec {
  TableName target;
  /// Where the target's name stands.
  TextPlace target_place;
  /// Empty: all columns of the target in order.
  std::vector<std::string> columns;
  /// Those that it was written for, as far as known: of the script's CREATE TABLE, or those
  /// that the target had when the INSERT was planned first.
  std::vector<std::string> planned_columns;
  /// The query as written, quoting translated to DuckDB's (backticks to double quotes).
  std::string select;
  TextPlace select_place;
  TextPlace place;
};

/// \brief A variable of the environment that a script refers to.
struct ScriptVariable {
  /// As written: "${NAME}", "${NAME:-default}".
  std::string reference;
  std::string value;
};

/// \brief What names of tables with less than three parts mean.
struct NameScope {
  /// USE CATALOG, or the catalog of USE; empty: none.
  std::string catalog;
  /// The database in use.
  std::vector<std::string> database;
  /// Tables 'connector' = 'iceberg', by their names in lower case.
  std::map<std::string, TableName, std::less<>> tables;
};

/// \brief A whole pipeline.
struct PipelineSpec {
  /// Where it was read from; for messages.
  std::string file;
  /// The whole text; for carets.
  std::string text;
  /// Those whose values came from the environment.
  std::vector<ScriptVariable> variables;
  /// SET 'key' = 'value'.
  Options settings;
  std::vector<CatalogSpec> catalogs;
  std::vector<DatabaseSpec> databases;
  std::vector<SourceSpec> sources;
  std::vector<TargetSpec> targets;
  std::vector<ViewSpec> views;
  std::vector<InsertSpec> inserts;
  /// As it is at the end of the script.
  NameScope scope;
};

/// \brief A text for people, in which references stand where the values of variables were.
/// Values of less than 4 bytes are no secrets and stay: they would hit other words.
std::string HideVariables(const std::vector<ScriptVariable>& variables, std::string text);

/// \brief "pipeline.sql:7:12: <message>" with the line, a caret below the column and,
/// if not empty, a suggestion on a line of its own. Values of variables are hidden.
Error ErrorAt(const PipelineSpec& spec, TextPlace place, std::string_view message,
              std::string_view suggestion = {});

}  // namespace frazil
