#include "pipeline/status.h"

#include <thread>

#include <gtest/gtest.h>

namespace frazil {
namespace {

TEST(AwaitedCount, WakesWhoWaitsForIt) {
  AwaitedCount count;
  std::jthread adding([&] {
    count.fetch_add(2);
    count.fetch_add(3);
  });
  EXPECT_TRUE(count.Await(5, std::stop_token()));
  EXPECT_EQ(count.load(), 5);
}

TEST(AwaitedCount, AStopEndsTheWait) {
  AwaitedCount count;
  count.fetch_add(1);
  std::stop_source stop;
  std::jthread stopping([&] { stop.request_stop(); });
  EXPECT_FALSE(count.Await(2, stop.get_token()));
}

}  // namespace
}  // namespace frazil
