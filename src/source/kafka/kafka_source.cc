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
constexpr std::size_t kBatchBytes = 4 << 20;
constexpr std::size_t kMaxBatchMessages = 8192;
// How many are taken before their sizes are looked at.
constexpr std::size_t kSliceMessages = 256;
constexpr std::size_t kKeepAliveMessages = 16;

std::size_t BytesOf(std::span<rd_kafka_message_t* const> messages) {
  std::size_t bytes = 0;
  for (const rd_kafka_message_t* const message : messages) {
    bytes += message->len + message->key_len;
  }
  return bytes;
}

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
  if (!config_.is_static) {
    // The answer comes while the pipeline does something else.
    watch_.emplace(asker_, config_.joined_group, config_.name);
    FRAZIL_TRY(watch_->Look(Clock::now()));
  }
  return {};
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

Result<Positions> KafkaSource::Ask(const std::vector<Split>& splits, std::int64_t what,
                                   rd_kafka_IsolationLevel_t isolation) {
  SplitOffsets asked;
  for (const Split& split : splits) asked.emplace(split, what);
  FRAZIL_ASSIGN(const SplitOffsets offsets,
                ListOffsets(*asker_, asked, isolation, In(config_.answer_time)));
  Positions positions;
  for (const Split& split : splits) {
    const auto found = offsets.find(split);
    if (found == offsets.end()) {
      return Fail(ErrorKind::kNotFound, "{} has no {}", split.ToString(),
                  what == kLatestOffset ? "end" : "beginning");
    }
    positions[split].ordinal = found->second;
  }
  return positions;
}

Result<Positions> KafkaSource::Beginnings(const std::vector<Split>& splits) {
  return Ask(splits, kEarliestOffset, RD_KAFKA_ISOLATION_LEVEL_READ_UNCOMMITTED);
}

Result<Positions> KafkaSource::Ends(const std::vector<Split>& splits) {
  return Ask(splits, kLatestOffset,
             config_.is_read_committed() ? RD_KAFKA_ISOLATION_LEVEL_READ_COMMITTED
                                         : RD_KAFKA_ISOLATION_LEVEL_READ_UNCOMMITTED);
}

std::set<std::string> KafkaSource::CompactedStreams() {
  std::set<std::string> names;
  for (const auto& [split, identity] : Splits()) names.insert(split.stream);
  if (asker_ == nullptr || names.empty()) return {};
  return CompactedTopics(*asker_, names, In(config_.answer_time));
}

Result<Positions> KafkaSource::HeldUntil(const std::vector<Split>& splits) {
  return Ask(splits, kLatestOffset, RD_KAFKA_ISOLATION_LEVEL_READ_UNCOMMITTED);
}

Status KafkaSource::Start(SplitListener& listener) {
  if (asker_ == nullptr || listener_ != nullptr) {
    return Fail(ErrorKind::kInternal, "{}: started out of turn", config_.name);
  }
  listener_ = &listener;
  began_ = Clock::now();
  last_poll_ = began_;
  next_check_ = began_;
  next_discovery_ = began_ + config_.discovery_interval;
  if (!config_.is_static) return {};  // Poll joins the group
  Adopt(asker_);
  was_assigned_ = true;
  return TakeOver(topics_.SplitList());
}

// Reads by this client from now on.
void KafkaSource::Adopt(std::shared_ptr<KafkaClient> client) {
  {
    const std::scoped_lock lock(client_mutex_);
    client_ = std::move(client);
  }
  assembler_.emplace(client_);
  client_->set_rebalance_hook(
      [this](rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t* partitions) {
        OnRebalance(code, partitions);
      });
  queue_.reset(rd_kafka_queue_get_consumer(client_->get()));
}

Result<std::vector<RawBatch>> KafkaSource::Poll(std::chrono::milliseconds wait) {
  if (listener_ == nullptr) {
    return Fail(ErrorKind::kInternal, "{}: polled before Start", config_.name);
  }
  if (client_ == nullptr) {
    FRAZIL_TRY(TryToJoin(wait));
    if (client_ == nullptr) return std::vector<RawBatch>{};
  }
  SetPaused(false);
  client_->ServeCallbacks();
  FRAZIL_TRY(Discover());
  FRAZIL_TRY(CloseGaps());
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
// take what is there without waiting, in slices that grow, since nobody knows how large the
// next messages are. A rebalance in between drops what it has to.
void KafkaSource::Fetch(std::chrono::milliseconds wait) {
  last_poll_ = Clock::now();
  if (pending_.empty()) (void)TakeMessages(wait, 1);
  std::size_t bytes = BytesOf(pending_);
  while (!pending_.empty() && pending_.size() < kMaxBatchMessages &&
         bytes < kBatchBytes) {
    const std::size_t mean_bytes = bytes / pending_.size() + 1;
    const std::size_t most = std::min(
        {kSliceMessages, 4 * pending_.size(), kMaxBatchMessages - pending_.size()});
    const std::size_t slice =
        std::clamp((kBatchBytes - bytes) / mean_bytes, std::size_t{1}, most);
    const auto taken = TakeMessages(std::chrono::milliseconds(0), slice);
    bytes += BytesOf(taken);
    if (taken.size() < slice) break;
  }
}

std::span<rd_kafka_message_t* const> KafkaSource::TakeMessages(
    std::chrono::milliseconds wait, std::size_t most) {
  const ssize_t count = rd_kafka_consume_batch_queue(
      queue_.get(), static_cast<int>(wait.count()), scratch_.data(), most);
  const std::span taken(scratch_.data(),
                        static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
  pending_.insert(pending_.end(), taken.begin(), taken.end());
  return taken;
}

Status KafkaSource::Assemble() {
  if (pending_.empty()) return {};
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

Status KafkaSource::KeepAlive() {
  if (queue_ == nullptr || is_in_callback_) return {};
  if (Clock::now() - last_poll_ < config_.keep_alive_interval) return {};
  last_poll_ = Clock::now();
  // Paused, the library drops what it prefetched and later reads on from what was polled:
  // so the queue is short and a waiting rebalance is met at once.
  SetPaused(true);
  (void)TakeMessages(std::chrono::milliseconds(0), kKeepAliveMessages);
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

}  // namespace frazil
