#pragma once

/// \file write/table_writer.h
/// \brief Rows of one table to Parquet files: routing by partition, rolling, metrics.

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <arrow/type_fwd.h>

#include "base/memory_budget.h"
#include "base/result.h"
#include "iceberg/manifest.h"
#include "iceberg/table_metadata.h"
#include "storage/file_io.h"

namespace frazil {

/// \brief Writes the rows of one table. Not thread-safe: one stage owns a writer.
///
/// Rows of later epochs may come before epoch n is finished: a worker that is slow holds its
/// barrier back while others go on. Each partition of an epoch has one open file; when the
/// budget is exceeded, or there are too many files, the largest open one is closed early.
class TableWriter {
 public:
  /// \param metadata the table as loaded: schema, default spec, write.* properties.
  /// \param io, budget outlive the writer.
  /// \return kNotSupported for a property or spec Frazil cannot honour.
  static Result<std::unique_ptr<TableWriter>> Make(
      std::shared_ptr<const TableMetadata> metadata, FileIO& io, MemoryBudget& budget);

  virtual ~TableWriter() = default;

  /// \brief Takes rows whose columns are the table's, in order (ArrowSchemaOf).
  /// \return kUnavailable if the table's folder is gone; kIoError if the disk fails or is full; kInvalidArgument for rows of another
  /// schema or a null in a required column.
  virtual Status Write(std::int64_t epoch,
                       const std::shared_ptr<arrow::RecordBatch>& rows) = 0;

  /// \brief Closes the files of an epoch and tells of them. Durable when it returns.
  virtual Result<std::vector<DataFile>> Finish(std::int64_t epoch) = 0;

  /// \brief Deletes everything of all open epochs, also after an error.
  virtual void Abandon() = 0;

  /// \brief Bytes written and buffered in an epoch so far; for the trigger.
  [[nodiscard]] virtual std::int64_t EpochBytes(std::int64_t epoch) const = 0;
};

}  // namespace frazil
