#pragma once

/// \file transform/sql_session.h
/// \brief A connection prepared for one SELECT.

#include <memory>
#include <string>

#include "base/result.h"
#include "engine/duck_database.h"
#include "engine/scan_table.h"
#include "transform/assignment.h"
#include "transform/diagnosis.h"
#include "transform/select_analysis.h"
#include "transform/transform_spec.h"

namespace frazil {

/// \brief A SELECT over a table of batches, checked and prepared. Later members use earlier
/// ones.
struct SqlSession {
  std::unique_ptr<DuckConnection> connection;
  std::unique_ptr<ScanTable> table;
  std::unique_ptr<DuckStatement> statement;
  TargetAssignment assignment;
  SelectAnalysis analysis;
  std::string source_name;
  /// Made when rows first fail.
  std::unique_ptr<Diagnosis> diagnosis;
};

/// \brief Connects, makes the source's table and the views, prepares and checks the SELECT.
/// \return kInvalidConfig in the form of ErrorAt.
Result<SqlSession> OpenSqlSession(const TransformSpec& spec, DuckDatabase& database);

}  // namespace frazil
