#include "base/units.h"

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/result_matchers.h"

namespace frazil {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;

TEST(UnitsTest, ReadsDurationsAsFlinkDoes) {
  const std::vector<std::pair<std::string, std::int64_t>> cases = {
      {"0", 0},           {"250", 250},          {"500ms", 500},
      {"10 s", 10'000},   {" 10  sec ", 10'000}, {"1 min", 60'000},
      {"2 H", 7'200'000}, {"1 day", 86'400'000}, {"1w", 604'800'000}};
  for (const auto& [text, ms] : cases) {
    SCOPED_TRACE(text);
    EXPECT_THAT(ParseDuration(text), IsOkAnd(milliseconds(ms)));
  }
}

TEST(UnitsTest, RefusesOtherDurations) {
  for (const std::string_view text :
       {"", " ", "s", "-1 s", "1.5 s", "10 parsecs", "1 s s", "0x10",
        "9223372036854775808", "106752 days", "99999999999999 d"}) {
    SCOPED_TRACE(text);
    EXPECT_THAT(ParseDuration(text),
                FailsWith(ErrorKind::kInvalidArgument, HasSubstr("duration")));
  }
}

TEST(UnitsTest, ReadsSizesInPowersOf1024) {
  const std::vector<std::pair<std::string, std::int64_t>> cases = {
      {"0", 0},
      {"1073741824", 1'073'741'824},
      {"17 b", 17},
      {"64k", 65'536},
      {"128mb", 134'217'728},
      {"256 MiB", 268'435'456},
      {"1 g", 1'073'741'824},
      {"2TiB", 2'199'023'255'552}};
  for (const auto& [text, bytes] : cases) {
    SCOPED_TRACE(text);
    EXPECT_THAT(ParseSize(text), IsOkAnd(bytes));
  }
}

TEST(UnitsTest, RefusesOtherSizes) {
  for (const std::string_view text : {"", "mb", "-1", "1.5g", "12 m/s", "8388608 tb"}) {
    SCOPED_TRACE(text);
    EXPECT_THAT(ParseSize(text),
                FailsWith(ErrorKind::kInvalidArgument, HasSubstr("size")));
  }
}

TEST(UnitsTest, WritesSizesForPeople) {
  EXPECT_EQ(FormatSize(0), "0 B");
  EXPECT_EQ(FormatSize(1023), "1023 B");
  EXPECT_EQ(FormatSize(1536), "1.5 KiB");
  EXPECT_EQ(FormatSize(12 * 1024), "12 KiB");
  EXPECT_EQ(FormatSize(3LL << 30), "3.0 GiB");
  EXPECT_EQ(FormatSize(5000LL << 40), "5000 TiB");
}

TEST(UnitsTest, WritesDurationsForPeople) {
  EXPECT_EQ(FormatDuration(milliseconds(350)), "350 ms");
  EXPECT_EQ(FormatDuration(milliseconds(1200)), "1.2 s");
  EXPECT_EQ(FormatDuration(milliseconds(200'000)), "3 min 20 s");
  EXPECT_EQ(FormatDuration(milliseconds(3'720'000)), "1 h 2 min");
}

RC_GTEST_PROP(UnitsProperty, NoTextMakesTheParsersFailOtherwise,
              (const std::string& text)) {
  const auto duration = ParseDuration(text);
  RC_ASSERT(duration.has_value() || duration.error().kind == ErrorKind::kInvalidArgument);
  const auto size = ParseSize(text);
  RC_ASSERT(size.has_value() || size.error().kind == ErrorKind::kInvalidArgument);
}

}  // namespace
}  // namespace frazil
