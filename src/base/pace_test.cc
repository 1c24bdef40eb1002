#include "base/pace.h"

#include <gtest/gtest.h>

namespace frazil {
namespace {

using std::chrono::milliseconds;

// One item of so many bytes, in so much time.
void Work(Pace& pace, std::size_t bytes, milliseconds time) {
  const Pace::Time begin;
  pace.Begin(bytes, begin);
  pace.End(begin + time);
}

TEST(PaceTest, TheWindowIsWhatIsWorkedOffInTime) {
  Pace pace(1'000'000, milliseconds(200));
  EXPECT_EQ(pace.window_bytes(), 0U);
  Work(pace, 1000, milliseconds(100));
  EXPECT_EQ(pace.window_bytes(), 2000U);
}

TEST(PaceTest, TheWindowIsNeverMoreThanTheMost) {
  Pace pace(5000, milliseconds(200));
  Work(pace, 1000, milliseconds(0));
  EXPECT_EQ(pace.window_bytes(), 5000U);
}

TEST(PaceTest, WithoutPatienceTheWindowIsTheMost) {
  Pace pace(5000, std::nullopt);
  EXPECT_EQ(pace.window_bytes(), 5000U);
  Work(pace, 1, milliseconds(1000));
  EXPECT_EQ(pace.window_bytes(), 5000U);
}

TEST(PaceTest, AConsumerThatBecomesSlowIsKnownForItSoon) {
  Pace pace(8 << 20, milliseconds(1000));
  for (int i = 0; i < 100; ++i) Work(pace, 1 << 20, milliseconds(1));
  EXPECT_EQ(pace.window_bytes(), std::size_t{8} << 20);
  Work(pace, 1 << 20, milliseconds(1000));
  EXPECT_LT(pace.window_bytes(), std::size_t{2} << 20);
  Work(pace, 1 << 20, milliseconds(1000));
  Work(pace, 1 << 20, milliseconds(1000));
  EXPECT_LT(pace.window_bytes(), (std::size_t{12} << 20) / 10);
}

TEST(PaceTest, WhatWeighsNothingTeachesNothing) {
  Pace pace(1'000'000, milliseconds(200));
  Work(pace, 1000, milliseconds(100));
  Work(pace, 0, milliseconds(10'000));
  EXPECT_EQ(pace.window_bytes(), 2000U);
  pace.End(Pace::Time() + std::chrono::hours(1));  // came back for nothing
  EXPECT_EQ(pace.window_bytes(), 2000U);
}

}  // namespace
}  // namespace frazil
