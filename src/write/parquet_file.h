#pragma once

/// \file write/parquet_file.h
/// \brief One Parquet data file while it is written.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <arrow/type_fwd.h>

#include "base/result.h"
#include "iceberg/manifest.h"
#include "storage/file_io.h"
#include "write/parquet_layout.h"

namespace frazil {

/// \brief Writes rows to one Parquet file. Not thread-safe.
///
/// A row group is kept encoded and compressed in memory until it is full. Nothing is visible
/// under the location before Finish(); destruction without it leaves nothing. After an error
/// a file can only be destroyed.
class ParquetFile {
 public:
  /// \brief Starts a file.
  /// \param dictionaries for each leaf column whether it tries a dictionary
  /// (ChooseDictionaries).
  /// \return kAlreadyExists or kIoError of the storage.
  static Result<std::unique_ptr<ParquetFile>> Open(
      std::shared_ptr<const ParquetLayout> layout, FileIO& io, std::string location,
      const std::vector<bool>& dictionaries);

  virtual ~ParquetFile() = default;

  /// \brief Appends rows as from ParquetLayout::Adopt.
  /// \return kIoError of the storage; kInternal for a refusal of the Parquet library.
  virtual Status Write(const arrow::RecordBatch& rows) = 0;

  /// \brief Writes the row group out and frees its memory. Rows may follow, in a new one.
  virtual Status FlushRowGroup() = 0;

  /// \brief Completes the file, durably. Partition, spec and sort order are the caller's
  /// to fill.
  virtual Result<DataFile> Finish() = 0;

  /// \brief What the file would have if it were finished now: exact for what is written,
  /// estimated from above for what is not compressed yet.
  [[nodiscard]] virtual std::int64_t EstimatedSizeBytes() const = 0;

  /// \brief Memory held.
  [[nodiscard]] virtual std::int64_t MemoryBytes() const = 0;

  /// \brief Rows in the row group that is not written out yet.
  [[nodiscard]] virtual std::int64_t BufferedRows() const = 0;

  [[nodiscard]] virtual const std::string& location() const = 0;
};

}  // namespace frazil
