#pragma once

/// \file decode/time_text.h
/// \brief Dates, times and timestamps as text, in the ISO-8601 and the SQL form.
///
///     date       2024-02-29
///     time       22:31[:08[.123456789]][Z]
///     timestamp  date, then 'T' or ' ', then time, then optionally a zone;
///                or a date alone, its midnight
///     zone       Z, UTC, +HH, +HH:MM, +HHMM; up to 18 hours; after at most one space
///
/// Years have four digits. Up to nine digits of fraction, truncated to microseconds.
/// A second 60 and an hour 24 are refused, as java.time does.

#include <cstdint>
#include <string_view>

#include "decode/decode_error.h"

namespace frazil {

/// \brief Whether a timestamp may, must or must not say its zone.
enum class ZoneRule : std::uint8_t { kOptional, kRequired, kRefused };

/// \brief Which forms of a timestamp are accepted.
struct TimestampRules {
  bool accepts_iso = true;  ///< 'T' between date and time
  bool accepts_sql = true;  ///< ' ' between date and time
  /// A date alone, hours and minutes alone, a space before the zone.
  bool is_lenient = true;
  ZoneRule zone = ZoneRule::kOptional;
};

/// \brief Days since 1970-01-01. \return kInvalidValue if it is no date of that form.
DecodeError ParseDate(std::string_view text, std::int32_t& days);

/// \brief Microseconds since midnight. \return kInvalidValue if it is no such time.
DecodeError ParseTime(std::string_view text, std::int64_t& micros);

/// \brief Microseconds since 1970-01-01 00:00 UTC; a text without a zone is taken as UTC.
/// \return kInvalidValue if it is no timestamp of the accepted forms.
DecodeError ParseTimestamp(std::string_view text, const TimestampRules& rules,
                           std::int64_t& micros);

}  // namespace frazil
