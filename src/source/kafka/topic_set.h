#pragma once

/// \file source/kafka/topic_set.h
/// \brief The topics a source table reads, their partitions and identities.

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/split.h"
#include "source/kafka/kafka_client.h"
#include "source/kafka/kafka_metadata.h"
#include "source/kafka/kafka_options.h"

namespace frazil {

/// \brief What is known of the topics of one source table. Not thread-safe but for Verify.
class TopicSet {
 public:
  /// \param config outlives this.
  explicit TopicSet(const KafkaSourceConfig& config) : config_(config) {}

  /// \brief Learns the topics there are now.
  /// \return kNotFound for a named topic that does not exist, with names like it;
  /// kUnavailable at the deadline.
  Status Load(KafkaClient& client, KafkaDeadline deadline);

  /// \brief Adds topics and partitions that came up since; forgets nothing.
  /// \return as VerifyStreams, and what is new.
  Result<std::vector<Split>> Refresh(KafkaClient& client, KafkaDeadline deadline);

  /// \brief Compares the identities with the cluster's of now. Thread-safe.
  /// \return kDataLoss for a topic made again, kNotFound for one that is gone.
  Status Verify(KafkaClient& client, KafkaDeadline deadline) const;

  /// \brief Eight hexadecimal digits that differ where topics or their partition counts do.
  [[nodiscard]] std::string Fingerprint() const;
  /// \brief Names of the topics, sorted.
  [[nodiscard]] std::vector<std::string> Names() const;
  [[nodiscard]] const std::map<Split, StreamIdentity>& splits() const { return splits_; }
  [[nodiscard]] std::vector<Split> SplitList() const;

 private:
  Result<std::vector<std::string>> WantedNames(KafkaClient& client,
                                               KafkaDeadline deadline) const;
  std::vector<Split> Add(const std::map<std::string, TopicInfo>& topics);

  const KafkaSourceConfig& config_;
  std::string cluster_id_;
  mutable std::mutex mutex_;  // guards topic_ids_ against Verify
  std::map<std::string, std::string> topic_ids_;
  std::map<Split, StreamIdentity> splits_;
};

}  // namespace frazil
