#pragma once

/// \file write/array_literal.h
/// \brief One cell of an Arrow array as a Literal.

#include <cstdint>

#include <arrow/type_fwd.h>

#include "model/literal.h"
#include "model/type.h"

namespace frazil {

/// \brief The value at `row`; null for a null.
/// \pre `array` is of ArrowTypeOf(type), and `type` is primitive.
Literal LiteralAt(const arrow::Array& array, std::int64_t row, const Type& type);

/// \brief A decimal's unscaled value. \pre not null.
Int128 DecimalAt(const arrow::Array& array, std::int64_t row);

}  // namespace frazil
