#include "iceberg/single_value.h"

#include <algorithm>
#include <bit>
#include <concepts>
#include <cstring>

namespace frazil {
namespace {

static_assert(std::endian::native == std::endian::little);

template <typename Number>
std::string BytesOf(Number value) {
  std::string bytes(sizeof(Number), '\0');
  std::memcpy(bytes.data(), &value, sizeof(Number));
  return bytes;
}

struct Encoder {
  std::string operator()(std::monostate) const { return {}; }
  std::string operator()(bool value) const { return std::string(1, value ? '\1' : '\0'); }
  std::string operator()(std::int32_t value) const { return BytesOf(value); }
  std::string operator()(std::int64_t value) const { return BytesOf(value); }
  std::string operator()(float value) const { return BytesOf(value); }
  std::string operator()(double value) const { return BytesOf(value); }
  std::string operator()(Int128 value) const { return DecimalToBytes(value); }
  std::string operator()(const std::string& value) const { return value; }
};

// Of the most significant byte of a two's complement.
bool IsNegative(char byte) { return static_cast<signed char>(byte) < 0; }

tl::unexpected<Error> WrongLength(std::string_view bytes, const Type& type) {
  return Fail(ErrorKind::kCorruptData, "single value of {} has {} bytes", type.ToString(),
              bytes.size());
}

template <typename Number>
Number Load(std::string_view bytes) {
  Number value;
  std::memcpy(&value, bytes.data(), sizeof(Number));
  return value;
}

// A number of `bytes`, which may have the width of the type before it was widened.
template <typename Number, typename Narrow>
Result<Literal> DecodeWidened(std::string_view bytes, const Type& type) {
  if (bytes.size() == sizeof(Number)) return Literal(Load<Number>(bytes));
  if (bytes.size() == sizeof(Narrow)) {
    return Literal(static_cast<Number>(Load<Narrow>(bytes)));
  }
  return WrongLength(bytes, type);
}

template <typename Number>
Result<Literal> DecodeNumber(std::string_view bytes, const Type& type) {
  if (bytes.size() != sizeof(Number)) return WrongLength(bytes, type);
  return Literal(Load<Number>(bytes));
}

}  // namespace

std::string EncodeSingleValue(const Literal& value, const Type& /*type*/) {
  return std::visit(Encoder{}, value);
}

Result<Literal> DecodeSingleValue(std::string_view bytes, const Type& type) {
  switch (type.id()) {
    case TypeId::kBoolean:
      if (bytes.size() != 1) return WrongLength(bytes, type);
      return Literal(bytes[0] != '\0');
    case TypeId::kInt:
    case TypeId::kDate:
      return DecodeNumber<std::int32_t>(bytes, type);
    case TypeId::kLong:
      return DecodeWidened<std::int64_t, std::int32_t>(bytes, type);
    case TypeId::kTime:
    case TypeId::kTimestamp:
    case TypeId::kTimestamptz:
      return DecodeNumber<std::int64_t>(bytes, type);
    case TypeId::kFloat:
      return DecodeNumber<float>(bytes, type);
    case TypeId::kDouble:
      return DecodeWidened<double, float>(bytes, type);
    case TypeId::kDecimal: {
      FRAZIL_ASSIGN(const Int128 unscaled, DecimalFromBytes(bytes));
      return Literal(unscaled);
    }
    case TypeId::kUuid:
      if (bytes.size() != 16) return WrongLength(bytes, type);
      return Literal(std::string(bytes));
    case TypeId::kFixed:
      // Shorter where another writer cut a bound.
      if (bytes.size() > static_cast<std::size_t>(type.length())) {
        return WrongLength(bytes, type);
      }
      return Literal(std::string(bytes));
    case TypeId::kString:
    case TypeId::kBinary:
      return Literal(std::string(bytes));
    case TypeId::kStruct:
    case TypeId::kList:
    case TypeId::kMap:
      break;
  }
  return Fail(ErrorKind::kCorruptData, "single value of a nested type: {}",
              type.ToString());
}

std::string DecimalToBytes(Int128 unscaled) {
  std::string bytes = BytesOf(unscaled);
  const char sign = unscaled < 0 ? '\xff' : '\0';
  // A leading sign byte goes while the byte below it shows the sign by itself.
  while (bytes.size() > 1 && bytes.back() == sign &&
         IsNegative(bytes[bytes.size() - 2]) == (unscaled < 0)) {
    bytes.pop_back();
  }
  std::reverse(bytes.begin(), bytes.end());
  return bytes;
}

Result<Int128> DecimalFromBytes(std::string_view bytes) {
  if (bytes.empty() || bytes.size() > sizeof(Int128)) {
    return Fail(ErrorKind::kCorruptData, "decimal of {} bytes", bytes.size());
  }
  const char sign = IsNegative(bytes[0]) ? '\xff' : '\0';
  std::string little_endian(sizeof(Int128), sign);
  std::copy(bytes.rbegin(), bytes.rend(), little_endian.begin());
  return Load<Int128>(little_endian);
}

int DecimalRequiredBytes(int precision) {
  Int128 largest = 0;
  for (int digit = 0; digit < precision; ++digit) largest = largest * 10 + 9;
  return static_cast<int>(DecimalToBytes(largest).size());
}

}  // namespace frazil
