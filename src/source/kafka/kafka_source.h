#pragma once

/// \file source/kafka/kafka_source.h
/// \brief Kafka topics as a Source, by librdkafka's consumer.
///
/// A split is a partition, its ordinal the Kafka offset. Two ways of assignment:
///  - group: workers of a pipeline share the splits in a consumer group, cooperatively and
///    as static members, so that a worker that restarts gets its splits back at once;
///  - static: this worker reads every split, without joining a group.
/// Offsets of the group are never read after the first start and are written for lag tools
/// only. With enable.partition.eof the ranges advance over control records, aborted
/// transactions and compacted-away offsets.
/// A static member that comes back gets its old splits without a rebalance, whatever became
/// of the topics meanwhile: its id holds a fingerprint of topics and partition counts, so
/// that it comes back as somebody else if they changed. Where it gets less than it had, the
/// rest may be left without a reader: group_watch.h finds that.
/// One consumer queue, so that queued.max.messages.kbytes bounds all prefetched records.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "source/kafka/batch_assembler.h"
#include "source/kafka/group_watch.h"
#include "source/kafka/kafka_client.h"
#include "source/kafka/kafka_metadata.h"
#include "source/kafka/kafka_options.h"
#include "source/kafka/topic_set.h"
#include "source/kafka/worker_slot.h"
#include "source/source.h"

namespace frazil {

/// \brief A Source of Kafka topics.
class KafkaSource final : public Source {
 public:
  explicit KafkaSource(KafkaSourceConfig config);
  ~KafkaSource() override;

  [[nodiscard]] const std::string& name() const override { return config_.name; }
  /// Takes at most 10 s, also where nobody answers.
  Status Open() override;
  [[nodiscard]] std::map<Split, StreamIdentity> Splits() const override;
  Result<Positions> ResolveStartup() override;
  Result<Positions> Beginnings(const std::vector<Split>& splits) override;
  Result<Positions> Ends(const std::vector<Split>& splits) override;
  Result<Positions> HeldUntil(const std::vector<Split>& splits) override;
  std::set<std::string> CompactedStreams() override;
  Status Start(SplitListener& listener) override;
  Result<std::vector<RawBatch>> Poll(std::chrono::milliseconds wait) override;
  Status VerifyStreams() override;
  Status KeepAlive() override;
  [[nodiscard]] bool IsAtEnd() const override;
  void ReportCommitted(const Positions& positions) override;
  [[nodiscard]] std::int64_t Lag() const override;
  void Close() override;

 private:
  using Clock = std::chrono::steady_clock;

  void Adopt(std::shared_ptr<KafkaClient> client);
  Status TryToJoin(std::chrono::milliseconds wait);
  void TellOfSilence(const Error& reason) const;
  void WarnOfStrangers(const GroupPicture& picture);
  Result<std::shared_ptr<KafkaClient>> MakeMember();
  void OnRebalance(rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t* partitions);
  Status TakeOver(const std::vector<Split>& splits);
  void GiveUp(const std::vector<Split>& splits, bool is_lost);
  Status Subscribe();
  Status Discover();
  Status CloseGaps();
  void Fetch(std::chrono::milliseconds wait);
  std::span<rd_kafka_message_t* const> TakeMessages(std::chrono::milliseconds wait,
                                                    std::size_t most);
  Status Assemble();
  Status ExplainMessage(const rd_kafka_message_t& message);
  Status ExplainOffsetReset(const Split& split);
  Status CheckClient();
  Result<Positions> Ask(const std::vector<Split>& splits, std::int64_t what,
                        rd_kafka_IsolationLevel_t isolation);
  void DropPending(const std::vector<Split>& splits);
  void SetPaused(bool is_paused);
  void PauseFinished();
  [[nodiscard]] std::int64_t ComputeLag() const;

  KafkaSourceConfig config_;
  std::optional<WorkerSlot> slot_;
  TopicSet topics_;
  SplitOffsets stops_;
  mutable std::mutex client_mutex_;      // guards both clients against the commit stage
  std::shared_ptr<KafkaClient> client_;  // reads; made by Start
  std::shared_ptr<KafkaClient> asker_;   // asks; made by Open, the same if static
  KafkaQueue queue_;
  std::optional<BatchAssembler> assembler_;
  std::optional<GroupWatch> watch_;  // of a group only
  GapJudge gap_judge_;
  Clock::time_point began_;
  bool has_met_strangers_ = false;
  SplitListener* listener_ = nullptr;

  // Polled and not yet assembled: the first message of a poll, and what KeepAlive met.
  std::vector<rd_kafka_message_t*> pending_;
  std::vector<rd_kafka_message_t*> scratch_;
  Status callback_failure_;
  bool is_in_callback_ = false;
  bool is_paused_ = false;
  std::atomic<bool> was_assigned_ = false;
  std::vector<std::string> subscribed_;
  Clock::time_point last_poll_;
  Clock::time_point next_check_;
  Clock::time_point next_discovery_;

  mutable std::int64_t lag_ = -1;
  mutable Clock::time_point lag_time_;
};

}  // namespace frazil
