#pragma once

/// \file query/table_query.h
/// \brief SQL over the current snapshots of Iceberg tables, by DuckDB.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "catalog/catalog.h"
#include "config/pipeline_spec.h"
#include "engine/duck_database.h"
#include "query/read_statement.h"
#include "storage/file_io.h"

namespace frazil {

/// \brief Answers queries whose tables are named catalog.namespace.table, or shorter.
class TableQuery {
 public:
  /// Catalogs and `io` outlive this.
  /// \param scope what shorter names mean.
  static Result<std::unique_ptr<TableQuery>> Make(
      std::map<std::string, Catalog*> catalogs, FileIO& io,
      std::int64_t memory_limit_bytes, NameScope scope = {});

  /// \brief The query that answers a text of a person: the text itself, or one that gives
  /// what SHOW TABLES, SHOW DATABASES, SHOW CATALOGS or DESCRIBE ask of the catalogs.
  /// \return kInvalidConfig for a text that does anything else than read; kNotFound for a
  /// table or database that is not there.
  Result<std::string> Translate(std::string_view text);

  /// \brief Takes one row; false ends the query. A null is a null pointer.
  using OnRow = std::function<bool(const std::vector<const std::string_view*>& row)>;

  /// \brief Column names of a query, after making its tables known to DuckDB.
  /// \return kNotFound for a table that is not there, with the nearest name; kInvalidConfig
  /// for SQL that DuckDB refuses.
  Result<std::vector<std::string>> Columns(const std::string& sql);

  /// \brief Runs a query; every value comes as DuckDB's text of it.
  /// \return as Columns(); kInvalidConfig also for values that the query fails with, and
  /// for one that needs more memory than there is for it; kCorruptData for a table whose
  /// files are damaged or missing. The same from the functions below.
  Status Run(const std::string& sql, const OnRow& on_row);

  /// \brief Takes some rows; false ends the query.
  using OnLines = std::function<bool(std::string_view lines)>;

  /// \brief Runs a query; rows come as lines, each a JSON object (query/row_json.h). Of
  /// columns of one name the second is "name_1". Types that Iceberg does not have come as
  /// DuckDB's text.
  Status RunAsJson(const std::string& sql, const OnLines& on_lines);

  /// \brief How many rows a query gives.
  Result<std::int64_t> Count(const std::string& sql);

 private:
  using NameParts = std::vector<std::string>;

  TableQuery(std::map<std::string, Catalog*> catalogs, FileIO& io, NameScope scope);

  // Makes the tables of a query known to DuckDB.
  Status Bind(const std::string& sql);
  Status BindTable(const NameParts& written);
  [[nodiscard]] std::optional<TableName> Resolve(const NameParts& written) const;
  [[nodiscard]] Error NotNamed(const NameParts& written) const;
  using Rows = std::vector<std::vector<std::string>>;
  // One row for each database: its catalog and its name.
  Result<Rows> Databases() const;
  Result<Rows> Tables(const NameParts& database) const;
  Result<std::string> DescribeSql(const NameParts& written) const;
  Result<std::vector<std::string>> ReadColumns(const std::string& sql);
  Status ReadRows(const std::string& sql, const OnRow& on_row);
  Status ReadAsJson(const std::string& sql, const OnLines& on_lines);
  Result<std::int64_t> ReadCount(const std::string& sql);
  // An error of DuckDB's in terms of catalogs, tables and their files.
  [[nodiscard]] Error Explain(Error error) const;
  template <typename Value>
  Result<Value> Explained(Result<Value> result) const;

  std::map<std::string, Catalog*> catalogs_;
  FileIO& io_;
  std::unique_ptr<DuckDatabase> database_;
  std::unique_ptr<DuckConnection> connection_;
  NameScope scope_;
  std::int64_t memory_limit_bytes_ = 0;
  // The tables of the query at hand.
  std::vector<std::pair<TableName, std::shared_ptr<const TableMetadata>>> bound_;
  // Catalogs that DuckDB knows as databases, in lower case.
  std::set<std::string> attached_;
  // Why a name of the query at hand is no table of a catalog. It may be one of DuckDB's.
  std::optional<Error> missing_;
};

}  // namespace frazil
