#pragma once

/// \file source/kafka/kafka_source_fixture.h
/// \brief A mock cluster with topics and sources that read them. Included by tests only.

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/result_matchers.h"
#include "source/kafka/kafka_producer.h"
#include "source/kafka/kafka_source.h"
#include "source/kafka/mock_cluster.h"
#include "source/source_test_kit.h"

namespace frazil {

using Pairs = std::vector<std::pair<std::string, std::string>>;

class KafkaSourceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto cluster = MockCluster::Start();
    ASSERT_THAT(cluster, IsOk());
    cluster_ = *std::move(cluster);
  }

  std::unique_ptr<KafkaSource> MakeSource(const Pairs& options,
                                          const std::string& servers = "") {
    TestTable table("events", {});
    EXPECT_THAT(table.spec.options.Add({"format", "json", {}, {}}), IsOk());
    EXPECT_THAT(
        table.spec.options.Add({"properties.bootstrap.servers",
                                servers.empty() ? cluster_->bootstrap_servers() : servers,
                                {},
                                {}}),
        IsOk());
    for (const auto& [key, value] : options) {
      EXPECT_THAT(table.spec.options.Add({key, value, {}, {}}), IsOk());
    }
    auto config = ParseKafkaSource(table.script, table.spec, {.group_id = "test-group"});
    EXPECT_THAT(config, IsOk());
    if (!config->is_static) config->client.values["session.timeout.ms"] = session_ms_;
    config->client.values["heartbeat.interval.ms"] = "100";
    config->answer_time = answer_time_;
    config->keep_alive_interval = keep_alive_interval_;
    return std::make_unique<KafkaSource>(*std::move(config));
  }

  // Records "v<n>" in one partition, from `first` on; `rest` follows each.
  void Fill(const std::string& topic, std::int32_t partition, int first, int count,
            const std::string& rest = "") {
    if (producer_ == nullptr) {
      auto producer =
          KafkaProducer::Create({{"bootstrap.servers", cluster_->bootstrap_servers()}});
      ASSERT_THAT(producer, IsOk());
      producer_ = *std::move(producer);
    }
    for (int i = first; i < first + count; ++i) {
      const std::string value = "v" + std::to_string(i) + rest;
      ASSERT_THAT(
          producer_->Produce({.topic = topic, .value = value, .partition = partition}),
          IsOk());
    }
    ASSERT_THAT(producer_->Flush(kTestPatience), IsOk());
  }

  static Split Part(std::int32_t partition, const std::string& topic = "orders") {
    return Split{"events", topic, partition};
  }

  std::unique_ptr<MockCluster> cluster_;
  std::unique_ptr<KafkaProducer> producer_;
  /// The mock forgets static members only when their session ends, and lets a rebalance
  /// take a second less than a session, but as long as one that is no longer than that: then
  /// the session of a member that waits may end with it, and the splits go astray.
  std::string session_ms_ = "1000";
  std::chrono::milliseconds answer_time_ = kTestPatience;
  std::chrono::milliseconds keep_alive_interval_ = std::chrono::seconds(5);
};

}  // namespace frazil
