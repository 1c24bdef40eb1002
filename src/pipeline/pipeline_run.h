#pragma once

/// \file pipeline/pipeline_run.h
/// \brief One run of a pipeline's stages, from the ledgers to the last commit.

#include <condition_variable>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/memory_budget.h"
#include "base/memory_guard.h"
#include "base/result.h"
#include "base/stage.h"
#include "pipeline/commit_stage.h"
#include "pipeline/dead_letter_sink.h"
#include "pipeline/epoch_trigger.h"
#include "pipeline/parts.h"
#include "pipeline/plan.h"
#include "pipeline/source_stage.h"
#include "pipeline/start_up.h"
#include "pipeline/status.h"
#include "pipeline/worker_stage.h"
#include "pipeline/writer_stage.h"

namespace frazil {

/// \brief Builds the parts of a plan anew, runs them, and takes them down.
class PipelineRun {
 public:
  /// All arguments outlive the run.
  PipelineRun(PipelinePlan& plan, const Clock& clock, PipelineStatus& status,
              std::string writer_id);
  ~PipelineRun();
  PipelineRun(const PipelineRun&) = delete;
  PipelineRun& operator=(const PipelineRun&) = delete;

  /// \brief Connects, makes the tables that do not exist, and settles where to begin
  /// (PrepareLedgers). Reads no record.
  Status Prepare(const std::stop_token& stop);

  /// \brief Runs the stages until the input ends, Drain(), an error, or `stop`.
  Status Run(const std::stop_token& stop);

  /// \brief Whether anything was read that is not committed. Call after Run.
  [[nodiscard]] bool has_uncommitted() const;

  /// \brief Ends the current epoch, commits it, and ends. Thread-safe.
  void Drain();

 private:
  enum class Role { kSource, kWorker, kWriter, kCommitter };

  Status OpenSources();
  /// \return as PrepareLedgers, what the tables that exist give reason to refuse.
  [[nodiscard]] Status CheckLedgers(const std::vector<Source*>& sources,
                                    const StartUpChoices& choices) const;
  void MakeCommitters();
  Status VerifyStreams();
  Status StartStages();
  void StartCommitStage();
  Status StartWriters();
  Status StartWorkers();
  void StartSources();
  void AddStage(Role role, std::size_t index, std::string name, Stage::Body body);
  void OnStageExit(Role role, std::size_t index, std::string_view name,
                   const Status& status);
  void StopStages();

  PipelinePlan& plan_;
  const Clock& clock_;
  PipelineStatus& status_;
  const std::string writer_id_;
  const std::size_t workers_per_source_;
  MemoryGuard guard_;
  MemoryBudget budget_;
  PipelineParts parts_;
  std::unique_ptr<DeadLetterSink> dead_letters_;

  std::vector<std::unique_ptr<TableCommitter>> committers_;
  std::vector<StartUpTable> start_up_tables_;
  std::vector<std::unique_ptr<Source>> sources_;
  std::unique_ptr<EpochTrigger> trigger_;
  std::unique_ptr<CommitProgress> progress_;
  std::vector<std::unique_ptr<WorkChannel>> work_channels_;  // source-major
  std::vector<std::unique_ptr<WriteChannel>> write_channels_;
  std::unique_ptr<CommitChannel> commit_channel_;
  std::unique_ptr<CommitStage> commit_stage_;

  std::mutex mutex_;
  std::condition_variable_any exited_;
  // Guarded by mutex_.
  std::vector<std::unique_ptr<Stage>> stages_;
  std::size_t running_ = 0;
  std::size_t running_sources_ = 0;
  std::size_t running_workers_ = 0;
  std::size_t running_writers_ = 0;
  std::size_t sources_at_end_ = 0;
  bool is_drain_requested_ = false;
  Status outcome_;
};

}  // namespace frazil
