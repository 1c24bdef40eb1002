#pragma once

/// \file source/kafka/kafka_metadata.h
/// \brief Blocking questions to a Kafka cluster: topics, offsets, identities.
///
/// Every function returns kUnavailable at its deadline, naming the servers, and sooner the
/// reason if the client learns of one that waiting does not heal (wrong credentials). What
/// brokers say of a topic just made (no leader, unknown partition) is asked again until then.

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/split.h"
#include "source/kafka/kafka_client.h"

namespace frazil {

/// \brief Offset of a split, in all that follows.
using SplitOffsets = std::map<Split, std::int64_t>;

/// \brief What a cluster tells of a topic.
struct TopicInfo {
  /// Base64 of the topic's UUID (KIP-516); empty from brokers before 2.8.
  std::string id;
  std::vector<std::int32_t> partitions;
};

/// \brief Names of all topics the user may see, internal ones left out, sorted.
Result<std::vector<std::string>> ListTopics(KafkaClient& client, KafkaDeadline deadline);

/// \brief Describes topics by name; one that does not exist is absent from the answer.
/// \return kInvalidConfig if the user may not see one.
Result<std::map<std::string, TopicInfo>> DescribeTopics(
    KafkaClient& client, const std::vector<std::string>& names, KafkaDeadline deadline);

/// \brief Those of the topics whose cleanup.policy has compaction. One that the user may not
/// ask about, or the broker says nothing of, is none.
std::set<std::string> CompactedTopics(KafkaClient& client,
                                      const std::set<std::string>& names,
                                      KafkaDeadline deadline);

/// \brief Looks whether there is a topic. A broker may not have heard of one that was just
/// made: it is asked again until the deadline, and answers are waited for `answer_time`.
/// \return NoSuchTopic if there is none then; kInvalidConfig if the user may not see it.
Status AwaitTopic(KafkaClient& client, const std::string& name, KafkaDeadline deadline,
                  std::chrono::milliseconds answer_time);

/// \brief Makes a topic; replicas as the broker's settings say.
/// \return kAlreadyExists if there is one; kInvalidConfig if the user may not.
Status CreateTopic(KafkaClient& client, const std::string& name, int partition_count,
                   KafkaDeadline deadline);

/// \brief The cluster's id; "" if the broker does not tell.
std::string ClusterId(KafkaClient& client, KafkaDeadline deadline);

/// \brief A setting of one of the brokers, by its name there.
/// \return kNotFound if the broker has no such setting; kInvalidConfig if the user may not
/// ask for it.
Result<std::string> BrokerSetting(KafkaClient& client, const std::string& name,
                                  KafkaDeadline deadline);

/// \name What ListOffsets is asked for, beside a timestamp in milliseconds since the epoch
/// @{
inline constexpr std::int64_t kEarliestOffset = RD_KAFKA_OFFSET_SPEC_EARLIEST;
inline constexpr std::int64_t kLatestOffset = RD_KAFKA_OFFSET_SPEC_LATEST;
/// @}

/// \brief Asks for the earliest, the latest, or the first offset at or after a timestamp,
/// as `asked` says per split; -1 where no record is that young.
/// \param isolation with READ_COMMITTED the latest offset is that of the first open
/// transaction.
Result<SplitOffsets> ListOffsets(KafkaClient& client, const SplitOffsets& asked,
                                 rd_kafka_IsolationLevel_t isolation,
                                 KafkaDeadline deadline);

/// \brief Offsets committed by the client's group; splits without one are absent.
Result<SplitOffsets> CommittedOffsets(KafkaClient& client,
                                      const std::vector<Split>& splits,
                                      KafkaDeadline deadline);

/// \brief A list for librdkafka; offsets are set where `offsets` has them.
KafkaPartitions ToPartitions(const std::vector<Split>& splits,
                             const SplitOffsets* offsets = nullptr);

/// \brief Splits of a list of librdkafka.
std::vector<Split> ToSplits(const rd_kafka_topic_partition_list_t& partitions,
                            const std::string& source);

}  // namespace frazil
