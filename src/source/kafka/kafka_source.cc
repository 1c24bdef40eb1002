#include "source/kafka/kafka_source.h"

#include <algorithm>
#include <span>
#include <utility>

#include "base/log.h"
#include "source/kafka/offset_choice.h"

namespace frazil {
namespace {

constexpr std::chrono::milliseconds kLagInterval(200);

// A poll takes about so many bytes, and never more messages than that.
constexpr double kBatchBytes = 4 << 20;
constexpr std::size_t kMaxBatchMessages = 8192;
constexpr std::size_t kMinBatchMessages = 16;

KafkaDeadline In(std::chrono::milliseconds time) {
  return std::chrono::steady_clock::now() + time;
}

}  // namespace

KafkaSource::KafkaSource(KafkaSourceConfig config)
    : config_(std::move(config)), topics_(config_), scratch_(kMaxBatchMessages) {}

KafkaSource::~KafkaSource() { Close(); }

Status KafkaSource::Open() {
  FRAZIL_ASSIGN(asker_,
                KafkaClient::Create(KafkaClient::Kind::kConsumer, config_.client));
  for (const std::string& remark : config_.client.remarks) {
    Log(LogLevel::kInfo, "a Kafka property has no effect",
        {{"source", config_.name}, {"property", remark}});
  }
  const KafkaDeadline deadline = In(config_.answer_time);
  FRAZIL_TRY(topics_.Load(*asker_, deadline));
  FRAZIL_ASSIGN(stops_, ResolveStop(*asker_, config_, topics_.SplitList(), deadline));
  return {};
}

// A static member of the group, unless no identity is to be had that is ours alone.
Result<std::shared_ptr<KafkaClient>> KafkaSource::MakeMember() {
  ClientProperties properties = config_.client;
  std::string& id = properties.values["group.instance.id"];
  id = config_.group_instance_id;
  if (id.empty()) {
    Result<WorkerSlot> slot =
        WorkerSlot::Acquire(asker_->bootstrap_servers() + "\n" + config_.group_id);
    if (slot.has_value()) {
      slot_ = *std::move(slot);
      id = slot_->InstanceId() + "-" + topics_.Fingerprint();
    } else {
      Log(LogLevel::kWarning, "joining the group without a lasting identity",
          {{"source", config_.name}, {"reason", slot.error().message}});
      properties.values.erase("group.instance.id");
    }
  }
  return KafkaClient::Create(KafkaClient::Kind::kConsumer, properties);
}

std::map<Split, StreamIdentity> KafkaSource::Splits() const { return topics_.splits(); }

Result<Positions> KafkaSource::ResolveStartup() {
  FRAZIL_ASSIGN(
      const SplitOffsets offsets,
      ResolveStart(*asker_, config_, topics_.SplitList(), In(config_.answer_time)));
  Positions positions;
  for (const auto& [split, offset] : offsets) positions[split].ordinal = offset;
  return positions;
}

Result<Position> KafkaSource::Beginning(const Split& split) {
  FRAZIL_ASSIGN(
      const SplitOffsets offsets,
      ListOffsets(*asker_, {{split, kEarliestOffset}},
                  RD_KAFKA_ISOLATION_LEVEL_READ_UNCOMMITTED, In(config_.answer_time)));
  const auto found = offsets.find(split);
  if (found == offsets.end()) {
    return Fail(ErrorKind::kNotFound, "{} has no beginning", split.ToString());
  }
  return Position{found->second, ""};
}

Status KafkaSource::Start(SplitListener& listener) {
  if (asker_ == nullptr || listener_ != nullptr) {
    return Fail(ErrorKind::kInternal, "{}: started out of turn", config_.name);
  }
  std::shared_ptr<KafkaClient> client = asker_;
  if (!config_.is_static) {
    FRAZIL_ASSIGN(client, MakeMember());
  }
  {
    const std::scoped_lock lock(client_mutex_);
    client_ = std::move(client);
  }
  listener_ = &listener;
  assembler_.emplace(client_);
  last_poll_ = Clock::now();
  next_check_ = last_poll_;
  next_discovery_ = last_poll_ + config_.discovery_interval;
  client_->set_rebalance_hook(
      [this](rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t* partitions) {
        OnRebalance(code, partitions);
      });
  queue_.reset(rd_kafka_queue_get_consumer(client_->get()));
  if (!config_.is_static) return Subscribe();
  was_assigned_ = true;
  return TakeOver(topics_.SplitList());
}

Status KafkaSource::Subscribe() {
  std::vector<std::string> names = topics_.Names();
  if (names.empty() || names == subscribed_) return {};
  const KafkaPartitions topics(
      rd_kafka_topic_partition_list_new(static_cast<int>(names.size())));
  for (const std::string& topic : names) {
    rd_kafka_topic_partition_list_add(topics.get(), topic.c_str(), RD_KAFKA_PARTITION_UA);
  }
  const rd_kafka_resp_err_t code = rd_kafka_subscribe(client_->get(), topics.get());
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return Fail(ExplainKafkaError(code, "", fmt::format("group '{}'", config_.group_id)));
  }
  subscribed_ = std::move(names);
  return {};
}

void KafkaSource::OnRebalance(rd_kafka_resp_err_t code,
                              rd_kafka_topic_partition_list_t* partitions) {
  is_in_callback_ = true;
  const std::vector<Split> splits = ToSplits(*partitions, config_.name);
  KafkaError refused;
  if (code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
    was_assigned_ = true;
    if (Status status = TakeOver(splits); !status.has_value()) {
      callback_failure_ = std::move(status);
      // The library waits for an answer; the source is about to end.
      const KafkaPartitions none(rd_kafka_topic_partition_list_new(0));
      refused.reset(rd_kafka_incremental_assign(client_->get(), none.get()));
    }
  } else {
    GiveUp(splits, rd_kafka_assignment_lost(client_->get()) != 0);
    refused.reset(rd_kafka_incremental_unassign(client_->get(), partitions));
  }
  if (refused != nullptr && callback_failure_.has_value()) {
    callback_failure_ = Fail(ErrorKind::kUnavailable, "{}: rebalance: {}", config_.name,
                             rd_kafka_error_string(refused.get()));
  }
  is_in_callback_ = false;
}

Status KafkaSource::TakeOver(const std::vector<Split>& splits) {
  for (const Split& split : splits) {
    if (ReadsTopic(config_, split.stream)) continue;
    return Fail(
        ErrorKind::kUnavailable,
        "group '{}' assigned {}, a topic that '{}' does not read: other consumers use "
        "the group for other topics, or this worker did until a moment ago; choose a "
        "properties.group.id of its own, or wait for session.timeout.ms",
        config_.group_id, split.stream, config_.name);
  }
  const bool has_unknown =
      std::any_of(splits.begin(), splits.end(),
                  [&](const Split& split) { return !topics_.splits().contains(split); });
  if (has_unknown) FRAZIL_TRY(topics_.Refresh(*asker_, In(config_.answer_time)));
  Positions positions;
  if (!splits.empty()) {
    FRAZIL_ASSIGN(positions, listener_->OnAssigned(splits));
  }
  SplitOffsets offsets;
  for (const Split& split : splits) {
    const auto position = positions.find(split);
    if (position == positions.end()) {
      return Fail(ErrorKind::kInternal, "no position for {}", split.ToString());
    }
    const std::int64_t next = position->second.ordinal;
    std::int64_t stop = BatchAssembler::kNoStop;
    if (config_.is_bounded()) {
      // A partition that came up after Open is behind the end.
      const auto found = stops_.find(split);
      stop = found == stops_.end() ? next : found->second;
    }
    assembler_->Assign(split, next, stop);
    offsets.emplace(split, next);
  }
  const KafkaPartitions partitions = ToPartitions(splits, &offsets);
  const KafkaError refused(rd_kafka_incremental_assign(client_->get(), partitions.get()));
  if (refused != nullptr) {
    return Fail(ErrorKind::kInternal, "{}: assignment: {}", config_.name,
                rd_kafka_error_string(refused.get()));
  }
  if (is_paused_) rd_kafka_pause_partitions(client_->get(), partitions.get());
  PauseFinished();
  return {};
}

void KafkaSource::GiveUp(const std::vector<Split>& splits, bool is_lost) {
  DropPending(splits);
  if (splits.empty()) return;
  if (is_lost) {
    listener_->OnLost(splits);
  } else {
    listener_->OnRevoked(splits);
  }
  for (const Split& split : splits) assembler_->Revoke(split);
}

// Messages the pipeline has not seen: whoever gets the splits reads them again.
void KafkaSource::DropPending(const std::vector<Split>& splits) {
  std::erase_if(pending_, [&](rd_kafka_message_t* message) {
    const bool is_dropped =
        message->rkt != nullptr &&
        std::any_of(splits.begin(), splits.end(), [&](const Split& split) {
          return split.partition == message->partition &&
                 split.stream == rd_kafka_topic_name(message->rkt);
        });
    if (is_dropped) rd_kafka_message_destroy(message);
    return is_dropped;
  });
}

Result<std::vector<RawBatch>> KafkaSource::Poll(std::chrono::milliseconds wait) {
  if (listener_ == nullptr || queue_ == nullptr) {
    return Fail(ErrorKind::kInternal, "{}: polled before Start", config_.name);
  }
  SetPaused(false);
  client_->ServeCallbacks();
  FRAZIL_TRY(Discover());
  Fetch(wait);
  FRAZIL_TRY(callback_failure_);
  FRAZIL_TRY(Assemble());
  PauseFinished();
  std::vector<RawBatch> batches = assembler_->Take();
  if (batches.empty()) {
    FRAZIL_TRY(CheckClient());
  } else {
    client_->MarkAlive();
  }
  return batches;
}

// librdkafka fills an array until it is full or time is up. So: wait for one message, then
// take what is there without waiting. A rebalance in between drops the first one if need be.
void KafkaSource::Fetch(std::chrono::milliseconds wait) {
  last_poll_ = Clock::now();
  if (pending_.empty()) {
    const ssize_t count = rd_kafka_consume_batch_queue(
        queue_.get(), static_cast<int>(wait.count()), scratch_.data(), 1);
    if (count > 0) pending_.push_back(scratch_.front());
  }
  if (pending_.empty()) return;
  const ssize_t count =
      rd_kafka_consume_batch_queue(queue_.get(), 0, scratch_.data(), BatchLimit());
  if (count > 0)
    pending_.insert(pending_.end(), scratch_.begin(), scratch_.begin() + count);
}

std::size_t KafkaSource::BatchLimit() const {
  return std::clamp(static_cast<std::size_t>(kBatchBytes / mean_message_bytes_),
                    kMinBatchMessages, kMaxBatchMessages);
}

Status KafkaSource::Assemble() {
  if (pending_.empty()) return {};
  double bytes = 0;
  for (const rd_kafka_message_t* const message : pending_) {
    bytes += static_cast<double>(message->len + message->key_len);
  }
  mean_message_bytes_ =
      (3 * mean_message_bytes_ + bytes / static_cast<double>(pending_.size())) / 4 + 1;
  // Each message is destroyed once: by the assembler, by its batch, or here.
  Status status;
  std::size_t at = 0;
  while (status.has_value()) {
    at += assembler_->Add(std::span(pending_).subspan(at));
    if (at == pending_.size()) break;
    status = ExplainMessage(*pending_[at]);
    rd_kafka_message_destroy(pending_[at++]);
  }
  for (; at < pending_.size(); ++at) rd_kafka_message_destroy(pending_[at]);
  pending_.clear();
  return status;
}

void KafkaSource::PauseFinished() {
  const std::vector<Split> finished = assembler_->TakeFinished();
  if (finished.empty()) return;
  const KafkaPartitions partitions = ToPartitions(finished);
  rd_kafka_pause_partitions(client_->get(), partitions.get());
}

void KafkaSource::SetPaused(bool is_paused) {
  if (is_paused == is_paused_) return;
  std::vector<Split> splits;
  for (const auto& [split, progress] : assembler_->splits()) {
    if (!progress.is_finished) splits.push_back(split);
  }
  const KafkaPartitions partitions = ToPartitions(splits);
  if (is_paused) {
    rd_kafka_pause_partitions(client_->get(), partitions.get());
  } else {
    rd_kafka_resume_partitions(client_->get(), partitions.get());
  }
  is_paused_ = is_paused;
}

Status KafkaSource::KeepAlive() {
  if (queue_ == nullptr || is_in_callback_) return {};
  if (Clock::now() - last_poll_ < config_.keep_alive_interval) return {};
  last_poll_ = Clock::now();
  // Paused, the library drops what it prefetched and later reads on from what was polled:
  // so the queue is short and a waiting rebalance is met at once.
  SetPaused(true);
  const ssize_t count =
      rd_kafka_consume_batch_queue(queue_.get(), 0, scratch_.data(), kMinBatchMessages);
  if (count > 0)
    pending_.insert(pending_.end(), scratch_.begin(), scratch_.begin() + count);
  FRAZIL_TRY(callback_failure_);
  return CheckClient();
}

bool KafkaSource::IsAtEnd() const {
  return config_.is_bounded() && was_assigned_ && assembler_ && assembler_->AllFinished();
}

void KafkaSource::ReportCommitted(const Positions& positions) {
  // A commit by somebody who is no member yet disturbs the joining.
  if (!config_.client.commits_offsets || !was_assigned_) return;
  std::shared_ptr<KafkaClient> client;
  {
    const std::scoped_lock lock(client_mutex_);
    client = client_;
  }
  if (client == nullptr) return;
  SplitOffsets offsets;
  std::vector<Split> splits;
  for (const auto& [split, position] : positions) {
    if (split.source != config_.name) continue;
    offsets.emplace(split, position.ordinal);
    splits.push_back(split);
  }
  if (splits.empty()) return;
  const KafkaPartitions partitions = ToPartitions(splits, &offsets);
  const rd_kafka_resp_err_t code =
      rd_kafka_commit(client->get(), partitions.get(), /*async=*/1);
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return;
  Log(LogLevel::kDebug, "cannot report offsets to the consumer group",
      {{"source", config_.name}, {"error", rd_kafka_err2str(code)}});
}

std::int64_t KafkaSource::Lag() const {
  const Clock::time_point now = Clock::now();
  if (now - lag_time_ < kLagInterval) return lag_;
  lag_time_ = now;
  lag_ = ComputeLag();
  return lag_;
}

// From the watermarks that come with every fetch.
std::int64_t KafkaSource::ComputeLag() const {
  if (!assembler_) return -1;
  std::int64_t lag = 0;
  bool is_known = assembler_->splits().empty();
  for (const auto& [split, progress] : assembler_->splits()) {
    std::int64_t low = 0;
    std::int64_t high = 0;
    if (progress.is_finished) {
      is_known = true;
      continue;
    }
    const rd_kafka_resp_err_t code = rd_kafka_get_watermark_offsets(
        client_->get(), split.stream.c_str(), split.partition, &low, &high);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR || high < 0) continue;
    if (progress.stop != BatchAssembler::kNoStop) high = std::min(high, progress.stop);
    lag += std::max<std::int64_t>(high - progress.next, 0);
    is_known = true;
  }
  return is_known ? lag : -1;
}

void KafkaSource::Close() {
  std::shared_ptr<KafkaClient> client;
  {
    const std::scoped_lock lock(client_mutex_);
    client = std::exchange(client_, nullptr);
  }
  asker_.reset();
  if (client == nullptr) return;
  for (rd_kafka_message_t* const message : pending_) rd_kafka_message_destroy(message);
  pending_.clear();
  if (listener_ != nullptr) {
    // The pipeline has ended: nobody is told that the splits go.
    client->set_rebalance_hook([&client](rd_kafka_resp_err_t,
                                         rd_kafka_topic_partition_list_t* partitions) {
      const KafkaError ignored(rd_kafka_incremental_unassign(client->get(), partitions));
    });
    const rd_kafka_resp_err_t code = rd_kafka_consumer_close(client->get());
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
      Log(LogLevel::kDebug, "closing the consumer",
          {{"source", config_.name}, {"error", rd_kafka_err2str(code)}});
    }
    client->set_rebalance_hook(nullptr);
  }
  queue_.reset();
  assembler_.reset();
  listener_ = nullptr;
  slot_.reset();
}

}  // namespace frazil
