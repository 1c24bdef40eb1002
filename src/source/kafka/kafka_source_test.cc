// What a KafkaSource reads, and where it begins and ends.

#include <optional>

#include "source/kafka/kafka_source_fixture.h"

namespace frazil {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST_F(KafkaSourceTest, ReadsEveryRecordOfABoundedTopicOnce) {
  ASSERT_THAT(cluster_->CreateTopic("orders", 3), IsOk());
  Fill("orders", 0, 0, 1000);
  Fill("orders", 1, 0, 10);
  const auto source = MakeSource({{"topic", "orders"},
                                  {"scan.startup.mode", "earliest-offset"},
                                  {"scan.bounded.mode", "latest-offset"}});
  ASSERT_THAT(source->Open(), IsOk());
  EXPECT_THAT(source->Splits(), SizeIs(3));
  Fill("orders", 0, 1000, 5);  // behind the end that Open resolved
  const auto start = source->ResolveStartup();
  ASSERT_THAT(start, IsOk());
  EXPECT_THAT(*start, SizeIs(3));
  EXPECT_FALSE(source->IsAtEnd());

  RecordingListener listener(*start);
  Reading reading(listener);
  ASSERT_THAT(source->Start(listener), IsOk());
  reading.Until(*source, [&] { return source->IsAtEnd(); });

  ASSERT_THAT(reading.records[Part(0)], SizeIs(1000));
  EXPECT_EQ(reading.records[Part(0)][999], (SeenRecord{999, "", "v999"}));
  EXPECT_THAT(reading.records[Part(1)], SizeIs(10));
  EXPECT_THAT(reading.records[Part(2)], IsEmpty());
  EXPECT_EQ(source->Lag(), 0);
  source->Close();
  source->Close();
}

TEST_F(KafkaSourceTest, StartsWhereTheListenerSaysAndReadsTheSameAgain) {
  ASSERT_THAT(cluster_->CreateTopic("orders", 1), IsOk());
  Fill("orders", 0, 0, 100);
  std::vector<std::vector<SeenRecord>> runs;
  for (int run = 0; run < 2; ++run) {
    const auto source = MakeSource({{"topic", "orders"}, {"scan.assignment", "static"}});
    ASSERT_THAT(source->Open(), IsOk());
    RecordingListener listener({{Part(0), {37, ""}}});
    Reading reading(listener);
    ASSERT_THAT(source->Start(listener), IsOk());
    reading.UntilCount(*source, 63);
    EXPECT_FALSE(source->IsAtEnd());
    runs.push_back(reading.records[Part(0)]);
  }
  EXPECT_EQ(runs[0], runs[1]);
  EXPECT_EQ(runs[0].front().ordinal, 37);
}

TEST_F(KafkaSourceTest, StopsWhereRetentionDeletedWhatIsToBeRead) {
  ASSERT_THAT(cluster_->CreateTopic("orders", 1), IsOk());
  Fill("orders", 0, 0, 100);
  ASSERT_THAT(cluster_->DeleteRecords("orders", 0, 60), IsOk());
  const auto source = MakeSource({{"topic", "orders"}, {"scan.assignment", "static"}});
  ASSERT_THAT(source->Open(), IsOk());
  EXPECT_THAT(source->Beginnings({Part(0)}), IsOkAnd(Positions{{Part(0), {60, ""}}}));
  RecordingListener listener({{Part(0), {10, ""}}});
  ASSERT_THAT(source->Start(listener), IsOk());
  Status status;
  const auto deadline = std::chrono::steady_clock::now() + kTestPatience;
  while (status.has_value()) {
    ASSERT_LT(std::chrono::steady_clock::now(), deadline);
    auto batches = source->Poll(std::chrono::milliseconds(20));
    if (!batches.has_value()) status = Fail(batches.error());
  }
  EXPECT_THAT(status,
              FailsWith(ErrorKind::kDataLoss,
                        AllOf(HasSubstr("events/orders-0"), HasSubstr("offset 10 "),
                              HasSubstr("60 to 100"), HasSubstr("retention"),
                              HasSubstr("'on-data-loss' = 'continue'"))));
}

TEST_F(KafkaSourceTest, NamesATopicLikeTheOneThatIsMissing) {
  ASSERT_THAT(cluster_->CreateTopic("orders", 1), IsOk());
  EXPECT_THAT(
      MakeSource({{"topic", "ordres"}})->Open(),
      FailsWith(ErrorKind::kNotFound,
                AllOf(HasSubstr("'ordres'"), HasSubstr("did you mean 'orders'?"))));
  EXPECT_THAT(MakeSource({{"topic", "orders-eu"}})->Open(),
              FailsWith(ErrorKind::kNotFound, HasSubstr("did you mean 'orders'?")));
}

TEST_F(KafkaSourceTest, SaysWhichServersDoNotAnswer) {
  answer_time_ = std::chrono::milliseconds(300);
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_THAT(MakeSource({{"topic", "orders"}}, "127.0.0.1:1")->Open(),
              FailsWith(ErrorKind::kUnavailable,
                        AllOf(HasSubstr("127.0.0.1:1"), HasSubstr("refused"))));
  EXPECT_GE(std::chrono::steady_clock::now() - begin, answer_time_);
}

TEST_F(KafkaSourceTest, TellsATopicMadeAgainFromTheOldOne) {
  ASSERT_THAT(cluster_->CreateTopic("orders", 1), IsOk());
  Fill("orders", 0, 0, 3);
  const auto source = MakeSource({{"topic", "orders"}, {"scan.assignment", "static"}});
  ASSERT_THAT(source->Open(), IsOk());
  const StreamIdentity before = source->Splits().at(Part(0));
  EXPECT_NE(before.stream_id, "");
  EXPECT_THAT(source->VerifyStreams(), IsOk());
  ASSERT_THAT(cluster_->DeleteTopic("orders"), IsOk());
  EXPECT_THAT(source->VerifyStreams(),
              FailsWith(ErrorKind::kNotFound, HasSubstr("'orders' was deleted")));
  ASSERT_THAT(cluster_->CreateTopic("orders", 1), IsOk());
  EXPECT_THAT(source->VerifyStreams(),
              FailsWith(ErrorKind::kDataLoss, HasSubstr("made again")));
}

TEST_F(KafkaSourceTest, WritesCommittedOffsetsToTheGroupAndCanStartFromThem) {
  ASSERT_THAT(cluster_->CreateTopic("orders", 2), IsOk());
  Fill("orders", 0, 0, 10);
  Fill("orders", 1, 0, 10);
  const auto first = MakeSource({{"topic", "orders"}, {"scan.assignment", "static"}});
  ASSERT_THAT(first->Open(), IsOk());
  EXPECT_THAT(
      first->ResolveStartup(),
      FailsWith(ErrorKind::kInvalidConfig, HasSubstr("'test-group' has committed no")));
  RecordingListener listener;
  ASSERT_THAT(first->Start(listener), IsOk());
  first->ReportCommitted(
      {{Part(0), {4, ""}}, {Part(1), {9, ""}}, {{"other", "x", 0}, {1, ""}}});
  first->Close();

  const auto second = MakeSource({{"topic", "orders"}});
  ASSERT_THAT(second->Open(), IsOk());
  EXPECT_THAT(second->ResolveStartup(),
              IsOkAnd(Positions{{Part(0), {4, ""}}, {Part(1), {9, ""}}}));
}

TEST_F(KafkaSourceTest, ResolvesEachStartupMode) {
  ASSERT_THAT(cluster_->CreateTopic("orders", 2), IsOk());
  Fill("orders", 0, 0, 10);
  ASSERT_THAT(cluster_->DeleteRecords("orders", 0, 2), IsOk());
  struct Case {
    Pairs options;
    std::int64_t first;
    std::int64_t second;
  };
  const std::vector<Case> cases = {
      {{{"scan.startup.mode", "earliest-offset"}}, 2, 0},
      {{{"scan.startup.mode", "latest-offset"}}, 10, 0},
      {{{"properties.auto.offset.reset", "earliest"}}, 2, 0},
      {{{"properties.auto.offset.reset", "latest"}}, 10, 0},
      {{{"scan.startup.mode", "specific-offsets"},
        {"scan.startup.specific-offsets", "partition:0,offset:7"}},
       7,
       0},
      // The mock broker knows no timestamps: every one is later than all records.
      {{{"scan.startup.mode", "timestamp"}, {"scan.startup.timestamp-millis", "5"}},
       10,
       0},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(one.options.front().second);
    Pairs options = one.options;
    options.emplace_back("topic", "orders");
    const auto source = MakeSource(options);
    ASSERT_THAT(source->Open(), IsOk());
    EXPECT_THAT(
        source->ResolveStartup(),
        IsOkAnd(Positions{{Part(0), {one.first, ""}}, {Part(1), {one.second, ""}}}));
  }
}

TEST_F(KafkaSourceTest, RefusesSpecificOffsetsThatTheTopicDoesNotHold) {
  ASSERT_THAT(cluster_->CreateTopic("orders", 1), IsOk());
  Fill("orders", 0, 0, 10);
  for (const char* const offsets : {"partition:0,offset:11", "partition:1,offset:0"}) {
    const auto source = MakeSource({{"topic", "orders"},
                                    {"scan.startup.mode", "specific-offsets"},
                                    {"scan.startup.specific-offsets", offsets}});
    ASSERT_THAT(source->Open(), IsOk());
    EXPECT_THAT(source->ResolveStartup(), FailsWith(ErrorKind::kInvalidConfig));
  }
}

TEST_F(KafkaSourceTest, EndsABoundedReadInsideATopicAndOnEmptyOnes) {
  ASSERT_THAT(cluster_->CreateTopic("orders", 3), IsOk());
  Fill("orders", 0, 0, 10);
  Fill("orders", 1, 0, 10);
  const auto source = MakeSource(
      {{"topic", "orders"},
       {"scan.startup.mode", "earliest-offset"},
       {"scan.bounded.mode", "specific-offsets"},
       {"scan.bounded.specific-offsets", "partition:0,offset:4;partition:1,offset:0"}});
  ASSERT_THAT(source->Open(), IsOk());
  RecordingListener listener;
  Reading reading(listener);
  ASSERT_THAT(source->Start(listener), IsOk());
  reading.Until(*source, [&] { return source->IsAtEnd(); });
  EXPECT_EQ(reading.count, 4U);
  EXPECT_EQ(listener.next[Part(0)], 4);
  EXPECT_EQ(listener.next[Part(1)], 0);
}

TEST_F(KafkaSourceTest, KeepsKeysHeadersTimestampsAndTombstones) {
  ASSERT_THAT(cluster_->CreateTopic("orders", 1), IsOk());
  Fill("orders", 0, 0, 0);
  const Headers headers = {{"a", "1"}, {"a", std::nullopt}, {"b", ""}};
  ASSERT_THAT(producer_->Produce({.topic = "orders",
                                  .key = "k",
                                  .value = std::nullopt,
                                  .headers = &headers,
                                  .timestamp_ms = 1234}),
              IsOk());
  ASSERT_THAT(producer_->Produce({.topic = "orders", .value = ""}), IsOk());
  ASSERT_THAT(producer_->Flush(kTestPatience), IsOk());
  EXPECT_EQ(producer_->delivered(), 2);

  std::vector<RawBatch> batches;
  {
    const auto source = MakeSource({{"topic", "orders"}, {"scan.assignment", "static"}});
    ASSERT_THAT(source->Open(), IsOk());
    RecordingListener listener;
    ASSERT_THAT(source->Start(listener), IsOk());
    const auto deadline = std::chrono::steady_clock::now() + kTestPatience;
    std::size_t count = 0;
    while (count < 2) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline);
      auto polled = source->Poll(std::chrono::milliseconds(20));
      ASSERT_THAT(polled, IsOk());
      for (RawBatch& batch : *polled) {
        count += batch.records.size();
        batches.push_back(std::move(batch));
      }
    }
  }  // batches outlive their source
  const RawRecord& first = batches.front().records.front();
  EXPECT_TRUE(first.has_key);
  EXPECT_EQ(first.key, "k");
  EXPECT_FALSE(first.has_value);
  EXPECT_EQ(first.timestamp_ms, 1234);
  EXPECT_EQ(first.timestamp_type, TimestampType::kCreateTime);
  EXPECT_EQ(batches.front().storage->HeadersOf(0), headers);
  const RawRecord& last = batches.back().records.back();
  EXPECT_FALSE(last.has_key);
  EXPECT_TRUE(last.has_value);
  EXPECT_EQ(last.value, "");
  EXPECT_THAT(batches.back().storage->HeadersOf(batches.back().records.size() - 1),
              IsEmpty());
}

TEST_F(KafkaSourceTest, ReadsTheTopicsThatAPatternMatchesAsAWhole) {
  ASSERT_THAT(cluster_->CreateTopic("orders-1", 1), IsOk());
  ASSERT_THAT(cluster_->CreateTopic("orders-22", 2), IsOk());
  ASSERT_THAT(cluster_->CreateTopic("old-orders-1", 1), IsOk());
  const auto source = MakeSource({{"topic-pattern", "orders-\\d+"}});
  ASSERT_THAT(source->Open(), IsOk());
  EXPECT_THAT(source->Splits(), SizeIs(3));
  RecordingListener listener;
  Reading reading(listener);
  ASSERT_THAT(source->Start(listener), IsOk());
  Fill("orders-1", 0, 0, 1);
  Fill("orders-22", 1, 0, 2);
  Fill("old-orders-1", 0, 0, 4);
  reading.UntilCount(*source, 3);
  EXPECT_THAT(reading.records[Part(0, "orders-1")], SizeIs(1));
  EXPECT_THAT(reading.records[Part(1, "orders-22")], SizeIs(2));
  EXPECT_EQ(listener.next.size(), 3U);
}

TEST_F(KafkaSourceTest, APollTakesFewLargeRecords) {
  constexpr int kPartitions = 4;
  constexpr int kPerPartition = 40;
  constexpr std::int64_t kRecordBytes = 100'000;
  ASSERT_THAT(cluster_->CreateTopic("orders", kPartitions), IsOk());
  for (int partition = 0; partition < kPartitions; ++partition) {
    Fill("orders", partition, 0, kPerPartition, std::string(kRecordBytes, 'x'));
  }
  const auto source = MakeSource({{"topic", "orders"}, {"scan.assignment", "static"}});
  ASSERT_THAT(source->Open(), IsOk());
  RecordingListener listener;
  ASSERT_THAT(source->Start(listener), IsOk());
  std::int64_t count = 0;
  const auto deadline = std::chrono::steady_clock::now() + kTestPatience;
  while (count < kPartitions * kPerPartition) {
    ASSERT_LT(std::chrono::steady_clock::now(), deadline);
    const auto batches = source->Poll(std::chrono::milliseconds(20));
    ASSERT_THAT(batches, IsOk());
    std::int64_t bytes = 0;
    for (const RawBatch& batch : *batches) {
      bytes += batch.size_bytes;
      count += static_cast<std::int64_t>(batch.records.size());
    }
    EXPECT_LE(bytes, (4 << 20) + kRecordBytes);
  }
}

TEST_F(KafkaSourceTest, FindsNewTopicsWithoutAGroupToo) {
  ASSERT_THAT(cluster_->CreateTopic("orders-1", 1), IsOk());
  const auto source = MakeSource({{"topic-pattern", "orders-.*"},
                                  {"scan.assignment", "static"},
                                  {"scan.topic-partition-discovery.interval", "50 ms"}});
  ASSERT_THAT(source->Open(), IsOk());
  RecordingListener listener;
  Reading reading(listener);
  ASSERT_THAT(source->Start(listener), IsOk());
  ASSERT_THAT(cluster_->CreateTopic("orders-2", 2), IsOk());
  Fill("orders-2", 1, 0, 2);
  reading.UntilCount(*source, 2);
  EXPECT_EQ(listener.assigned, 3);
}

TEST_F(KafkaSourceTest, AsksAgainWhileATopicHasNoLeaderYet) {
  constexpr std::int16_t kListOffsets = 2;
  ASSERT_THAT(cluster_->CreateTopic("orders", 1), IsOk());
  Fill("orders", 0, 0, 3);
  const auto source = MakeSource({{"topic", "orders"}});
  ASSERT_THAT(source->Open(), IsOk());
  cluster_->FailNext(kListOffsets, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, 3);
  EXPECT_THAT(source->Beginnings({Part(0)}), IsOkAnd(Positions{{Part(0), {0, ""}}}));
}

}  // namespace
}  // namespace frazil
