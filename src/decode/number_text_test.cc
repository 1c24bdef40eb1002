#include "decode/number_text.h"

#include <cmath>
#include <cstdlib>
#include <limits>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace frazil {
namespace {

ScannedNumber Scan(std::string_view text) {
  ScannedNumber number;
  EXPECT_TRUE(ScanNumber(text, number)) << text;
  EXPECT_EQ(number.text, text);
  return number;
}

// "" for an error, with its name behind a '!'.
std::string Integer(std::string_view text) {
  std::int64_t value = 0;
  const DecodeError error =
      ToInteger(Scan(text), std::numeric_limits<std::int64_t>::min(),
                std::numeric_limits<std::int64_t>::max(), value);
  if (error != DecodeError::kNone) return "!" + std::string(DecodeErrorName(error));
  return std::to_string(value);
}

std::string Decimal(std::string_view text, int precision, int scale) {
  Int128 value = 0;
  const DecodeError error = ToDecimal(Scan(text), precision, scale, value);
  if (error != DecodeError::kNone) return "!" + std::string(DecodeErrorName(error));
  std::string digits;
  const bool is_negative = value < 0;
  for (Int128 rest = is_negative ? -value : value; rest > 0; rest /= 10) {
    digits.insert(digits.begin(), static_cast<char>('0' + static_cast<int>(rest % 10)));
  }
  return (is_negative ? "-" : "") + (digits.empty() ? "0" : digits);
}

TEST(NumberTextTest, TheGrammarIsThatOfJson) {
  for (const std::string text :
       {"0", "-0", "7", "10", "-12", "0.5", "12.50", "1e5", "1E+5", "1.5e-10", "0e0"}) {
    Scan(text);
  }
  for (const std::string text : {"", "-", "+1", "01", "-01", ".5", "1.", "1.e5", "1e",
                                 "1e+", "NaN", "Infinity", "x", "--1", "1.-5"}) {
    ScannedNumber number;
    const bool is_number = ScanNumber(text, number) && number.text == text;
    EXPECT_FALSE(is_number) << text;
  }
}

TEST(NumberTextTest, AScanEndsWhereTheNumberEnds) {
  ScannedNumber number;
  ASSERT_TRUE(ScanNumber("12.5, 3", number));
  EXPECT_EQ(number.text, "12.5");
  ASSERT_TRUE(ScanNumber("-7abc", number));
  EXPECT_EQ(number.text, "-7");
}

TEST(NumberTextTest, IntegersAreExact) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"0", "0"},
      {"-0", "0"},
      {"9223372036854775807", "9223372036854775807"},
      {"-9223372036854775808", "-9223372036854775808"},
      {"9223372036854775808", "!OutOfRange"},
      {"-9223372036854775809", "!OutOfRange"},
      {"99999999999999999999999999", "!OutOfRange"},
      {"1.0", "1"},
      {"-120.000", "-120"},
      {"1.5e1", "15"},
      {"1e3", "1000"},
      {"100e-2", "1"},
      {"922337203685477580.7e1", "9223372036854775807"},
      {"9.223372036854775807e18", "9223372036854775807"},
      {"9.223372036854775808e18", "!OutOfRange"},
      {"1.5", "!InvalidValue"},
      {"0.1", "!InvalidValue"},
      {"1e-1", "!InvalidValue"},
      {"1.00000000000000000000000001", "!InvalidValue"},
      {"1.00000000000000000000000000", "1"},
      {"0.0e999999999999", "0"},
      {"1e999999999999", "!OutOfRange"},
      {"1e-999999999999", "!InvalidValue"},
  };
  for (const auto& [text, expected] : cases) EXPECT_EQ(Integer(text), expected) << text;
}

TEST(NumberTextTest, DoublesAreTheNearest) {
  for (const std::string text :
       {"0", "1", "-1.5", "0.1", "123456.789", "1e22", "1e23", "9007199254740993",
        "2.2250738585072014e-308", "4.9e-324", "1.7976931348623157e308",
        "3.14159265358979323846264338327950288", "0.000001", "123e-20"}) {
    double value = 0;
    EXPECT_EQ(ToDouble(Scan(text), value), DecodeError::kNone) << text;
    EXPECT_EQ(value, std::strtod(text.c_str(), nullptr)) << text;
  }
}

TEST(NumberTextTest, ADoubleOverflowsButTheTiniestIsZero) {
  double value = 1;
  EXPECT_EQ(ToDouble(Scan("1e309"), value), DecodeError::kOutOfRange);
  EXPECT_EQ(ToDouble(Scan("-1e999999999999"), value), DecodeError::kOutOfRange);
  EXPECT_EQ(ToDouble(Scan("1e-400"), value), DecodeError::kNone);
  EXPECT_EQ(value, 0);
  EXPECT_EQ(ToDouble(Scan("-1e-400"), value), DecodeError::kNone);
  EXPECT_TRUE(value == 0 && std::signbit(value));
  EXPECT_EQ(ToDouble(Scan("-0"), value), DecodeError::kNone);
  EXPECT_TRUE(value == 0 && std::signbit(value));
}

TEST(NumberTextTest, DecimalsAreExactAndRoundHalfUp) {
  struct Case {
    std::string text;
    int precision;
    int scale;
    std::string unscaled;
  };
  const std::vector<Case> cases = {
      {"12.34", 9, 2, "1234"},
      {"-12.34", 9, 2, "-1234"},
      {"12", 9, 2, "1200"},
      {"0.1", 9, 2, "10"},
      {"12.345", 9, 2, "1235"},
      {"12.3449999999999999999999999", 9, 2, "1234"},
      {"-12.345", 9, 2, "-1235"},
      {"0.005", 9, 2, "1"},
      {"0.0049", 9, 2, "0"},
      {"1e-30", 9, 2, "0"},
      {"1e3", 9, 2, "100000"},
      {"1.5E-1", 9, 2, "15"},
      {"0e999999", 9, 2, "0"},
      {"9999999.99", 9, 2, "999999999"},
      {"9999999.994", 9, 2, "999999999"},
      {"9999999.995", 9, 2, "!OutOfRange"},
      {"10000000", 9, 2, "!OutOfRange"},
      {"1e999999999999", 9, 2, "!OutOfRange"},
      {"99999999999999999999999999999999999999", 38, 0,
       "99999999999999999999999999999999999999"},
      {"0.99999999999999999999999999999999999999", 38, 38,
       "99999999999999999999999999999999999999"},
      {"100000000000000000000000000000000000000", 38, 0, "!OutOfRange"},
      {"12345678901234567890.123456789012345678", 38, 18,
       "12345678901234567890123456789012345678"},
      {"1234567890123456789012.5", 38, 0, "1234567890123456789013"},
      {"5", 1, 0, "5"},
      {"9.5", 1, 0, "!OutOfRange"},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(Decimal(c.text, c.precision, c.scale), c.unscaled) << c.text;
  }
}

}  // namespace
}  // namespace frazil
