#include "pipeline/epoch_trigger.h"

#include <gtest/gtest.h>

namespace frazil {
namespace {

using std::chrono::milliseconds;

TEST(EpochTriggerTest, TimeEndsAnEpoch) {
  ManualClock clock(0);
  EpochTrigger trigger({.interval = milliseconds(100)}, clock, 5);
  trigger.Count(0, 0);
  EXPECT_EQ(trigger.current(), 5);
  clock.Advance(milliseconds(99));
  trigger.Count(0, 0);
  EXPECT_EQ(trigger.current(), 5);
  clock.Advance(milliseconds(1));
  trigger.Count(0, 0);
  EXPECT_EQ(trigger.current(), 6);
}

TEST(EpochTriggerTest, RowsAndBytesEndAnEpochEarly) {
  ManualClock clock(0);
  EpochTrigger trigger({.interval = milliseconds(100), .max_bytes = 1000, .max_rows = 10},
                       clock, 1);
  trigger.Count(9, 10);
  EXPECT_EQ(trigger.current(), 1);
  trigger.Count(1, 10);
  EXPECT_EQ(trigger.current(), 2);
  trigger.Count(1, 999);
  EXPECT_EQ(trigger.current(), 2);
  trigger.Count(1, 1);
  EXPECT_EQ(trigger.current(), 3);
}

TEST(EpochTriggerTest, AnEpochGrowsWhileOthersWait) {
  ManualClock clock(0);
  EpochTrigger trigger({.interval = milliseconds(100), .max_rows = 10, .max_waiting = 1},
                       clock, 7);
  clock.Advance(milliseconds(100));
  trigger.Count(1, 1);
  EXPECT_EQ(trigger.current(), 8);
  clock.Advance(milliseconds(1000));
  trigger.Count(1, 1);
  EXPECT_EQ(trigger.current(), 8);
  trigger.MarkHandled(7);
  trigger.Count(0, 0);
  EXPECT_EQ(trigger.current(), 9);
  // Its bounds, a revoke and a stop do not wait.
  trigger.Count(10, 1);
  EXPECT_EQ(trigger.current(), 10);
  EXPECT_EQ(trigger.EndNow(), 10);
  trigger.Drain();
  EXPECT_EQ(trigger.current(), 12);
}

TEST(EpochTriggerTest, AWallClockSetBackChangesNothing) {
  ManualClock clock(1'000'000);
  EpochTrigger trigger({.interval = milliseconds(100)}, clock, 1);
  clock.SetNowMs(0);
  clock.Advance(milliseconds(100));
  trigger.Count(0, 0);
  EXPECT_EQ(trigger.current(), 2);
}

TEST(EpochTriggerTest, ADrainEndsTheCurrentEpochAndTheRest) {
  ManualClock clock(0);
  EpochTrigger trigger({.interval = milliseconds(100)}, clock, 1);
  EXPECT_FALSE(trigger.IsBeyondLast(1000));
  trigger.Drain();
  trigger.Drain();
  EXPECT_EQ(trigger.current(), 2);
  EXPECT_FALSE(trigger.IsBeyondLast(1));
  EXPECT_TRUE(trigger.IsBeyondLast(2));
  EXPECT_EQ(trigger.EndNow(), 2);
  clock.Advance(milliseconds(1000));
  trigger.Count(1, 1);
  EXPECT_EQ(trigger.current(), 2);
}

}  // namespace
}  // namespace frazil
