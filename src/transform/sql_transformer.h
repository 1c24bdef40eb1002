#pragma once

/// \file transform/sql_transformer.h
/// \brief SELECTs that DuckDB runs, one batch after the other.
///
/// Row failures. A batch is run as written. If values make it fail, the rows to blame are
/// found and set aside, and the rest is run again:
/// - a row-wise SELECT of the source itself (SelectTraits::row_wise) is asked by TRY() which
///   rows fail in which expression; of each expression the first kMaxToldRows are run alone
///   for their message, which the others share. Rows whose result does not fit a NOT NULL
///   column are told by their number;
/// - any other is probed on halves of the batch, and of the halves that fail, down to the
///   rows that fail alone (kMaxBisectedRows of them, then row by row). So an aggregate loses
///   the rows that it cannot digest and takes in the others. A row that fails alone is set
///   aside also where it might have passed together with others;
/// - if no row fails alone, or the rest still fails, each remaining row of the batch is a
///   failure: there is none to blame.
/// A probe runs the statement, so volatile functions are evaluated more often than once per
/// batch when something fails.

#include <memory>

#include "base/result.h"
#include "engine/duck_database.h"
#include "transform/select_analysis.h"
#include "transform/transform_spec.h"
#include "transform/transformer.h"

namespace frazil {

/// \brief Makes a Transformer with a connection of its own.
/// \return kInvalidConfig in the form of ErrorAt.
Result<std::unique_ptr<Transformer>> MakeSqlTransformer(const TransformSpec& spec,
                                                        DuckDatabase& database);

/// \brief DescribeSelect for a SELECT that needs DuckDB.
Result<SelectTraits> DescribeSqlSelect(const TransformSpec& spec, DuckDatabase& database);

}  // namespace frazil
