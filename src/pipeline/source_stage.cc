#include "pipeline/source_stage.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "base/log.h"

namespace frazil {
namespace {

constexpr std::chrono::milliseconds kPollWait(20);
// A batch waits so long for room before the epoch and the group are looked after.
constexpr std::chrono::milliseconds kRoomWait(20);
constexpr std::chrono::milliseconds kLastCommitSlice(500);

// What `now` says of a split, also if that is nothing.
void Replace(Positions& positions, const Positions& now, const Split& split) {
  const auto found = now.find(split);
  if (found == now.end()) {
    positions.erase(split);
  } else {
    positions.insert_or_assign(split, found->second);
  }
}

}  // namespace

SourceStage::SourceStage(SourceStageContext context)
    : context_(std::move(context)),
      epoch_(context_.trigger->first()),
      skip_(std::make_shared<SkipPositions>(context_.table_count)) {}

Status SourceStage::Run(const std::stop_token& stop) {
  stop_ = stop;
  identities_ = context_.source->Splits();
  Status status = context_.source->Start(*this);
  context_.status->has_polled.store(true);
  if (status.has_value()) status = Loop(stop);
  if (status.has_value()) AwaitLastCommit();
  context_.source->Close();
  return status;
}

Status SourceStage::Loop(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    FRAZIL_TRY(EndPassedEpochs());
    if (context_.trigger->IsBeyondLast(epoch_)) return {};
    if (context_.source->IsAtEnd()) {
      if (!has_reported_end_ && context_.on_end) context_.on_end();
      has_reported_end_ = true;
    }
    Result<std::vector<RawBatch>> batches = context_.source->Poll(kPollWait);
    FRAZIL_TRY(failed_);
    if (!batches.has_value()) return Fail(std::move(batches).error());
    gone_.clear();  // the source itself dropped what it had of them
    std::int64_t rows = 0;
    std::int64_t bytes = 0;
    for (RawBatch& batch : *batches) {
      rows += static_cast<std::int64_t>(batch.records.size());
      bytes += batch.size_bytes;
      FRAZIL_TRY(Send(std::move(batch)));
    }
    context_.status->records_read.fetch_add(rows, std::memory_order_relaxed);
    context_.status->bytes_read.fetch_add(bytes, std::memory_order_relaxed);
    context_.trigger->Count(rows, bytes);
    const auto until_commit =
        context_.trigger->next_end() - std::chrono::steady_clock::now();
    context_.status->next_commit_in_ms.store(
        std::chrono::duration_cast<std::chrono::milliseconds>(until_commit).count(),
        std::memory_order_relaxed);
    context_.status->lag.store(context_.source->Lag(), std::memory_order_relaxed);
  }
  return Fail(ErrorKind::kCancelled, "stopped");
}

// An heir that got the splits before would begin at an old ledger.
void SourceStage::AwaitLastCommit() {
  Status alive;
  while (!context_.progress->WaitFor(epoch_ - 1, kLastCommitSlice, stop_)) {
    if (stop_.stop_requested() || context_.progress->has_ended()) return;
    // Whatever becomes of the membership, the commit looks itself whose the splits are.
    if (alive.has_value()) alive = context_.source->KeepAlive();
  }
}

Status SourceStage::Send(RawBatch batch) {
  if (gone_.contains(batch.split) || context_.trigger->IsBeyondLast(epoch_)) return {};
  const auto known = next_.find(batch.split);
  if (known == next_.end()) {
    return Fail(ErrorKind::kInternal, "a batch of a split that is not ours: {}",
                batch.split.ToString());
  }
  if (known->second.ordinal != batch.range.begin.ordinal) {
    return Fail(ErrorKind::kInternal, "a gap in {}: expected {}, got {}",
                batch.split.ToString(), known->second.ordinal, batch.range.begin.ordinal);
  }
  const Split split = batch.split;
  const PositionRange range = batch.range;
  if (!batch.records.empty()) FRAZIL_TRY(Push(batch));
  // Only now: a split that was taken away meanwhile was committed without this batch, and so
  // was the last epoch.
  if (gone_.contains(split) || context_.trigger->IsBeyondLast(epoch_)) return {};
  next_[split] = range.end;
  const auto [covered, is_first] = ranges_.try_emplace(split, range);
  if (is_first) {
    context_.progress->MarkRead(epoch_);
  } else {
    covered->second.end = range.end;
  }
  return {};
}

// Into the epoch that is current when there is room: an epoch does not wait for a slow worker
// to take one batch more. Drops a batch whose split goes while it waits, or that would come
// after the last epoch.
Status SourceStage::Push(RawBatch& batch) {
  const Split split = batch.split;
  const auto bytes = static_cast<std::size_t>(batch.size_bytes);
  WorkChannel& channel =
      *context_
           .workers[static_cast<std::size_t>(split.partition) % context_.workers.size()];
  WorkItem item{epoch_, std::move(batch), skip_};
  while (!gone_.contains(split) && !context_.trigger->IsBeyondLast(epoch_)) {
    item.epoch = epoch_;
    item.skip = skip_;
    switch (channel.PushFor(item, bytes, stop_, kRoomWait)) {
      case WorkChannel::PushResult::kPushed:
        return {};
      case WorkChannel::PushResult::kClosed:
        return Fail(ErrorKind::kCancelled, "stopped");
      case WorkChannel::PushResult::kTimedOut:
        FRAZIL_TRY(context_.source->KeepAlive());
        FRAZIL_TRY(failed_);
        context_.trigger->Count(0, 0);
        FRAZIL_TRY(EndPassedEpochs());
        break;
    }
  }
  return {};
}

Status SourceStage::EndPassedEpochs() {
  while (epoch_ < context_.trigger->current()) {
    FRAZIL_TRY(EndEpoch(context_.trigger->IsBeyondLast(epoch_ + 1)));
  }
  return {};
}

Status SourceStage::EndEpoch(bool is_forced) {
  // Weighs nothing, so it never waits for long.
  for (WorkChannel* const worker : context_.workers) {
    if (!worker->Push(WorkItem{epoch_, std::nullopt, nullptr}, 0, stop_)) {
      return Fail(ErrorKind::kCancelled, "stopped");
    }
  }
  SourceEpoch ended;
  ended.source = context_.index;
  ended.epoch = epoch_;
  ended.is_forced = is_forced;
  ended.skip = skip_;
  for (const auto& [split, range] : ranges_) {
    if (const auto found = new_splits_.find(split); found != new_splits_.end()) {
      ended.new_splits.push_back(split);
      new_splits_.erase(found);
    }
    const auto identity = identities_.find(split);
    if (identity != identities_.end()) ended.identities.insert(*identity);
  }
  ended.ranges = std::exchange(ranges_, {});
  ++epoch_;
  if (!context_.committer->Push(std::move(ended), 0, stop_)) {
    return Fail(ErrorKind::kCancelled, "stopped");
  }
  return {};
}

Result<Positions> SourceStage::OnAssigned(const std::vector<Split>& splits) {
  // Read now, not before: the former owner committed while it gave the splits up.
  Result<StartPositions> start = context_.read_ledgers();
  if (!start.has_value()) {
    failed_ = Fail(start.error());
    return Fail(std::move(start).error());
  }
  for (const auto& [split, identity] : context_.source->Splits()) {
    identities_.insert_or_assign(split, identity);
  }
  std::vector<Split> unknown;
  for (const Split& split : splits) {
    if (!start->begin.contains(split)) unknown.push_back(split);
  }
  if (!unknown.empty()) {
    Result<Positions> beginnings = context_.source->Beginnings(unknown);
    if (!beginnings.has_value()) {
      failed_ = Fail(beginnings.error());
      return Fail(std::move(beginnings).error());
    }
    start->begin.merge(*beginnings);
    new_splits_.insert(unknown.begin(), unknown.end());
  }
  auto skip = std::make_shared<SkipPositions>(*skip_);
  Positions positions;
  for (const Split& split : splits) {
    positions[split] = start->begin.at(split);
    for (std::size_t table = 0; table < skip->size(); ++table) {
      Replace((*skip)[table].held, start->skip[table].held, split);
      Replace((*skip)[table].replay_until, start->skip[table].replay_until, split);
    }
    next_[split] = positions[split];
    Log(LogLevel::kInfo, "reading",
        {{"split", split.ToString()}, {"from", positions[split].ordinal}});
  }
  skip_ = std::move(skip);
  return positions;
}

void SourceStage::OnRevoked(const std::vector<Split>& splits) {
  // Forced also without rows of its own: progress held back for later goes out with it.
  context_.trigger->EndNow();
  Status status;
  while (status.has_value() && epoch_ < context_.trigger->current()) {
    status = EndEpoch(/*is_forced=*/true);
  }
  const bool is_committed =
      status.has_value() &&
      context_.progress->WaitFor(epoch_ - 1, context_.revoke_wait, stop_);
  for (const Split& split : splits) {
    next_.erase(split);
    gone_.insert(split);
    Log(LogLevel::kInfo, "gave up", {{"split", split.ToString()}});
  }
  if (!is_committed && !stop_.stop_requested()) {
    failed_ = Fail(ErrorKind::kLedgerConflict,
                   "splits were taken away before their epoch could be committed");
  }
}

void SourceStage::OnLost(const std::vector<Split>& splits) {
  for (const Split& split : splits) {
    next_.erase(split);
    gone_.insert(split);
  }
  failed_ = Fail(ErrorKind::kLedgerConflict,
                 "the consumer group took {} splits away without waiting: its broker was "
                 "away, or did not hear of this worker for too long",
                 splits.size());
}

}  // namespace frazil
