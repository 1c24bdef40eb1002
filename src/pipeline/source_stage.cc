#include "pipeline/source_stage.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "base/log.h"

namespace frazil {
namespace {

constexpr std::chrono::milliseconds kPollWait(20);

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
      epoch_(context_.trigger->current()),
      skip_(std::make_shared<SkipPositions>(context_.table_count)) {}

Status SourceStage::Run(const std::stop_token& stop) {
  stop_ = stop;
  identities_ = context_.source->Splits();
  Status status = context_.source->Start(*this);
  context_.status->has_polled.store(true);
  if (status.has_value()) status = Loop(stop);
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

Status SourceStage::Send(RawBatch batch) {
  const auto known = next_.find(batch.split);
  if (known == next_.end()) {
    return Fail(ErrorKind::kInternal, "a batch of a split that is not ours: {}",
                batch.split.ToString());
  }
  if (known->second.ordinal != batch.range.begin.ordinal) {
    return Fail(ErrorKind::kInternal, "a gap in {}: expected {}, got {}",
                batch.split.ToString(), known->second.ordinal, batch.range.begin.ordinal);
  }
  known->second = batch.range.end;
  const auto [range, is_first] = ranges_.try_emplace(batch.split, batch.range);
  if (!is_first) range->second.end = batch.range.end;
  if (batch.records.empty()) return {};
  const std::size_t worker =
      static_cast<std::size_t>(batch.split.partition) % context_.workers.size();
  const auto bytes = static_cast<std::size_t>(batch.size_bytes);
  return Push(worker, WorkItem{epoch_, std::move(batch), skip_}, bytes);
}

Status SourceStage::Push(std::size_t worker, WorkItem item, std::size_t bytes) {
  WorkChannel& channel = *context_.workers[worker];
  while (true) {
    switch (channel.PushFor(item, bytes, stop_, context_.keep_alive_every)) {
      case WorkChannel::PushResult::kPushed:
        return {};
      case WorkChannel::PushResult::kClosed:
        return Fail(ErrorKind::kCancelled, "stopped");
      case WorkChannel::PushResult::kTimedOut:
        // Inside a rebalance callback polling again would recurse; revoke_wait bounds it.
        FRAZIL_TRY(context_.source->KeepAlive());
        break;
    }
  }
}

Status SourceStage::EndPassedEpochs() {
  while (epoch_ < context_.trigger->current()) {
    FRAZIL_TRY(EndEpoch(context_.trigger->IsBeyondLast(epoch_ + 1)));
  }
  return {};
}

Status SourceStage::EndEpoch(bool is_forced) {
  for (std::size_t worker = 0; worker < context_.workers.size(); ++worker) {
    FRAZIL_TRY(Push(worker, WorkItem{epoch_, std::nullopt, nullptr}, 0));
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
  auto skip = std::make_shared<SkipPositions>(*skip_);
  Positions positions;
  for (const Split& split : splits) {
    const auto known = start->begin.find(split);
    if (known != start->begin.end()) {
      positions[split] = known->second;
    } else {
      Result<Position> beginning = context_.source->Beginning(split);
      if (!beginning.has_value()) {
        failed_ = Fail(beginning.error());
        return Fail(std::move(beginning).error());
      }
      positions[split] = *std::move(beginning);
      new_splits_.insert(split);
    }
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
    Log(LogLevel::kInfo, "gave up", {{"split", split.ToString()}});
  }
  if (!is_committed && !stop_.stop_requested()) {
    failed_ = Fail(ErrorKind::kLedgerConflict,
                   "splits were taken away before their epoch could be committed");
  }
}

void SourceStage::OnLost(const std::vector<Split>& splits) {
  for (const Split& split : splits) next_.erase(split);
  failed_ = Fail(ErrorKind::kLedgerConflict,
                 "{} splits were lost to another worker; starting again from the ledger",
                 splits.size());
}

}  // namespace frazil
