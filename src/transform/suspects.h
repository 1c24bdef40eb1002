#pragma once

/// \file transform/suspects.h
/// \brief Variants of a row-wise SELECT that tell which input rows make it fail, and in which
/// of its expressions.
///
/// Each expression is asked as TRY(row(expression)), which is null exactly where the expression
/// fails: a null that it gives is a row with a null in it. Each in a query of its own: what two
/// expressions have in common DuckDB computes before both, outside of TRY().

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "engine/duck_database.h"
#include "transform/numbered_query.h"

namespace frazil {

/// \brief Stands for the WHERE among the expressions of a SELECT.
inline constexpr std::int32_t kFilterExpression = -1;

/// \brief The variants. Each gives numbers of input rows, BIGINT. What fails in the SELECT's
/// views fails here too.
struct SuspectQueries {
  /// The rows in which the WHERE fails, and those that it keeps; null without one.
  std::unique_ptr<DuckStatement> filter_fails;
  std::unique_ptr<DuckStatement> filter_keeps;
  /// False: a row whose WHERE fails here may pass in the SELECT. One part of an AND or OR may
  /// keep DuckDB from looking at another.
  bool is_filter_certain = true;
  /// By expression of the list: the rows in which it fails, whatever the WHERE does with them.
  std::vector<std::unique_ptr<DuckStatement>> fails;
};

/// \brief Prepares the variants of a SELECT.
/// \return nullopt where nothing can fail, or where DuckDB refuses TRY(), as for volatile
/// functions.
std::optional<SuspectQueries> PrepareSuspects(DuckConnection& connection,
                                              const NumberedQuery& query);

}  // namespace frazil
