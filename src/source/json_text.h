#pragma once

/// \file source/json_text.h
/// \brief Values as JSON text into memory that the caller has made large enough; and a
/// random number generator that starts anew for each record.
///
/// Nothing here allocates or fails. Every function returns the byte after what it wrote.

#include <charconv>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "model/calendar.h"

namespace frazil {

/// \brief SplitMix64: a stream of random numbers that is a pure function of its seeds.
class RecordRandom {
 public:
  RecordRandom(std::uint64_t seed, std::uint64_t index)
      : state_(Mix(seed + 0x632be59bd9b4e019ULL) ^ (index * 0x9e3779b97f4a7c15ULL)) {}

  std::uint64_t Next() {
    state_ += 0x9e3779b97f4a7c15ULL;
    return Mix(state_);
  }
  /// \brief Uniform in [0, bound). \pre bound > 0
  std::uint64_t Below(std::uint64_t bound) {
    __extension__ using Uint128 = unsigned __int128;
    return static_cast<std::uint64_t>((static_cast<Uint128>(Next()) * bound) >> 64);
  }
  /// \brief Uniform in [low, high], both included.
  std::int64_t Between(std::int64_t low, std::int64_t high) {
    const std::uint64_t span =
        static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low) + 1;
    const std::uint64_t offset = span == 0 ? Next() : Below(span);
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(low) + offset);
  }
  /// \brief Uniform in [0, 1).
  double Unit() { return static_cast<double>(Next() >> 11) * 0x1.0p-53; }

 private:
  static std::uint64_t Mix(std::uint64_t z) {
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }

  std::uint64_t state_;
};

/// \brief Text as it is; the caller has seen to the escapes.
inline char* PutText(char* out, std::string_view text) {
  std::memcpy(out, text.data(), text.size());
  return out + text.size();
}

/// \brief At most 20 bytes.
inline char* PutInt(char* out, std::int64_t value) {
  return std::to_chars(out, out + 20, value).ptr;
}

/// \brief `digits` decimal digits with leading zeros. \pre value fits
inline char* PutPadded(char* out, std::int64_t value, int digits) {
  for (int i = digits - 1; i >= 0; --i) {
    out[i] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
  return out + digits;
}

/// \brief "12.34" for 1234 and scale 2. At most 22 bytes.
inline char* PutFixed(char* out, std::int64_t unscaled, int scale) {
  std::uint64_t rest = static_cast<std::uint64_t>(unscaled);
  if (unscaled < 0) {
    *out++ = '-';
    rest = 0 - rest;
  }
  std::uint64_t power = 1;
  for (int i = 0; i < scale; ++i) power *= 10;
  out = std::to_chars(out, out + 20, rest / power).ptr;
  if (scale == 0) return out;
  *out++ = '.';
  return PutPadded(out, static_cast<std::int64_t>(rest % power), scale);
}

/// \brief "2026-11-21", without quotes. \pre the year is in 0 to 9999
inline char* PutDate(char* out, std::int64_t days) {
  const CivilDate date = CivilFromDays(days);
  out = PutPadded(out, date.year, 4);
  *out++ = '-';
  out = PutPadded(out, date.month, 2);
  *out++ = '-';
  return PutPadded(out, date.day, 2);
}

/// \brief "22:31:08.125", without quotes.
inline char* PutTime(char* out, std::int64_t ms_of_day) {
  out = PutPadded(out, ms_of_day / 3'600'000, 2);
  *out++ = ':';
  out = PutPadded(out, ms_of_day / 60'000 % 60, 2);
  *out++ = ':';
  out = PutPadded(out, ms_of_day / 1000 % 60, 2);
  *out++ = '.';
  return PutPadded(out, ms_of_day % 1000, 3);
}

/// \brief "2026-11-21T22:31:08.125", without quotes and zone: 23 bytes.
inline char* PutTimestamp(char* out, std::int64_t ms) {
  constexpr std::int64_t kMsPerDay = 86'400'000;
  out = PutDate(out, FloorDiv(ms, kMsPerDay));
  *out++ = 'T';
  return PutTime(out, FloorMod(ms, kMsPerDay));
}

/// \brief `count` random hexadecimal digits. May write up to 15 bytes more.
inline char* PutHex(char* out, std::int64_t count, RecordRandom& random) {
  for (std::int64_t done = 0; done < count; done += 16) {
    std::uint64_t bits = random.Next();
    for (int i = 0; i < 16; ++i) {
      out[done + i] = "0123456789abcdef"[bits & 15];
      bits >>= 4;
    }
  }
  return out + count;
}

}  // namespace frazil
