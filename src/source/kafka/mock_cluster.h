#pragma once

/// \file source/kafka/mock_cluster.h
/// \brief A Kafka cluster inside this process: for `frazil demo` and for tests.
///
/// librdkafka's mock cluster: real sockets on 127.0.0.1 and the real protocol, with groups,
/// idempotent producers and static members. It keeps only the newest 5 MiB or 100,000
/// messages of a partition, whichever is less, has no transactions in what it serves, and
/// forgets everything when it goes.

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "source/kafka/kafka_client.h"

// What librdkafka's rdkafka_mock.h calls rd_kafka_mock_cluster_t.
struct rd_kafka_mock_cluster_s;

namespace frazil {

/// \brief A running mock cluster. Its methods are thread-safe.
class MockCluster {
 public:
  static Result<std::unique_ptr<MockCluster>> Start(int broker_count = 1);
  ~MockCluster();
  MockCluster(const MockCluster&) = delete;
  MockCluster& operator=(const MockCluster&) = delete;

  /// \brief "127.0.0.1:45123", for bootstrap.servers.
  [[nodiscard]] const std::string& bootstrap_servers() const {
    return bootstrap_servers_;
  }

  /// \return kAlreadyExists if there is one.
  Status CreateTopic(const std::string& name, int partition_count);
  /// \return kNotFound if there is none.
  Status DeleteTopic(const std::string& name);
  /// \brief Deletes the records before `offset`, as retention does.
  Status DeleteRecords(const std::string& topic, std::int32_t partition,
                       std::int64_t offset);
  /// \brief Closes a broker's connections and refuses new ones, or takes them again.
  Status SetBrokerUp(std::int32_t broker_id, bool is_up);
  /// \brief Lets a broker answer so much later, its connections open.
  Status SetDelay(std::int32_t broker_id, std::chrono::milliseconds delay);
  /// \brief Lets the next requests of a kind fail. \param api_key as in the protocol.
  void FailNext(std::int16_t api_key, rd_kafka_resp_err_t code, int count = 1);

 private:
  MockCluster() = default;

  std::shared_ptr<KafkaClient> client_;
  rd_kafka_mock_cluster_s* cluster_ = nullptr;
  std::string bootstrap_servers_;
};

}  // namespace frazil
