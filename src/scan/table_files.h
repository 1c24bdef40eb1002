#pragma once

/// \file scan/table_files.h
/// \brief Which files a snapshot has.

#include <cstdint>
#include <optional>
#include <vector>

#include "base/result.h"
#include "iceberg/manifest.h"
#include "iceberg/table_metadata.h"
#include "storage/file_io.h"

namespace frazil {

/// \brief The live data files of a snapshot; of none, if the table has no snapshot.
/// \param snapshot_id nullopt: the current one.
/// \return
///  - kNotFound if there is no such snapshot;
///  - kNotSupported if the snapshot has delete files, which Frazil does not apply yet;
///  - kCorruptData or kIoError for a manifest that cannot be read, naming it.
Result<std::vector<DataFile>> LiveDataFiles(const TableMetadata& metadata, FileIO& io,
                                            std::optional<std::int64_t> snapshot_id = {});

}  // namespace frazil
