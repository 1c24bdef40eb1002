#pragma once

/// \file write/parquet_layout.h
/// \brief What all Parquet files of one table have in common: columns, types, metrics modes.

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <arrow/type_fwd.h>

#include "base/result.h"
#include "iceberg/metrics.h"
#include "iceberg/table_metadata.h"
#include "model/type.h"
#include "write/parquet_options.h"

namespace frazil {

/// \brief A column of a Parquet file: a primitive at any depth of the schema.
struct LeafColumn {
  std::int32_t field_id = 0;
  Type type;
  /// Iceberg's dotted path: "geo.city", "tags.element", "attributes.key".
  std::string path;
  /// Parquet's dotted path: "geo.city", "tags.list.element", "attributes.key_value.key".
  std::string parquet_path;
  /// True inside a list or map: it has a size, but no counts and no bounds.
  bool is_repeated = false;
  /// Of a leaf that is not repeated: indexes of the column, then of struct members.
  std::vector<int> indexes;
  MetricsMode mode;
};

/// \brief The layout of a table's files. Immutable and shared by them.
class ParquetLayout {
 public:
  /// \return kNotSupported or kInvalidConfig for properties (ParseParquetOptions).
  static Result<std::shared_ptr<const ParquetLayout>> Make(const TableMetadata& metadata);

  /// \brief What rows handed to the writer look like (ArrowSchemaOf).
  [[nodiscard]] const Schema& schema() const { return schema_; }
  /// \brief What Arrow's writer is told: as the rows, but uuid is the extension type that
  /// becomes Parquet's logical type UUID.
  [[nodiscard]] const std::shared_ptr<arrow::Schema>& file_schema() const {
    return file_schema_;
  }
  /// \brief Whether the file's footer has statistics of a column: counts and bounds.
  ///
  /// Iceberg keeps none of what is inside lists and maps, and no reader prunes by them: they
  /// would be computed for nothing (8 % of the time per row of an event with a map). Java's
  /// library finds no row by its UUID where a row group's bounds are of UUIDs that it orders
  /// otherwise (see UuidSigns), and they are written before that is known.
  [[nodiscard]] bool HasFooterStatistics(const LeafColumn& leaf) const {
    return !leaf.is_repeated && leaf.type.id() != TypeId::kUuid && HasStatistics(leaf);
  }
  /// \brief False where a table property switches statistics of the column off.
  [[nodiscard]] bool HasStatistics(const LeafColumn& leaf) const {
    return !options_.columns_without_statistics.contains(leaf.path);
  }
  /// \brief The columns in the order of the file.
  [[nodiscard]] const std::vector<LeafColumn>& leaves() const { return leaves_; }
  [[nodiscard]] const ParquetOptions& options() const { return options_; }

  /// \brief The rows under the file's schema, without a copy.
  /// \return kInvalidArgument for rows of another schema, or a null where none may be.
  Result<std::shared_ptr<arrow::RecordBatch>> Adopt(
      const std::shared_ptr<arrow::RecordBatch>& rows) const;

 private:
  ParquetLayout() = default;

  Schema schema_;
  std::shared_ptr<arrow::Schema> file_schema_;
  std::vector<LeafColumn> leaves_;
  ParquetOptions options_;
};

}  // namespace frazil
