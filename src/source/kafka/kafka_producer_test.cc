#include "source/kafka/kafka_producer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/result_matchers.h"
#include "source/kafka/kafka_metadata.h"
#include "source/kafka/mock_cluster.h"
#include "source/source_test_kit.h"

namespace frazil {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

// ApiKey of Produce in Kafka's protocol.
constexpr std::int16_t kProduceKey = 0;

class KafkaProducerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto cluster = MockCluster::Start();
    ASSERT_THAT(cluster, IsOk());
    cluster_ = *std::move(cluster);
    ASSERT_THAT(cluster_->CreateTopic("orders", 4), IsOk());
  }

  std::unique_ptr<KafkaProducer> MakeProducer(JavaProperties properties = {}) {
    properties.emplace("bootstrap.servers", cluster_->bootstrap_servers());
    auto producer = KafkaProducer::Create(properties);
    EXPECT_THAT(producer, IsOk());
    return *std::move(producer);
  }

  std::int64_t EndOf(std::int32_t partition) {
    ClientProperties properties;
    properties.values["bootstrap.servers"] = cluster_->bootstrap_servers();
    auto client = KafkaClient::Create(KafkaClient::Kind::kProducer, properties);
    EXPECT_THAT(client, IsOk());
    const Split split{"", "orders", partition};
    const auto offsets = ListOffsets(**client, {{split, kLatestOffset}},
                                     RD_KAFKA_ISOLATION_LEVEL_READ_COMMITTED,
                                     std::chrono::steady_clock::now() + kTestPatience);
    EXPECT_THAT(offsets, IsOk());
    return offsets->at(split);
  }

  std::unique_ptr<MockCluster> cluster_;
};

TEST_F(KafkaProducerTest, ATopicThatIsThereIsFound) {
  EXPECT_THAT(MakeProducer()->RequireTopic("orders"), IsOk());
}

// The mock does not tell its settings, and a question makes no topic.
TEST_F(KafkaProducerTest, AMissingTopicIsAcceptedWhereNobodyTellsWhetherItWouldBeMade) {
  const auto producer = MakeProducer();
  EXPECT_THAT(producer->RequireTopic("ordres"), IsOk());
  EXPECT_THAT(cluster_->DeleteTopic("ordres"), FailsWith(ErrorKind::kNotFound));
}

TEST_F(KafkaProducerTest, DeliversEverythingByTheTimeFlushReturns) {
  const auto producer = MakeProducer();
  for (int i = 0; i < 1000; ++i) {
    ASSERT_THAT(producer->Produce({.topic = "orders", .value = "x", .partition = i % 4}),
                IsOk());
  }
  ASSERT_THAT(producer->Flush(kTestPatience), IsOk());
  EXPECT_EQ(producer->delivered(), 1000);
  EXPECT_EQ(producer->in_flight(), 0);
  EXPECT_EQ(EndOf(0), 250);
}

TEST_F(KafkaProducerTest, DoublesNothingWhereABrokerFailsForAWhile) {
  const auto producer = MakeProducer({{"retry.backoff.ms", "10"}});
  cluster_->FailNext(kProduceKey, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, 3);
  for (int i = 0; i < 100; ++i) {
    ASSERT_THAT(producer->Produce({.topic = "orders", .value = "x", .partition = 1}),
                IsOk());
  }
  ASSERT_THAT(producer->Flush(kTestPatience), IsOk());
  EXPECT_EQ(EndOf(1), 100);
}

TEST_F(KafkaProducerTest, SendsOneKeyToOnePartition) {
  const auto producer = MakeProducer();
  for (int i = 0; i < 10; ++i) {
    ASSERT_THAT(producer->Produce({.topic = "orders", .key = "same", .value = "x"}),
                IsOk());
  }
  ASSERT_THAT(producer->Flush(kTestPatience), IsOk());
  std::int64_t most = 0;
  for (std::int32_t partition = 0; partition < 4; ++partition) {
    most = std::max(most, EndOf(partition));
  }
  EXPECT_EQ(most, 10);
}

TEST_F(KafkaProducerTest, TellsWhatCouldNotBeDelivered) {
  const auto producer = MakeProducer();
  ASSERT_THAT(producer->Produce({.topic = "nowhere", .value = "x", .partition = 7}),
              IsOk());
  EXPECT_THAT(producer->Flush(kTestPatience),
              FailsWith(ErrorKind::kNotFound, HasSubstr("'nowhere'")));
  // Told once.
  EXPECT_THAT(producer->Flush(kTestPatience), IsOk());
}

TEST_F(KafkaProducerTest, ChecksItsPropertiesWithoutABroker) {
  EXPECT_THAT(KafkaProducer::Check({{"bootstrap.servers", "127.0.0.1:1"}}), IsOk());
  EXPECT_THAT(KafkaProducer::Check({{"bootstrap.servers", "127.0.0.1:1"}, {"acks", "1"}}),
              FailsWith(ErrorKind::kInvalidConfig, HasSubstr("acks")));
}

TEST_F(KafkaProducerTest, RefusesARecordThatIsTooLarge) {
  const auto producer = MakeProducer({{"message.max.bytes", "2000"}});
  const std::string large(3000, 'x');
  EXPECT_THAT(producer->Produce({.topic = "orders", .value = large}),
              FailsWith(ErrorKind::kInvalidConfig, HasSubstr("message.max.bytes")));
}

TEST_F(KafkaProducerTest, GivesUpOnAClusterThatIsNotThere) {
  auto producer = KafkaProducer::Create({{"bootstrap.servers", "127.0.0.1:1"}});
  ASSERT_THAT(producer, IsOk());
  ASSERT_THAT((*producer)->Produce({.topic = "orders", .value = "x"}), IsOk());
  EXPECT_THAT((*producer)->Flush(std::chrono::milliseconds(300)),
              FailsWith(ErrorKind::kUnavailable, HasSubstr("127.0.0.1:1")));
  EXPECT_EQ((*producer)->in_flight(), 1);
}

TEST_F(KafkaProducerTest, TakesThePropertiesOfAConsumerToo) {
  const auto producer = MakeProducer({{"group.id", "g"},
                                      {"isolation.level", "read_committed"},
                                      {"session.timeout.ms", "9000"},
                                      {"key.serializer", "a.B"}});
  ASSERT_THAT(producer->Produce({.topic = "orders", .value = "x"}), IsOk());
  EXPECT_THAT(producer->Flush(kTestPatience), IsOk());
  EXPECT_THAT(KafkaProducer::Create({{"interceptor.classes", "a.B"}}),
              FailsWith(ErrorKind::kInvalidConfig, HasSubstr("interceptor.classes")));
}

}  // namespace
}  // namespace frazil
