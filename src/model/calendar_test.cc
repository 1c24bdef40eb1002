#include "model/calendar.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace frazil {
namespace {

TEST(CalendarTest, KnowsDatesAroundTheEpochAndLeapDays) {
  EXPECT_EQ(FormatDate(0), "1970-01-01");
  EXPECT_EQ(FormatDate(-1), "1969-12-31");
  EXPECT_EQ(FormatDate(17'486), "2017-11-16");
  EXPECT_EQ(FormatDate(11'016), "2000-02-29");
  EXPECT_EQ(FormatDate(-719'528), "0000-01-01");
  EXPECT_EQ(FormatDate(-719'529), "-0001-12-31");
  EXPECT_EQ(FormatDate(2'932'897), "+10000-01-01");
}

TEST(CalendarTest, HoldsTheWholeRangeOfADate) {
  EXPECT_EQ(FormatDate(2'147'483'647), "+5881580-07-11");
  EXPECT_EQ(FormatDate(-2'147'483'648LL), "-5877641-06-23");
}

TEST(CalendarTest, WritesOnlyTheFractionThereIs) {
  EXPECT_EQ(FormatTime(81'068'000'000), "22:31:08");
  EXPECT_EQ(FormatTime(81'068'120'000), "22:31:08.120");
  EXPECT_EQ(FormatTime(81'068'000'001), "22:31:08.000001");
  EXPECT_EQ(FormatTime(0), "00:00:00");
  EXPECT_EQ(FormatTime(kMicrosPerDay - 1), "23:59:59.999999");
}

TEST(CalendarTest, TimestampsBeforeTheEpochRoundDown) {
  EXPECT_EQ(FormatTimestamp(-1), "1969-12-31T23:59:59.999999");
  EXPECT_EQ(FormatTimestamp(1'510'871'468'000'001), "2017-11-16T22:31:08.000001");
}

RC_GTEST_PROP(CalendarProperty, DaysAndDatesAreInverse, ()) {
  const std::int64_t days = *rc::gen::arbitrary<std::int32_t>();
  const CivilDate date = CivilFromDays(days);
  RC_ASSERT(DaysFromCivil(date) == days);
  RC_ASSERT(date.month >= 1 && date.month <= 12 && date.day >= 1 && date.day <= 31);
}

RC_GTEST_PROP(CalendarProperty, TheNextDayIsTheNextDate, ()) {
  const std::int64_t days = *rc::gen::inRange<std::int64_t>(-5'000'000, 5'000'000);
  const CivilDate today = CivilFromDays(days);
  const CivilDate next = CivilFromDays(days + 1);
  const bool same_month = next == CivilDate{today.year, today.month, today.day + 1};
  const bool new_month = next == CivilDate{today.year, today.month + 1, 1};
  const bool new_year = today.month == 12 && next == CivilDate{today.year + 1, 1, 1};
  RC_ASSERT(same_month || new_month || new_year);
}

RC_GTEST_PROP(CalendarProperty, FloorDivisionLeavesARestBelowTheDivisor, ()) {
  const auto value = *rc::gen::arbitrary<std::int64_t>();
  const auto divisor = *rc::gen::inRange<std::int64_t>(1, 1'000'000'000);
  RC_ASSERT(FloorMod(value, divisor) >= 0 && FloorMod(value, divisor) < divisor);
  RC_ASSERT(static_cast<std::uint64_t>(FloorDiv(value, divisor)) *
                    static_cast<std::uint64_t>(divisor) +
                static_cast<std::uint64_t>(FloorMod(value, divisor)) ==
            static_cast<std::uint64_t>(value));
}

}  // namespace
}  // namespace frazil
