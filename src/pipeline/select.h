#pragma once

/// \file pipeline/select.h
/// \brief The SELECT of an INSERT, bound to its source and its target.

#include <cstddef>

#include "base/result.h"
#include "config/pipeline_spec.h"
#include "engine/duck_database.h"
#include "pipeline/plan.h"
#include "transform/transform_spec.h"

namespace frazil {

/// \brief Which source a SELECT reads, views followed: an index into spec.sources.
/// \return kInvalidConfig pointing at the SELECT if it reads none, several, or a table that
/// the script does not have.
Result<std::size_t> SourceOfInsert(const PipelineSpec& spec, const InsertSpec& insert,
                                   DuckDatabase& database);

/// \brief What MakeTransformer needs to know of a flow. Borrows the plan's script.
TransformSpec TransformSpecOf(const PipelinePlan& plan, const FlowPlan& flow);

}  // namespace frazil
