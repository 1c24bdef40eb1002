#include "decode/number_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <system_error>

namespace frazil {
namespace {

constexpr std::int64_t kExponentLimit = 1'000'000'000;
constexpr int kMantissaDigits = 19;
constexpr int kMaxDecimalDigits = 38;

constexpr std::array<double, 23> kExactPowersOfTen = {
    1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

constexpr std::array<Int128, kMaxDecimalDigits + 1> kPowersOfTen = [] {
  std::array<Int128, kMaxDecimalDigits + 1> powers{};
  powers[0] = 1;
  for (std::size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * 10;
  return powers;
}();

Int128 PowerOfTen(std::int64_t exponent) {
  return kPowersOfTen[static_cast<std::size_t>(exponent)];
}

bool IsDigit(char c) { return static_cast<unsigned char>(c - '0') <= 9; }

// A run of digits, gathered into `number`.
const char* ScanDigits(const char* at, const char* end, ScannedNumber& number) {
  std::uint64_t mantissa = number.mantissa;
  std::int64_t count = number.digit_count;
  for (; at != end && IsDigit(*at); ++at) {
    const auto digit = static_cast<std::uint64_t>(*at - '0');
    if (count < kMantissaDigits) mantissa = mantissa * 10 + digit;
    if (count > 0 || digit != 0) ++count;
  }
  number.mantissa = mantissa;
  number.digit_count = count;
  return at;
}

// What follows 'e' or 'E'; nullptr if that is no exponent.
const char* ScanExponent(const char* at, const char* end, ScannedNumber& number) {
  bool is_negative = false;
  if (at != end && (*at == '+' || *at == '-')) is_negative = *at++ == '-';
  if (at == end || !IsDigit(*at)) return nullptr;
  std::int64_t exponent = 0;
  for (; at != end && IsDigit(*at); ++at) {
    exponent = std::min<std::int64_t>(exponent * 10 + (*at - '0'), kExponentLimit);
  }
  number.exponent += is_negative ? -exponent : exponent;
  return at;
}

// The digit at `index` among the digits behind leading zeros.
class SignificantDigits {
 public:
  explicit SignificantDigits(std::string_view text) : at_(text.data()) {
    while (*at_ == '-' || *at_ == '+' || *at_ == '0' || *at_ == '.') ++at_;
  }
  int Next() {
    if (*at_ == '.') ++at_;
    return *at_++ - '0';
  }

 private:
  const char* at_;
};

// The first `count` <= 38 digits as a number, rounded by the digit that follows.
Int128 LeadingDigits(const ScannedNumber& number, std::int64_t count) {
  if (number.digit_count <= kMantissaDigits) {
    const std::int64_t dropped = number.digit_count - count;
    const auto mantissa = static_cast<Int128>(number.mantissa);
    if (dropped <= 0) return mantissa;
    const Int128 divisor = PowerOfTen(dropped);
    return (mantissa + divisor / 2) / divisor;
  }
  SignificantDigits digits(number.text);
  Int128 value = 0;
  for (std::int64_t i = 0; i < count; ++i) value = value * 10 + digits.Next();
  if (count < number.digit_count && digits.Next() >= 5) ++value;
  return value;
}

}  // namespace

bool ScanNumber(std::string_view text, ScannedNumber& number) {
  const char* at = text.data();
  const char* const end = at + text.size();
  number = ScannedNumber{};
  if (at != end && *at == '-') {
    number.is_negative = true;
    ++at;
  }
  const char* const integer_part = at;
  at = ScanDigits(at, end, number);
  if (at == integer_part || (*integer_part == '0' && at - integer_part > 1)) return false;
  number.is_plain_integer = true;
  if (at != end && *at == '.') {
    const char* const fraction = at + 1;
    at = ScanDigits(fraction, end, number);
    if (at == fraction) return false;
    number.exponent = fraction - at;
    number.is_plain_integer = false;
  }
  if (at != end && (*at == 'e' || *at == 'E')) {
    at = ScanExponent(at + 1, end, number);
    if (at == nullptr) return false;
    number.is_plain_integer = false;
  }
  number.text = std::string_view(text.data(), static_cast<std::size_t>(at - text.data()));
  return true;
}

DecodeError ToInteger(const ScannedNumber& number, std::int64_t min, std::int64_t max,
                      std::int64_t& value) {
  Int128 wide = static_cast<Int128>(number.mantissa);
  if (number.is_plain_integer) {
    if (number.digit_count > kMantissaDigits) return DecodeError::kOutOfRange;
  } else if (number.digit_count > 0) {
    // Exact only if the digits below the point are all zero.
    const std::int64_t integer_digits = number.digit_count + number.exponent;
    if (integer_digits > kMantissaDigits) return DecodeError::kOutOfRange;
    if (integer_digits <= 0) return DecodeError::kInvalidValue;
    SignificantDigits digits(number.text);
    const std::int64_t written = std::min(integer_digits, number.digit_count);
    wide = 0;
    for (std::int64_t i = 0; i < written; ++i) wide = wide * 10 + digits.Next();
    wide *= PowerOfTen(integer_digits - written);
    for (std::int64_t i = written; i < number.digit_count; ++i) {
      if (digits.Next() != 0) return DecodeError::kInvalidValue;
    }
  }
  if (number.is_negative) wide = -wide;
  if (wide < min || wide > max) return DecodeError::kOutOfRange;
  value = static_cast<std::int64_t>(wide);
  return DecodeError::kNone;
}

DecodeError ToDouble(const ScannedNumber& number, double& value) {
  // Both factors are exact, so the one rounding of the operation is the right one
  // (Clinger 1990).
  constexpr std::uint64_t kExactIntegers = std::uint64_t{1} << 53U;
  if (number.digit_count <= kMantissaDigits && number.mantissa <= kExactIntegers &&
      number.exponent >= -22 && number.exponent <= 22) {
    const auto mantissa = static_cast<double>(number.mantissa);
    const auto power = static_cast<std::size_t>(std::abs(number.exponent));
    value = number.exponent < 0 ? mantissa / kExactPowersOfTen[power]
                                : mantissa * kExactPowersOfTen[power];
    if (number.is_negative) value = -value;
    return DecodeError::kNone;
  }
  const char* const end = number.text.data() + number.text.size();
  if (std::from_chars(number.text.data(), end, value).ec == std::errc{}) {
    return DecodeError::kNone;
  }
  // Out of range at one end or the other: what is too small to be told from zero is zero.
  if (number.digit_count + number.exponent > 0) return DecodeError::kOutOfRange;
  value = number.is_negative ? -0.0 : 0.0;
  return DecodeError::kNone;
}

DecodeError ToDecimal(const ScannedNumber& number, int precision, int scale,
                      Int128& value) {
  value = 0;
  if (number.digit_count == 0) return DecodeError::kNone;
  const std::int64_t shift = number.exponent + scale;
  const std::int64_t kept = number.digit_count + std::min<std::int64_t>(shift, 0);
  if (kept < 0) return DecodeError::kNone;
  if (number.digit_count + shift > precision) return DecodeError::kOutOfRange;
  value = LeadingDigits(number, kept);
  if (shift > 0) value *= PowerOfTen(shift);
  if (value >= PowerOfTen(precision)) return DecodeError::kOutOfRange;  // by rounding
  if (number.is_negative) value = -value;
  return DecodeError::kNone;
}

}  // namespace frazil
