#pragma once

/// \file transform/suspects.h
/// \brief A variant of a row-wise SELECT that tells which input rows may be to blame for its
/// failure.

#include <memory>

#include "engine/duck_database.h"
#include "transform/numbered_query.h"

namespace frazil {

/// \brief Prepares a query of one BIGINT column: the numbers of the input rows of which some
/// expression is null under TRY(). Every row that makes the SELECT fail in its own
/// expressions is among them; those of its views fail here too.
/// \return nullptr where nothing can fail, or where DuckDB refuses TRY(), as for volatile
/// functions.
std::unique_ptr<DuckStatement> PrepareSuspects(DuckConnection& connection,
                                               const NumberedQuery& query);

}  // namespace frazil
