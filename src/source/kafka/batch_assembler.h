#pragma once

/// \file source/kafka/batch_assembler.h
/// \brief Messages of librdkafka to RawBatches: one per split, with the range it covers.
///
/// Views point into librdkafka's fetch buffers; a batch keeps its messages, and they their
/// buffers. Nothing is allocated per message.

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "model/batch.h"
#include "model/split.h"
#include "source/kafka/kafka_client.h"

namespace frazil {

/// \brief Where reading stands in each assigned split. Not thread-safe.
class BatchAssembler {
 public:
  /// No stop: the split is read for ever.
  static constexpr std::int64_t kNoStop = -1;

  explicit BatchAssembler(std::shared_ptr<KafkaClient> client)
      : client_(std::move(client)) {}

  /// \brief Starts a split at offset `next`; it is finished once that reaches `stop`.
  void Assign(const Split& split, std::int64_t next, std::int64_t stop);
  /// \brief Forgets a split, and what was added of it and not taken.
  void Revoke(const Split& split);

  /// \brief Takes messages over, in the order they were polled. Those of splits that are
  /// not assigned, and those at or past a stop, are destroyed. An end of partition extends
  /// the range of its split over control records, aborted and compacted-away ones.
  /// \return how many were taken over: all of them, or those before the first that is an
  /// error. That one and the rest stay the caller's.
  std::size_t Add(std::span<rd_kafka_message_t* const> messages);

  /// \brief The batches made since the last call: per split at most one, in no order of
  /// splits. Some have a range and no records.
  std::vector<RawBatch> Take();

  /// \brief Splits that reached their stop since the last call.
  std::vector<Split> TakeFinished();

  /// \brief True if every assigned split is finished.
  [[nodiscard]] bool AllFinished() const { return unfinished_ == 0; }

  /// \brief What is known of one split.
  struct Progress {
    std::int64_t next = 0;
    std::int64_t stop = kNoStop;
    bool is_finished = false;
    /// Index into the batches under construction, or -1.
    std::ptrdiff_t open_batch = -1;
  };
  [[nodiscard]] const std::map<Split, Progress>& splits() const { return splits_; }

 private:
  using Entry = std::pair<const Split, Progress>;
  struct Key {
    const void* topic = nullptr;
    std::int32_t partition = 0;
    bool operator==(const Key&) const = default;
  };
  struct KeyHash {
    std::size_t operator()(const Key& key) const {
      return reinterpret_cast<std::size_t>(key.topic) * 31 +
             static_cast<std::size_t>(key.partition);
    }
  };

  Entry* Find(const rd_kafka_message_t& message);
  void AddRun(std::span<rd_kafka_message_t* const> run);
  void AddEnd(const rd_kafka_message_t& end);
  RawBatch& OpenBatch(Entry& entry);
  void Finish(Entry& entry);

  std::shared_ptr<KafkaClient> client_;
  std::map<Split, Progress> splits_;
  // By librdkafka's topic handle, so that a run is found without comparing names.
  std::unordered_map<Key, Entry*, KeyHash> by_handle_;
  std::vector<RawBatch> batches_;
  std::vector<Split> finished_;
  std::size_t unfinished_ = 0;
};

}  // namespace frazil
