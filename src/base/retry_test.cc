#include "base/retry.h"

#include <chrono>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace frazil {
namespace {

using std::chrono::milliseconds;
using ::testing::AllOf;
using ::testing::Ge;
using ::testing::Le;

TEST(BackoffTest, GrowsToTheLongestPauseAndStaysBelowIt) {
  Backoff backoff(milliseconds(100), milliseconds(2000), /*seed=*/1);
  milliseconds longest{0};
  for (int i = 0; i < 100; ++i) {
    const milliseconds pause = backoff.Next();
    EXPECT_THAT(pause, AllOf(Ge(milliseconds(100)), Le(milliseconds(2000))));
    longest = std::max(longest, pause);
  }
  EXPECT_EQ(longest, milliseconds(2000));
}

TEST(BackoffTest, AfterASuccessPausesAreShortAgain) {
  Backoff backoff(milliseconds(100), milliseconds(60'000), /*seed=*/2);
  for (int i = 0; i < 50; ++i) backoff.Next();
  backoff.Reset();
  EXPECT_LE(backoff.Next(), milliseconds(300));
}

TEST(BackoffTest, WorkersThatFailTogetherReturnApart) {
  Backoff one(milliseconds(100), milliseconds(60'000), /*seed=*/3);
  Backoff other(milliseconds(100), milliseconds(60'000), /*seed=*/4);
  std::vector<milliseconds> ones;
  std::vector<milliseconds> others;
  for (int i = 0; i < 5; ++i) {
    ones.push_back(one.Next());
    others.push_back(other.Next());
  }
  EXPECT_NE(ones, others);
}

RC_GTEST_PROP(BackoffProperty, EachPauseIsAtMostThreeTimesTheLast, (std::uint64_t seed)) {
  const milliseconds first{*rc::gen::inRange(1, 1000)};
  const milliseconds longest = first * *rc::gen::inRange(1, 100);
  Backoff backoff(first, longest, seed);
  milliseconds last = first;
  for (int i = 0; i < 20; ++i) {
    const milliseconds pause = backoff.Next();
    RC_ASSERT(pause >= first);
    RC_ASSERT(pause <= std::min(longest, last * 3));
    last = pause;
  }
}

}  // namespace
}  // namespace frazil
