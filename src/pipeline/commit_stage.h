#pragma once

/// \file pipeline/commit_stage.h
/// \brief Gathers the parts of each epoch and commits them, table by table, anchor last.

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <stop_token>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "commit/table_committer.h"
#include "pipeline/messages.h"
#include "pipeline/status.h"
#include "storage/file_io.h"

namespace frazil {

/// \brief How far commits have come; the source waits on it when splits are taken away.
class CommitProgress {
 public:
  explicit CommitProgress(std::int64_t committed) : committed_(committed) {}

  void MarkCommitted(std::int64_t epoch);
  /// \brief Something was read that belongs to an epoch.
  void MarkRead(std::int64_t epoch);
  /// \brief Whether an epoch was read of and is not committed, or nobody knows.
  [[nodiscard]] bool has_uncommitted();
  /// \brief No further commit will come.
  void MarkEnded();
  [[nodiscard]] bool has_ended();
  /// \return true once `epoch` is committed; false on timeout, end or stop.
  bool WaitFor(std::int64_t epoch, std::chrono::milliseconds wait,
               const std::stop_token& stop);

 private:
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::int64_t committed_;
  std::int64_t read_ = -1;
  bool has_ended_ = false;
};

/// \brief What the commit stage works with. Everything outlives it.
struct CommitStageContext {
  /// Tables by index; table 0 is the anchor.
  std::vector<TableCommitter*> committers;
  std::size_t source_count = 0;
  /// Index of the dead-letter table, or -1.
  std::int64_t dead_letter_table = -1;
  CommitChannel* input = nullptr;
  /// For deleting the files of an epoch that was refused.
  std::vector<FileIO*> ios;
  PipelineStatus* status = nullptr;
  CommitProgress* progress = nullptr;
  const Clock* clock = nullptr;
  /// Called before an epoch is committed: asks whether the streams it was read from are
  /// still the same. kUnavailable, if nobody answers, is asked again.
  std::function<Status()> verify_streams;
  /// A service that does not answer is waited for so long before a commit; at a stop, and
  /// when splits go elsewhere, it is asked once.
  std::chrono::milliseconds verify_patience = std::chrono::seconds(60);
  /// Whether the pipeline was asked to stop.
  std::function<bool()> is_draining;
  /// Called before an epoch is committed: flushes a dead-letter topic.
  std::function<Status()> before_commit;
  /// Called after the anchor's commit with where the anchor stands now.
  std::function<void(const Positions&)> after_commit;
  /// Called when nothing is to be done any more for an epoch and those before it: they are
  /// committed, or held back until the next.
  std::function<void(std::int64_t)> on_handled;
  /// An epoch without rows is committed at most every this many epochs.
  int empty_epochs_per_commit = 10;
};

/// \brief The body of the commit stage. Not thread-safe.
class CommitStage {
 public:
  explicit CommitStage(CommitStageContext context);

  /// \brief Runs until its input is closed and drained, or an error.
  /// \return kLedgerConflict if another writer took over; any error of TableCommitter.
  Status Run(const std::stop_token& stop);

  /// \brief Deletes the files of everything that was gathered and never committed. Called
  /// after Run; keeps files whose commit is in doubt.
  void DiscardUncommitted();

 private:
  // The parts of one epoch as they come in.
  struct Gathered {
    std::size_t sources = 0;
    std::size_t tables = 0;
    Ranges ranges;
    std::vector<Split> new_splits;
    std::map<Split, StreamIdentity> identities;
    std::shared_ptr<const SkipPositions> skip;
    std::vector<std::vector<DataFile>> files;  // by table
    bool is_forced = false;
    int epochs = 1;
  };

  void Gather(CommitItem item);
  void MergeInto(Gathered& earlier, Gathered later);
  Status CommitReady(const std::stop_token& stop);
  Status CommitEpoch(std::int64_t epoch, Gathered& gathered, const std::stop_token& stop);
  Status VerifyStreams(bool is_forced, const std::stop_token& stop);
  Status CommitTable(std::size_t table, const TableEpoch& epoch,
                     std::vector<DataFile>& files, const std::stop_token& stop);
  [[nodiscard]] TableEpoch EpochFor(std::size_t table, std::int64_t epoch,
                                    const Gathered& gathered) const;
  [[nodiscard]] bool MovesWithoutRows(std::size_t table, const TableEpoch& epoch,
                                      const Gathered& gathered) const;

  CommitStageContext context_;
  std::map<std::int64_t, Gathered> waiting_;
  std::int64_t in_doubt_epoch_ = -1;
};

}  // namespace frazil
