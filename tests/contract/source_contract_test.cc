// What source/source.h promises, checked of every implementation.

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/result_matchers.h"
#include "source/kafka/kafka_producer.h"
#include "source/kafka/mock_cluster.h"
#include "source/source.h"
#include "source/source_factory.h"
#include "source/source_test_kit.h"

namespace frazil {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr std::size_t kSplits = 3;
constexpr std::size_t kRecords = 3000;  // over all splits

// A bounded stream of kRecords records in kSplits splits, and a way to read it.
class StreamFixture {
 public:
  virtual ~StreamFixture() = default;
  virtual std::unique_ptr<Source> MakeSource() = 0;
};

// Each source is a group of its own: none waits for the sessions of those before.
std::unique_ptr<Source> Make(const TestTable& table) {
  static int made = 0;
  auto source = OpenSource(
      table.spec,
      {.script = &table.script, .group_id = "contract-" + std::to_string(++made)});
  EXPECT_THAT(source, IsOk());
  return *std::move(source);
}

class DatagenFixture : public StreamFixture {
 public:
  std::unique_ptr<Source> MakeSource() override {
    ColumnSpec column;
    column.name = "x";
    column.type = Type(TypeId::kLong);
    return Make(TestTable("t",
                          {{"connector", "datagen"},
                           {"splits", std::to_string(kSplits)},
                           {"number-of-rows", std::to_string(kRecords)},
                           {"rows-per-second", "0"}},
                          {column}));
  }
};

class KafkaFixture : public StreamFixture {
 public:
  explicit KafkaFixture(std::string assignment) : assignment_(std::move(assignment)) {
    auto cluster = MockCluster::Start();
    EXPECT_THAT(cluster, IsOk());
    cluster_ = *std::move(cluster);
    EXPECT_THAT(cluster_->CreateTopic("t", kSplits), IsOk());
    auto producer =
        KafkaProducer::Create({{"bootstrap.servers", cluster_->bootstrap_servers()}});
    EXPECT_THAT(producer, IsOk());
    for (std::size_t i = 0; i < kRecords; ++i) {
      const std::string value = "v" + std::to_string(i);
      EXPECT_THAT(
          (*producer)->Produce({.topic = "t",
                                .value = value,
                                .partition = static_cast<std::int32_t>(i % kSplits)}),
          IsOk());
    }
    EXPECT_THAT((*producer)->Flush(kTestPatience), IsOk());
  }

  std::unique_ptr<Source> MakeSource() override {
    return Make(TestTable(
        "t", {{"connector", "kafka"},
              {"topic", "t"},
              {"format", "json"},
              {"scan.startup.mode", "earliest-offset"},
              {"scan.bounded.mode", "latest-offset"},
              {"scan.assignment", assignment_},
              {"properties.bootstrap.servers", cluster_->bootstrap_servers()}}));
  }

 private:
  std::string assignment_;
  std::unique_ptr<MockCluster> cluster_;
};

struct Implementation {
  std::string name;
  std::function<std::unique_ptr<StreamFixture>()> make;
};

class SourceContractTest : public ::testing::TestWithParam<Implementation> {
 protected:
  void SetUp() override {
    auto& fixture = fixtures_[GetParam().name];
    if (fixture == nullptr) fixture = GetParam().make();
    fixture_ = fixture.get();
  }
  static void TearDownTestSuite() { fixtures_.clear(); }

  std::unique_ptr<Source> OpenedSource() {
    std::unique_ptr<Source> source = fixture_->MakeSource();
    EXPECT_THAT(source->Open(), IsOk());
    return source;
  }

  // Everything from `start` on.
  Reading ReadAll(RecordingListener& listener) {
    const std::unique_ptr<Source> source = OpenedSource();
    Reading reading(listener);
    EXPECT_THAT(source->Start(listener), IsOk());
    reading.Until(*source, [&] { return source->IsAtEnd(); });
    return reading;
  }

  StreamFixture* fixture_ = nullptr;

 private:
  // Streams are only read, so all tests share them.
  static inline std::map<std::string, std::unique_ptr<StreamFixture>> fixtures_;
};

TEST_P(SourceContractTest, YieldsEveryRecordOnceAndThenIsAtItsEnd) {
  const auto source = OpenedSource();
  EXPECT_THAT(source->Splits(), SizeIs(kSplits));
  const auto start = source->ResolveStartup();
  ASSERT_THAT(start, IsOk());
  EXPECT_THAT(*start, SizeIs(kSplits));
  RecordingListener listener(*start);
  Reading reading(listener);
  ASSERT_THAT(source->Start(listener), IsOk());
  reading.Until(*source, [&] { return source->IsAtEnd(); });
  EXPECT_EQ(reading.count, kRecords);
  EXPECT_EQ(listener.assigned, static_cast<int>(kSplits));
  EXPECT_EQ(source->Lag(), 0);
  EXPECT_THAT(source->Poll(std::chrono::milliseconds(1)), IsOkAnd(IsEmpty()));
  EXPECT_TRUE(source->IsAtEnd());
}

TEST_P(SourceContractTest, ReadsTheSameRecordsAgainFromEveryPosition) {
  RecordingListener from_start;
  const Reading all = ReadAll(from_start);
  Positions middle;
  std::int64_t skipped = 0;
  for (const auto& [split, records] : all.records) {
    middle[split].ordinal = ++skipped * 111;
  }
  RecordingListener from_middle(middle);
  const Reading rest = ReadAll(from_middle);
  ASSERT_THAT(rest.records, SizeIs(kSplits));
  for (const auto& [split, records] : rest.records) {
    const auto& whole = all.records.at(split);
    const auto begin = whole.begin() + middle.at(split).ordinal;
    EXPECT_TRUE(std::equal(records.begin(), records.end(), begin, whole.end()))
        << split.ToString();
  }
}

TEST_P(SourceContractTest, IsAtItsEndAtOnceWhereNothingIsLeft) {
  RecordingListener from_start;
  const Reading all = ReadAll(from_start);
  Positions ends;
  for (const auto& [split, next] : from_start.next) ends[split].ordinal = next;
  RecordingListener from_end(ends);
  const Reading nothing = ReadAll(from_end);
  EXPECT_EQ(nothing.count, 0U);
}

TEST_P(SourceContractTest, KeepsNoProgressOfItsOwn) {
  RecordingListener first;
  EXPECT_EQ(ReadAll(first).count, kRecords);
  const auto source = OpenedSource();
  const auto start = source->ResolveStartup();
  ASSERT_THAT(start, IsOk());
  for (const auto& [split, position] : *start) {
    EXPECT_EQ(position, Position());
    EXPECT_THAT(source->Beginnings({split}), IsOkAnd(Positions{{split, Position()}}));
  }
}

TEST_P(SourceContractTest, EndsWhereReadingEndsIfItHasAnEnd) {
  RecordingListener listener;
  EXPECT_EQ(ReadAll(listener).count, kRecords);
  const auto source = OpenedSource();
  for (const auto& [split, next] : listener.next) {
    const auto ends = source->Ends({split});
    if (ends.has_value()) {
      EXPECT_EQ(*ends, (Positions{{split, Position{next, ""}}}));
    } else {
      EXPECT_THAT(ends, FailsWith(ErrorKind::kNotSupported));
    }
  }
}

TEST_P(SourceContractTest, BatchesOutliveTheirSource) {
  std::vector<RawBatch> batches;
  {
    const auto source = OpenedSource();
    RecordingListener listener;
    ASSERT_THAT(source->Start(listener), IsOk());
    const auto deadline = std::chrono::steady_clock::now() + kTestPatience;
    while (batches.empty()) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline);
      auto polled = source->Poll(std::chrono::milliseconds(20));
      ASSERT_THAT(polled, IsOk());
      for (RawBatch& batch : *polled) {
        if (!batch.records.empty()) batches.push_back(std::move(batch));
      }
    }
  }
  std::size_t bytes = 0;
  for (const RawBatch& batch : batches) {
    for (const RawRecord& record : batch.records) {
      bytes += std::string(record.value).size();
    }
    EXPECT_THAT(batch.storage->HeadersOf(0), IsEmpty());
  }
  EXPECT_GT(bytes, 0U);
}

TEST_P(SourceContractTest, LosesNothingWhileItIsKeptAlive) {
  const auto source = OpenedSource();
  RecordingListener listener;
  Reading reading(listener);
  ASSERT_THAT(source->Start(listener), IsOk());
  const auto deadline = std::chrono::steady_clock::now() + kTestPatience;
  while (!source->IsAtEnd()) {
    ASSERT_LT(std::chrono::steady_clock::now(), deadline);
    ASSERT_THAT(source->KeepAlive(), IsOk());
    auto batches = source->Poll(std::chrono::milliseconds(20));
    ASSERT_THAT(batches, IsOk());
    reading.Add(*batches);
  }
  EXPECT_EQ(reading.count, kRecords);
}

TEST_P(SourceContractTest, TakesReportsOfProgressAtAnyTimeAndFromAnyThread) {
  const auto source = OpenedSource();
  RecordingListener listener;
  Reading reading(listener);
  ASSERT_THAT(source->Start(listener), IsOk());
  {
    const std::jthread reporter([&source] {
      for (int i = 0; i < 100; ++i) {
        source->ReportCommitted({{{"t", "t", 0}, {1, ""}}, {{"other", "t", 0}, {1, ""}}});
      }
    });
    reading.Until(*source, [&] { return source->IsAtEnd(); });
    source->Close();
  }
  EXPECT_EQ(reading.count, kRecords);
  source->ReportCommitted({{{"t", "t", 0}, {1, ""}}});
}

TEST_P(SourceContractTest, AFailureOfTheListenerIsTheSources) {
  class Failing : public RecordingListener {
   public:
    Result<Positions> OnAssigned(const std::vector<Split>&) override {
      return Fail(ErrorKind::kIoError, "the ledger cannot be read");
    }
  };
  const auto source = OpenedSource();
  Failing listener;
  Status status = source->Start(listener);
  const auto deadline = std::chrono::steady_clock::now() + kTestPatience;
  while (status.has_value()) {
    ASSERT_LT(std::chrono::steady_clock::now(), deadline);
    const auto batches = source->Poll(std::chrono::milliseconds(20));
    if (!batches.has_value()) status = Fail(batches.error());
  }
  EXPECT_THAT(status, FailsWith(ErrorKind::kIoError, HasSubstr("the ledger")));
}

TEST_P(SourceContractTest, CanBeClosedAtAnyTimeAndTwice) {
  fixture_->MakeSource()->Close();
  const auto opened = OpenedSource();
  EXPECT_THAT(opened->VerifyStreams(), IsOk());
  opened->Close();
  const auto started = OpenedSource();
  RecordingListener listener;
  ASSERT_THAT(started->Start(listener), IsOk());
  started->Close();
  started->Close();
}

INSTANTIATE_TEST_SUITE_P(
    Sources, SourceContractTest,
    ::testing::Values(
        Implementation{"Datagen", [] { return std::make_unique<DatagenFixture>(); }},
        Implementation{"KafkaWithoutGroup",
                       [] { return std::make_unique<KafkaFixture>("static"); }},
        Implementation{"KafkaInAGroup",
                       [] { return std::make_unique<KafkaFixture>("group"); }}),
    [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace frazil
