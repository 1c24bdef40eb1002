// Splits that come to a KafkaSource and go.

#include "source/kafka/kafka_source_fixture.h"

namespace frazil {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

TEST_F(KafkaSourceTest, SharesTheSplitsOfATopicAmongWorkersOfAGroup) {
  session_ms_ = "3000";
  ASSERT_THAT(cluster_->CreateTopic("orders", 4), IsOk());
  for (int partition = 0; partition < 4; ++partition) Fill("orders", partition, 0, 50);
  const auto first = MakeSource({{"topic", "orders"}});
  const auto second = MakeSource({{"topic", "orders"}});
  ASSERT_THAT(first->Open(), IsOk());
  RecordingListener first_listener;
  Reading first_reading(first_listener);
  ASSERT_THAT(first->Start(first_listener), IsOk());
  first_reading.UntilCount(*first, 200);
  EXPECT_EQ(first_listener.assigned, 4);

  ASSERT_THAT(second->Open(), IsOk());
  RecordingListener second_listener;
  Reading second_reading(second_listener);
  ASSERT_THAT(second->Start(second_listener), IsOk());
  const auto deadline = std::chrono::steady_clock::now() + kTestPatience;
  while (second_listener.next.size() < 2) {
    ASSERT_LT(std::chrono::steady_clock::now(), deadline);
    auto batches = first->Poll(std::chrono::milliseconds(10));
    ASSERT_THAT(batches, IsOk());
    first_reading.Add(*batches);
    batches = second->Poll(std::chrono::milliseconds(10));
    ASSERT_THAT(batches, IsOk());
    second_reading.Add(*batches);
  }

  EXPECT_EQ(first_listener.revoked, 2);
  EXPECT_EQ(first_listener.lost, 0);
  EXPECT_THAT(first_listener.next, SizeIs(2));
  for (const auto& [split, next] : second_listener.next) {
    EXPECT_FALSE(first_listener.next.contains(split));
  }
}

TEST_F(KafkaSourceTest, ARestartedWorkerGetsItsSlotBack) {
  ASSERT_THAT(cluster_->CreateTopic("orders", 1), IsOk());
  Fill("orders", 0, 0, 5);
  for (int run = 0; run < 2; ++run) {
    const auto source = MakeSource({{"topic", "orders"}});
    ASSERT_THAT(source->Open(), IsOk());
    RecordingListener listener;
    Reading reading(listener);
    ASSERT_THAT(source->Start(listener), IsOk());
    reading.UntilCount(*source, 5);
  }
}

TEST_F(KafkaSourceTest, LosesNothingWhileFetchingIsHeldUp) {
  constexpr int kRecords = 10'000;
  ASSERT_THAT(cluster_->CreateTopic("orders", 2), IsOk());
  Fill("orders", 0, 0, kRecords);
  Fill("orders", 1, 0, kRecords);
  keep_alive_interval_ = std::chrono::milliseconds(0);
  const auto source = MakeSource({{"topic", "orders"},
                                  {"scan.bounded.mode", "latest-offset"},
                                  {"properties.fetch.message.max.bytes", "20000"}});
  ASSERT_THAT(source->Open(), IsOk());
  RecordingListener listener;
  Reading reading(listener);
  ASSERT_THAT(source->Start(listener), IsOk());
  int turn = 0;
  reading.Until(*source, [&] {
    ++turn;
    for (int i = 0; i < turn % 3; ++i) EXPECT_THAT(source->KeepAlive(), IsOk());
    return source->IsAtEnd();
  });
  EXPECT_EQ(reading.count, 2U * kRecords);
  EXPECT_GE(turn, 3);  // a poll gives 8192 records at most
}

TEST_F(KafkaSourceTest, MeetsARebalanceWhileFetchingIsHeldUp) {
  session_ms_ = "3000";
  ASSERT_THAT(cluster_->CreateTopic("orders", 2), IsOk());
  Fill("orders", 0, 0, 100);
  Fill("orders", 1, 0, 100);
  keep_alive_interval_ = std::chrono::milliseconds(0);
  const auto held = MakeSource({{"topic", "orders"}});
  ASSERT_THAT(held->Open(), IsOk());
  RecordingListener held_listener;
  Reading held_reading(held_listener);
  // Called from inside, as by a pipeline whose channel is full.
  held_listener.before_revoked = [&](const std::vector<Split>&) {
    EXPECT_THAT(held->KeepAlive(), IsOk());
  };
  ASSERT_THAT(held->Start(held_listener), IsOk());
  held_reading.UntilCount(*held, 200);

  const auto other = MakeSource({{"topic", "orders"}});
  ASSERT_THAT(other->Open(), IsOk());
  RecordingListener other_listener;
  Reading other_reading(other_listener);
  ASSERT_THAT(other->Start(other_listener), IsOk());
  other_reading.Until(*other, [&] {
    EXPECT_THAT(held->KeepAlive(), IsOk());
    return other_reading.count >= 100;
  });
  EXPECT_EQ(held_listener.revoked, 1);
  Fill("orders", held_listener.next.begin()->first.partition, 100, 10);
  held_reading.UntilCount(*held, 210);
}

TEST_F(KafkaSourceTest, AFailingListenerFailsThePoll) {
  class Failing : public RecordingListener {
   public:
    Result<Positions> OnAssigned(const std::vector<Split>&) override {
      return Fail(ErrorKind::kUnavailable, "no ledger");
    }
  };
  ASSERT_THAT(cluster_->CreateTopic("orders", 1), IsOk());
  const auto source = MakeSource({{"topic", "orders"}});
  ASSERT_THAT(source->Open(), IsOk());
  Failing listener;
  ASSERT_THAT(source->Start(listener), IsOk());
  const auto deadline = std::chrono::steady_clock::now() + kTestPatience;
  while (true) {
    ASSERT_LT(std::chrono::steady_clock::now(), deadline);
    const auto batches = source->Poll(std::chrono::milliseconds(20));
    if (batches.has_value()) continue;
    EXPECT_THAT(batches, FailsWith(ErrorKind::kUnavailable, HasSubstr("no ledger")));
    break;
  }
  source->Close();
}

}  // namespace
}  // namespace frazil
