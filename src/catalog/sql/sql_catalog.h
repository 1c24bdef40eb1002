#pragma once

/// \file catalog/sql/sql_catalog.h
/// \brief A catalog in a SQLite file, shared live with PyIceberg and Java's JdbcCatalog.
///
/// Tables and columns are those of JdbcCatalog, schema version V1; V0 (without
/// iceberg_type) is used as found. A row whose iceberg_type is NULL is a table.

#include <chrono>
#include <memory>
#include <string>

#include "base/clock.h"
#include "catalog/catalog.h"
#include "storage/file_io.h"

namespace frazil {

/// \brief Where a SQL catalog lies.
struct SqlCatalogOptions {
  /// Path of the SQLite file. Made, with its folder, by the first write; reads of a file
  /// that is not there find an empty catalog.
  std::string path;
  /// Where tables lie that do not say where; absolute. Empty: they have to.
  std::string warehouse;
  /// How long to wait for another process's lock before a commit counts as refused.
  std::chrono::milliseconds busy_timeout = std::chrono::seconds(10);
};

/// \param name the key catalog_name: must be the same in every program that shares it.
/// \param clock outlives the catalog.
std::unique_ptr<Catalog> NewSqlCatalog(std::string name, SqlCatalogOptions options,
                                       std::shared_ptr<FileIO> io,
                                       const Clock& clock = Clock::System());

}  // namespace frazil
