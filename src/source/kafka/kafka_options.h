#pragma once

/// \file source/kafka/kafka_options.h
/// \brief The options of a Kafka source table, and what they mean together.
///
/// Keys, values and defaults are those of Flink's connector 'kafka'; `scan.assignment` is
/// ours.

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <regex>
#include <string>
#include <vector>

#include "base/result.h"
#include "config/option_set.h"
#include "config/pipeline_spec.h"
#include "source/kafka/client_properties.h"

namespace frazil {

/// \brief Every option but those of formats and, under "properties.", the client's.
const std::vector<OptionDeclaration>& KafkaSourceOptions();

/// \brief A place in each split that is named, not numbered.
struct KafkaOffsetChoice {
  enum class Mode {
    kUnbounded,  ///< for ends only
    kEarliest,   ///< for starts only
    kLatest,
    kGroup,
    kTimestamp,
    kSpecific,
  };
  Mode mode = Mode::kUnbounded;
  /// Of kTimestamp: milliseconds since the Unix epoch, UTC.
  std::int64_t timestamp_ms = 0;
  /// Of kSpecific: offsets by partition.
  std::map<std::int32_t, std::int64_t> offsets;
};

/// \brief A Kafka source table.
struct KafkaSourceConfig {
  std::string name;
  /// Exactly one of the two is set.
  std::vector<std::string> topics;
  std::optional<std::regex> topic_pattern;
  std::string topic_pattern_text;

  KafkaOffsetChoice startup;
  KafkaOffsetChoice bounded;
  /// Zero: never look for new partitions and topics.
  std::chrono::milliseconds discovery_interval{0};
  /// True: read all splits without a consumer group; false: share them in the group.
  bool is_static = false;
  std::string group_id;
  /// The group whose members share the partitions: group_id, or one of its own (GroupToJoin).
  std::string joined_group;
  /// Empty: made of host and slot.
  std::string group_instance_id;
  /// How long Open and other questions to the brokers may take.
  std::chrono::milliseconds answer_time = std::chrono::seconds(10);
  /// KeepAlive acts no more often: each time throws prefetched records away.
  std::chrono::milliseconds keep_alive_interval = std::chrono::seconds(5);
  /// As librdkafka takes them, what Frazil sets included.
  ClientProperties client;

  [[nodiscard]] bool is_bounded() const {
    return bounded.mode != KafkaOffsetChoice::Mode::kUnbounded;
  }
  /// \brief isolation.level is read_committed, as by default.
  [[nodiscard]] bool is_read_committed() const;
};

/// \brief What the pipeline gives a source beside its own options.
struct KafkaSourceDefaults {
  /// group.id where the user gives none.
  std::string group_id;
  /// Memory for prefetched records, in bytes; what the user sets goes first.
  std::int64_t queue_bytes = 32LL << 20;
};

/// \brief Reads the options of a table that CheckOptions has passed.
/// \return kInvalidConfig with the place in the script, for options that contradict each
/// other and for client properties that are refused.
Result<KafkaSourceConfig> ParseKafkaSource(const PipelineSpec& script,
                                           const SourceSpec& table,
                                           const KafkaSourceDefaults& defaults);

/// \brief True if the table reads the topic: it is named, or the pattern matches its whole
/// name.
bool ReadsTopic(const KafkaSourceConfig& config, const std::string& topic);

/// \brief Reads "partition:0,offset:42;partition:1,offset:300".
/// \return kInvalidConfig for anything else.
Result<std::map<std::int32_t, std::int64_t>> ParseSpecificOffsets(std::string_view text);

}  // namespace frazil
