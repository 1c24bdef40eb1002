#include "iceberg/transform.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/result_matchers.h"
#include "model/calendar.h"

namespace frazil {
namespace {

using std::string_literals::operator""s;

constexpr std::int64_t kTimestamp20171116223108 = 1'510'871'468'000'000;

Literal Apply(const char* transform, const Literal& value, const Type& type) {
  return Transform::Parse(transform).Apply(value, type);
}

TEST(HashTest, AgreesWithTheVectorsOfTheSpecification) {
  EXPECT_EQ(HashLong(34), 2017239379);
  EXPECT_EQ(HashDecimal(1420), -500754589);
  EXPECT_EQ(HashLong(17'486), -653330422);          // 2017-11-16
  EXPECT_EQ(HashLong(81'068'000'000), -662762989);  // 22:31:08
  EXPECT_EQ(HashLong(kTimestamp20171116223108), -2047944441);
  EXPECT_EQ(HashLong(kTimestamp20171116223108 + 1), -1207196810);
  EXPECT_EQ(HashBytes("iceberg"), 1210000089);
  EXPECT_EQ(HashBytes("\xf7\x9c\x3e\x09\x67\x7c\x4b\xbd\xa4\x79\x3f\x34\x9c\xb7\x85\xe7"),
            1488055340);
  EXPECT_EQ(HashBytes("\x00\x01\x02\x03"s), -188683207);
}

TEST(HashTest, CoversEveryLengthOfTheTail) {
  // Made with the mmh3 package, an independent implementation.
  EXPECT_EQ(HashBytes(""), 0);
  EXPECT_EQ(HashBytes("a"), 1009084850);
  EXPECT_EQ(HashBytes("ab"), -1681926305);
  EXPECT_EQ(HashBytes("abc"), -1277324294);
  EXPECT_EQ(HashBytes("abcd"), 1139631978);
  EXPECT_EQ(HashBytes("abcde"), -392455434);
}

TEST(TransformTest, TextsReadBack) {
  for (const char* text :
       {"identity", "bucket[16]", "truncate[4]", "year", "month", "day", "hour", "void",
        "zorder", "bucket[0]", "bucket[-1]", "truncate[]"}) {
    EXPECT_EQ(Transform::Parse(text).ToString(), text);
  }
  EXPECT_EQ(Transform::Parse("BUCKET[8]"), Transform(TransformKind::kBucket, 8));
  EXPECT_EQ(Transform::Parse("bucket[0]").kind(), TransformKind::kUnknown);
  EXPECT_EQ(Transform::Parse("bucket[99999999999]").kind(), TransformKind::kUnknown);
}

TEST(TransformTest, KnowsWhichTypesItTakes) {
  const Type point = Type::Struct({});
  EXPECT_THAT(Transform::Parse("identity").ResultType(Type(TypeId::kUuid)),
              IsOkAnd(Type(TypeId::kUuid)));
  EXPECT_THAT(Transform::Parse("bucket[4]").ResultType(Type::Decimal(9, 2)),
              IsOkAnd(Type(TypeId::kInt)));
  EXPECT_THAT(Transform::Parse("truncate[4]").ResultType(Type::Decimal(9, 2)),
              IsOkAnd(Type::Decimal(9, 2)));
  EXPECT_THAT(Transform::Parse("day").ResultType(Type(TypeId::kTimestamptz)),
              IsOkAnd(Type(TypeId::kDate)));
  EXPECT_THAT(Transform::Parse("month").ResultType(Type(TypeId::kDate)),
              IsOkAnd(Type(TypeId::kInt)));
  EXPECT_THAT(Transform::Parse("hour").ResultType(Type(TypeId::kTimestamp)),
              IsOkAnd(Type(TypeId::kInt)));
  EXPECT_THAT(Transform::Parse("void").ResultType(point), IsOkAnd(point));

  const auto refuses = [](const char* text, const Type& type) {
    return Transform::Parse(text).ResultType(type);
  };
  EXPECT_THAT(refuses("identity", point), FailsWith(ErrorKind::kInvalidArgument));
  EXPECT_THAT(refuses("bucket[4]", Type(TypeId::kDouble)),
              FailsWith(ErrorKind::kInvalidArgument));
  EXPECT_THAT(refuses("bucket[4]", Type(TypeId::kBoolean)),
              FailsWith(ErrorKind::kInvalidArgument));
  EXPECT_THAT(refuses("truncate[4]", Type(TypeId::kDate)),
              FailsWith(ErrorKind::kInvalidArgument));
  EXPECT_THAT(refuses("hour", Type(TypeId::kDate)),
              FailsWith(ErrorKind::kInvalidArgument));
  EXPECT_THAT(refuses("day", Type(TypeId::kTime)),
              FailsWith(ErrorKind::kInvalidArgument));
  EXPECT_THAT(refuses("zorder", Type(TypeId::kInt)), FailsWith(ErrorKind::kNotSupported));
}

TEST(TransformTest, NullStaysNull) {
  for (const char* text : {"identity", "bucket[4]", "truncate[4]", "day", "void"}) {
    EXPECT_TRUE(IsNull(Apply(text, {}, Type(TypeId::kString)))) << text;
  }
}

TEST(TransformTest, BucketsAreTheHashWithoutItsSign) {
  EXPECT_EQ(Apply("bucket[16]", std::int64_t{34}, Type(TypeId::kLong)), Literal(3));
  EXPECT_EQ(Apply("bucket[16]", 34, Type(TypeId::kInt)), Literal(3));
  EXPECT_EQ(Apply("bucket[100]", "iceberg"s, Type(TypeId::kString)), Literal(89));
  EXPECT_EQ(Apply("bucket[10]", Int128{1420}, Type::Decimal(9, 2)), Literal(9));
  EXPECT_EQ(Apply("bucket[10]", 17'486, Type(TypeId::kDate)),
            Literal((-653330422 & 0x7FFFFFFF) % 10));
}

TEST(TransformTest, TruncationGoesDownwards) {
  EXPECT_EQ(Apply("truncate[10]", 1, Type(TypeId::kInt)), Literal(0));
  EXPECT_EQ(Apply("truncate[10]", -1, Type(TypeId::kInt)), Literal(-10));
  EXPECT_EQ(Apply("truncate[10]", std::int64_t{-20}, Type(TypeId::kLong)),
            Literal(std::int64_t{-20}));
  EXPECT_EQ(Apply("truncate[50]", Int128{1065}, Type::Decimal(9, 2)),
            Literal(Int128{1050}));
  EXPECT_EQ(Apply("truncate[10]", Int128{-1}, Type::Decimal(9, 2)), Literal(Int128{-10}));
  EXPECT_EQ(Apply("truncate[3]", "iceberg"s, Type(TypeId::kString)), Literal("ice"s));
  EXPECT_EQ(Apply("truncate[3]", "ic"s, Type(TypeId::kString)), Literal("ic"s));
  EXPECT_EQ(Apply("truncate[2]", "\u00e9\u20ac\U0001F600x"s, Type(TypeId::kString)),
            Literal("\u00e9\u20ac"s));
  EXPECT_EQ(Apply("truncate[2]", "\u00e9\u20ac"s, Type(TypeId::kBinary)),
            Literal("\u00e9"s));
}

TEST(TransformTest, TruncationWrapsAtTheEndOfTheTypeAsJavaDoes) {
  const auto lowest = std::numeric_limits<std::int32_t>::min();
  EXPECT_EQ(Apply("truncate[10]", lowest, Type(TypeId::kInt)), Literal(2147483646));
}

TEST(TransformTest, DatesCountFromTheEpochInBothDirections) {
  const Type date(TypeId::kDate);
  EXPECT_EQ(Apply("year", 17'486, date), Literal(47));
  EXPECT_EQ(Apply("month", 17'486, date), Literal(47 * 12 + 10));
  EXPECT_EQ(Apply("day", 17'486, date), Literal(17'486));
  EXPECT_EQ(Apply("year", -1, date), Literal(-1));
  EXPECT_EQ(Apply("month", -1, date), Literal(-1));
  EXPECT_EQ(Apply("day", -1, date), Literal(-1));
  EXPECT_EQ(Apply("month", -366, date), Literal(-13));  // 1968-12-31
}

TEST(TransformTest, TimestampsCountFromTheEpochInBothDirections) {
  for (const TypeId id : {TypeId::kTimestamp, TypeId::kTimestamptz}) {
    const Type type(id);
    EXPECT_EQ(Apply("year", kTimestamp20171116223108, type), Literal(47));
    EXPECT_EQ(Apply("month", kTimestamp20171116223108, type), Literal(574));
    EXPECT_EQ(Apply("day", kTimestamp20171116223108, type), Literal(17'486));
    EXPECT_EQ(Apply("hour", kTimestamp20171116223108, type), Literal(419'686));
    for (const char* text : {"year", "month", "day", "hour"}) {
      EXPECT_EQ(Apply(text, std::int64_t{-1}, type), Literal(-1)) << text;
      EXPECT_EQ(Apply(text, std::int64_t{0}, type), Literal(0)) << text;
    }
  }
}

TEST(TransformTest, IdentityKeepsAndVoidForgets) {
  EXPECT_EQ(Apply("identity", "x"s, Type(TypeId::kString)), Literal("x"s));
  EXPECT_TRUE(IsNull(Apply("void", 5, Type(TypeId::kInt))));
}

TEST(TransformTest, PathsShowDatesNotNumbers) {
  const Type timestamp(TypeId::kTimestamp);
  const auto show = [&](const char* text, const Literal& value, const Type& type) {
    return Transform::Parse(text).ToHumanString(value, type);
  };
  EXPECT_EQ(show("year", 47, timestamp), "2017");
  EXPECT_EQ(show("month", 574, timestamp), "2017-11");
  EXPECT_EQ(show("month", -1, timestamp), "1969-12");
  EXPECT_EQ(show("day", 17'486, timestamp), "2017-11-16");
  EXPECT_EQ(show("hour", 419'686, timestamp), "2017-11-16-22");
  EXPECT_EQ(show("hour", -1, timestamp), "1969-12-31-23");
  EXPECT_EQ(show("bucket[4]", 3, Type(TypeId::kString)), "3");
  EXPECT_EQ(show("identity", 17'486, Type(TypeId::kDate)), "2017-11-16");
  EXPECT_EQ(show("truncate[2]", "us"s, Type(TypeId::kString)), "us");
  EXPECT_EQ(show("day", {}, timestamp), "null");
  EXPECT_EQ(show("void", {}, timestamp), "null");
  // Bytes in base64, as RFC 4648 has it.
  EXPECT_EQ(show("identity", "f"s, Type(TypeId::kBinary)), "Zg==");
  EXPECT_EQ(show("identity", "fo"s, Type(TypeId::kBinary)), "Zm8=");
  EXPECT_EQ(show("truncate[3]", "foo"s, Type(TypeId::kBinary)), "Zm9v");
  EXPECT_EQ(show("identity", "\x00\xff"s, Type::Fixed(2)), "AP8=");
}

RC_GTEST_PROP(TransformProperty, ATruncatedNumberIsTheNextMultipleBelow, ()) {
  const auto value = *rc::gen::inRange<std::int64_t>(-1'000'000'000, 1'000'000'000);
  const auto width = *rc::gen::inRange(1, 100'000);
  const Transform transform(TransformKind::kTruncate, width);
  const auto cut = std::get<std::int64_t>(transform.Apply(value, Type(TypeId::kLong)));
  RC_ASSERT(cut % width == 0);
  RC_ASSERT(cut <= value && value < cut + width);
}

RC_GTEST_PROP(TransformProperty, ABucketIsBelowTheirNumber, ()) {
  const auto bytes = *rc::gen::arbitrary<std::string>();
  const auto count = *rc::gen::inRange(1, 1'000);
  const int bucket = BucketOf(HashBytes(bytes), count);
  RC_ASSERT(bucket >= 0 && bucket < count);
}

RC_GTEST_PROP(TransformProperty, CoarserTransformsFollowFromFinerOnes, ()) {
  const auto micros = *rc::gen::arbitrary<std::int64_t>() / 1'000;
  const Type type(TypeId::kTimestamp);
  const auto of = [&](TransformKind kind) {
    return std::int64_t{std::get<std::int32_t>(Transform(kind).Apply(micros, type))};
  };
  RC_ASSERT(FloorDiv(of(TransformKind::kHour), 24) == of(TransformKind::kDay));
  RC_ASSERT(FloorDiv(of(TransformKind::kMonth), 12) == of(TransformKind::kYear));
}

}  // namespace
}  // namespace frazil
