#include "iceberg/transform.h"

#include <array>
#include <bit>
#include <charconv>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "iceberg/metrics.h"
#include "iceberg/single_value.h"
#include "model/calendar.h"

namespace frazil {
namespace {

constexpr std::array<std::pair<std::string_view, TransformKind>, 6> kPlainTransforms = {{
    {"identity", TransformKind::kIdentity},
    {"year", TransformKind::kYear},
    {"month", TransformKind::kMonth},
    {"day", TransformKind::kDay},
    {"hour", TransformKind::kHour},
    {"void", TransformKind::kVoid},
}};

// "name[7]" with a positive number gives 7.
std::int32_t ParameterOf(std::string_view text, std::string_view name) {
  if (!text.starts_with(name)) return 0;
  text.remove_prefix(name.size());
  if (text.size() < 3 || text.front() != '[' || text.back() != ']') return 0;
  text = text.substr(1, text.size() - 2);
  std::int32_t value = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() && value > 0 ? value
                                                                               : 0;
}

std::string ToLower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

bool CanBucket(TypeId type) {
  return type != TypeId::kBoolean && type != TypeId::kFloat && type != TypeId::kDouble &&
         type < TypeId::kStruct;
}

bool CanTruncate(TypeId type) {
  return type == TypeId::kInt || type == TypeId::kLong || type == TypeId::kDecimal ||
         type == TypeId::kString || type == TypeId::kBinary;
}

bool IsTimestamp(TypeId type) {
  return type == TypeId::kTimestamp || type == TypeId::kTimestamptz;
}

struct Hasher {
  std::int32_t operator()(std::int32_t value) const { return HashLong(value); }
  std::int32_t operator()(std::int64_t value) const { return HashLong(value); }
  std::int32_t operator()(Int128 value) const { return HashDecimal(value); }
  std::int32_t operator()(const std::string& value) const { return HashBytes(value); }
  // Types that have no buckets: ResultType refuses them.
  std::int32_t operator()(std::monostate) const { return 0; }
  std::int32_t operator()(bool) const { return 0; }
  std::int32_t operator()(float) const { return 0; }
  std::int32_t operator()(double) const { return 0; }
};

// The largest multiple of `width` not above `value`; wraps at the end of the type as Java's.
std::int64_t FloorTo(std::int64_t value, std::int64_t width) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(value) -
                                   static_cast<std::uint64_t>(FloorMod(value, width)));
}

Literal Truncate(const Literal& value, const Type& source, std::int32_t width) {
  if (const auto* number = std::get_if<std::int32_t>(&value)) {
    return static_cast<std::int32_t>(FloorTo(*number, width));
  }
  if (const auto* number = std::get_if<std::int64_t>(&value))
    return FloorTo(*number, width);
  if (const auto* unscaled = std::get_if<Int128>(&value)) {
    return *unscaled - ((*unscaled % width) + width) % width;
  }
  if (const auto* bytes = std::get_if<std::string>(&value)) {
    return std::string(TruncateLower(*bytes, source, width));
  }
  return value;
}

// Days since the epoch of a date or timestamp.
std::int64_t DaysOf(const Literal& value) {
  if (const auto* days = std::get_if<std::int32_t>(&value)) return *days;
  if (const auto* micros = std::get_if<std::int64_t>(&value)) {
    return FloorDiv(*micros, kMicrosPerDay);
  }
  return 0;
}

std::int64_t HoursOf(const Literal& value) {
  const auto* micros = std::get_if<std::int64_t>(&value);
  return micros == nullptr ? 0 : FloorDiv(*micros, kMicrosPerHour);
}

std::string ToBase64(std::string_view bytes) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      const bool is_there = at + i < bytes.size();
      group = group << 8U | (is_there ? static_cast<unsigned char>(bytes[at + i]) : 0U);
    }
    for (std::size_t i = 0; i < 4; ++i) {
      const bool is_padding = at + i > bytes.size();
      text += is_padding ? '=' : kDigits[group >> (18 - 6 * i) & 0x3FU];
    }
  }
  return text;
}

std::string HumanMonth(std::int64_t month) {
  return fmt::format("{:04}-{:02}", 1970 + FloorDiv(month, 12), FloorMod(month, 12) + 1);
}

}  // namespace

Transform Transform::Parse(std::string_view text) {
  const std::string lower = ToLower(text);
  for (const auto& [name, kind] : kPlainTransforms) {
    if (lower == name) return Transform(kind);
  }
  if (const auto buckets = ParameterOf(lower, "bucket"); buckets > 0) {
    return Transform(TransformKind::kBucket, buckets);
  }
  if (const auto width = ParameterOf(lower, "truncate"); width > 0) {
    return Transform(TransformKind::kTruncate, width);
  }
  Transform unknown(TransformKind::kUnknown);
  unknown.unknown_text_ = text;
  return unknown;
}

bool Transform::IsRedundantWith(const Transform& other) const {
  const auto is_of_time = [](TransformKind kind) {
    return kind == TransformKind::kYear || kind == TransformKind::kMonth ||
           kind == TransformKind::kDay || kind == TransformKind::kHour;
  };
  return *this == other || (is_of_time(kind_) && is_of_time(other.kind_));
}

std::string Transform::ToString() const {
  switch (kind_) {
    case TransformKind::kBucket:
      return fmt::format("bucket[{}]", parameter_);
    case TransformKind::kTruncate:
      return fmt::format("truncate[{}]", parameter_);
    case TransformKind::kUnknown:
      return unknown_text_;
    default:
      break;
  }
  for (const auto& [name, kind] : kPlainTransforms) {
    if (kind == kind_) return std::string(name);
  }
  return {};
}

Result<Type> Transform::ResultType(const Type& source) const {
  const TypeId id = source.id();
  switch (kind_) {
    case TransformKind::kIdentity:
      if (!source.is_nested()) return source;
      break;
    case TransformKind::kBucket:
      if (parameter_ > 0 && CanBucket(id)) return Type(TypeId::kInt);
      break;
    case TransformKind::kTruncate:
      if (parameter_ > 0 && CanTruncate(id)) return source;
      break;
    case TransformKind::kYear:
    case TransformKind::kMonth:
      if (id == TypeId::kDate || IsTimestamp(id)) return Type(TypeId::kInt);
      break;
    case TransformKind::kDay:
      if (id == TypeId::kDate || IsTimestamp(id)) return Type(TypeId::kDate);
      break;
    case TransformKind::kHour:
      if (IsTimestamp(id)) return Type(TypeId::kInt);
      break;
    case TransformKind::kVoid:
      return source;
    case TransformKind::kUnknown:
      return Fail(ErrorKind::kNotSupported, "transform of a later specification: {}",
                  unknown_text_);
  }
  return Fail(ErrorKind::kInvalidArgument, "transform {} does not take a {}", ToString(),
              source.ToString());
}

Literal Transform::Apply(const Literal& value, const Type& source) const {
  if (IsNull(value)) return value;
  switch (kind_) {
    case TransformKind::kIdentity:
      return value;
    case TransformKind::kBucket:
      return BucketOf(std::visit(Hasher{}, value), parameter_);
    case TransformKind::kTruncate:
      return Truncate(value, source, parameter_);
    case TransformKind::kYear:
      return static_cast<std::int32_t>(CivilFromDays(DaysOf(value)).year - 1970);
    case TransformKind::kMonth: {
      const CivilDate date = CivilFromDays(DaysOf(value));
      return static_cast<std::int32_t>((date.year - 1970) * 12 + date.month - 1);
    }
    case TransformKind::kDay:
      return static_cast<std::int32_t>(DaysOf(value));
    case TransformKind::kHour:
      // Beyond the year 246,000 the count of hours leaves 32 bits; Java wraps there too.
      return static_cast<std::int32_t>(HoursOf(value));
    case TransformKind::kVoid:
    case TransformKind::kUnknown:
      break;
  }
  return {};
}

std::string Transform::ToHumanString(const Literal& value, const Type& source) const {
  if (IsNull(value)) return "null";
  const auto* number = std::get_if<std::int32_t>(&value);
  if (number != nullptr) {
    switch (kind_) {
      case TransformKind::kYear:
        return fmt::format("{:04}", 1970 + std::int64_t{*number});
      case TransformKind::kMonth:
        return HumanMonth(*number);
      case TransformKind::kDay:
        return FormatDate(*number);
      case TransformKind::kHour:
        return fmt::format("{}-{:02}", FormatDate(FloorDiv(*number, 24)),
                           FloorMod(*number, 24));
      case TransformKind::kBucket:
        return fmt::format("{}", *number);
      default:
        break;
    }
  }
  if (source.id() == TypeId::kBinary || source.id() == TypeId::kFixed) {
    if (const auto* bytes = std::get_if<std::string>(&value)) return ToBase64(*bytes);
  }
  return LiteralToString(value, source);
}

std::int32_t HashLong(std::int64_t value) {
  char bytes[sizeof(value)];
  std::memcpy(bytes, &value, sizeof(value));
  return HashBytes({bytes, sizeof(bytes)});
}

// murmur3 x86 32 with seed 0, after Austin Appleby's public domain description.
std::int32_t HashBytes(std::string_view bytes) {
  const auto scramble = [](std::uint32_t block) {
    return std::rotl(block * 0xCC9E2D51U, 15) * 0x1B873593U;
  };
  std::uint32_t hash = 0;
  std::size_t at = 0;
  for (; at + 4 <= bytes.size(); at += 4) {
    std::uint32_t block = 0;
    std::memcpy(&block, bytes.data() + at, 4);
    hash = std::rotl(hash ^ scramble(block), 13) * 5 + 0xE6546B64U;
  }
  std::uint32_t tail = 0;
  for (std::size_t i = bytes.size(); i > at; --i) {
    tail = tail << 8U | static_cast<unsigned char>(bytes[i - 1]);
  }
  hash ^= scramble(tail);
  hash ^= static_cast<std::uint32_t>(bytes.size());
  hash = (hash ^ hash >> 16U) * 0x85EBCA6BU;
  hash = (hash ^ hash >> 13U) * 0xC2B2AE35U;
  return static_cast<std::int32_t>(hash ^ hash >> 16U);
}

std::int32_t HashDecimal(Int128 unscaled) { return HashBytes(DecimalToBytes(unscaled)); }

}  // namespace frazil
