#include "model/literal.h"

#include <limits>

#include <gtest/gtest.h>

#include "model/split.h"

namespace frazil {
namespace {

TEST(LiteralTest, ReadsAsPeopleWriteEachType) {
  EXPECT_EQ(LiteralToString({}, Type(TypeId::kString)), "null");
  EXPECT_EQ(LiteralToString(true, Type(TypeId::kBoolean)), "true");
  EXPECT_EQ(LiteralToString(-7, Type(TypeId::kInt)), "-7");
  EXPECT_EQ(LiteralToString(std::int64_t{1} << 40, Type(TypeId::kLong)), "1099511627776");
  EXPECT_EQ(LiteralToString(1.5F, Type(TypeId::kFloat)), "1.5");
  EXPECT_EQ(LiteralToString(2.0, Type(TypeId::kDouble)), "2.0");
  EXPECT_EQ(LiteralToString(17'486, Type(TypeId::kDate)), "2017-11-16");
  EXPECT_EQ(LiteralToString(std::int64_t{81'068'000'000}, Type(TypeId::kTime)),
            "22:31:08");
  EXPECT_EQ(LiteralToString(std::int64_t{-1}, Type(TypeId::kTimestamp)),
            "1969-12-31T23:59:59.999999");
  EXPECT_EQ(LiteralToString(std::int64_t{0}, Type(TypeId::kTimestamptz)),
            "1970-01-01T00:00:00Z");
  EXPECT_EQ(LiteralToString(std::string("us"), Type(TypeId::kString)), "us");
  EXPECT_EQ(LiteralToString(std::string("\x00\xff", 2), Type(TypeId::kBinary)), "00ff");
  EXPECT_EQ(LiteralToString(std::string("\x01", 1), Type::Fixed(1)), "01");
}

TEST(LiteralTest, AUuidHasDashes) {
  const std::string bytes =
      "\xf7\x9c\x3e\x09\x67\x7c\x4b\xbd\xa4\x79\x3f\x34\x9c\xb7\x85\xe7";
  EXPECT_EQ(LiteralToString(bytes, Type(TypeId::kUuid)),
            "f79c3e09-677c-4bbd-a479-3f349cb785e7");
}

TEST(LiteralTest, NumbersWithoutAFiniteValueHaveJavasNames) {
  EXPECT_EQ(
      LiteralToString(std::numeric_limits<double>::quiet_NaN(), Type(TypeId::kDouble)),
      "NaN");
  EXPECT_EQ(
      LiteralToString(-std::numeric_limits<float>::infinity(), Type(TypeId::kFloat)),
      "-Infinity");
}

TEST(LiteralTest, ADecimalShowsAllDigitsOfItsScale) {
  EXPECT_EQ(LiteralToString(Int128{1420}, Type::Decimal(9, 2)), "14.20");
  EXPECT_EQ(LiteralToString(Int128{-5}, Type::Decimal(9, 2)), "-0.05");
  EXPECT_EQ(LiteralToString(Int128{0}, Type::Decimal(9, 3)), "0.000");
  EXPECT_EQ(LiteralToString(Int128{42}, Type::Decimal(9, 0)), "42");
  EXPECT_EQ(LiteralToString(Int128{0}, Type::Decimal(9, 0)), "0");
  Int128 largest = 0;
  for (int i = 0; i < 38; ++i) largest = largest * 10 + 9;
  EXPECT_EQ(LiteralToString(-largest, Type::Decimal(38, 38)),
            "-0.99999999999999999999999999999999999999");
}

TEST(SplitTest, NamesItselfInMessages) {
  EXPECT_EQ((Split{"events", "orders", 3}).ToString(), "events/orders-3");
}

}  // namespace
}  // namespace frazil
