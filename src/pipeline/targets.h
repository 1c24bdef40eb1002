#pragma once

/// \file pipeline/targets.h
/// \brief Tables a script writes: found in their catalogs, or described for creation.

#include <string>
#include <vector>

#include "base/result.h"
#include "config/pipeline_spec.h"
#include "pipeline/plan.h"

namespace frazil {

/// \brief What a CREATE TABLE asks for: ids assigned, partition fields bound.
/// \return kInvalidConfig pointing at a column that does not exist or a transform that does
/// not take its type.
Result<NewTable> NewTableFrom(const PipelineSpec& spec, const TargetSpec& target);

/// \brief Opens the catalogs of the script.
Status OpenCatalogs(PipelinePlan& plan);

/// \brief Finds a table that an INSERT names, or plans its creation.
/// \return kInvalidConfig pointing at the name if it is neither there nor created by the
/// script, or if it is there and CREATE TABLE does not say IF NOT EXISTS.
Result<TargetPlan> ResolveTarget(const PipelinePlan& plan, const TableName& name,
                                 TextPlace place);

/// \brief Looks for what would fail only when the first rows are written: format version,
/// partition spec and properties of the tables.
/// \return kInvalidConfig pointing at the CREATE TABLE, or at an INSERT.
Status CheckWritable(const PipelinePlan& plan);

}  // namespace frazil
