#pragma once

/// \file iceberg/single_value.h
/// \brief One value as bytes: column bounds and partition summaries.
///
/// Source: Iceberg specification, Appendix D, "Binary single-value serialization".

#include <string>
#include <string_view>

#include "base/result.h"
#include "model/literal.h"
#include "model/type.h"

namespace frazil {

/// \brief The bytes of a value: little-endian numbers, UTF-8, the shortest big-endian
/// two's complement of a decimal, raw bytes of uuid, fixed and binary.
/// \pre `value` is not null and is of `type`, a primitive one.
std::string EncodeSingleValue(const Literal& value, const Type& type);

/// \brief Reads what EncodeSingleValue or another writer wrote. Bounds of columns that
/// were widened since keep their old width: int as long, float as double.
/// \return kCorruptData for a length the type cannot have.
Result<Literal> DecodeSingleValue(std::string_view bytes, const Type& type);

/// \brief The shortest big-endian two's complement of a decimal's unscaled value: at
/// least one byte.
std::string DecimalToBytes(Int128 unscaled);

/// \brief Reads 1 to 16 bytes of big-endian two's complement.
/// \return kCorruptData for another length.
Result<Int128> DecimalFromBytes(std::string_view bytes);

/// \brief Bytes that hold every decimal of a precision: the length of its fixed form.
/// \pre 1 <= precision <= 38
int DecimalRequiredBytes(int precision);

}  // namespace frazil
