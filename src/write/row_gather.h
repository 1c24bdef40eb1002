#pragma once

/// \file write/row_gather.h
/// \brief Picks rows out of several batches.
///
/// Knows the layouts that rows of a table have (model/arrow_schema.h) and no others, and is
/// several times as fast on short strings and nested columns as a general kernel.

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include <arrow/type_fwd.h>

#include "base/result.h"

namespace frazil {

/// \brief A row of one of several batches.
struct RowRef {
  std::uint32_t batch = 0;
  std::uint32_t row = 0;
};

/// \brief A new batch of the given rows, in their order; a row may be named twice.
/// \param batches of one schema, at least one; its columns are of the types of
/// ArrowTypeOf, or arrow.uuid.
/// \return kInternal for another type, if memory ran out, or if the strings of a column
/// exceed 2 GiB.
Result<std::shared_ptr<arrow::RecordBatch>> GatherRows(
    const std::vector<std::shared_ptr<arrow::RecordBatch>>& batches,
    std::span<const RowRef> rows, arrow::MemoryPool* pool);

}  // namespace frazil
