#pragma once

/// \file engine/iceberg_scan.h
/// \brief A snapshot of an Iceberg table as SQL that DuckDB runs.

#include <string>

#include "base/result.h"
#include "iceberg/table_metadata.h"
#include "storage/file_io.h"

namespace frazil {

/// \brief A SELECT of all columns, in the order of the current schema, from the files of the
/// current snapshot; columns are found by field id. For an instance with external access.
/// \return errors of LiveDataFiles (scan/table_files.h).
Result<std::string> ScanSql(const TableMetadata& metadata, FileIO& io);

}  // namespace frazil
