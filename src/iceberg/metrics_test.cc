#include "iceberg/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace frazil {
namespace {

using ::testing::Eq;
using ::testing::Optional;
using Kind = MetricsMode::Kind;
using std::string_literals::operator""s;

constexpr MetricsMode kNone{Kind::kNone, 0};
constexpr MetricsMode kDefault{Kind::kTruncate, 16};

SchemaField Column(std::int32_t field_id, std::string name, Type type) {
  return {field_id, std::move(name), std::move(type), false, ""};
}

Schema WideSchema(int columns) {
  Schema schema;
  for (int id = 1; id <= columns; ++id) {
    schema.fields.push_back(Column(id, "c" + std::to_string(id), Type(TypeId::kInt)));
  }
  return schema;
}

TEST(MetricsModeTest, ReadsTheFourModes) {
  EXPECT_THAT(ParseMetricsMode("none"), Optional(kNone));
  EXPECT_THAT(ParseMetricsMode("Counts"), Optional(MetricsMode{Kind::kCounts, 0}));
  EXPECT_THAT(ParseMetricsMode("FULL"), Optional(MetricsMode{Kind::kFull, 0}));
  EXPECT_THAT(ParseMetricsMode("truncate(4)"), Optional(MetricsMode{Kind::kTruncate, 4}));
  for (const char* text :
       {"", "all", "truncate", "truncate()", "truncate(0)", "truncate(-1)", "truncate(x)",
        "truncate(4", "truncate(99999999999)"}) {
    EXPECT_THAT(ParseMetricsMode(text), Eq(std::nullopt)) << text;
  }
}

TEST(MetricsModeTest, SaysWhatItKeeps) {
  EXPECT_FALSE(kNone.has_counts());
  EXPECT_TRUE((MetricsMode{Kind::kCounts, 0}).has_counts());
  EXPECT_FALSE((MetricsMode{Kind::kCounts, 0}).has_bounds());
  EXPECT_TRUE(kDefault.has_bounds());
  EXPECT_TRUE((MetricsMode{Kind::kFull, 0}).has_bounds());
}

TEST(MetricsConfigTest, OnlyTheFirstColumnsHaveBoundsUnlessToldOtherwise) {
  const auto few = MetricsConfig::Make(WideSchema(100), {}, {});
  EXPECT_EQ(few.ModeOf(100), kDefault);

  const auto many = MetricsConfig::Make(WideSchema(101), {}, {});
  EXPECT_EQ(many.ModeOf(100), kDefault);
  EXPECT_EQ(many.ModeOf(101), kNone);

  const auto two = MetricsConfig::Make(
      WideSchema(4), {{"write.metadata.metrics.max-inferred-column-defaults", "2"}}, {});
  EXPECT_EQ(two.ModeOf(2), kDefault);
  EXPECT_EQ(two.ModeOf(3), kNone);

  const auto stated = MetricsConfig::Make(
      WideSchema(101), {{"write.metadata.metrics.default", "counts"}}, {});
  EXPECT_EQ(stated.ModeOf(101), (MetricsMode{Kind::kCounts, 0}));
}

TEST(MetricsConfigTest, ColumnsOfOneLevelComeBeforeThoseInside) {
  Schema schema;
  schema.fields = {Column(1, "s", Type::Struct({Column(3, "x", Type(TypeId::kInt))})),
                   Column(2, "c", Type(TypeId::kInt))};
  const auto config = MetricsConfig::Make(
      schema, {{"write.metadata.metrics.max-inferred-column-defaults", "1"}}, {});
  EXPECT_EQ(config.ModeOf(2), kDefault);
  EXPECT_EQ(config.ModeOf(3), kNone);
}

TEST(MetricsConfigTest, AColumnsOwnModeWins) {
  Schema schema = WideSchema(2);
  schema.fields.push_back(
      Column(3, "geo", Type::Struct({Column(4, "city", Type(TypeId::kString))})));
  const auto config =
      MetricsConfig::Make(schema,
                          {{"write.metadata.metrics.default", "none"},
                           {"write.metadata.metrics.column.c2", "full"},
                           {"write.metadata.metrics.column.geo.city", "truncate(3)"},
                           {"write.metadata.metrics.column.gone", "full"},
                           {"write.metadata.metrics.column.c1", "nonsense"}},
                          {2, 1});
  EXPECT_EQ(config.ModeOf(1), kDefault);  // sorted
  EXPECT_EQ(config.ModeOf(2), (MetricsMode{Kind::kFull, 0}));
  EXPECT_EQ(config.ModeOf(4), (MetricsMode{Kind::kTruncate, 3}));
  EXPECT_EQ(config.ModeOf(3), kNone);
}

TEST(TruncationTest, CountsCodePointsNotBytes) {
  EXPECT_EQ(TruncateStringLower("\u00e9\u20ac\U0001F600x", 3), "\u00e9\u20ac\U0001F600");
  EXPECT_THAT(TruncateStringUpper("\u00e9\u20ac\U0001F600x", 3),
              Optional("\u00e9\u20ac\U0001F601"s));
  EXPECT_EQ(TruncateStringLower("ab", 2), "ab");
  EXPECT_THAT(TruncateStringUpper("ab", 2), Optional("ab"s));
  EXPECT_THAT(TruncateStringUpper("abc", 2), Optional("ac"s));
}

TEST(TruncationTest, RaisingACodePointPassesOverTheSurrogates) {
  EXPECT_THAT(TruncateStringUpper("\uD7FFx", 1), Optional("\uE000"s));
  EXPECT_THAT(TruncateStringUpper("\x7fx", 1), Optional("\u0080"s));
  EXPECT_THAT(TruncateStringUpper("\u07ffx", 1), Optional("\u0800"s));
  EXPECT_THAT(TruncateStringUpper("\uffffx", 1), Optional("\U00010000"s));
}

TEST(TruncationTest, TheLastCodePointCarriesToTheLeft) {
  EXPECT_THAT(TruncateStringUpper("a\U0010FFFFx", 2), Optional("b"s));
  EXPECT_THAT(TruncateStringUpper("\U0010FFFF\U0010FFFFx", 2), Eq(std::nullopt));
  EXPECT_THAT(TruncateBinaryUpper("a\xff\xffx", 3), Optional("b"s));
  EXPECT_THAT(TruncateBinaryUpper("\xff\xffx", 2), Eq(std::nullopt));
  EXPECT_THAT(TruncateBinaryUpper("\x00\xfe\x00"s, 2), Optional("\x00\xff"s));
}

TEST(TruncationTest, BytesThatAreNotUtf8HaveNoUpperBound) {
  for (const char* text :
       {"\x80zzz", "\xc0\x80zzz", "\xed\xa0\x80zzz", "\xf5\x80\x80\x80zzz", "\xe2\x82zzz",
        "\xe0\x80\x80zzz", "\xf0\x80\x80\x80zzz"}) {
    EXPECT_THAT(TruncateStringUpper(text, 2), Eq(std::nullopt)) << text;
  }
}

TEST(TruncationTest, OtherTypesStayWhole) {
  const std::string bytes = "0123456789";
  EXPECT_EQ(TruncateLower(bytes, Type::Fixed(10), 2), bytes);
  EXPECT_THAT(TruncateUpper(bytes, Type::Fixed(10), 2), Optional(bytes));
  EXPECT_EQ(TruncateLower(bytes, Type(TypeId::kBinary), 2), "01");
  EXPECT_EQ(TruncateLower(bytes, Type(TypeId::kString), 2), "01");
}

std::string Utf8Of(std::uint32_t c) {
  const auto byte = [](std::uint32_t value) { return static_cast<char>(value); };
  if (c < 0x80) return {byte(c)};
  if (c < 0x800) return {byte(0xC0 | c >> 6), byte(0x80 | (c & 0x3F))};
  if (c < 0x10000) {
    return {byte(0xE0 | c >> 12), byte(0x80 | (c >> 6 & 0x3F)), byte(0x80 | (c & 0x3F))};
  }
  return {byte(0xF0 | c >> 18), byte(0x80 | (c >> 12 & 0x3F)),
          byte(0x80 | (c >> 6 & 0x3F)), byte(0x80 | (c & 0x3F))};
}

std::string AnyText() {
  // Around every place where the length of the encoding changes, and the surrogates.
  const auto code_point = rc::gen::oneOf(
      rc::gen::inRange<std::uint32_t>(0, 0xD800),
      rc::gen::inRange<std::uint32_t>(0xE000, 0x110000),
      rc::gen::elementOf(std::vector<std::uint32_t>{0x7F, 0x80, 0x7FF, 0x800, 0xD7FF,
                                                    0xE000, 0xFFFF, 0x10000, 0x10FFFF}));
  std::string text;
  for (const std::uint32_t c :
       *rc::gen::container<std::vector<std::uint32_t>>(code_point)) {
    text += Utf8Of(c);
  }
  return text;
}

RC_GTEST_PROP(TruncationProperty, StringBoundsEncloseTheValue, ()) {
  const std::string text = AnyText();
  const int length = *rc::gen::inRange(1, 6);
  const std::string lower(TruncateStringLower(text, length));
  const auto upper = TruncateStringUpper(text, length);
  RC_ASSERT(lower <= text);
  RC_ASSERT(text.starts_with(lower));
  if (!upper) {
    for (std::size_t at = 0; at < lower.size(); at += 4) {
      RC_ASSERT(lower.substr(at, 4) == "\xF4\x8F\xBF\xBF");
    }
    return;
  }
  RC_ASSERT(text <= *upper);
  // It stays UTF-8 of at most `length` code points, so truncating changes nothing.
  RC_ASSERT(TruncateStringUpper(*upper, length) == upper);
}

RC_GTEST_PROP(TruncationProperty, BinaryBoundsEncloseTheValue, ()) {
  const auto bytes = *rc::gen::container<std::string>(
      rc::gen::oneOf(rc::gen::arbitrary<char>(), rc::gen::just('\xff')));
  const int length = *rc::gen::inRange(1, 6);
  const std::string lower(TruncateBinaryLower(bytes, length));
  const auto upper = TruncateBinaryUpper(bytes, length);
  RC_ASSERT(lower <= bytes && lower.size() <= static_cast<std::size_t>(length));
  if (upper) {
    RC_ASSERT(bytes <= *upper && upper->size() <= static_cast<std::size_t>(length));
  } else {
    RC_ASSERT(lower == std::string(lower.size(), '\xff'));
  }
}

RC_GTEST_PROP(TruncationProperty, AnyBytesAsAStringHaveSafeBounds, ()) {
  const auto bytes = *rc::gen::arbitrary<std::string>();
  const int length = *rc::gen::inRange(1, 6);
  RC_ASSERT(std::string(TruncateStringLower(bytes, length)) <= bytes);
  const auto upper = TruncateStringUpper(bytes, length);
  if (upper) RC_ASSERT(bytes <= *upper);
}

TEST(UuidSignsTest, AreThoseOfTheHalves) {
  std::string uuid(16, '\x7f');
  EXPECT_EQ(UuidSigns(uuid), 0);
  uuid[8] = '\x80';
  EXPECT_EQ(UuidSigns(uuid), 1);
  uuid[0] = '\xff';
  EXPECT_EQ(UuidSigns(uuid), 3);
  uuid[8] = '\0';
  EXPECT_EQ(UuidSigns(uuid), 2);
}

}  // namespace
}  // namespace frazil
