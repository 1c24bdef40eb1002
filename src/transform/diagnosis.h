#pragma once

/// \file transform/diagnosis.h
/// \brief Two variants of a row-wise SELECT that tell which input rows are to blame.

#include <memory>
#include <string>

#include "base/result.h"
#include "engine/duck_database.h"
#include "engine/scan_table.h"
#include "transform/select_analysis.h"

namespace frazil {

/// \brief Prepared variants of a SELECT; either may be null.
struct Diagnosis {
  /// The same SELECT with one BIGINT column more, the last: the number of the input row
  /// that the output row comes from. Null unless SelectAnalysis::reads_source_directly.
  std::unique_ptr<DuckStatement> numbered;
  /// One BIGINT column: the numbers of the input rows of which some expression is null under
  /// TRY(). Every row that makes the SELECT fail is among them. Null where DuckDB refuses
  /// TRY(), as for volatile functions.
  std::unique_ptr<DuckStatement> suspects;
};

/// \brief Makes what can be made: none of it is needed, it only saves probing.
/// \param statement the SELECT itself, whose columns `numbered` must have.
/// \return kInternal only.
Result<Diagnosis> MakeDiagnosis(DuckConnection& connection, ScanTable& table,
                                const SelectAnalysis& analysis,
                                const std::string& source_name,
                                const DuckStatement& statement);

}  // namespace frazil
