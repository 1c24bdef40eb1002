#pragma once

/// \file write/file_metrics.h
/// \brief The metrics of a Parquet file, from its footer and from what the footer lacks.
///
/// Parquet's footer has no count of NaN, no bound that is longer than a limit, and by our own
/// choice nothing of UUIDs: these are watched while rows are written. Rules: Iceberg specification, "Data file fields",
/// and Java's ParquetMetrics: columns inside lists and maps have a size only.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <arrow/type_fwd.h>

#include "base/result.h"
#include "iceberg/manifest.h"
#include "write/parquet_layout.h"

namespace parquet {
class FileMetaData;
}  // namespace parquet

namespace frazil {

/// \brief Watches the rows of one file. Not thread-safe.
class FileMetrics {
 public:
  explicit FileMetrics(std::shared_ptr<const ParquetLayout> layout);

  /// \brief Looks at rows that go into the file, under the layout's file schema.
  void Observe(const arrow::RecordBatch& rows);

  /// \brief Fills in record_count, column_sizes, the counts, the bounds, split_offsets.
  /// \pre `footer` is of the file that has all observed rows.
  /// \return kInternal where the footer is not of this layout.
  Status Fill(const parquet::FileMetaData& footer, DataFile& file) const;

  /// Longest bound Parquet's writer keeps: longer ones it drops.
  static constexpr std::int64_t kLongestFooterBound = 4096;

 private:
  // What the footer will not tell of one leaf.
  struct Observed {
    std::int64_t nan_count = 0;
    // Of UUIDs.
    std::int64_t null_count = 0;
    // Of UUIDs, and of the batches in which a value is too long for the footer.
    std::optional<std::string> least;
    std::optional<std::string> greatest;
  };

  static void ObserveBytes(const arrow::Array& array, Observed& observed);
  static void ObserveUuids(const arrow::Array& array, Observed& observed);
  Status FillLeaf(const parquet::FileMetaData& footer, std::size_t index,
                  DataFile& file) const;

  std::shared_ptr<const ParquetLayout> layout_;
  std::vector<Observed> observed_;
};

}  // namespace frazil
