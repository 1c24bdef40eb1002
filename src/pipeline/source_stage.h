#pragma once

/// \file pipeline/source_stage.h
/// \brief Polls one source, keeps its ranges per epoch, and sends batches and barriers.

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <stop_token>
#include <vector>

#include "base/result.h"
#include "pipeline/commit_stage.h"
#include "pipeline/epoch_trigger.h"
#include "pipeline/messages.h"
#include "pipeline/status.h"
#include "source/source.h"

namespace frazil {

/// \brief Where splits start, as the tables say at the moment of the question.
struct StartPositions {
  /// Where reading begins: at the anchor's position, or further back where another table
  /// has to be filled in again. Splits that the anchor does not know are absent.
  Positions begin;
  /// What each table holds beyond that.
  SkipPositions skip;
};

/// \brief What a source stage works with. Everything outlives it.
struct SourceStageContext {
  Source* source = nullptr;
  std::size_t index = 0;
  EpochTrigger* trigger = nullptr;
  /// One channel per worker; a split always goes to the same one.
  std::vector<WorkChannel*> workers;
  CommitChannel* committer = nullptr;
  CommitProgress* progress = nullptr;
  PipelineStatus* status = nullptr;
  /// Reads the ledgers afresh.
  std::function<Result<StartPositions>()> read_ledgers;
  std::size_t table_count = 0;
  /// UUID of the anchor: workers that write other tables are of another pipeline.
  std::string pipeline_id;
  /// How long a commit may take when splits are taken away.
  std::chrono::milliseconds revoke_wait = std::chrono::seconds(10);
  /// Called when a bounded source has been read to its end.
  std::function<void()> on_end;
};

/// \brief The body of a source stage. Not thread-safe.
class SourceStage : public SplitListener {
 public:
  explicit SourceStage(SourceStageContext context);

  /// \brief Runs until the trigger has drained, an error, or `stop`.
  Status Run(const std::stop_token& stop);

  [[nodiscard]] std::string pipeline_id() const override { return context_.pipeline_id; }
  Result<Positions> OnAssigned(const std::vector<Split>& splits) override;
  void OnRevoked(const std::vector<Split>& splits) override;
  void OnLost(const std::vector<Split>& splits) override;

 private:
  Status Loop(const std::stop_token& stop);
  void AwaitLastCommit();
  Status Send(RawBatch batch);
  Status Push(RawBatch& batch);
  /// Ends every epoch before the trigger's current one.
  Status EndPassedEpochs();
  Status EndEpoch(bool is_forced);

  SourceStageContext context_;
  std::stop_token stop_;
  std::int64_t epoch_;
  Ranges ranges_;               // of the current epoch
  Positions next_;              // of every split assigned to us
  std::set<Split> new_splits_;  // unknown to the ledger, no epoch sent for them yet
  std::set<Split> gone_;        // taken away since the last poll
  std::map<Split, StreamIdentity> identities_;
  std::shared_ptr<const SkipPositions> skip_;
  Status failed_;  // what a callback could not return
  bool has_reported_end_ = false;
};

}  // namespace frazil
