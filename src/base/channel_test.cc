#include "base/channel.h"

#include <atomic>
#include <chrono>
#include <memory>
#include <stop_token>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace frazil {
namespace {

using std::chrono::milliseconds;
using ::testing::Optional;
using IntChannel = Channel<int>;

// Long enough never to pass in a sound run.
constexpr milliseconds kDeadline{30'000};
// For what must not come: short, since a sound run waits for all of it.
constexpr milliseconds kMoment{5};

TEST(ChannelTest, GivesItemsInTheOrderTheyCame) {
  IntChannel channel(100);
  const std::stop_token never;
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(channel.Push(i, 10, never));
  EXPECT_EQ(channel.waiting_bytes(), 30U);
  for (int i = 0; i < 3; ++i) EXPECT_THAT(channel.Pop(never), Optional(i));
  EXPECT_EQ(channel.waiting_bytes(), 0U);
}

TEST(ChannelTest, CarriesItemsThatOnlyMove) {
  Channel<std::unique_ptr<int>> channel(100);
  const std::stop_token never;
  EXPECT_TRUE(channel.Push(std::make_unique<int>(7), 10, never));
  auto item = channel.Pop(never);
  ASSERT_TRUE(item.has_value());
  EXPECT_EQ(**item, 7);
}

TEST(ChannelTest, AdmitsAnItemLargerThanItsCapacityWhenEmpty) {
  IntChannel channel(10);
  const std::stop_token never;
  EXPECT_TRUE(channel.Push(1, 1000, never));
  int second = 2;
  EXPECT_EQ(channel.PushFor(second, 1, never, kMoment),
            IntChannel::PushResult::kTimedOut);
}

TEST(ChannelTest, APushThatTimesOutKeepsItsItem) {
  Channel<std::unique_ptr<int>> channel(10);
  const std::stop_token never;
  EXPECT_TRUE(channel.Push(std::make_unique<int>(1), 10, never));
  auto item = std::make_unique<int>(2);
  EXPECT_EQ(channel.PushFor(item, 1, never, kMoment),
            Channel<std::unique_ptr<int>>::PushResult::kTimedOut);
  ASSERT_NE(item, nullptr);
  EXPECT_EQ(*item, 2);
}

TEST(ChannelTest, AFullChannelHoldsItsProducerUntilSomebodyTakes) {
  IntChannel channel(10);
  const std::stop_token never;
  EXPECT_TRUE(channel.Push(1, 10, never));
  std::atomic<bool> has_pushed = false;
  std::jthread producer([&] {
    EXPECT_TRUE(channel.Push(2, 10, never));
    has_pushed = true;
  });
  EXPECT_FALSE(has_pushed);
  EXPECT_THAT(channel.Pop(never), Optional(1));
  EXPECT_THAT(channel.PopFor(never, kDeadline), Optional(2));
}

TEST(ChannelTest, WhatWeighsNothingNeverWaits) {
  IntChannel channel(10);
  const std::stop_token never;
  EXPECT_TRUE(channel.Push(1, 1000, never));
  EXPECT_TRUE(channel.Push(2, 0, never));
  EXPECT_THAT(channel.Pop(never), Optional(1));
  // A barrier that waits alone holds nobody up.
  EXPECT_TRUE(channel.Push(3, 1000, never));
}

TEST(ChannelTest, APacedChannelHoldsOneItemUntilItsConsumerIsKnown) {
  IntChannel channel(1000, std::chrono::hours(1));
  const std::stop_token never;
  int item = 1;
  EXPECT_TRUE(channel.Push(item, 10, never));
  EXPECT_EQ(channel.PushFor(item, 10, never, kMoment), IntChannel::PushResult::kTimedOut);
  EXPECT_TRUE(channel.Pop(never).has_value());
  EXPECT_TRUE(channel.Push(item, 10, never));
  EXPECT_TRUE(channel.Pop(never).has_value());
  // In an hour it would work off more than the capacity.
  EXPECT_TRUE(channel.Push(item, 500, never));
  EXPECT_TRUE(channel.Push(item, 500, never));
  EXPECT_EQ(channel.PushFor(item, 1, never, kMoment), IntChannel::PushResult::kTimedOut);
}

TEST(ChannelTest, AClosedChannelGivesWhatItHoldsThenNothing) {
  IntChannel channel(10);
  const std::stop_token never;
  EXPECT_TRUE(channel.Push(1, 1, never));
  channel.Close();
  EXPECT_FALSE(channel.Push(2, 1, never));
  int third = 3;
  EXPECT_EQ(channel.PushFor(third, 1, never, kMoment), IntChannel::PushResult::kClosed);
  EXPECT_THAT(channel.Pop(never), Optional(1));
  EXPECT_EQ(channel.Pop(never), std::nullopt);
  EXPECT_EQ(channel.PopFor(never, kDeadline), std::nullopt);
}

TEST(ChannelTest, ClosingWakesWhoWaits) {
  IntChannel full(1);
  IntChannel empty(1);
  const std::stop_token never;
  EXPECT_TRUE(full.Push(1, 1, never));
  std::jthread producer([&] { EXPECT_FALSE(full.Push(2, 1, never)); });
  std::jthread consumer([&] { EXPECT_EQ(empty.Pop(never), std::nullopt); });
  full.Close();
  empty.Close();
}

TEST(ChannelTest, AStopWakesWhoWaits) {
  IntChannel full(1);
  IntChannel empty(1);
  std::stop_source stop;
  EXPECT_TRUE(full.Push(1, 1, stop.get_token()));
  std::jthread producer([&] { EXPECT_FALSE(full.Push(2, 1, stop.get_token())); });
  std::jthread consumer([&] { EXPECT_EQ(empty.Pop(stop.get_token()), std::nullopt); });
  stop.request_stop();
}

TEST(ChannelTest, AfterAStopNothingGoesInOrOut) {
  IntChannel channel(10);
  std::stop_source stop;
  EXPECT_TRUE(channel.Push(1, 1, stop.get_token()));
  stop.request_stop();
  EXPECT_FALSE(channel.Push(2, 1, stop.get_token()));
  int third = 3;
  EXPECT_EQ(channel.PushFor(third, 1, stop.get_token(), kDeadline),
            IntChannel::PushResult::kClosed);
  EXPECT_EQ(channel.Pop(stop.get_token()), std::nullopt);
  EXPECT_EQ(channel.PopFor(stop.get_token(), kDeadline), std::nullopt);
}

TEST(ChannelTest, AnEmptyChannelTimesOut) {
  IntChannel channel(10);
  EXPECT_EQ(channel.PopFor(std::stop_token(), kMoment), std::nullopt);
}

TEST(ChannelTest, ManyProducersAndConsumersLoseAndDoubleNothing) {
  constexpr int kThreads = 3;
  constexpr int kItems = 2000;
  IntChannel channel(16);
  const std::stop_token never;
  std::atomic<std::int64_t> sum = 0;
  std::atomic<int> count = 0;
  {
    std::vector<std::jthread> consumers;
    for (int t = 0; t < kThreads; ++t) {
      consumers.emplace_back([&] {
        while (const auto item = channel.Pop(never)) {
          sum += *item;
          ++count;
        }
      });
    }
    {
      std::vector<std::jthread> producers;
      for (int t = 0; t < kThreads; ++t) {
        producers.emplace_back([&] {
          for (int i = 1; i <= kItems; ++i) EXPECT_TRUE(channel.Push(i, 4, never));
        });
      }
    }
    channel.Close();
  }
  EXPECT_EQ(count, kThreads * kItems);
  EXPECT_EQ(sum, std::int64_t{kThreads} * kItems * (kItems + 1) / 2);
}

}  // namespace
}  // namespace frazil
