#pragma once

/// \file pipeline/pipeline.h
/// \brief A pipeline from its plan to its end: wiring, supervision, restarts.

#include <condition_variable>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "pipeline/plan.h"
#include "pipeline/status.h"
#include "storage/home_folder.h"

namespace frazil {

class PipelineRun;

/// \brief Runs a plan until its input ends, Drain(), Abort() or an error nobody but a
/// person can mend. Errors that pass by themselves start it anew from the ledger.
class Pipeline {
 public:
  /// \param plan tables that do not exist are made when its sources have answered.
  Pipeline(PipelinePlan plan, const Clock& clock);
  ~Pipeline();
  Pipeline(const Pipeline&) = delete;
  Pipeline& operator=(const Pipeline&) = delete;

  /// \brief Runs on the calling thread and its own ones.
  /// \return success after the end of a bounded input or a drain; kCancelled after Abort().
  Status Run();

  /// \brief Stops reading, commits what was read, ends. Thread-safe; also before Run().
  void Drain();

  /// \brief Ends at once; what is not committed is read again next time. Thread-safe.
  void Abort();

  [[nodiscard]] const PipelineStatus& status() const { return status_; }
  [[nodiscard]] const PipelinePlan& plan() const { return plan_; }

 private:
  Status RunOnce();
  void RememberHomes();
  /// \return kUnavailable if the folder of a table is gone.
  [[nodiscard]] Status CheckHomes() const;
  bool is_draining();
  /// Whether a stop was asked for, and a run that failed left nothing to do for another one.
  bool IsDone();
  /// Loads the tables and plans the SELECTs anew, after somebody changed a table.
  Status Replan();

  PipelinePlan plan_;
  std::shared_ptr<FileIO> io_;     // of the first plan: outlives the others
  std::vector<HomeFolder> homes_;  // of its tables
  const Clock& clock_;
  PipelineStatus status_;
  std::string writer_id_;
  std::stop_source abort_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  // Guarded by mutex_: the run in progress, and whether Drain() was called.
  PipelineRun* current_ = nullptr;
  bool is_draining_ = false;
  // What the last run read and did not commit is read again by the next one.
  bool has_uncommitted_ = false;
};

}  // namespace frazil
