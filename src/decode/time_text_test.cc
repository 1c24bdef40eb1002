#include "decode/time_text.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/calendar.h"

namespace frazil {
namespace {

std::string Timestamp(std::string_view text, const TimestampRules& rules = {}) {
  std::int64_t micros = 0;
  const DecodeError error = ParseTimestamp(text, rules, micros);
  return error == DecodeError::kNone ? FormatTimestamp(micros) : "!";
}

std::string Date(std::string_view text) {
  std::int32_t days = 0;
  return ParseDate(text, days) == DecodeError::kNone ? FormatDate(days) : "!";
}

std::string Time(std::string_view text) {
  std::int64_t micros = 0;
  return ParseTime(text, micros) == DecodeError::kNone ? FormatTime(micros) : "!";
}

TEST(TimeTextTest, ADateIsADayOfTheCalendar) {
  for (const std::string text : {"1970-01-01", "0000-03-01", "1582-10-10", "2000-02-29",
                                 "2024-02-29", "9999-12-31", "1969-12-31"}) {
    EXPECT_EQ(Date(text), text);
  }
  for (const std::string text :
       {"", "2024-2-29", "2023-02-29", "1900-02-29", "2024-13-01", "2024-00-01",
        "2024-01-00", "2024-04-31", "20240101", "2024/01/01", "2024-01-01T", "24-01-01",
        "+2024-01-01", "2024-01-0x", "x024-01-01"}) {
    EXPECT_EQ(Date(text), "!") << text;
  }
}

TEST(TimeTextTest, ATimeHasUpToNineDigitsOfFractionAndKeepsSix) {
  EXPECT_EQ(Time("00:00"), "00:00:00");
  EXPECT_EQ(Time("12:34:56"), "12:34:56");
  EXPECT_EQ(Time("12:34:56.7"), "12:34:56.700");
  EXPECT_EQ(Time("23:59:59.999999999"), "23:59:59.999999");
  EXPECT_EQ(Time("12:34:56Z"), "12:34:56");
  for (const std::string text :
       {"", "24:00:00", "12:60:00", "12:34:60", "12:34:5", "1:34:56", "12:34:56.",
        "12:34:56.1234567890", "12:34:56+01:00", "12-34", "12:34:", "12:34:56.x"}) {
    EXPECT_EQ(Time(text), "!") << text;
  }
}

TEST(TimeTextTest, ATimestampMayHaveEitherFormAndAZone) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"2024-02-29T12:34:56.789Z", "2024-02-29T12:34:56.789"},
      {"2024-02-29 12:34:56.789", "2024-02-29T12:34:56.789"},
      {"2024-02-29t12:34:56z", "2024-02-29T12:34:56"},
      {"2024-02-29T12:34", "2024-02-29T12:34:00"},
      {"2024-02-29", "2024-02-29T00:00:00"},
      {"2024-02-29T12:34:56.1234567899", "!"},
      {"2024-02-29T12:34:56.123456789Z", "2024-02-29T12:34:56.123456"},
      {"1969-12-31T23:59:59.999999999Z", "1969-12-31T23:59:59.999999"},
      {"2024-02-29T12:34:56+02:00", "2024-02-29T10:34:56"},
      {"2024-02-29T12:34:56+0230", "2024-02-29T10:04:56"},
      {"2024-02-29T12:34:56-05", "2024-02-29T17:34:56"},
      {"2024-02-29T23:34:56-05", "2024-03-01T04:34:56"},
      {"2024-02-29 12:34:56 UTC", "2024-02-29T12:34:56"},
      {"2024-02-29 12:34:56 +01:00", "2024-02-29T11:34:56"},
      {"2024-02-29T12:34:56+18:00", "2024-02-28T18:34:56"},
      {"2024-02-29T12:34:56+18:01", "!"},
      {"2024-02-29T12:34:56+1", "!"},
      {"2024-02-29T12:34:56+01:60", "!"},
      {"2024-02-29T12:34:56+01:00:00", "!"},
      {"2024-02-29T12:34:56  Z", "!"},
      {"2024-02-29T12:34:56 ", "!"},
      {"2024-02-29T12:34:56ZZ", "!"},
      {"2024-02-29X12:34:56", "!"},
      {"2024-02-29T", "!"},
      {"2024-02-30T00:00:00", "!"},
      {"2024-02-29T24:00:00", "!"},
      {"2024-02-29T23:59:60Z", "!"},
      {"", "!"},
      {"yesterday", "!"},
  };
  for (const auto& [text, expected] : cases) EXPECT_EQ(Timestamp(text), expected) << text;
}

TEST(TimeTextTest, StrictRulesTakeTheirOwnFormOnly) {
  const TimestampRules sql = {.accepts_iso = false,
                              .accepts_sql = true,
                              .is_lenient = false,
                              .zone = ZoneRule::kRefused};
  EXPECT_EQ(Timestamp("2024-02-29 12:34:56.789", sql), "2024-02-29T12:34:56.789");
  EXPECT_EQ(Timestamp("2024-02-29T12:34:56.789", sql), "!");
  EXPECT_EQ(Timestamp("2024-02-29 12:34:56Z", sql), "!");
  EXPECT_EQ(Timestamp("2024-02-29 12:34", sql), "!");
  EXPECT_EQ(Timestamp("2024-02-29", sql), "!");

  const TimestampRules iso = {.accepts_iso = true,
                              .accepts_sql = false,
                              .is_lenient = false,
                              .zone = ZoneRule::kRequired};
  EXPECT_EQ(Timestamp("2024-02-29T12:34:56.789Z", iso), "2024-02-29T12:34:56.789");
  EXPECT_EQ(Timestamp("2024-02-29T12:34:56.789+01:00", iso), "2024-02-29T11:34:56.789");
  EXPECT_EQ(Timestamp("2024-02-29T12:34:56.789", iso), "!");
  EXPECT_EQ(Timestamp("2024-02-29T12:34:56 Z", iso), "!");
  EXPECT_EQ(Timestamp("2024-02-29 12:34:56Z", iso), "!");
}

}  // namespace
}  // namespace frazil
