#pragma once

/// \file query/table_query.h
/// \brief SQL over the current snapshots of Iceberg tables, by DuckDB.

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "catalog/catalog.h"
#include "engine/duck_database.h"
#include "storage/file_io.h"

namespace frazil {

/// \brief Answers queries whose tables are named catalog.namespace.table.
class TableQuery {
 public:
  /// Catalogs and `io` outlive this.
  static Result<std::unique_ptr<TableQuery>> Make(
      std::map<std::string, Catalog*> catalogs, FileIO& io,
      std::int64_t memory_limit_bytes);

  /// \brief Takes one row; false ends the query. A null is a null pointer.
  using OnRow = std::function<bool(const std::vector<const std::string_view*>& row)>;

  /// \brief Column names of a query, after making its tables known to DuckDB.
  /// \return kNotFound for a table that is not there, with the nearest name; kInvalidConfig
  /// for SQL that DuckDB refuses.
  Result<std::vector<std::string>> Columns(const std::string& sql);

  /// \brief Runs a query; every value comes as DuckDB's text of it.
  Status Run(const std::string& sql, const OnRow& on_row);

 private:
  TableQuery(std::map<std::string, Catalog*> catalogs, FileIO& io);

  Status Bind(const std::string& sql);
  Status BindTable(const std::string& name);

  std::map<std::string, Catalog*> catalogs_;
  FileIO& io_;
  std::unique_ptr<DuckDatabase> database_;
  std::unique_ptr<DuckConnection> connection_;
  std::map<std::string, bool> bound_;
};

}  // namespace frazil
