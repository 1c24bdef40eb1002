#pragma once

/// \file model/literal.h
/// \brief One value of a primitive type: partition values, bounds, defaults.

#include <cstdint>
#include <string>
#include <variant>

#include "base/result.h"
#include "model/type.h"

namespace frazil {

/// \brief A decimal's unscaled value, two's complement.
__extension__ using Int128 = __int128;

/// \brief A value without its type; std::monostate is null.
///
/// | type                                 | alternative                     |
/// |--------------------------------------|---------------------------------|
/// | boolean                              | bool                            |
/// | int, date                            | std::int32_t                    |
/// | long, time, timestamp, timestamptz   | std::int64_t                    |
/// | float                                | float                           |
/// | double                               | double                          |
/// | decimal                              | Int128, unscaled                |
/// | string (UTF-8), binary, fixed, uuid  | std::string, the bytes          |
using Literal = std::variant<std::monostate, bool, std::int32_t, std::int64_t, float,
                             double, Int128, std::string>;

[[nodiscard]] inline bool IsNull(const Literal& value) {
  return std::holds_alternative<std::monostate>(value);
}

/// \brief The value as people read it: dates and times in ISO-8601, uuid with dashes,
/// binary in hexadecimal, null as "null". The form of partition paths.
std::string LiteralToString(const Literal& value, const Type& type);

}  // namespace frazil
