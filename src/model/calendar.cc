#include "model/calendar.h"

#include <fmt/format.h>

namespace frazil {
namespace {

constexpr std::int64_t kDaysPerEra = 146'097;  // 400 years
// Days from 0000-03-01, where eras begin, to 1970-01-01.
constexpr std::int64_t kEpochInEraDays = 719'468;

std::string FormatYear(std::int64_t year) {
  if (year > 9999) return fmt::format("+{}", year);
  if (year < 0) return fmt::format("-{:04}", -year);
  return fmt::format("{:04}", year);
}

}  // namespace

// Years are counted from March here, so that the leap day is the last day of a year.
CivilDate CivilFromDays(std::int64_t days) {
  const std::int64_t shifted = days + kEpochInEraDays;
  const std::int64_t era = FloorDiv(shifted, kDaysPerEra);
  const std::int64_t day_of_era = FloorMod(shifted, kDaysPerEra);
  const std::int64_t year_of_era =
      (day_of_era - day_of_era / 1'460 + day_of_era / 36'524 - day_of_era / 146'096) /
      365;
  const std::int64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t month_from_march = (5 * day_of_year + 2) / 153;
  CivilDate date;
  date.day = static_cast<int>(day_of_year - (153 * month_from_march + 2) / 5 + 1);
  date.month = static_cast<int>(month_from_march < 10 ? month_from_march + 3
                                                      : month_from_march - 9);
  date.year = year_of_era + era * 400 + (date.month <= 2 ? 1 : 0);
  return date;
}

std::int64_t DaysFromCivil(const CivilDate& date) {
  const std::int64_t year = date.year - (date.month <= 2 ? 1 : 0);
  const std::int64_t era = FloorDiv(year, 400);
  const std::int64_t year_of_era = FloorMod(year, 400);
  const std::int64_t month_from_march = date.month > 2 ? date.month - 3 : date.month + 9;
  const std::int64_t day_of_year = (153 * month_from_march + 2) / 5 + date.day - 1;
  const std::int64_t day_of_era =
      year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * kDaysPerEra + day_of_era - kEpochInEraDays;
}

std::string FormatDate(std::int64_t days) {
  const CivilDate date = CivilFromDays(days);
  return fmt::format("{}-{:02}-{:02}", FormatYear(date.year), date.month, date.day);
}

std::string FormatTime(std::int64_t micros_since_midnight) {
  const std::int64_t seconds = FloorDiv(micros_since_midnight, kMicrosPerSecond);
  const std::int64_t fraction = FloorMod(micros_since_midnight, kMicrosPerSecond);
  std::string whole =
      fmt::format("{:02}:{:02}:{:02}", seconds / 3'600, seconds / 60 % 60, seconds % 60);
  if (fraction == 0) return whole;
  if (fraction % 1'000 == 0) return fmt::format("{}.{:03}", whole, fraction / 1'000);
  return fmt::format("{}.{:06}", whole, fraction);
}

std::string FormatTimestamp(std::int64_t micros) {
  return fmt::format("{}T{}", FormatDate(FloorDiv(micros, kMicrosPerDay)),
                     FormatTime(FloorMod(micros, kMicrosPerDay)));
}

}  // namespace frazil
