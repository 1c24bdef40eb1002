#pragma once

/// \file source/kafka/kafka_producer.h
/// \brief Writes records to Kafka: for `frazil produce` and for dead-letter topics.
///
/// Idempotent: a retry inside the client neither doubles nor reorders records. Delivery is
/// at least once over restarts, and known only after Flush.

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include <librdkafka/rdkafka.h>

#include "base/result.h"
#include "model/batch.h"
#include "source/kafka/client_properties.h"
#include "source/kafka/kafka_client.h"

namespace frazil {

/// \brief A record to write. Views need to live during the call only.
struct ProducerRecord {
  std::string_view topic;
  /// nullopt: a null key.
  std::optional<std::string_view> key = std::nullopt;
  /// nullopt: a tombstone.
  std::optional<std::string_view> value = std::nullopt;
  /// May be nullptr.
  const Headers* headers = nullptr;
  /// -1: by the key, as Java does it (murmur2); without a key, at random in runs.
  std::int32_t partition = -1;
  /// Milliseconds since the Unix epoch; 0: now.
  std::int64_t timestamp_ms = 0;
};

/// \brief A producer. One thread calls Produce and Flush.
class KafkaProducer {
 public:
  /// \param properties as in `properties.*`, "bootstrap.servers" among them.
  /// \return kInvalidConfig for properties that are refused.
  static Result<std::unique_ptr<KafkaProducer>> Create(const JavaProperties& properties);
  /// \brief Whether Create would take these properties, without making a producer.
  /// \return kInvalidConfig where it would not.
  static Status Check(const JavaProperties& properties);
  ~KafkaProducer();
  KafkaProducer(const KafkaProducer&) = delete;
  KafkaProducer& operator=(const KafkaProducer&) = delete;

  /// \brief Makes a topic. Takes at most 10 s.
  /// \return kAlreadyExists if there is one; kUnavailable where nobody answers.
  Status CreateTopic(const std::string& name, int partition_count);

  /// \brief Asks whether a topic is there, or would be made for the first record; makes
  /// none. For 5 s, as it may be new; takes at most 27 s.
  /// \return kNotFound, naming one like it; kInvalidConfig if the user may not see it;
  /// kUnavailable where nobody answers. Where the broker does not tell whether it makes
  /// topics, that is a warning in the log.
  Status RequireTopic(const std::string& name);

  /// \brief Takes a copy of a record into the queue; waits while that is full.
  /// \return what came back for an earlier record, if that failed; kUnavailable if the
  /// queue stays full for a minute; kInvalidConfig for a record too large.
  Status Produce(const ProducerRecord& record);

  /// \brief Waits until every record is acknowledged.
  /// \return the first failure since the last Flush; kUnavailable at the deadline, records
  /// then still being under way.
  Status Flush(std::chrono::milliseconds timeout);

  /// \brief Records acknowledged by the brokers so far.
  [[nodiscard]] std::int64_t delivered() const { return delivered_; }
  /// \brief Records taken and not yet acknowledged.
  [[nodiscard]] std::int64_t in_flight() const;

 private:
  explicit KafkaProducer(std::shared_ptr<KafkaClient> client);
  void OnDelivery(const rd_kafka_message_t& message);
  Result<rd_kafka_topic_t*> TopicOf(std::string_view name);
  rd_kafka_resp_err_t TryProduce(rd_kafka_topic_t* topic, const ProducerRecord& record);
  Status TakeFailure();

  std::shared_ptr<KafkaClient> client_;
  std::map<std::string, rd_kafka_topic_t*, std::less<>> topics_;
  std::int64_t produced_ = 0;
  std::int64_t delivered_ = 0;
  std::optional<Error> failure_;
};

}  // namespace frazil
