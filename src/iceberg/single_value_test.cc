#include "iceberg/single_value.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/result_matchers.h"

namespace frazil {
namespace {

using std::string_literals::operator""s;

// The table of the specification's appendix, type by type.
TEST(SingleValueTest, BytesAreThoseOfTheSpecification) {
  const auto encode = [](const Literal& value, const Type& type) {
    return EncodeSingleValue(value, type);
  };
  EXPECT_EQ(encode(false, Type(TypeId::kBoolean)), "\x00"s);
  EXPECT_EQ(encode(true, Type(TypeId::kBoolean)), "\x01"s);
  EXPECT_EQ(encode(1234, Type(TypeId::kInt)), "\xd2\x04\x00\x00"s);
  EXPECT_EQ(encode(-1, Type(TypeId::kDate)), "\xff\xff\xff\xff"s);
  EXPECT_EQ(encode(std::int64_t{1234}, Type(TypeId::kLong)),
            "\xd2\x04\x00\x00\x00\x00\x00\x00"s);
  EXPECT_EQ(encode(std::int64_t{10'000}, Type(TypeId::kTime)),
            "\x10\x27\x00\x00\x00\x00\x00\x00"s);
  EXPECT_EQ(encode(std::int64_t{400'000}, Type(TypeId::kTimestamptz)),
            "\x80\x1a\x06\x00\x00\x00\x00\x00"s);
  EXPECT_EQ(encode(-4.5F, Type(TypeId::kFloat)), "\x00\x00\x90\xc0"s);
  EXPECT_EQ(encode(6.0, Type(TypeId::kDouble)), "\x00\x00\x00\x00\x00\x00\x18\x40"s);
  EXPECT_EQ(encode("ABC"s, Type(TypeId::kString)), "ABC"s);
  const std::string uuid =
      "\xf7\x9c\x3e\x09\x67\x7c\x4b\xbd\xa4\x79\x3f\x34\x9c\xb7\x85\xe7"s;
  EXPECT_EQ(encode(uuid, Type(TypeId::kUuid)), uuid);
  EXPECT_EQ(encode("ab"s, Type::Fixed(2)), "ab"s);
  EXPECT_EQ(encode("\x00Z"s, Type(TypeId::kBinary)), "\x00Z"s);
  EXPECT_EQ(encode(Int128{345}, Type::Decimal(9, 2)), "\x01\x59"s);
  EXPECT_EQ(encode(Int128{1'234'567'890'123'456'789}, Type::Decimal(38, 9)),
            "\x11\x22\x10\xf4\x7d\xe9\x81\x15"s);
}

TEST(SingleValueTest, ADecimalHasTheFewestBytesThatKeepItsSign) {
  EXPECT_EQ(DecimalToBytes(0), "\x00"s);
  EXPECT_EQ(DecimalToBytes(127), "\x7f"s);
  EXPECT_EQ(DecimalToBytes(128), "\x00\x80"s);
  EXPECT_EQ(DecimalToBytes(-1), "\xff"s);
  EXPECT_EQ(DecimalToBytes(-128), "\x80"s);
  EXPECT_EQ(DecimalToBytes(-129), "\xff\x7f"s);
  EXPECT_EQ(DecimalFromBytes("\x00\x00\x01"s), Int128{1});
  EXPECT_THAT(DecimalFromBytes(""), FailsWith(ErrorKind::kCorruptData));
  EXPECT_THAT(DecimalFromBytes(std::string(17, '\0')),
              FailsWith(ErrorKind::kCorruptData));
}

TEST(SingleValueTest, KnowsHowManyBytesAPrecisionNeeds) {
  // The table of the Parquet specification.
  EXPECT_EQ(DecimalRequiredBytes(1), 1);
  EXPECT_EQ(DecimalRequiredBytes(2), 1);
  EXPECT_EQ(DecimalRequiredBytes(3), 2);
  EXPECT_EQ(DecimalRequiredBytes(9), 4);
  EXPECT_EQ(DecimalRequiredBytes(10), 5);
  EXPECT_EQ(DecimalRequiredBytes(18), 8);
  EXPECT_EQ(DecimalRequiredBytes(19), 9);
  EXPECT_EQ(DecimalRequiredBytes(38), 16);
}

TEST(SingleValueTest, BoundsOfWidenedColumnsKeepTheirOldWidth) {
  EXPECT_EQ(DecodeSingleValue("\xff\xff\xff\xff"s, Type(TypeId::kLong)),
            Literal(std::int64_t{-1}));
  EXPECT_EQ(DecodeSingleValue("\x00\x00\x90\xc0"s, Type(TypeId::kDouble)), Literal(-4.5));
}

TEST(SingleValueTest, RefusesLengthsThatATypeCannotHave) {
  const auto decode = [](std::size_t length, TypeId id) {
    return DecodeSingleValue(std::string(length, '\1'), Type(id));
  };
  for (const std::size_t length : {0U, 1U, 2U, 3U, 5U, 7U, 9U, 15U, 17U}) {
    if (length != 1) {
      EXPECT_THAT(decode(length, TypeId::kBoolean), FailsWith(ErrorKind::kCorruptData));
    }
    for (const TypeId id :
         {TypeId::kInt, TypeId::kDate, TypeId::kLong, TypeId::kFloat, TypeId::kDouble,
          TypeId::kTime, TypeId::kTimestamp, TypeId::kTimestamptz, TypeId::kUuid}) {
      EXPECT_THAT(decode(length, id), FailsWith(ErrorKind::kCorruptData)) << length;
    }
  }
  EXPECT_THAT(decode(4, TypeId::kTimestamp), FailsWith(ErrorKind::kCorruptData));
  EXPECT_THAT(DecodeSingleValue("abc", Type::Fixed(2)),
              FailsWith(ErrorKind::kCorruptData));
  EXPECT_THAT(decode(4, TypeId::kStruct), FailsWith(ErrorKind::kCorruptData));
}

// A value of the type, from all of its range.
Literal AnyValue(const Type& type) {
  switch (type.id()) {
    case TypeId::kBoolean:
      return *rc::gen::arbitrary<bool>();
    case TypeId::kInt:
    case TypeId::kDate:
      return *rc::gen::arbitrary<std::int32_t>();
    case TypeId::kFloat:
      return *rc::gen::arbitrary<float>();
    case TypeId::kDouble:
      return *rc::gen::arbitrary<double>();
    case TypeId::kDecimal: {
      const auto high = *rc::gen::arbitrary<std::int64_t>();
      return (Int128{high} << *rc::gen::inRange(0, 62)) +
             *rc::gen::arbitrary<std::int64_t>();
    }
    case TypeId::kUuid:
      return *rc::gen::container<std::string>(16, rc::gen::arbitrary<char>());
    case TypeId::kFixed:
      return *rc::gen::container<std::string>(static_cast<std::size_t>(type.length()),
                                              rc::gen::arbitrary<char>());
    case TypeId::kString:
    case TypeId::kBinary:
      return *rc::gen::arbitrary<std::string>();
    default:
      return *rc::gen::arbitrary<std::int64_t>();
  }
}

RC_GTEST_PROP(SingleValueProperty, EveryValueReadsBack, ()) {
  const auto id =
      static_cast<TypeId>(*rc::gen::inRange(0, static_cast<int>(TypeId::kStruct)));
  const Type type = id == TypeId::kDecimal ? Type::Decimal(38, 4)
                    : id == TypeId::kFixed ? Type::Fixed(7)
                                           : Type(id);
  const Literal value = AnyValue(type);
  const auto decoded = DecodeSingleValue(EncodeSingleValue(value, type), type);
  RC_ASSERT(decoded.has_value());
  RC_ASSERT((*decoded == value));
}

RC_GTEST_PROP(SingleValueProperty, ADecimalHasNoByteTooMany, ()) {
  const auto value = std::get<Int128>(AnyValue(Type::Decimal(38, 0)));
  const std::string bytes = DecimalToBytes(value);
  if (bytes.size() == 1) return;
  const auto shorter = DecimalFromBytes(bytes.substr(1));
  RC_ASSERT((*shorter != value));
}

}  // namespace
}  // namespace frazil
