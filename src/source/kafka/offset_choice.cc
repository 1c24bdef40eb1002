#include "source/kafka/offset_choice.h"

#include <algorithm>
#include <utility>

namespace frazil {
namespace {

using Mode = KafkaOffsetChoice::Mode;

rd_kafka_IsolationLevel_t IsolationOf(const KafkaSourceConfig& config) {
  return config.is_read_committed() ? RD_KAFKA_ISOLATION_LEVEL_READ_COMMITTED
                                    : RD_KAFKA_ISOLATION_LEVEL_READ_UNCOMMITTED;
}

Result<SplitOffsets> ListAll(KafkaClient& client, const KafkaSourceConfig& config,
                             const std::vector<Split>& splits, std::int64_t spec,
                             KafkaDeadline deadline) {
  SplitOffsets asked;
  for (const Split& split : splits) asked.emplace(split, spec);
  return ListOffsets(client, asked, IsolationOf(config), deadline);
}

// The first offset at or after a moment; the end where every record is older.
Result<SplitOffsets> ListByTimestamp(KafkaClient& client, const KafkaSourceConfig& config,
                                     const std::vector<Split>& splits,
                                     std::int64_t timestamp_ms, KafkaDeadline deadline) {
  FRAZIL_ASSIGN(SplitOffsets offsets,
                ListAll(client, config, splits, timestamp_ms, deadline));
  std::vector<Split> at_end;
  for (const auto& [split, offset] : offsets) {
    if (offset < 0) at_end.push_back(split);
  }
  FRAZIL_ASSIGN(const SplitOffsets ends,
                ListAll(client, config, at_end, kLatestOffset, deadline));
  for (const auto& [split, end] : ends) offsets[split] = end;
  return offsets;
}

Status CheckPartitionsExist(const KafkaOffsetChoice& choice,
                            const std::vector<Split>& splits) {
  for (const auto& [partition, offset] : choice.offsets) {
    const bool exists =
        std::any_of(splits.begin(), splits.end(),
                    [&](const Split& split) { return split.partition == partition; });
    if (exists) continue;
    return Fail(ErrorKind::kInvalidConfig,
                "specific-offsets names partition {}, but topic '{}' has {} partitions",
                partition, splits.empty() ? "" : splits.front().stream, splits.size());
  }
  return {};
}

Result<SplitOffsets> StartAtSpecific(KafkaClient& client, const KafkaSourceConfig& config,
                                     const std::vector<Split>& splits,
                                     KafkaDeadline deadline) {
  FRAZIL_TRY(CheckPartitionsExist(config.startup, splits));
  SplitOffsets asked;
  for (const Split& split : splits) asked.emplace(split, kEarliestOffset);
  FRAZIL_ASSIGN(
      SplitOffsets offsets,
      ListOffsets(client, asked, RD_KAFKA_ISOLATION_LEVEL_READ_UNCOMMITTED, deadline));
  for (auto& [split, spec] : asked) spec = kLatestOffset;
  FRAZIL_ASSIGN(
      const SplitOffsets ends,
      ListOffsets(client, asked, RD_KAFKA_ISOLATION_LEVEL_READ_UNCOMMITTED, deadline));
  for (auto& [split, offset] : offsets) {
    const auto named = config.startup.offsets.find(split.partition);
    if (named == config.startup.offsets.end()) continue;
    const std::int64_t end = ends.at(split);
    if (named->second < offset || named->second > end) {
      return Fail(ErrorKind::kInvalidConfig,
                  "{}: specific-offsets asks for offset {}, but the topic holds {} to {}",
                  split.ToString(), named->second, offset, end);
    }
    offset = named->second;
  }
  return offsets;
}

Result<SplitOffsets> StartAtGroup(KafkaClient& client, const KafkaSourceConfig& config,
                                  const std::vector<Split>& splits,
                                  KafkaDeadline deadline) {
  FRAZIL_ASSIGN(SplitOffsets offsets, CommittedOffsets(client, splits, deadline));
  std::vector<Split> without;
  for (const Split& split : splits) {
    if (!offsets.contains(split)) without.push_back(split);
  }
  if (without.empty()) return offsets;
  const std::string& reset = config.client.auto_offset_reset;
  if (reset.empty() || reset == "none") {
    return Fail(
        ErrorKind::kInvalidConfig,
        "group '{}' has committed no offset for {} ({} splits in all): say where to "
        "begin by 'scan.startup.mode' = 'earliest-offset' or 'latest-offset', or by "
        "'properties.auto.offset.reset'",
        config.group_id, without.front().ToString(), without.size());
  }
  FRAZIL_ASSIGN(const SplitOffsets rest,
                ListAll(client, config, without,
                        reset == "earliest" ? kEarliestOffset : kLatestOffset, deadline));
  offsets.insert(rest.begin(), rest.end());
  return offsets;
}

}  // namespace

Result<SplitOffsets> ResolveStart(KafkaClient& client, const KafkaSourceConfig& config,
                                  const std::vector<Split>& splits,
                                  KafkaDeadline deadline) {
  switch (config.startup.mode) {
    case Mode::kEarliest:
      return ListAll(client, config, splits, kEarliestOffset, deadline);
    case Mode::kLatest:
      return ListAll(client, config, splits, kLatestOffset, deadline);
    case Mode::kTimestamp:
      return ListByTimestamp(client, config, splits, config.startup.timestamp_ms,
                             deadline);
    case Mode::kSpecific:
      return StartAtSpecific(client, config, splits, deadline);
    case Mode::kGroup:
      return StartAtGroup(client, config, splits, deadline);
    case Mode::kUnbounded:
      break;
  }
  return Fail(ErrorKind::kInternal, "a start cannot be unbounded");
}

Result<SplitOffsets> ResolveStop(KafkaClient& client, const KafkaSourceConfig& config,
                                 const std::vector<Split>& splits,
                                 KafkaDeadline deadline) {
  SplitOffsets stops;
  switch (config.bounded.mode) {
    case Mode::kLatest:
      return ListAll(client, config, splits, kLatestOffset, deadline);
    case Mode::kTimestamp:
      return ListByTimestamp(client, config, splits, config.bounded.timestamp_ms,
                             deadline);
    case Mode::kGroup: {
      FRAZIL_ASSIGN(stops, CommittedOffsets(client, splits, deadline));
      for (const Split& split : splits) {
        if (stops.contains(split)) continue;
        return Fail(ErrorKind::kInvalidConfig,
                    "{}: 'scan.bounded.mode' is 'group-offsets', but group '{}' has "
                    "committed no offset for it",
                    split.ToString(), config.group_id);
      }
      break;
    }
    case Mode::kSpecific: {
      FRAZIL_TRY(CheckPartitionsExist(config.bounded, splits));
      for (const Split& split : splits) {
        const auto named = config.bounded.offsets.find(split.partition);
        if (named != config.bounded.offsets.end()) stops.emplace(split, named->second);
      }
      break;
    }
    case Mode::kUnbounded:
    case Mode::kEarliest:
      return stops;
  }
  for (const Split& split : splits) stops.emplace(split, 0);
  return stops;
}

}  // namespace frazil
