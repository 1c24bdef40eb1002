#pragma once

/// \file query/table_reader.h
/// \brief Reads rows of one table of a plan.

#include <cstddef>
#include <functional>
#include <string>

#include <arrow/type_fwd.h>

#include "base/result.h"
#include "engine/duck_database.h"
#include "pipeline/plan.h"

namespace frazil {

/// \brief Takes some rows; an error ends the reading.
using OnBatch = std::function<Status(const arrow::RecordBatch& rows)>;

/// \brief Runs a query over the snapshot that a table had when it was planned.
/// \param target index into plan.targets.
/// \param sql a SELECT that names the table `this_table`.
/// \param connection with external access.
/// \return kNotFound if the table does not exist; kCorruptData, naming the file, if one of
/// its files is missing or damaged; else as DuckRunError (engine/duck_error.h).
Status ReadTable(const PipelinePlan& plan, std::size_t target, DuckConnection& connection,
                 const std::string& sql, const OnBatch& on_batch);

}  // namespace frazil
