#include "pipeline/pipeline_run.h"

#include <algorithm>
#include <limits>
#include <thread>
#include <utility>

#include "base/log.h"
#include "pipeline/memory_shares.h"

namespace frazil {
namespace {

// Of the budget that the libraries leave: channels hold a part, writers most of the rest.
constexpr std::size_t kMaxChannelBytes = 8U << 20;
constexpr std::size_t kCommitChannelBytes = 1U << 20;
// What waits in a channel when an epoch ends belongs to it: no more than is worked off in
// this part of the commit interval, since there are two channels on the way.
constexpr int kChannelsPartOfInterval = 4;
constexpr std::chrono::milliseconds kMinimumPatience(25);
constexpr std::int64_t kNoBound = std::numeric_limits<std::int64_t>::max();

std::size_t WorkersPerSource(const PipelinePlan& plan) {
  if (plan.settings.workers > 0) return static_cast<std::size_t>(plan.settings.workers);
  const unsigned cores = std::max(2U, std::thread::hardware_concurrency());
  return std::max<std::size_t>(
      1, (cores - 1) / std::max<std::size_t>(1, plan.sources.size()));
}

StartUpChoices ChoicesOf(const PipelinePlan& plan) {
  StartUpChoices choices;
  choices.pipeline = plan.name;
  choices.stop_on_rollback = plan.settings.on_rollback == OnRollback::kStop;
  choices.continue_on_data_loss = plan.settings.on_data_loss == OnDataLoss::kContinue;
  choices.allow_shared_topics = plan.settings.allow_shared_topics;
  return choices;
}

}  // namespace

PipelineRun::PipelineRun(PipelinePlan& plan, const Clock& clock, PipelineStatus& status,
                         std::string writer_id)
    : plan_(plan),
      clock_(clock),
      status_(status),
      writer_id_(std::move(writer_id)),
      workers_per_source_(WorkersPerSource(plan)),
      guard_(ProcessBytes(plan.settings)),
      budget_(BudgetBytes(plan.settings), &guard_),
      parts_(plan, budget_) {}

PipelineRun::~PipelineRun() {
  StopStages();
  stages_.clear();
}

Status PipelineRun::OpenSources() {
  for (std::size_t i = 0; i < plan_.sources.size(); ++i) {
    FRAZIL_ASSIGN(auto source, parts_.MakeSource(i));
    FRAZIL_TRY(source->Open());
    sources_.push_back(std::move(source));
  }
  return {};
}

Status PipelineRun::CheckLedgers(const std::vector<Source*>& sources,
                                 const StartUpChoices& choices) const {
  for (const TargetPlan& target : plan_.targets) {
    if (!target.table.has_value()) continue;
    FRAZIL_TRY(
        FindOwnLedger(*target.table->metadata, target.identifier, sources, choices));
  }
  return {};
}

// Of the tables as they were planned: files are written after what the plan knows, and a
// commit finds out whether that is still so.
void PipelineRun::MakeCommitters() {
  std::set<std::string> uuids;
  for (const TargetPlan& target : plan_.targets) {
    uuids.insert(target.table->metadata->table_uuid);
  }
  for (std::size_t i = 0; i < plan_.targets.size(); ++i) {
    const TargetPlan& target = plan_.targets[i];
    CommitterOptions options;
    options.pipeline = plan_.name;
    options.writer_id = writer_id_;
    options.is_anchor = i == 0;
    options.tables = uuids;
    options.is_exclusive = plan_.replay.has_value();
    options.engine_version = FRAZIL_VERSION;
    committers_.push_back(std::make_unique<TableCommitter>(
        *target.catalog, *plan_.io, clock_, target.identifier, *target.table,
        std::move(options)));
    start_up_tables_.push_back(
        {committers_.back().get(), target.catalog, target.table->metadata->table_uuid,
         static_cast<std::int64_t>(i) == plan_.dead_letter_target});
  }
}

Status PipelineRun::Prepare(const std::stop_token& stop) {
  // What can be refused is refused before any table is made.
  FRAZIL_TRY(OpenSources());
  std::vector<Source*> sources;
  for (const auto& source : sources_) sources.push_back(source.get());
  FRAZIL_ASSIGN(dead_letters_, DeadLetterSink::Open(plan_));
  FRAZIL_TRY(dead_letters_->CheckTopic());
  const StartUpChoices choices = ChoicesOf(plan_);
  FRAZIL_TRY(CheckLedgers(sources, choices));
  FRAZIL_TRY(CreateMissing(plan_));
  MakeCommitters();
  if (plan_.replay.has_value()) {
    for (const auto& committer : committers_) FRAZIL_TRY(committer->Fence(stop));
  }
  FRAZIL_TRY(PrepareLedgers(start_up_tables_, sources, choices, stop));
  FRAZIL_ASSIGN(const std::int64_t first_epoch, NextEpoch(start_up_tables_));
  trigger_ = std::make_unique<EpochTrigger>(
      TriggerOptions{plan_.settings.commit_interval,
                     plan_.settings.commit_max_bytes.value_or(kNoBound),
                     plan_.settings.commit_max_rows.value_or(kNoBound),
                     /*max_waiting=*/1},
      clock_, first_epoch);
  progress_ = std::make_unique<CommitProgress>(first_epoch - 1);
  return {};
}

Status PipelineRun::Run(const std::stop_token& stop) {
  const Status started = StartStages();
  const std::stop_callback on_stop(stop, [this] { StopStages(); });
  bool has_failed_early = !started.has_value();
  {
    const std::scoped_lock lock(mutex_);
    has_failed_early |= !outcome_.has_value();  // before the later stages were there
    if (is_drain_requested_) trigger_->Drain();
  }
  if (has_failed_early) StopStages();
  {
    std::unique_lock lock(mutex_);
    exited_.wait(lock, [&] { return running_ == 0; });
  }
  for (const auto& stage : stages_) stage->Join();
  if (commit_stage_ != nullptr) commit_stage_->DiscardUncommitted();
  if (!started.has_value()) return started;
  if (stop.stop_requested()) return Fail(ErrorKind::kCancelled, "stopped");
  return outcome_;
}

bool PipelineRun::has_uncommitted() const {
  return progress_ != nullptr && progress_->has_uncommitted();
}

void PipelineRun::Drain() {
  const std::scoped_lock lock(mutex_);
  is_drain_requested_ = true;
  if (trigger_ != nullptr) trigger_->Drain();
}

Status PipelineRun::StartStages() {
  commit_channel_ = std::make_unique<CommitChannel>(kCommitChannelBytes);
  const std::size_t channel_bytes =
      std::min(kMaxChannelBytes, static_cast<std::size_t>(budget_.limit_bytes()) / 8);
  const std::chrono::milliseconds patience = std::max(
      kMinimumPatience, plan_.settings.commit_interval / kChannelsPartOfInterval);
  for (std::size_t i = 0; i < plan_.targets.size(); ++i) {
    write_channels_.push_back(std::make_unique<WriteChannel>(channel_bytes, patience));
  }
  for (std::size_t i = 0; i < plan_.sources.size() * workers_per_source_; ++i) {
    work_channels_.push_back(std::make_unique<WorkChannel>(channel_bytes, patience));
  }
  {
    const std::scoped_lock lock(mutex_);
    running_sources_ = sources_.size();
    running_workers_ = work_channels_.size();
    running_writers_ = write_channels_.size();
  }
  StartCommitStage();
  FRAZIL_TRY(StartWriters());
  FRAZIL_TRY(StartWorkers());
  StartSources();
  return {};
}

void PipelineRun::StartCommitStage() {
  CommitStageContext context;
  for (const auto& committer : committers_) {
    context.committers.push_back(committer.get());
    context.ios.push_back(plan_.io.get());
  }
  context.source_count = sources_.size();
  context.dead_letter_table = plan_.dead_letter_target;
  context.input = commit_channel_.get();
  context.status = &status_;
  context.progress = progress_.get();
  context.clock = &clock_;
  context.verify_streams = [this] { return VerifyStreams(); };
  context.before_commit = [this] { return dead_letters_->Flush(); };
  context.on_handled = [this](std::int64_t epoch) { trigger_->MarkHandled(epoch); };
  context.is_draining = [this] { return trigger_->is_draining(); };
  context.after_commit = [this](const Positions& positions) {
    for (const auto& source : sources_) source->ReportCommitted(positions);
  };
  commit_stage_ = std::make_unique<CommitStage>(std::move(context));
  AddStage(Role::kCommitter, 0, "commit",
           [this](const std::stop_token& stop) { return commit_stage_->Run(stop); });
}

Status PipelineRun::VerifyStreams() {
  for (const auto& source : sources_) {
    Status status = source->VerifyStreams();
    // What came from a stream that is gone is worth keeping: nobody can read it again.
    if (status.has_value() || status.error().kind == ErrorKind::kNotFound) continue;
    return status;
  }
  return {};
}

Status PipelineRun::StartWriters() {
  for (std::size_t i = 0; i < plan_.targets.size(); ++i) {
    WriterStageContext context;
    context.table = i;
    FRAZIL_ASSIGN(context.writer, parts_.MakeWriter(i));
    context.worker_count = work_channels_.size();
    context.input = write_channels_[i].get();
    context.committer = commit_channel_.get();
    auto stage = std::make_shared<WriterStage>(std::move(context));
    AddStage(Role::kWriter, i, fmt::format("write-{}", i),
             [stage](const std::stop_token& stop) { return stage->Run(stop); });
  }
  return {};
}

Status PipelineRun::StartWorkers() {
  for (std::size_t i = 0; i < work_channels_.size(); ++i) {
    const std::size_t source = i / workers_per_source_;
    WorkerStageContext context;
    context.input = work_channels_[i].get();
    FRAZIL_ASSIGN(context.decoder, parts_.MakeDecoder(source));
    FRAZIL_ASSIGN(context.flows, parts_.MakeFlows(source));
    for (const auto& channel : write_channels_) context.writers.push_back(channel.get());
    context.dead_letter_table = plan_.dead_letter_target;
    WriteChannel* dead_letters =
        plan_.dead_letter_target < 0
            ? nullptr
            : write_channels_[static_cast<std::size_t>(plan_.dead_letter_target)].get();
    context.on_failures = dead_letters_->ForWorker(dead_letters);
    context.status = &status_;
    auto stage = std::make_shared<WorkerStage>(std::move(context));
    AddStage(Role::kWorker, i, fmt::format("work-{}", i),
             [stage](const std::stop_token& stop) { return stage->Run(stop); });
  }
  return {};
}

void PipelineRun::StartSources() {
  for (std::size_t i = 0; i < sources_.size(); ++i) {
    SourceStageContext context;
    context.source = sources_[i].get();
    context.index = i;
    context.trigger = trigger_.get();
    for (std::size_t w = 0; w < workers_per_source_; ++w) {
      context.workers.push_back(work_channels_[i * workers_per_source_ + w].get());
    }
    context.committer = commit_channel_.get();
    context.progress = progress_.get();
    context.status = &status_;
    context.read_ledgers = [this] { return ReadStartPositions(start_up_tables_); };
    context.table_count = plan_.targets.size();
    context.pipeline_id = start_up_tables_.front().uuid;
    context.on_end = [this] {
      const std::scoped_lock lock(mutex_);
      if (++sources_at_end_ == sources_.size()) trigger_->Drain();
    };
    auto stage = std::make_shared<SourceStage>(std::move(context));
    AddStage(Role::kSource, i, fmt::format("source-{}", i),
             [stage](const std::stop_token& stop) { return stage->Run(stop); });
  }
}

void PipelineRun::AddStage(Role role, std::size_t index, std::string name,
                           Stage::Body body) {
  const std::scoped_lock lock(mutex_);
  ++running_;
  stages_.push_back(std::make_unique<Stage>(
      std::move(name), std::move(body),
      [this, role, index](std::string_view stage, const Status& status) {
        OnStageExit(role, index, stage, status);
      }));
}

void PipelineRun::OnStageExit(Role role, std::size_t index, std::string_view name,
                              const Status& status) {
  const std::scoped_lock lock(mutex_);
  const bool is_error =
      !status.has_value() && status.error().kind != ErrorKind::kCancelled;
  if (is_error) {
    Log(LogLevel::kDebug, "stage failed",
        {{"stage", name}, {"error", status.error().message}});
    if (outcome_.has_value()) outcome_ = Fail(status.error());
  }
  // The end of a stage closes what it fed; what is inside is still worked off.
  switch (role) {
    case Role::kSource:
      --running_sources_;
      for (std::size_t w = 0; w < workers_per_source_; ++w) {
        work_channels_[index * workers_per_source_ + w]->Close();
      }
      break;
    case Role::kWorker:
      if (--running_workers_ == 0) {
        for (const auto& channel : write_channels_) channel->Close();
      }
      break;
    case Role::kWriter:
      --running_writers_;
      break;
    case Role::kCommitter:
      break;
  }
  if (running_sources_ == 0 && running_writers_ == 0) commit_channel_->Close();
  if (!status.has_value()) {
    for (const auto& stage : stages_) stage->RequestStop();
  }
  --running_;
  exited_.notify_all();
}

void PipelineRun::StopStages() {
  const std::scoped_lock lock(mutex_);
  for (const auto& stage : stages_) stage->RequestStop();
}

}  // namespace frazil
