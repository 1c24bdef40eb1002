#pragma once

/// \file catalog/catalog_factory.h
/// \brief Catalogs by their options, as CREATE CATALOG ... WITH (...) gives them.

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "catalog/catalog.h"
#include "config/option_set.h"
#include "storage/file_io.h"

namespace frazil {

/// \brief Options of a catalog by key.
using CatalogOptions = std::map<std::string, std::string>;

/// \brief Opens a catalog. Nothing is read or written before its first operation.
///
/// Takes the keys of Flink ('type'='iceberg', 'catalog-type'='sql' | 'hadoop' | 'rest') and of
/// PyIceberg ('type'='sql'); 'jdbc' is another name of 'sql'. Relative paths start at the
/// working folder. Unknown keys are passed over: CheckOptions finds them.
/// \return kInvalidConfig for a missing or wrong option; kNotSupported for a catalog or a
/// place Frazil does not know.
Result<std::unique_ptr<Catalog>> OpenCatalog(std::string name,
                                             const CatalogOptions& options,
                                             std::shared_ptr<FileIO> io);

/// \brief Which catalog the options name: "sql", "hadoop", "rest", "memory";
/// kInvalidConfig or kNotSupported as OpenCatalog.
Result<std::string> CatalogTypeOf(const CatalogOptions& options);

/// \brief The options that catalogs of a type take; of an unknown type: those all have.
const std::vector<OptionDeclaration>& CatalogOptionsOf(std::string_view catalog_type);

/// \brief The path in "sqlite:///lake/c.db" (relative), "sqlite:////lake/c.db" (absolute),
/// "jdbc:sqlite:/lake/c.db". What follows a question mark is for other drivers.
/// \return kInvalidConfig for other forms; kNotSupported for other databases.
Result<std::string> SqlitePathOf(std::string_view uri);

}  // namespace frazil
