#include "base/units.h"

#include <array>
#include <charconv>
#include <limits>
#include <utility>

namespace frazil {
namespace {

using Unit = std::pair<std::string_view, std::int64_t>;

std::string_view Trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return lower;
}

// A non-negative integer followed by one of `units`; no unit means a factor of 1.
template <std::size_t N>
Result<std::int64_t> ParseQuantity(std::string_view text, std::string_view what,
                                   const std::array<Unit, N>& units) {
  const std::string_view trimmed = Trim(text);
  std::int64_t count = 0;
  const char* const last = trimmed.data() + trimmed.size();
  const auto [end, error] = std::from_chars(trimmed.data(), last, count);
  const std::string unit = Lower(Trim(std::string_view(end, last)));
  std::int64_t factor = unit.empty() ? 1 : 0;
  for (const auto& [name, unit_factor] : units) {
    if (unit == name) factor = unit_factor;
  }
  std::int64_t product = 0;
  if (error != std::errc() || count < 0 || factor == 0 ||
      __builtin_mul_overflow(count, factor, &product)) {
    return Fail(ErrorKind::kInvalidArgument, "not a {}: '{}'", what, text);
  }
  return product;
}

constexpr std::int64_t kKib = 1024;
constexpr std::int64_t kSecond = 1000;
constexpr std::int64_t kMinute = 60 * kSecond;
constexpr std::int64_t kHour = 60 * kMinute;
constexpr std::int64_t kDay = 24 * kHour;
constexpr std::int64_t kWeek = 7 * kDay;

constexpr std::array<Unit, 24> kDurationUnits = {{
    {"ms", 1},           {"milli", 1},         {"millis", 1},        {"millisecond", 1},
    {"milliseconds", 1}, {"s", kSecond},       {"sec", kSecond},     {"secs", kSecond},
    {"second", kSecond}, {"seconds", kSecond}, {"m", kMinute},       {"min", kMinute},
    {"mins", kMinute},   {"minute", kMinute},  {"minutes", kMinute}, {"h", kHour},
    {"hour", kHour},     {"hours", kHour},     {"d", kDay},          {"day", kDay},
    {"days", kDay},      {"w", kWeek},         {"week", kWeek},      {"weeks", kWeek},
}};

constexpr std::array<Unit, 14> kSizeUnits = {{
    {"b", 1},
    {"bytes", 1},
    {"k", kKib},
    {"kb", kKib},
    {"kib", kKib},
    {"m", kKib * kKib},
    {"mb", kKib * kKib},
    {"mib", kKib * kKib},
    {"g", kKib * kKib * kKib},
    {"gb", kKib * kKib * kKib},
    {"gib", kKib * kKib * kKib},
    {"t", kKib * kKib * kKib * kKib},
    {"tb", kKib * kKib * kKib * kKib},
    {"tib", kKib * kKib * kKib * kKib},
}};

}  // namespace

Result<std::chrono::milliseconds> ParseDuration(std::string_view text) {
  FRAZIL_ASSIGN(const std::int64_t ms, ParseQuantity(text, "duration", kDurationUnits));
  constexpr std::int64_t kMaxMs = std::numeric_limits<std::int64_t>::max() / 1'000'000;
  if (ms > kMaxMs) {
    return Fail(ErrorKind::kInvalidArgument, "duration too long: '{}'", text);
  }
  return std::chrono::milliseconds(ms);
}

Result<std::int64_t> ParseSize(std::string_view text) {
  return ParseQuantity(text, "size", kSizeUnits);
}

std::string FormatSize(std::int64_t bytes) {
  if (bytes < kKib) return fmt::format("{} B", bytes);
  constexpr std::array<std::string_view, 4> kNames = {"KiB", "MiB", "GiB", "TiB"};
  double value = static_cast<double>(bytes) / kKib;
  std::size_t unit = 0;
  while (value >= kKib && unit + 1 < kNames.size()) {
    value /= kKib;
    ++unit;
  }
  return fmt::format("{:.{}f} {}", value, value < 10 ? 1 : 0, kNames[unit]);
}

std::string FormatDuration(std::chrono::milliseconds duration) {
  const std::int64_t ms = duration.count();
  if (ms < kSecond) return fmt::format("{} ms", ms);
  if (ms < 60 * kSecond)
    return fmt::format("{:.1f} s", static_cast<double>(ms) / kSecond);
  const std::int64_t seconds = ms / kSecond;
  if (seconds < 3600) return fmt::format("{} min {} s", seconds / 60, seconds % 60);
  return fmt::format("{} h {} min", seconds / 3600, seconds % 3600 / 60);
}

}  // namespace frazil
