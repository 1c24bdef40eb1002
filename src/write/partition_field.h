#pragma once

/// \file write/partition_field.h
/// \brief Splits rows by one field of a partition spec, whole columns at a time.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include <arrow/type_fwd.h>

#include "base/result.h"
#include "iceberg/partition_spec.h"
#include "model/literal.h"
#include "model/type.h"
#include "write/row_groups.h"

namespace frazil {

/// \brief Scratch for splitting, by type of key; shared by the fields of a spec.
struct GroupSplitters {
  GroupSplitter<std::int64_t> integers;
  GroupSplitter<Int128> decimals;
  GroupSplitter<std::string_view> bytes;
};

/// \brief A field of a spec, bound to its source column.
class BoundPartitionField {
 public:
  /// \return kNotSupported for an unknown transform; kInvalidArgument for a source column
  /// that is absent, inside a list or map, or of a type the transform does not take.
  static Result<BoundPartitionField> Bind(const Schema& schema,
                                          const PartitionField& field);

  /// \brief The source column of rows, null also where a struct around it is. nullptr for
  /// a void field.
  /// \return kInternal if memory ran out.
  [[nodiscard]] Result<std::shared_ptr<arrow::Array>> SourceOf(
      const arrow::RecordBatch& rows) const;

  /// \brief Splits the groups of rows by what the transform makes of them.
  /// \param sources per batch the source column; rows are numbered across batches. They
  /// must live until the groups are split by the next field.
  void Split(const std::vector<std::shared_ptr<arrow::Array>>& sources,
             GroupSplitters& splitters, RowGrouping& grouping) const;

  /// \brief The partition value of one row, by Transform::Apply.
  /// \param source as from SourceOf.
  [[nodiscard]] Literal ValueAt(const arrow::Array* source, std::int64_t row) const;

  [[nodiscard]] const Type& result_type() const { return result_type_; }

 private:
  void SplitIntegers(const arrow::Array& source, std::size_t begin,
                     GroupSplitters& splitters, RowGrouping& grouping) const;
  void SplitBytes(const arrow::Array& source, std::size_t begin,
                  GroupSplitters& splitters, RowGrouping& grouping) const;
  void SplitDecimals(const arrow::Array& source, std::size_t begin,
                     GroupSplitters& splitters, RowGrouping& grouping) const;

  Transform transform_;
  Type source_type_;
  Type result_type_;
  std::vector<int> indexes_;  // of the column, then of struct members
};

}  // namespace frazil
