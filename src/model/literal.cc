#include "model/literal.h"

#include <algorithm>
#include <cmath>
#include <string_view>

#include <fmt/format.h>

#include "model/calendar.h"

namespace frazil {
namespace {

// The shortest text that reads back as the same number, always with a point or exponent.
template <typename Real>
std::string FormatReal(Real value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value < 0 ? "-Infinity" : "Infinity";
  std::string text = fmt::format("{}", value);
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

std::string FormatDecimal(Int128 unscaled, int scale) {
  __extension__ using Uint128 = unsigned __int128;
  const bool is_negative = unscaled < 0;
  Uint128 rest =
      is_negative ? -static_cast<Uint128>(unscaled) : static_cast<Uint128>(unscaled);
  std::string reversed;
  for (int digits = 0; rest != 0 || digits <= scale; ++digits) {
    if (digits == scale && scale > 0) reversed += '.';
    reversed += static_cast<char>('0' + static_cast<int>(rest % 10));
    rest /= 10;
  }
  if (is_negative) reversed += '-';
  std::reverse(reversed.begin(), reversed.end());
  return reversed;
}

std::string FormatHex(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const char byte : bytes) {
    fmt::format_to(std::back_inserter(text), "{:02x}", static_cast<unsigned char>(byte));
  }
  return text;
}

std::string FormatUuid(std::string_view bytes) {
  std::string text = FormatHex(bytes);
  if (bytes.size() != 16) return text;
  for (const std::size_t at : {8U, 13U, 18U, 23U}) text.insert(at, 1, '-');
  return text;
}

std::string FormatInt64(std::int64_t value, TypeId type) {
  switch (type) {
    case TypeId::kTime:
      return FormatTime(value);
    case TypeId::kTimestamp:
      return FormatTimestamp(value);
    case TypeId::kTimestamptz:
      return FormatTimestamp(value) + "Z";
    default:
      return fmt::format("{}", value);
  }
}

std::string FormatBytes(const std::string& bytes, TypeId type) {
  if (type == TypeId::kString) return bytes;
  return type == TypeId::kUuid ? FormatUuid(bytes) : FormatHex(bytes);
}

struct Formatter {
  const Type& type;

  std::string operator()(std::monostate) const { return "null"; }
  std::string operator()(bool value) const { return value ? "true" : "false"; }
  std::string operator()(std::int32_t value) const {
    return type.id() == TypeId::kDate ? FormatDate(value) : fmt::format("{}", value);
  }
  std::string operator()(std::int64_t value) const {
    return FormatInt64(value, type.id());
  }
  std::string operator()(float value) const { return FormatReal(value); }
  std::string operator()(double value) const { return FormatReal(value); }
  std::string operator()(Int128 value) const {
    return FormatDecimal(value, type.scale());
  }
  std::string operator()(const std::string& value) const {
    return FormatBytes(value, type.id());
  }
};

}  // namespace

std::string LiteralToString(const Literal& value, const Type& type) {
  return std::visit(Formatter{type}, value);
}

}  // namespace frazil
