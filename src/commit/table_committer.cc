#include "commit/table_committer.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <utility>

#include "base/fault_point.h"
#include "base/log.h"
#include "base/retry.h"
#include "base/unique_id.h"

namespace frazil {

// One logical commit over all its attempts.
struct TableCommitter::Work {
  const TableEpoch* epoch = nullptr;
  // Set: the ledger to write, whatever the table says.
  const Ledger* overwrite = nullptr;
  // The ledger to be overwritten; nullptr: any.
  const Ledger* expected = nullptr;
  // Write LedgerAfterRollback, if the table is rolled back.
  bool acknowledges_rollback = false;
  bool is_fence = false;
  std::optional<FastAppend> append;
  bool are_manifests_written = false;
  // An attempt's answer was lost: whatever it names must be kept.
  bool is_in_doubt = false;
  int attempts = 0;
  std::vector<std::string> manifest_lists;
};

namespace {

// Waits for `pause` or until `stop`.
void Pause(std::chrono::milliseconds pause, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any wake;
  std::unique_lock lock(mutex);
  wake.wait_for(lock, stop, pause, [] { return false; });
}

bool IsWorthAnotherAttempt(ErrorKind kind) {
  return DispositionOf(kind) == Disposition::kReconcile ||
         (DispositionOf(kind) == Disposition::kRetry &&
          kind != ErrorKind::kLedgerConflict);
}

}  // namespace

TableCommitter::TableCommitter(Catalog& catalog, FileIO& io, const Clock& clock,
                               TableIdentifier identifier, const LoadedTable& table,
                               CommitterOptions options)
    : catalog_(catalog),
      io_(io),
      home_(io, table.metadata->location),
      clock_(clock),
      identifier_(std::move(identifier)),
      options_(std::move(options)),
      table_uuid_(table.metadata->table_uuid),
      schema_id_(table.metadata->current_schema_id),
      spec_id_(table.metadata->default_spec_id) {}

Result<LedgerLookup> TableCommitter::ReadLedger() {
  FRAZIL_ASSIGN(const LoadedTable table, catalog_.LoadTable(identifier_));
  return FindLedger(*table.metadata, options_.pipeline);
}

Result<CommitOutcome> TableCommitter::Commit(const TableEpoch& epoch,
                                             const std::stop_token& stop) {
  Work work;
  work.epoch = &epoch;
  return Run(work, stop);
}

Status TableCommitter::AcknowledgeRollback(const std::stop_token& stop) {
  const TableEpoch nothing;
  Work work;
  work.epoch = &nothing;
  work.acknowledges_rollback = true;
  FRAZIL_TRY(Run(work, stop));
  return {};
}

Status TableCommitter::Fence(const std::stop_token& stop) {
  const TableEpoch nothing;
  Work work;
  work.epoch = &nothing;
  work.is_fence = true;
  FRAZIL_TRY(Run(work, stop));
  return {};
}

Status TableCommitter::OverwriteLedger(const Ledger& ledger, const Ledger* expected,
                                       const std::stop_token& stop) {
  TableEpoch epoch;
  epoch.epoch = ledger.epoch;
  Work work;
  work.epoch = &epoch;
  work.overwrite = &ledger;
  work.expected = expected;
  FRAZIL_TRY(Run(work, stop));
  return {};
}

Result<CommitOutcome> TableCommitter::Run(Work& work, const std::stop_token& stop) {
  was_in_doubt_ = false;
  const auto give_up = clock_.SteadyNow() + options_.deadline;
  Backoff backoff(std::chrono::milliseconds(20), std::chrono::seconds(10));
  while (true) {
    Result<CommitOutcome> outcome = Attempt(work);
    if (outcome.has_value()) return outcome;
    const ErrorKind kind = outcome.error().kind;
    work.is_in_doubt |= kind == ErrorKind::kCommitStateUnknown;
    was_in_doubt_ = work.is_in_doubt;
    const std::string table = identifier_.ToString();
    if (!IsWorthAnotherAttempt(kind)) {
      // Even a refusal now says nothing of an earlier attempt whose answer was lost; only
      // finding its snapshot does, and Attempt() has just looked.
      Discard(work);
      return Fail(std::move(outcome).error().Within(table));
    }
    if (clock_.SteadyNow() >= give_up || (stop.stop_requested() && !work.is_in_doubt)) {
      const bool is_stopped = stop.stop_requested() && !work.is_in_doubt;
      const ErrorKind last = work.is_in_doubt ? ErrorKind::kCommitStateUnknown
                             : is_stopped     ? ErrorKind::kCancelled
                                              : kind;
      Discard(work);
      return Fail(last, "{}: gave up after {} attempts: {}", table, work.attempts,
                  outcome.error().message);
    }
    Log(work.attempts > 3 ? LogLevel::kWarning : LogLevel::kDebug,
        "commit attempt failed",
        {{"table", table},
         {"attempt", work.attempts},
         {"error", ErrorKindName(kind)},
         {"reason", outcome.error().message}});
    // In doubt it goes on after a stop too, and not without a rest.
    Pause(backoff.Next(), work.is_in_doubt ? std::stop_token() : stop);
  }
}

bool TableCommitter::IsAlreadyCommitted(const Work& work, const TableMetadata& metadata,
                                        const LedgerLookup& lookup) const {
  if (!work.append.has_value()) return false;
  if (metadata.FindSnapshot(work.append->snapshot_id()) != nullptr) return true;
  if (!work.is_in_doubt || !lookup.ledger.has_value()) return false;
  // The snapshot may be gone already, expired by somebody, or hidden by the catalog; the
  // ledger still says who wrote last. An epoch's number alone does not tell: a run that
  // starts again from the anchor gives out the numbers of the run before it.
  const Ledger& ledger = *lookup.ledger;
  const Claims& claims = work.epoch->claims;
  return ledger.writer == options_.writer_id && ledger.epoch == work.epoch->epoch &&
         !claims.empty() &&
         std::all_of(claims.begin(), claims.end(), [&](const auto& entry) {
           const Position* position = ledger.Find(entry.first);
           return position != nullptr && *position == entry.second.next;
         });
}

Result<Ledger> TableCommitter::NextLedger(const Work& work,
                                          const LedgerLookup& lookup) const {
  Ledger ledger;
  if (work.overwrite != nullptr) {
    if (work.expected != nullptr && lookup.ledger.value_or(Ledger{}) != *work.expected) {
      return Fail(ErrorKind::kLedgerConflict, "another writer moved the ledger");
    }
    ledger = *work.overwrite;
  } else if (lookup.state == LedgerState::kUnknown) {
    return Fail(
        ErrorKind::kDataLoss,
        "the ledger of pipeline '{}' is lost: the snapshots that held it are gone "
        "and nothing mirrors it",
        options_.pipeline);
  } else if (work.acknowledges_rollback) {
    FRAZIL_ASSIGN(ledger, LedgerAfterRollback(lookup));
  } else if (lookup.state == LedgerState::kRolledBack) {
    // Also where the claims would fit: what the table lost is to be replayed first.
    return Fail(ErrorKind::kLedgerConflict,
                "the table was rolled back behind what pipeline '{}' had written",
                options_.pipeline);
  } else {
    ledger = lookup.ledger.value_or(Ledger{});
    if (options_.is_exclusive && !work.is_fence && ledger.writer != options_.writer_id) {
      return Fail(ErrorKind::kLedgerConflict, "another process has taken {} over",
                  options_.pipeline);
    }
    FRAZIL_TRY(CheckClaims(ledger, work.epoch->claims, options_.is_anchor));
    // Before it moves: what a former anchor says of all tables ends where it stood.
    if (!work.is_fence) ledger.SetAnchor(options_.is_anchor);
    ledger = ApplyClaims(std::move(ledger), work.epoch->claims);
    for (const auto& [split, identity] : work.epoch->identities) {
      ledger.SetIdentity(split, identity);
    }
    if (!work.is_fence) {
      ledger.epoch = work.epoch->epoch;
      ledger.tables = options_.tables;
      for (const auto& [split, complete] : work.epoch->complete) {
        ledger.RaiseComplete(split, complete);
      }
    }
  }
  ledger.writer = options_.writer_id;
  return ledger;
}

Status TableCommitter::WriteManifests(Work& work) {
  if (work.are_manifests_written) return {};
  FRAZIL_TRY(FaultPoint("commit.manifest.before"));
  for (const PendingFile& manifest : work.append->manifests()) {
    // A former attempt may have written some of them and failed at the next.
    const Status written = io_.Write(manifest.location, manifest.bytes);
    if (!written.has_value() && written.error().kind != ErrorKind::kAlreadyExists) {
      return Fail(written.error());
    }
  }
  work.are_manifests_written = true;
  return FaultPoint("commit.manifest.after");
}

Status TableCommitter::ReadManifests(const TableMetadata& metadata) {
  const Snapshot* snapshot = metadata.CurrentSnapshot();
  const std::string location = snapshot == nullptr ? "" : snapshot->manifest_list;
  if (location == known_manifest_list_) return {};
  std::vector<ManifestFile> manifests;
  if (snapshot != nullptr) {
    FRAZIL_ASSIGN(const std::string bytes, io_.Read(location));
    auto decoded = DecodeManifestList(bytes);
    if (!decoded.has_value()) return Fail(std::move(decoded).error().Within(location));
    manifests = *std::move(decoded);
  }
  known_manifests_ = std::move(manifests);
  known_manifest_list_ = location;
  return {};
}

Result<CommitOutcome> TableCommitter::Attempt(Work& work) {
  ++work.attempts;
  // First: without its folder a table looks as if it were dropped, or is made a new one.
  FRAZIL_TRY(home_.Check());
  FRAZIL_ASSIGN(const LoadedTable table, catalog_.LoadTable(identifier_));
  const TableMetadata& metadata = *table.metadata;
  if (metadata.table_uuid != table_uuid_) {
    return Fail(
        ErrorKind::kDataLoss,
        "the table was dropped and made anew while the pipeline ran: uuid {} became "
        "{}; start the pipeline again to fill the new table",
        table_uuid_, metadata.table_uuid);
  }
  FRAZIL_ASSIGN(const LedgerLookup lookup, FindLedger(metadata, options_.pipeline));
  const bool has_changed =
      metadata.current_schema_id != schema_id_ || metadata.default_spec_id != spec_id_;
  if (IsAlreadyCommitted(work, metadata, lookup)) {
    const Snapshot* current = metadata.CurrentSnapshot();
    DeleteManifestLists(work, current == nullptr ? "" : current->manifest_list);
    return CommitOutcome{work.append->snapshot_id(), has_changed};
  }
  if (work.is_fence && lookup.state == LedgerState::kRolledBack) {
    Discard(work);  // who acknowledges the rollback writes its id
    return CommitOutcome{0, has_changed};
  }
  if (work.acknowledges_rollback && lookup.state != LedgerState::kRolledBack) {
    Discard(work);  // another worker was quicker
    return CommitOutcome{0, has_changed};
  }
  FRAZIL_ASSIGN(const Ledger ledger, NextLedger(work, lookup));
  if (!work.append.has_value()) {
    FRAZIL_ASSIGN(work.append,
                  FastAppend::Make(metadata, work.epoch->files, RandomSnapshotId()));
  }
  FRAZIL_TRY(WriteManifests(work));

  FRAZIL_TRY(ReadManifests(metadata));
  FRAZIL_ASSIGN(auto summary, OtherLedgers(metadata, options_.pipeline));
  const std::string key = LedgerKey(options_.pipeline);
  summary[key] = EncodeLedger(ledger);
  summary["engine-name"] = "frazil";
  summary["engine-version"] = options_.engine_version;
  FastAppend::Attempt attempt = work.append->Build(metadata, known_manifests_, summary,
                                                   work.attempts, clock_.NowMs());
  FRAZIL_TRY(io_.Write(attempt.manifest_list.location, attempt.manifest_list.bytes));
  work.manifest_lists.push_back(attempt.manifest_list.location);
  attempt.updates.emplace_back(
      SetProperties{{{key, EncodeLedgerMirror({attempt.snapshot.snapshot_id, ledger})}}});
  auto committed =
      catalog_.CommitTable(identifier_, attempt.requirements, attempt.updates);
  if (!committed.has_value()) return Fail(std::move(committed).error());
  known_manifest_list_ = attempt.manifest_list.location;
  known_manifests_ = std::move(attempt.manifests);

  DeleteManifestLists(work, attempt.manifest_list.location);
  return CommitOutcome{attempt.snapshot.snapshot_id, has_changed};
}

void TableCommitter::Discard(const Work& work) {
  if (work.is_in_doubt) return;
  DeleteManifestLists(work, "");
  if (!work.append.has_value()) return;
  for (const PendingFile& manifest : work.append->manifests()) {
    (void)io_.Delete(manifest.location).has_value();
  }
}

void TableCommitter::DeleteManifestLists(const Work& work, std::string_view keep) {
  // After an unknown outcome any of them may be the one the table names.
  if (work.is_in_doubt) return;
  for (const std::string& location : work.manifest_lists) {
    if (location == keep) continue;
    const Status deleted = io_.Delete(location);
    if (!deleted.has_value()) {
      Log(LogLevel::kWarning, "left a manifest list of a lost attempt behind",
          {{"location", location}, {"reason", deleted.error().message}});
    }
  }
}

}  // namespace frazil
