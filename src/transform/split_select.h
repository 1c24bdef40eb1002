#pragma once

/// \file transform/split_select.h
/// \brief A row-wise SELECT in two parts: what DuckDB computes, and what the rows have
/// already.
///
/// DuckDB gets only the columns that the computed expressions and WHERE need, and gives back
/// the computed columns with the number of the input row of each. Columns that the SELECT
/// merely passes through (renamed, a field of a struct, cast without loss) are taken from
/// the input by these numbers: if every row is kept, without a copy.

#include <memory>
#include <optional>
#include <vector>

#include <arrow/type_fwd.h>

#include "base/result.h"
#include "engine/duck_database.h"
#include "transform/numbered_query.h"
#include "transform/taken_column.h"

namespace frazil {

/// \brief The two parts.
struct SplitSelect {
  /// The computed columns in order, then the number of the input row, BIGINT.
  std::unique_ptr<DuckStatement> statement;
  /// Per column of the SELECT: where it is taken from; nullopt: the statement computes it.
  std::vector<std::optional<TakenColumn>> columns;

  /// \brief The columns of the SELECT from `output`, what the statement gave for `input`.
  /// \return kInternal only.
  [[nodiscard]] Result<std::vector<std::shared_ptr<arrow::ArrayData>>> Columns(
      const arrow::RecordBatch& input, const arrow::RecordBatch& output) const;
};

/// \brief The numbers that a statement gives as its last column.
std::shared_ptr<arrow::Int64Array> RowNumbersOf(const arrow::RecordBatch& output);

/// \brief Prepares the SELECT in two parts. The view kNumberedView must be there.
/// \param columns of the SELECT as it was written.
/// \return nullopt if DuckDB does not take the numbered query for the same SELECT with a
/// column more. kInternal only.
Result<std::optional<SplitSelect>> PrepareSplit(DuckConnection& connection,
                                                const NumberedQuery& query,
                                                const std::vector<DuckColumn>& columns);

}  // namespace frazil
