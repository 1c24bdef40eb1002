#pragma once

/// \file write/partition_router.h
/// \brief Splits batches of rows by their partition.
///
/// Partition values are computed for whole columns at once; the literals of a partition are
/// made once per partition, by Transform::Apply on one of its rows, so that they cannot
/// differ from the specification's.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <arrow/type_fwd.h>

#include "base/result.h"
#include "iceberg/partition_spec.h"
#include "model/literal.h"
#include "model/type.h"
#include "write/partition_field.h"
#include "write/row_gather.h"
#include "write/row_groups.h"

namespace frazil {

/// \brief A partition that some of the routed rows are in.
struct RoutedPartition {
  /// One value per field of the spec, in its order.
  std::vector<Literal> values;
  /// The same values as bytes: equal exactly for equal partitions.
  std::string key;
  /// The partition's rows have these places in the order of RoutedRows: [begin, end).
  std::size_t begin = 0;
  std::size_t end = 0;

  [[nodiscard]] std::int64_t row_count() const {
    return static_cast<std::int64_t>(end - begin);
  }
};

/// \brief Rows of several batches in the order of their partitions; inside a partition they
/// keep the order they came in. Copied only when they are taken.
class RoutedRows {
 public:
  /// \brief In order of each partition's first row.
  [[nodiscard]] const std::vector<RoutedPartition>& partitions() const {
    return partitions_;
  }

  /// \brief Up to `count` rows of a partition, from its row `first` on. Rows that lie
  /// together already are a slice.
  /// \return kInternal if memory ran out.
  [[nodiscard]] Result<std::shared_ptr<arrow::RecordBatch>> Take(
      const RoutedPartition& partition, std::int64_t first, std::int64_t count) const;

 private:
  friend class PartitionRouter;

  std::vector<std::shared_ptr<arrow::RecordBatch>> batches_;
  std::vector<RoutedPartition> partitions_;
  std::vector<RowRef> order_;
};

/// \brief Routes rows by a partition spec. Not thread-safe: its memory is reused.
class PartitionRouter {
 public:
  /// \return kNotSupported for an unknown transform; kInvalidArgument for a spec that does
  /// not fit the schema.
  static Result<PartitionRouter> Make(const Schema& schema, const PartitionSpec& spec);

  /// \brief Finds the partitions of all rows of some batches with the schema's columns.
  /// \return kInternal only: memory ran out, or a bug.
  Result<RoutedRows> Route(std::vector<std::shared_ptr<arrow::RecordBatch>> batches);

 private:
  PartitionRouter() = default;

  using Sources = std::vector<std::vector<std::shared_ptr<arrow::Array>>>;
  void FillPartitions(const Sources& sources, RoutedRows& routed) const;
  void FillOrder(RoutedRows& routed) const;

  std::vector<BoundPartitionField> fields_;
  // Scratch of Route.
  RowGrouping grouping_;
  GroupSplitters splitters_;
};

}  // namespace frazil
