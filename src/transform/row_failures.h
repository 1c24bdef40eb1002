#pragma once

/// \file transform/row_failures.h
/// \brief Finding the rows of a batch that make a statement fail, by running it on parts.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <arrow/type_fwd.h>

#include "base/result.h"
#include "transform/transformer.h"

namespace frazil {

/// \brief Why a statement failed on some rows.
struct RowProblem {
  std::string error_class;
  std::string message;
};

/// \brief Runs the statement on rows; nullopt if it succeeds.
using RowProbe = std::function<Result<std::optional<RowProblem>>(
    std::shared_ptr<arrow::RecordBatch> rows)>;

/// \brief So many failing rows are found by halving; then the parts that still fail are run
/// row by row.
inline constexpr int kMaxBisectedRows = 64;

/// \brief The rows that fail alone, in order. May be none, though all together fail: a sum
/// overflows without one row to blame.
/// \return errors of `probe`.
Result<std::vector<RowFailure>> FindFailingRows(
    const std::shared_ptr<arrow::RecordBatch>& rows, const RowProbe& probe);

/// \brief Rows that fail, in order, by the expression of the statement that fails in them.
using BlamedRows = std::map<std::int32_t, std::vector<std::int64_t>>;

/// \brief So many rows of each expression are run alone for their own message; the others of
/// a batch get that of the first one.
inline constexpr std::size_t kMaxToldRows = 64;

/// \brief Learns the messages of rows that are known to fail.
/// \return the failures in the order of their expressions; nullopt if one of the rows does not
/// fail alone, so that none is known to. Errors of `probe`.
Result<std::optional<std::vector<RowFailure>>> TellFailures(
    const std::shared_ptr<arrow::RecordBatch>& rows, const BlamedRows& blamed,
    const RowProbe& probe);

}  // namespace frazil
