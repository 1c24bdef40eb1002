// How splits come to a KafkaSource and go: membership, rebalances, pauses, the end.

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "source/kafka/kafka_source.h"
#include "source/kafka/member_name.h"

namespace frazil {
namespace {

// Offsets on their way and the farewell to the group may take so long: a broker that is
// away is not waited for.
constexpr std::chrono::seconds kCloseTime(3);
constexpr int kCloseSliceMs = 100;

// The group is joined though nobody says who is in it.
constexpr std::chrono::seconds kPictureTime(2);
// A worker that was killed is seen in its group until its session ends.
constexpr std::chrono::seconds kStrangerTime(12);

KafkaDeadline In(std::chrono::milliseconds time) {
  return std::chrono::steady_clock::now() + time;
}

// Not rd_kafka_consumer_close: that one waits without a limit.
// \return false if an answer is still waited for.
bool CloseConsumer(KafkaClient& client) {
  const KafkaQueue closing(rd_kafka_queue_new(client.get()));
  const KafkaError refused(rd_kafka_consumer_close_queue(client.get(), closing.get()));
  const KafkaDeadline deadline = In(kCloseTime);
  while (refused == nullptr && rd_kafka_consumer_closed(client.get()) == 0) {
    const int left_ms = RemainingMs(deadline);
    if (left_ms == 0 || client.DownSince().has_value()) return false;
    const KafkaEvent event(
        rd_kafka_queue_poll(closing.get(), std::min(left_ms, kCloseSliceMs)));
    client.ServeCallbacks();
    if (event == nullptr ||
        rd_kafka_event_type(event.get()) != RD_KAFKA_EVENT_REBALANCE) {
      continue;
    }
    // The pipeline has ended: nobody is told that the splits go.
    const KafkaError ignored(rd_kafka_incremental_unassign(
        client.get(), rd_kafka_event_topic_partition_list(event.get())));
  }
  return true;
}

std::string MemberId(KafkaClient& client) {
  char* const id = rd_kafka_memberid(client.get());
  if (id == nullptr) return "";
  std::string text = id;
  rd_kafka_mem_free(client.get(), id);
  return text;
}

std::string NamesOf(const std::vector<Split>& splits) {
  constexpr std::size_t kMost = 10;
  std::string names;
  for (std::size_t i = 0; i < std::min(splits.size(), kMost); ++i) {
    names +=
        fmt::format("{}{}-{}", i == 0 ? "" : ", ", splits[i].stream, splits[i].partition);
  }
  if (splits.size() > kMost) names += fmt::format(", {} more", splits.size() - kMost);
  return names;
}

}  // namespace

// Joins the group once it is known that no other pipeline reads in it.
Status KafkaSource::TryToJoin(std::chrono::milliseconds wait) {
  const Result<std::optional<GroupPicture>> looked = watch_->Look(Clock::now(), wait);
  std::vector<std::string> strangers;
  const auto waited = Clock::now() - began_;
  if (!looked.has_value()) {
    TellOfSilence(looked.error());
  } else if (looked->has_value()) {
    strangers = StrangersIn(**looked, listener_->pipeline_id());
  } else if (has_met_strangers_ || waited < kPictureTime) {
    return {};
  }
  if (strangers.empty()) {
    FRAZIL_ASSIGN(auto member, MakeMember());
    Adopt(std::move(member));
    has_met_strangers_ = false;
    return Subscribe();
  }
  if (waited >= kStrangerTime) {
    return Fail(
        ErrorKind::kInvalidConfig,
        "group '{}' is read by a worker of another pipeline, '{}': each would get "
        "a part of the records of '{}'. SET another 'pipeline.name' in one of the "
        "scripts, or stop that worker",
        config_.joined_group, strangers.front(), config_.name);
  }
  if (!std::exchange(has_met_strangers_, true)) {
    Log(LogLevel::kWarning,
        "a worker of another pipeline is in the group: waiting, since it may be gone",
        {{"source", config_.name},
         {"group", config_.joined_group},
         {"worker", strangers.front()}});
  }
  return {};
}

void KafkaSource::TellOfSilence(const Error& reason) const {
  Log(LogLevel::kInfo,
      "the broker does not tell who reads which partitions: should some be left "
      "without a worker, or another pipeline read in the group, it would not be noticed",
      {{"source", config_.name}, {"reason", reason.message}});
}

// A static member of the group, unless no identity is to be had that is ours alone.
Result<std::shared_ptr<KafkaClient>> KafkaSource::MakeMember() {
  ClientProperties properties = config_.client;
  properties.values["group.id"] = config_.joined_group;
  std::string& id = properties.values["group.instance.id"];
  id = config_.group_instance_id;
  if (id.empty()) {
    Result<WorkerSlot> slot =
        WorkerSlot::Acquire(asker_->bootstrap_servers() + "\n" + config_.joined_group);
    if (slot.has_value()) {
      slot_ = *std::move(slot);
      id = MemberName(slot_->InstanceId(), topics_.Fingerprint(),
                      listener_->pipeline_id());
    } else {
      Log(LogLevel::kWarning, "joining the group without a lasting identity",
          {{"source", config_.name}, {"reason", slot.error().message}});
      properties.values.erase("group.instance.id");
    }
  }
  return KafkaClient::Create(KafkaClient::Kind::kConsumer, properties);
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
    return Fail(
        ExplainKafkaError(code, "", fmt::format("group '{}'", config_.joined_group)));
  }
  subscribed_ = std::move(names);
  return {};
}

// Those that joined at the same moment saw nobody.
void KafkaSource::WarnOfStrangers(const GroupPicture& picture) {
  const std::vector<std::string> strangers =
      StrangersIn(picture, listener_->pipeline_id());
  if (strangers.empty() || std::exchange(has_met_strangers_, true)) return;
  Log(LogLevel::kWarning,
      "a worker of another pipeline reads in the group: each gets a part of the records "
      "only; SET another 'pipeline.name' in one of the scripts",
      {{"source", config_.name},
       {"group", config_.joined_group},
       {"worker", strangers.front()}});
}

// Joining anew has the group hand out every split. Ours are given up and committed on the
// way, as in any rebalance.
Status KafkaSource::CloseGaps() {
  if (!watch_) return {};
  const Clock::time_point now = Clock::now();
  Result<std::optional<GroupPicture>> looked = watch_->Look(now);
  if (!looked.has_value()) {
    TellOfSilence(looked.error());
    return {};
  }
  std::optional<GroupPicture> picture = *std::move(looked);
  if (!picture) return {};
  WarnOfStrangers(*picture);
  const std::vector<Split> unread =
      gap_judge_.Judge(*std::move(picture), topics_.SplitList(), MemberId(*client_), now);
  if (unread.empty()) return {};
  Log(LogLevel::kWarning,
      "no worker reads some partitions, though the group has settled: joining it anew, "
      "so that they are handed out",
      {{"source", config_.name},
       {"group", config_.joined_group},
       {"partitions", NamesOf(unread)}});
  was_assigned_ = false;
  subscribed_.clear();
  const rd_kafka_resp_err_t code = rd_kafka_unsubscribe(client_->get());
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return Fail(
        ExplainKafkaError(code, "", fmt::format("group '{}'", config_.joined_group)));
  }
  return Subscribe();
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
        config_.joined_group, split.stream, config_.name);
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

void KafkaSource::Close() {
  std::shared_ptr<KafkaClient> client;
  std::shared_ptr<KafkaClient> asker;
  {
    const std::scoped_lock lock(client_mutex_);
    client = std::exchange(client_, nullptr);
    asker = std::exchange(asker_, nullptr);
  }
  watch_.reset();
  if (client == nullptr) return;
  for (rd_kafka_message_t* const message : pending_) rd_kafka_message_destroy(message);
  pending_.clear();
  client->set_rebalance_hook(nullptr);
  if (listener_ != nullptr && !CloseConsumer(*client)) {
    Log(LogLevel::kInfo, "the brokers do not answer: leaving without a farewell",
        {{"source", config_.name}});
    client->CutConnections();
    asker->CutConnections();
  }
  queue_.reset();
  assembler_.reset();
  listener_ = nullptr;
  slot_.reset();
}

}  // namespace frazil
