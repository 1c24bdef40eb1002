#include "pipeline/commit_stage.h"

#include <algorithm>
#include <utility>

#include "base/fault_point.h"
#include "base/log.h"

namespace frazil {
namespace {

void DeleteFiles(FileIO& io, const std::vector<DataFile>& files) {
  for (const DataFile& file : files) {
    const Status deleted = io.Delete(file.file_path);
    if (deleted.has_value()) continue;
    Log(LogLevel::kWarning, "left an uncommitted file behind",
        {{"file", file.file_path}, {"reason", deleted.error().message}});
  }
}

}  // namespace

void CommitProgress::MarkCommitted(std::int64_t epoch) {
  {
    const std::scoped_lock lock(mutex_);
    committed_ = std::max(committed_, epoch);
  }
  changed_.notify_all();
}

void CommitProgress::MarkRead(std::int64_t epoch) {
  const std::scoped_lock lock(mutex_);
  read_ = std::max(read_, epoch);
}

bool CommitProgress::has_uncommitted() {
  const std::scoped_lock lock(mutex_);
  return read_ > committed_;
}

void CommitProgress::MarkEnded() {
  {
    const std::scoped_lock lock(mutex_);
    has_ended_ = true;
  }
  changed_.notify_all();
}

bool CommitProgress::has_ended() {
  const std::scoped_lock lock(mutex_);
  return has_ended_;
}

bool CommitProgress::WaitFor(std::int64_t epoch, std::chrono::milliseconds wait,
                             const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, stop, wait, [&] { return has_ended_ || committed_ >= epoch; });
  return committed_ >= epoch;
}

CommitStage::CommitStage(CommitStageContext context) : context_(std::move(context)) {}

Status CommitStage::Run(const std::stop_token& stop) {
  Status status;
  while (status.has_value()) {
    std::optional<CommitItem> item = context_.input->Pop(stop);
    if (!item.has_value()) break;
    Gather(*std::move(item));
    status = CommitReady(stop);
  }
  context_.progress->MarkEnded();
  return status;
}

void CommitStage::Gather(CommitItem item) {
  const auto slot = [&](std::int64_t epoch) -> Gathered& {
    Gathered& gathered = waiting_[epoch];
    gathered.files.resize(context_.committers.size());
    return gathered;
  };
  if (auto* table = std::get_if<WrittenTable>(&item)) {
    Gathered& gathered = slot(table->epoch);
    ++gathered.tables;
    gathered.files[table->table] = std::move(table->files);
    return;
  }
  auto& source = std::get<SourceEpoch>(item);
  Gathered& gathered = slot(source.epoch);
  ++gathered.sources;
  gathered.is_forced |= source.is_forced;
  gathered.ranges.merge(source.ranges);
  gathered.identities.merge(source.identities);
  gathered.new_splits.insert(gathered.new_splits.end(), source.new_splits.begin(),
                             source.new_splits.end());
  if (gathered.skip == nullptr) {
    gathered.skip = std::move(source.skip);
  } else if (source.skip != nullptr) {
    // Splits of different sources never collide.
    auto both = std::make_shared<SkipPositions>(*gathered.skip);
    for (std::size_t table = 0; table < both->size(); ++table) {
      TableSkip other = (*source.skip)[table];
      (*both)[table].held.merge(other.held);
      (*both)[table].replay_until.merge(other.replay_until);
    }
    gathered.skip = std::move(both);
  }
}

void CommitStage::MergeInto(Gathered& earlier, Gathered later) {
  for (auto& [split, range] : later.ranges) {
    const auto [known, is_new] = earlier.ranges.try_emplace(split, range);
    if (!is_new) known->second.end = range.end;
  }
  earlier.new_splits.insert(earlier.new_splits.end(), later.new_splits.begin(),
                            later.new_splits.end());
  earlier.identities.merge(later.identities);
  earlier.skip = later.skip;
  for (std::size_t table = 0; table < earlier.files.size(); ++table) {
    std::move(later.files[table].begin(), later.files[table].end(),
              std::back_inserter(earlier.files[table]));
  }
  earlier.is_forced |= later.is_forced;
  earlier.epochs += later.epochs;
}

Status CommitStage::CommitReady(const std::stop_token& stop) {
  while (!waiting_.empty()) {
    auto first = waiting_.begin();
    Gathered& gathered = first->second;
    if (gathered.sources < context_.source_count ||
        gathered.tables < context_.committers.size()) {
      return {};
    }
    const std::int64_t epoch = first->first;
    const bool has_rows = std::any_of(gathered.files.begin(), gathered.files.end(),
                                      [](const auto& files) { return !files.empty(); });
    const bool has_progress =
        std::any_of(gathered.ranges.begin(), gathered.ranges.end(),
                    [](const auto& entry) { return !entry.second.empty(); });
    const bool is_due = has_rows || gathered.is_forced ||
                        gathered.epochs >= context_.empty_epochs_per_commit;
    if (has_progress && !is_due) {
      // Wait for the next epoch, and commit this progress with it.
      if (context_.on_handled) context_.on_handled(epoch);
      const auto next = std::next(first);
      if (next == waiting_.end() || next->second.sources < context_.source_count ||
          next->second.tables < context_.committers.size()) {
        return {};
      }
      Gathered earlier = std::move(gathered);
      MergeInto(earlier, std::move(next->second));
      next->second = std::move(earlier);
      next->second.sources = context_.source_count;
      next->second.tables = context_.committers.size();
      waiting_.erase(first);
      continue;
    }
    if (has_progress || has_rows) FRAZIL_TRY(CommitEpoch(epoch, gathered, stop));
    waiting_.erase(waiting_.begin());
    context_.progress->MarkCommitted(epoch);
    if (context_.on_handled) context_.on_handled(epoch);
  }
  return {};
}

TableEpoch CommitStage::EpochFor(std::size_t table, std::int64_t epoch,
                                 const Gathered& gathered) const {
  TableEpoch result;
  result.epoch = epoch;
  result.files = gathered.files[table];
  for (const auto& [split, range] : gathered.ranges) {
    const bool is_new = std::find(gathered.new_splits.begin(), gathered.new_splits.end(),
                                  split) != gathered.new_splits.end();
    Claim claim{is_new ? std::nullopt : std::optional(range.begin), range.end,
                range.begin};
    if (gathered.skip != nullptr) {
      const Positions& skip = (*gathered.skip)[table].held;
      const auto held = skip.find(split);
      if (held != skip.end() && held->second.ordinal >= range.begin.ordinal) {
        // The table was ahead of what is read: it already holds all this, or a part.
        if (held->second.ordinal >= range.end.ordinal) continue;
        claim.expected = held->second;
        claim.begin = held->second;
      }
    }
    result.claims.emplace(split, std::move(claim));
    result.complete.emplace(split, range.begin);
    const auto identity = gathered.identities.find(split);
    if (identity != gathered.identities.end()) result.identities.insert(*identity);
  }
  return result;
}

// Whether a table's ledger has to move though it got no rows.
bool CommitStage::MovesWithoutRows(std::size_t table, const TableEpoch& epoch,
                                   const Gathered& gathered) const {
  if (context_.committers[table]->is_anchor()) return !epoch.claims.empty();
  if (gathered.skip == nullptr) return false;
  const Positions& replay_until = (*gathered.skip)[table].replay_until;
  return std::any_of(epoch.claims.begin(), epoch.claims.end(), [&](const auto& entry) {
    const auto until = replay_until.find(entry.first);
    return until != replay_until.end() &&
           entry.second.begin->ordinal < until->second.ordinal;
  });
}

// A stream that was deleted and made again goes on at the old position, with other records.
// What was read before this question, the whole epoch, is of the old one if the answer is so.
Status CommitStage::VerifyStreams(bool is_forced, const std::stop_token& stop) {
  if (!context_.verify_streams) return {};
  const auto began = context_.clock->SteadyNow();
  while (true) {
    Status status = context_.verify_streams();
    if (status.has_value() || status.error().kind != ErrorKind::kUnavailable) {
      return status;
    }
    if (stop.stop_requested()) return Fail(ErrorKind::kCancelled, "stopped");
    const bool is_draining = context_.is_draining && context_.is_draining();
    if (is_forced || is_draining ||
        context_.clock->SteadyNow() - began >= context_.verify_patience) {
      return status;
    }
    Log(LogLevel::kWarning, "the commit waits for the source to answer",
        {{"reason", status.error().message}});
  }
}

Status CommitStage::CommitEpoch(std::int64_t epoch, Gathered& gathered,
                                const std::stop_token& stop) {
  const auto began = context_.clock->SteadyNow();
  FRAZIL_TRY(VerifyStreams(gathered.is_forced, stop));
  if (context_.before_commit) FRAZIL_TRY(context_.before_commit());
  const std::int64_t rows_before = context_.status->rows_committed.load();
  const std::int64_t letters_before = context_.status->dead_letters_committed.load();
  const std::int64_t files_before = context_.status->files_committed.load();
  Positions committed;
  // The anchor, table 0, comes last: its ledger says that every table is complete.
  for (std::size_t i = context_.committers.size(); i-- > 0;) {
    const TableEpoch table_epoch = EpochFor(i, epoch, gathered);
    if (table_epoch.files.empty() && !MovesWithoutRows(i, table_epoch, gathered)) {
      continue;
    }
    FRAZIL_TRY(CommitTable(i, table_epoch, gathered.files[i], stop));
    if (i > 0) continue;
    for (const auto& [split, claim] : table_epoch.claims) committed[split] = claim.next;
  }
  PipelineStatus& status = *context_.status;
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(
      context_.clock->SteadyNow() - began);
  status.last_commit_duration_ms.store(took.count());
  Log(LogLevel::kInfo, "committed",
      {{"epoch", epoch},
       {"rows", status.rows_committed.load() - rows_before},
       {"dead_letters", status.dead_letters_committed.load() - letters_before},
       {"files", status.files_committed.load() - files_before},
       {"ms", took.count()}});
  if (context_.after_commit && !committed.empty()) context_.after_commit(committed);
  return {};
}

Status CommitStage::CommitTable(std::size_t table, const TableEpoch& epoch,
                                std::vector<DataFile>& files,
                                const std::stop_token& stop) {
  TableCommitter& committer = *context_.committers[table];
  Result<CommitOutcome> outcome = committer.Commit(epoch, stop);
  if (!outcome.has_value()) {
    if (committer.was_in_doubt()) in_doubt_epoch_ = epoch.epoch;
    return Fail(std::move(outcome).error());
  }
  // Counted table by table: an error at the next one takes nothing of this back.
  PipelineStatus& status = *context_.status;
  std::int64_t rows = 0;
  for (const DataFile& file : files) rows += file.record_count;
  if (static_cast<std::int64_t>(table) == context_.dead_letter_table) {
    status.dead_letters_committed.fetch_add(rows);
  } else {
    status.rows_committed.fetch_add(rows);
  }
  status.files_committed.fetch_add(static_cast<std::int64_t>(files.size()));
  status.snapshots_committed.fetch_add(1);
  status.last_commit_ms.store(context_.clock->NowMs());
  files.clear();  // committed: never to be deleted by us
  if (outcome->has_table_changed) {
    return Fail(ErrorKind::kCommitFailed,
                "{}: its schema or partitioning was changed by somebody; planning anew",
                committer.identifier().ToString());
  }
  return FaultPoint("commit.between_tables");
}

void CommitStage::DiscardUncommitted() {
  const std::stop_token never;
  while (auto item = context_.input->PopFor(never, std::chrono::milliseconds(0))) {
    Gather(*std::move(item));
  }
  for (const auto& [epoch, gathered] : waiting_) {
    if (epoch == in_doubt_epoch_) continue;
    for (std::size_t table = 0; table < gathered.files.size(); ++table) {
      DeleteFiles(*context_.ios[table], gathered.files[table]);
    }
  }
  waiting_.clear();
}

}  // namespace frazil
