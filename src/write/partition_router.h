#pragma once

/// \file write/partition_router.h
/// \brief Splits batches of rows by their partition.
///
/// Partition values are computed for whole columns at once; the literals of a partition are
/// made once per partition and batch, by Transform::Apply on one of its rows, so that they
/// cannot differ from the specification's.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <arrow/type_fwd.h>

#include "base/result.h"
#include "iceberg/partition_spec.h"
#include "model/literal.h"
#include "model/type.h"
#include "write/row_groups.h"

namespace frazil {

/// \brief Rows of one partition.
struct PartitionedRows {
  /// One value per field of the spec, in its order.
  std::vector<Literal> partition;
  /// The same values as bytes: equal exactly for equal partitions.
  std::string key;
  /// In the order they came.
  std::shared_ptr<arrow::RecordBatch> rows;
};

/// \brief Routes rows by a partition spec. Not thread-safe: its memory is reused.
class PartitionRouter {
 public:
  /// \return kNotSupported for an unknown transform; kInvalidArgument for a spec whose source
  /// columns are absent, inside a list or map, or of a type the transform does not take.
  static Result<PartitionRouter> Make(const Schema& schema, const PartitionSpec& spec);

  /// \brief Splits rows with the columns of the schema, in order of each partition's first
  /// row. Rows of one partition only are passed on as they are.
  /// \return kInternal only: memory ran out, or a bug.
  Result<std::vector<PartitionedRows>> Route(
      const std::shared_ptr<arrow::RecordBatch>& rows);

 private:
  struct Field {
    Transform transform;
    Type source_type;
    Type result_type;
    std::vector<int> indexes;  // of the column, then of struct members
  };

  PartitionRouter() = default;

  // Splits the groups further by one field, whose source column is `source`.
  void SplitBy(const Field& field, const arrow::Array& source);
  void SplitByBytes(const Field& field, const arrow::Array& source);
  void SplitByDecimal(const Field& field, const arrow::Array& source);
  void FillPartition(const std::vector<std::shared_ptr<arrow::Array>>& sources,
                     std::uint32_t row, PartitionedRows& partitioned) const;
  Result<std::shared_ptr<arrow::RecordBatch>> SortByGroup(
      const std::shared_ptr<arrow::RecordBatch>& rows);

  std::vector<Field> fields_;
  // Scratch of Route, by the type of key.
  RowGrouping grouping_;
  GroupSplitter<std::int64_t> integers_;
  GroupSplitter<Int128> decimals_;
  GroupSplitter<std::string_view> bytes_;
  std::vector<std::uint32_t> begins_;  // per group the first place in the sorted rows
};

}  // namespace frazil
