#pragma once

/// \file model/calendar.h
/// \brief Days and microseconds since 1970-01-01 to civil dates and back.
///
/// The proleptic Gregorian calendar, as in ISO-8601 and Java's java.time, for every value
/// that a date (32-bit days) or timestamp (64-bit microseconds) can hold.

#include <cstdint>
#include <string>

namespace frazil {

inline constexpr std::int64_t kMicrosPerSecond = 1'000'000;
inline constexpr std::int64_t kMicrosPerHour = 3'600 * kMicrosPerSecond;
inline constexpr std::int64_t kMicrosPerDay = 24 * kMicrosPerHour;

/// \brief Division that rounds towards minus infinity. \pre divisor > 0.
constexpr std::int64_t FloorDiv(std::int64_t value, std::int64_t divisor) {
  const std::int64_t quotient = value / divisor;
  return value % divisor < 0 ? quotient - 1 : quotient;
}

/// \brief What FloorDiv leaves: in [0, divisor).
constexpr std::int64_t FloorMod(std::int64_t value, std::int64_t divisor) {
  const std::int64_t rest = value % divisor;
  return rest < 0 ? rest + divisor : rest;
}

/// \brief A day of the calendar.
struct CivilDate {
  std::int64_t year = 1970;
  int month = 1;  ///< 1 to 12
  int day = 1;    ///< 1 to 31

  bool operator==(const CivilDate&) const = default;
};

/// \brief The date of a day counted from 1970-01-01.
/// \pre |days| < 2^40
CivilDate CivilFromDays(std::int64_t days);

/// \brief The inverse of CivilFromDays. \pre the date exists.
std::int64_t DaysFromCivil(const CivilDate& date);

/// \brief "2026-11-21"; years beyond 9999 get a sign, as in Java: "+10000-01-01".
std::string FormatDate(std::int64_t days);

/// \brief "22:31:08", with 3 or 6 digits of fraction if there is one.
std::string FormatTime(std::int64_t micros_since_midnight);

/// \brief "2017-11-16T22:31:08.000001", without a zone.
std::string FormatTimestamp(std::int64_t micros);

}  // namespace frazil
