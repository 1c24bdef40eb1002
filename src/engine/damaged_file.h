#pragma once

/// \file engine/damaged_file.h
/// \brief Which data file of a table made DuckDB's scan of it fail.

#include <optional>

#include "base/result.h"
#include "engine/duck_database.h"
#include "iceberg/table_metadata.h"
#include "storage/file_io.h"

namespace frazil {

/// \brief Looks for the data file that an error of a query over ScanSql()
/// (engine/iceberg_scan.h) comes from.
/// \param connection that of the query, with external access. Files are read again through
/// it where the error does not name one.
/// \return
///  - kCorruptData, naming the file, if it is missing, is not as long as the snapshot says,
///    or is not readable as Parquet;
///  - kIoError, naming it, if the system does not let it be read;
///  - nullopt if the error has nothing to do with the files.
std::optional<Error> FindDamagedFile(const Error& error, const TableMetadata& metadata,
                                     FileIO& io, DuckConnection& connection);

}  // namespace frazil
