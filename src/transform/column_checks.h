#pragma once

/// \file transform/column_checks.h
/// \brief Whether Arrow columns keep what a table's fields require.

#include <cstdint>
#include <functional>

#include <arrow/type_fwd.h>

#include "model/type.h"
#include "transform/assignment.h"

namespace frazil {

/// \brief The row that the value at an index of an inner array belongs to; -1 if it is in
/// none: what holds it is null, or is outside of the batch.
using RowOf = std::function<std::int64_t(std::int64_t index)>;

/// \name From indexes of a struct's or list's inner arrays to rows
/// `row_of` maps the indexes of `data` itself. Both must outlive what is returned.
/// @{
[[nodiscard]] RowOf RowOfMember(const arrow::ArrayData& data, const RowOf& row_of);
[[nodiscard]] RowOf RowOfElement(const arrow::ArrayData& data, const RowOf& row_of);
/// @}

/// \brief Whether a field, or one inside it, is required.
[[nodiscard]] bool HasRequired(const SchemaField& field);

/// \brief Reports each row in which a required field, at any depth, is null though what
/// holds it is not: class "NullInRequired".
void CheckRequired(const arrow::ArrayData& data, const SchemaField& field,
                   const FailRow& fail);

}  // namespace frazil
