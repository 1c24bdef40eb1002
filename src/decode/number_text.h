#pragma once

/// \file decode/number_text.h
/// \brief Numbers as text, by the grammar of JSON (RFC 8259 section 6), to the numeric types.
///
/// One scan checks the grammar and gathers what every conversion needs; nothing allocates.
/// Integers and decimals are exact: no value passes through a double.

#include <cstdint>
#include <string_view>

#include "decode/decode_error.h"
#include "model/literal.h"

namespace frazil {

/// \brief A number that fits the grammar.
struct ScannedNumber {
  /// The number alone, without what follows it.
  std::string_view text;
  /// The first 19 digits behind leading zeros.
  std::uint64_t mantissa = 0;
  /// Digits behind leading zeros; where above 19 `mantissa` lacks the rest.
  std::int64_t digit_count = 0;
  /// value = digits * 10^exponent. Clamped to +-10^9.
  std::int64_t exponent = 0;
  bool is_negative = false;
  /// Neither a point nor an exponent.
  bool is_plain_integer = false;
};

/// \brief Reads the number that `text` begins with.
/// \return false if it begins with none.
bool ScanNumber(std::string_view text, ScannedNumber& number);

/// \brief Exact conversion: "1.0" and "1e3" are integers, "1.5" is kInvalidValue.
/// \return kOutOfRange beyond [min, max].
DecodeError ToInteger(const ScannedNumber& number, std::int64_t min, std::int64_t max,
                      std::int64_t& value);

/// \brief The nearest double. \return kOutOfRange where that would be an infinity.
DecodeError ToDouble(const ScannedNumber& number, double& value);

/// \brief The unscaled value of decimal(precision, scale). Digits beyond the scale are
/// rounded half up (away from zero), as Flink and Iceberg's Kafka Connect sink do.
/// \return kOutOfRange where it needs more than `precision` digits.
DecodeError ToDecimal(const ScannedNumber& number, int precision, int scale,
                      Int128& value);

}  // namespace frazil
