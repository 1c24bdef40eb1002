#include "decode/time_text.h"

#include <array>
#include <cstddef>

#include "model/calendar.h"

namespace frazil {
namespace {

constexpr int kDateLength = 10;
constexpr int kMaxFractionDigits = 9;
constexpr std::int64_t kMaxZoneMinutes = std::int64_t{18} * 60;

// Reads two digits; any that is none leaves a value of 100 or more.
unsigned TwoDigits(const char* at) {
  const auto tens = static_cast<unsigned char>(at[0] - '0');
  const auto ones = static_cast<unsigned char>(at[1] - '0');
  return tens <= 9 && ones <= 9 ? tens * 10U + ones : 100U;
}

unsigned DaysOfMonth(unsigned year, unsigned month) {
  constexpr std::array<unsigned char, 13> kDays = {0,  31, 28, 31, 30, 31, 30,
                                                   31, 31, 30, 31, 30, 31};
  const bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return month == 2 && is_leap ? 29U : kDays[month];
}

// A date at `at`, which has kDateLength characters.
bool ReadDate(const char* at, std::int64_t& days) {
  const unsigned century = TwoDigits(at);
  const unsigned year_of_century = TwoDigits(at + 2);
  const unsigned month = TwoDigits(at + 5);
  const unsigned day = TwoDigits(at + 8);
  if (century >= 100 || year_of_century >= 100 || at[4] != '-' || at[7] != '-')
    return false;
  const unsigned year = century * 100 + year_of_century;
  if (month < 1 || month > 12 || day < 1 || day > DaysOfMonth(year, month)) return false;
  days = DaysFromCivil(
      {static_cast<std::int64_t>(year), static_cast<int>(month), static_cast<int>(day)});
  return true;
}

// A fraction of a second behind its point: microseconds, and where it ends.
const char* ReadFraction(const char* at, const char* end, std::int64_t& micros) {
  const char* const begin = at;
  std::int64_t value = 0;
  for (; at != end && static_cast<unsigned char>(*at - '0') <= 9; ++at) {
    if (at - begin < 6) value = value * 10 + (*at - '0');
  }
  if (at == begin || at - begin > kMaxFractionDigits) return nullptr;
  for (auto digits = at - begin; digits < 6; ++digits) value *= 10;
  micros = value;
  return at;
}

// A time at `at`: microseconds since midnight, and where it ends; nullptr if there is none.
const char* ReadTime(const char* at, const char* end, bool needs_seconds,
                     std::int64_t& micros) {
  if (end - at < 5 || at[2] != ':') return nullptr;
  const unsigned hour = TwoDigits(at);
  const unsigned minute = TwoDigits(at + 3);
  if (hour > 23 || minute > 59) return nullptr;
  at += 5;
  micros = (std::int64_t{hour} * 60 + minute) * 60 * kMicrosPerSecond;
  if (at == end || *at != ':') return needs_seconds ? nullptr : at;
  if (end - at < 3) return nullptr;
  const unsigned second = TwoDigits(at + 1);
  if (second > 59) return nullptr;
  at += 3;
  micros += second * kMicrosPerSecond;
  if (at == end || *at != '.') return at;
  std::int64_t fraction = 0;
  at = ReadFraction(at + 1, end, fraction);
  micros += fraction;
  return at;
}

// The zone that `text` is, wholly: minutes east of UTC.
bool ReadZone(std::string_view text, std::int64_t& minutes) {
  minutes = 0;
  if (text == "Z" || text == "z" || text == "UTC") return true;
  if (text.size() < 3 || (text[0] != '+' && text[0] != '-')) return false;
  const unsigned hours = TwoDigits(text.data() + 1);
  unsigned rest = 0;
  if (text.size() == 6 && text[3] == ':') {
    rest = TwoDigits(text.data() + 4);
  } else if (text.size() == 5) {
    rest = TwoDigits(text.data() + 3);
  } else if (text.size() != 3) {
    return false;
  }
  if (hours >= 100 || rest > 59) return false;
  minutes = static_cast<std::int64_t>(hours) * 60 + rest;
  if (minutes > kMaxZoneMinutes) return false;
  if (text[0] == '-') minutes = -minutes;
  return true;
}

bool IsSeparatorAccepted(char separator, const TimestampRules& rules) {
  if (separator == 'T' || separator == 't') return rules.accepts_iso;
  return separator == ' ' && rules.accepts_sql;
}

}  // namespace

DecodeError ParseDate(std::string_view text, std::int32_t& days) {
  std::int64_t wide = 0;
  if (text.size() != kDateLength || !ReadDate(text.data(), wide)) {
    return DecodeError::kInvalidValue;
  }
  days = static_cast<std::int32_t>(wide);
  return DecodeError::kNone;
}

DecodeError ParseTime(std::string_view text, std::int64_t& micros) {
  const char* const end = text.data() + text.size();
  const char* at = ReadTime(text.data(), end, /*needs_seconds=*/false, micros);
  if (at == nullptr) return DecodeError::kInvalidValue;
  if (at != end && (*at == 'Z' || *at == 'z')) ++at;
  return at == end ? DecodeError::kNone : DecodeError::kInvalidValue;
}

DecodeError ParseTimestamp(std::string_view text, const TimestampRules& rules,
                           std::int64_t& micros) {
  std::int64_t days = 0;
  if (text.size() < kDateLength || !ReadDate(text.data(), days)) {
    return DecodeError::kInvalidValue;
  }
  micros = days * kMicrosPerDay;
  if (text.size() == kDateLength) {
    return rules.is_lenient ? DecodeError::kNone : DecodeError::kInvalidValue;
  }
  if (!IsSeparatorAccepted(text[kDateLength], rules)) return DecodeError::kInvalidValue;
  const char* const end = text.data() + text.size();
  std::int64_t time = 0;
  const char* at = ReadTime(text.data() + kDateLength + 1, end, !rules.is_lenient, time);
  if (at == nullptr) return DecodeError::kInvalidValue;
  micros += time;
  if (at == end) {
    return rules.zone == ZoneRule::kRequired ? DecodeError::kInvalidValue
                                             : DecodeError::kNone;
  }
  if (*at == ' ' && rules.is_lenient) ++at;
  std::int64_t minutes = 0;
  if (rules.zone == ZoneRule::kRefused ||
      !ReadZone(std::string_view(at, static_cast<std::size_t>(end - at)), minutes)) {
    return DecodeError::kInvalidValue;
  }
  micros -= minutes * 60 * kMicrosPerSecond;
  return DecodeError::kNone;
}

}  // namespace frazil
