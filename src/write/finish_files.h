#pragma once

/// \file write/finish_files.h
/// \brief Completes several files at once.

#include <span>
#include <vector>

#include "base/result.h"
#include "iceberg/manifest.h"
#include "write/parquet_file.h"

namespace frazil {

/// \brief Calls Finish() of each file, of several side by side: most of the time goes to
/// waiting for the disk to have it.
/// \return what each Finish() returned, in the order of `files`.
std::vector<Result<DataFile>> FinishFiles(std::span<ParquetFile* const> files);

}  // namespace frazil
