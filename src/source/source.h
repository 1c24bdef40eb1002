#pragma once

/// \file source/source.h
/// \brief What a source of records is to the pipeline: Kafka, datagen, later more.

#include <chrono>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/batch.h"
#include "model/split.h"

namespace frazil {

/// \brief How the pipeline answers when splits come and go. Called on the thread that
/// polls, from inside Source::Poll.
class SplitListener {
 public:
  virtual ~SplitListener() = default;

  /// \brief What all workers of this pipeline have in common and those of no other have:
  /// who shares splits makes sure of it. "" if it is not known.
  [[nodiscard]] virtual std::string pipeline_id() const { return {}; }

  /// \brief Splits were assigned to this worker.
  /// \return where to start each of them; every split is named.
  virtual Result<Positions> OnAssigned(const std::vector<Split>& splits) = 0;

  /// \brief Splits are about to go to another worker: returns once everything polled of
  /// them is committed or abandoned. The source gives them up whatever is returned.
  virtual void OnRevoked(const std::vector<Split>& splits) = 0;

  /// \brief Splits went to another worker already: what is uncommitted is abandoned.
  virtual void OnLost(const std::vector<Split>& splits) = 0;
};

/// \brief A replayable, ordered reader of splits.
///
/// Contract, checked of every implementation by tests/contract/source_contract_test.cc:
///  - a split read twice from one position yields the same records both times;
///  - the ranges of one split are contiguous: each begins where the previous one ended,
///    the first one at the position that OnAssigned gave;
///  - a source keeps no progress of its own: where reading resumes is in the table.
/// Not thread-safe but for VerifyStreams and ReportCommitted: one stage owns a source, the
/// commit stage calls these two.
class Source {
 public:
  virtual ~Source() = default;

  /// \brief Name of the source table.
  [[nodiscard]] virtual const std::string& name() const = 0;

  /// \brief Connects and learns the splits there are now, without reading any.
  /// \return kUnavailable if the service cannot be reached; kNotFound if the stream is
  /// missing; kInvalidConfig for a setting that the client library refuses.
  virtual Status Open() = 0;

  /// \brief Every split known now, and the identity of its stream.
  [[nodiscard]] virtual std::map<Split, StreamIdentity> Splits() const = 0;

  /// \brief The configured startup mode, resolved to a position for each of Splits().
  /// Called once in a pipeline's life: the answer is committed before anything is read.
  virtual Result<Positions> ResolveStartup() = 0;

  /// \brief The first position that the service still holds, of each of these splits: where
  /// one begins that appeared after the first start, and what retention has left.
  virtual Result<Positions> Beginnings(const std::vector<Split>& splits) = 0;

  /// \brief The position behind the last record that a reader sees now, of each of these
  /// splits.
  /// \return kNotSupported for a source without an end.
  virtual Result<Positions> Ends(const std::vector<Split>& splits) {
    if (splits.empty()) return Positions{};
    return Fail(ErrorKind::kNotSupported, "source {} has no end to go to", name());
  }

  /// \brief Names of streams that drop records while they keep later ones (Kafka:
  /// cleanup.policy=compact), as far as the service tells.
  virtual std::set<std::string> CompactedStreams() { return {}; }

  /// \brief The position behind the last record that the service holds, of each of these
  /// splits, whether a reader sees it yet or not: no position that was read lies behind it.
  /// \return nothing of splits that never become shorter.
  virtual Result<Positions> HeldUntil(const std::vector<Split>& /*splits*/) {
    return Positions{};
  }

  /// \brief Starts reading; `listener` outlives the source and learns of splits while
  /// polling.
  virtual Status Start(SplitListener& listener) = 0;

  /// \brief Waits up to `wait` for records.
  /// \return
  ///  - no batches if none came in time;
  ///  - kDataLoss if retention has deleted what a position asked for, or the stream was
  ///    deleted and made again;
  ///  - kUnavailable while the service is away longer than the client bears.
  virtual Result<std::vector<RawBatch>> Poll(std::chrono::milliseconds wait) = 0;

  /// \brief Asks the service whether every stream is still the one that Splits() names.
  /// What was polled before a call that succeeds came from those streams: an identity never
  /// comes back. The pipeline asks before it commits. Takes some seconds at most.
  /// Thread-safe.
  /// \return
  ///  - kDataLoss if one was deleted and made again;
  ///  - kNotFound if it is gone: what was polled came from it while it was there;
  ///  - kUnavailable if nobody answers: nothing is known;
  ///  - kCancelled after Close.
  virtual Status VerifyStreams() { return {}; }

  /// \brief Keeps membership and connections alive while the pipeline cannot take records;
  /// reads nothing. The listener may be called from inside. Does nothing when called by the
  /// listener. Cheap: call it as often as convenient, at least every minute.
  virtual Status KeepAlive() = 0;

  /// \brief True once every split of a bounded source has been read to its end.
  [[nodiscard]] virtual bool IsAtEnd() const = 0;

  /// \brief Tells the service what is committed, for its lag tools. Best effort.
  /// Thread-safe.
  virtual void ReportCommitted(const Positions& positions) = 0;

  /// \brief Records behind the end of all splits, as far as known; -1 if not.
  [[nodiscard]] virtual std::int64_t Lag() const = 0;

  /// \brief Leaves the group and frees connections. Idempotent.
  virtual void Close() = 0;
};

}  // namespace frazil
