// What may go wrong while a KafkaSource reads, and its search for new partitions.

#include <algorithm>
#include <array>
#include <utility>

#include "base/log.h"
#include "source/kafka/kafka_source.h"

namespace frazil {
namespace {

// For questions that nobody waits for.
constexpr std::chrono::seconds kDiscoveryTime(2);
// A topic made again is noticed so soon, if the pipeline does not ask before.
constexpr std::chrono::seconds kCheckInterval(5);
// All brokers down for so long ends the source.
constexpr std::chrono::seconds kBearsDown(60);

KafkaDeadline In(std::chrono::milliseconds time) {
  return std::chrono::steady_clock::now() + time;
}

std::string SubjectOf(const rd_kafka_message_t& message,
                      const KafkaSourceConfig& config) {
  if (message.rkt == nullptr) return fmt::format("group '{}'", config.group_id);
  return fmt::format("{}/{}-{}", config.name, rd_kafka_topic_name(message.rkt),
                     message.partition);
}

// Nobody answers: the fetches will tell, if it lasts.
Status UnlessUnavailable(Status status) {
  if (status.has_value() || status.error().kind != ErrorKind::kUnavailable) return status;
  Log(LogLevel::kDebug, "cannot look at the topics", {{"error", status.error().message}});
  return {};
}

}  // namespace

// Looks for new splits, and now and then whether the topics are still the same. Named topics
// of a group are watched by librdkafka: their new splits come by a rebalance.
Status KafkaSource::Discover() {
  if (Clock::now() < next_check_) return {};
  next_check_ = Clock::now() + kCheckInterval;
  const bool is_discovering = config_.discovery_interval.count() > 0 &&
                              !config_.is_bounded() &&
                              (config_.is_static || config_.topic_pattern.has_value());
  if (is_discovering) {
    next_check_ = std::min(next_check_, Clock::now() + config_.discovery_interval);
  }
  if (!is_discovering || Clock::now() < next_discovery_) {
    return UnlessUnavailable(topics_.Verify(*asker_, In(kDiscoveryTime)));
  }
  next_discovery_ = Clock::now() + config_.discovery_interval;
  Result<std::vector<Split>> added = topics_.Refresh(*asker_, In(kDiscoveryTime));
  if (!added.has_value()) return UnlessUnavailable(Fail(std::move(added).error()));
  if (added->empty()) return {};
  Log(LogLevel::kInfo, "found new partitions",
      {{"source", config_.name}, {"count", added->size()}});
  return config_.is_static ? TakeOver(*added) : Subscribe();
}

Status KafkaSource::VerifyStreams() {
  std::shared_ptr<KafkaClient> asker;
  {
    const std::scoped_lock lock(client_mutex_);
    asker = asker_;
  }
  if (asker == nullptr) return Fail(ErrorKind::kCancelled, "{}: closed", config_.name);
  return topics_.Verify(*asker, In(config_.answer_time));
}

// Called when nothing came: where records flow, all is well.
Status KafkaSource::CheckClient() {
  std::array<char, 512> reason{};
  const rd_kafka_resp_err_t fatal =
      rd_kafka_fatal_error(client_->get(), reason.data(), reason.size());
  if (fatal != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return Fail(ExplainKafkaError(fatal, reason.data(),
                                  fmt::format("group '{}'", config_.group_id)));
  }
  const auto down_since = client_->DownSince();
  if (!down_since || Clock::now() - *down_since < kBearsDown) return {};
  FRAZIL_TRY(VerifyStreams());
  client_->MarkAlive();
  return {};
}

Status KafkaSource::ExplainMessage(const rd_kafka_message_t& message) {
  const std::string subject = SubjectOf(message, config_);
  const std::string reason = rd_kafka_message_errstr(&message);
  switch (message.err) {
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
    case RD_KAFKA_RESP_ERR__LOG_TRUNCATION:
    case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
      return ExplainOffsetReset(
          Split{config_.name, rd_kafka_topic_name(message.rkt), message.partition});
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_ID:
      // Also what a broker says that does not know the topic yet.
      return VerifyStreams();
    case RD_KAFKA_RESP_ERR__FATAL:
      return CheckClient();
    default:
      break;
  }
  Error error = ExplainKafkaError(message.err, reason, subject);
  if (DispositionOf(error.kind) != Disposition::kRetry) return Fail(std::move(error));
  // The client tries again by itself.
  Log(LogLevel::kWarning, "kafka", {{"source", config_.name}, {"error", error.message}});
  return {};
}

Status KafkaSource::ExplainOffsetReset(const Split& split) {
  FRAZIL_TRY(VerifyStreams());
  const auto found = assembler_->splits().find(split);
  if (found == assembler_->splits().end()) return {};  // taken away meanwhile
  const std::int64_t wanted = found->second.next;
  SplitOffsets asked{{split, kEarliestOffset}};
  FRAZIL_ASSIGN(const SplitOffsets low,
                ListOffsets(*asker_, asked, RD_KAFKA_ISOLATION_LEVEL_READ_UNCOMMITTED,
                            In(config_.answer_time)));
  asked[split] = kLatestOffset;
  FRAZIL_ASSIGN(const SplitOffsets high,
                ListOffsets(*asker_, asked, RD_KAFKA_ISOLATION_LEVEL_READ_UNCOMMITTED,
                            In(config_.answer_time)));
  const std::int64_t first = low.contains(split) ? low.at(split) : -1;
  const std::int64_t end = high.contains(split) ? high.at(split) : -1;
  return Fail(
      ErrorKind::kDataLoss,
      "{}: offset {} is to be read next, but the topic holds offsets {} to {}: {}",
      split.ToString(), wanted, first, end,
      wanted < first
          ? "retention has deleted the records in between. SET 'on-data-loss' = "
            "'continue' to go on without them"
          : "it was truncated, or made again. SET 'on-data-loss' = 'continue' to go on "
            "at its end, or set a position by `frazil ledger reset`");
}

}  // namespace frazil
