#include "pipeline/pipeline.h"

#include <utility>

#include "base/log.h"
#include "base/retry.h"
#include "base/unique_id.h"
#include "pipeline/pipeline_run.h"
#include "pipeline/replay.h"

namespace frazil {
namespace {

// A ledger conflict means that another worker is at the same splits. Once or twice that is
// a rebalance; more often it is two pipelines that fight. And data that the next start did
// not get over will not be got over.
constexpr int kMaxSetbacksInARow = 3;
constexpr std::chrono::minutes kMaxTimeWithoutProgress(30);

bool IsTransient(const Error& error, const PipelinePlan& plan) {
  // The start settles it: it goes on from what the source still has.
  if (error.kind == ErrorKind::kDataLoss) {
    return plan.settings.on_data_loss == OnDataLoss::kContinue;
  }
  switch (DispositionOf(error.kind)) {
    case Disposition::kRetry:
    case Disposition::kReconcile:
      return true;
    case Disposition::kDeadLetter:
    case Disposition::kStop:
    case Disposition::kFail:
      return false;
  }
  return false;
}

}  // namespace

Pipeline::Pipeline(PipelinePlan plan, const Clock& clock)
    : plan_(std::move(plan)), io_(plan_.io), clock_(clock), writer_id_(RandomUuid()) {}

Pipeline::~Pipeline() = default;

Status Pipeline::CheckHomes() const {
  for (const HomeFolder& home : homes_) FRAZIL_TRY(home.Check());
  return {};
}

void Pipeline::RememberHomes() {
  if (!homes_.empty()) return;
  for (const TargetPlan& target : plan_.targets) {
    homes_.emplace_back(*io_, target.table->metadata->location);
  }
}

Status Pipeline::RunOnce() {
  FRAZIL_TRY(CheckHomes());
  PipelineRun run(plan_, clock_, status_, writer_id_);
  FRAZIL_TRY(run.Prepare(abort_.get_token()));
  RememberHomes();
  {
    const std::scoped_lock lock(mutex_);
    current_ = &run;
    if (is_draining_) run.Drain();
  }
  Status status = run.Run(abort_.get_token());
  has_uncommitted_ = run.has_uncommitted();
  const std::scoped_lock lock(mutex_);
  current_ = nullptr;
  return status;
}

bool Pipeline::IsDone() {
  if (!is_draining() || !status_.has_polled.load() || has_uncommitted_) return false;
  Log(LogLevel::kInfo, "stopped: all that was read is committed");
  return true;
}

bool Pipeline::is_draining() {
  const std::scoped_lock lock(mutex_);
  return is_draining_;
}

Status Pipeline::Replan() {
  // Before CREATE TABLE IF NOT EXISTS makes anew what is only away.
  FRAZIL_TRY(CheckHomes());
  FRAZIL_ASSIGN(PipelinePlan plan, PlanFinished(plan_.spec));
  if (plan_.replay.has_value()) {
    // The round that was asked for has begun where it could.
    FRAZIL_ASSIGN(plan, PlanReplay(std::move(plan), /*is_retry=*/false));
  }
  plan_ = std::move(plan);
  return CreateMissing(plan_);
}

Status Pipeline::Run() {
  if (plan_.replay.has_value()) {
    FRAZIL_ASSIGN(const bool has_work, HasReplayWork(plan_));
    if (!has_work) return {};
  }
  Backoff backoff(std::chrono::milliseconds(200), std::chrono::seconds(20));
  auto last_progress = clock_.SteadyNow();
  int setbacks = 0;
  bool has_run = false;
  while (true) {
    const std::int64_t commits_before = status_.snapshots_committed.load();
    const bool was_draining = is_draining();
    Status status = RunOnce();
    if (status.has_value() || !IsTransient(status.error(), plan_)) return status;
    if (IsDone()) return {};
    // Nothing was committed that would have to be undone, and nobody waits for more.
    if (status.error().kind == ErrorKind::kUnavailable && is_draining()) return status;
    if (was_draining) return status;  // it had nothing else to do than to settle
    if (abort_.stop_requested()) return Fail(ErrorKind::kCancelled, "stopped");
    const bool has_progress = status_.snapshots_committed.load() != commits_before;
    if (has_progress) {
      last_progress = clock_.SteadyNow();
      setbacks = 0;
      backoff.Reset();
    }
    // At the very first start a person is looking: say at once what is wrong.
    has_run |= status_.has_polled.load();
    if (!has_run) return status;
    const bool is_conflict = status.error().kind == ErrorKind::kLedgerConflict;
    if (is_conflict && plan_.replay.has_value()) {
      return Fail(std::move(status).error().Within("another replay is running"));
    }
    const bool is_setback = is_conflict || status.error().kind == ErrorKind::kDataLoss;
    if (is_setback && ++setbacks >= kMaxSetbacksInARow) {
      if (!is_conflict) return status;
      return Fail(std::move(status).error().Within(fmt::format(
          "{} conflicts in a row; is another pipeline of this name reading the "
          "same topic without the consumer group?",
          setbacks)));
    }
    if (clock_.SteadyNow() - last_progress > kMaxTimeWithoutProgress) {
      return Fail(std::move(status).error().Within("no progress for 30 minutes"));
    }
    const auto pause = backoff.Next();
    Log(LogLevel::kWarning, "starting again from the ledger",
        {{"in_ms", pause.count()},
         {"error", ErrorKindName(status.error().kind)},
         {"reason", status.error().message}});
    status_.restarts.fetch_add(1);
    {
      std::unique_lock lock(mutex_);
      wake_.wait_for(lock, abort_.get_token(), pause, [this] { return is_draining_; });
    }
    if (abort_.stop_requested()) return Fail(ErrorKind::kCancelled, "stopped");
    if (IsDone()) return {};
    Status replanned = Replan();
    if (!replanned.has_value() && !IsTransient(replanned.error(), plan_)) {
      return replanned;
    }
  }
}

void Pipeline::Drain() {
  const std::scoped_lock lock(mutex_);
  is_draining_ = true;
  wake_.notify_all();
  if (current_ != nullptr) current_->Drain();
}

void Pipeline::Abort() { abort_.request_stop(); }

}  // namespace frazil
