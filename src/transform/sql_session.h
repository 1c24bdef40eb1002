#pragma once

/// \file transform/sql_session.h
/// \brief A connection prepared for one SELECT.

#include <memory>
#include <optional>

#include "base/result.h"
#include "engine/duck_database.h"
#include "engine/scan_table.h"
#include "transform/assignment.h"
#include "transform/select_analysis.h"
#include "transform/split_select.h"
#include "transform/transform_spec.h"

namespace frazil {

/// \brief A SELECT over a table of batches, checked and prepared. Later members use earlier
/// ones.
struct SqlSession {
  std::unique_ptr<DuckConnection> connection;
  std::unique_ptr<ScanTable> table;
  SelectAnalysis analysis;
  /// The SELECT as it was written.
  std::unique_ptr<DuckStatement> statement;
  /// What runs instead, for a row-wise SELECT.
  std::optional<SplitSelect> split;
  TargetAssignment assignment;
};

/// \brief Connects, makes the source's table and the views, prepares and checks the SELECT.
/// \return kInvalidConfig in the form of ErrorAt.
Result<SqlSession> OpenSqlSession(const TransformSpec& spec, DuckDatabase& database);

}  // namespace frazil
