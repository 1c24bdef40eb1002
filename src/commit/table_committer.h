#pragma once

/// \file commit/table_committer.h
/// \brief Commits the epochs of one table: looks before it acts, never twice, never lost.

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "catalog/catalog.h"
#include "commit/ledger.h"
#include "iceberg/append.h"
#include "iceberg/manifest.h"
#include "storage/file_io.h"
#include "storage/home_folder.h"

namespace frazil {

/// \brief What one epoch adds to one table.
struct TableEpoch {
  std::int64_t epoch = 0;
  Claims claims;
  /// Durable files that hold the rows of the claimed ranges and no others. Empty: the
  /// snapshot carries the ledger alone.
  std::vector<DataFile> files;
  /// Below these, every table of the pipeline holds all rows, but where it replays.
  Positions complete;
  /// Identities of the claimed streams, recorded with them.
  std::map<Split, StreamIdentity> identities;
};

/// \brief Who commits, and how patiently.
struct CommitterOptions {
  std::string pipeline;
  /// Random id of this process.
  std::string writer_id;
  bool is_anchor = false;
  /// UUIDs of the pipeline's tables: Ledger::tables.
  std::set<std::string> tables;
  /// Only the writer that fenced last may commit: see Fence().
  bool is_exclusive = false;
  /// Conflicts and lost answers are borne for so long.
  std::chrono::milliseconds deadline = std::chrono::minutes(30);
  /// Put into each summary: "engine-version".
  std::string engine_version;
};

/// \brief What a commit found out.
struct CommitOutcome {
  std::int64_t snapshot_id = 0;
  /// The table's schema or partitioning is no longer the one the files were written with:
  /// the pipeline has to be planned anew.
  bool has_table_changed = false;
};

/// \brief Commits to one table. Not thread-safe: one stage owns a committer.
class TableCommitter {
 public:
  /// \param catalog, io, clock outlive the committer.
  TableCommitter(Catalog& catalog, FileIO& io, const Clock& clock,
                 TableIdentifier identifier, const LoadedTable& table,
                 CommitterOptions options);

  [[nodiscard]] const TableIdentifier& identifier() const { return identifier_; }
  [[nodiscard]] bool is_anchor() const { return options_.is_anchor; }

  /// \brief Commits an epoch, trying until the deadline.
  ///
  /// Every attempt re-reads the table, looks for a commit of ours whose answer was lost,
  /// and checks the claims anew.
  /// \return
  ///  - kLedgerConflict: another writer has been there, or the table was rolled back and
  ///    nobody has acknowledged it; certainly not committed;
  ///  - kCommitFailed: every attempt lost a race until the deadline; not committed;
  ///  - kCommitStateUnknown: the deadline passed over a lost answer: keep the files;
  ///  - kCancelled if `stop` came between attempts, and nothing is in doubt;
  ///  - kDataLoss if the table was made anew under its name, or its ledger is lost;
  ///  - any definite error of the catalog or the storage. A table whose folder is gone is
  ///    waited for until the deadline.
  Result<CommitOutcome> Commit(const TableEpoch& epoch, const std::stop_token& stop);

  /// \brief True if an answer was lost in the last Commit and it did not end in success:
  /// the files it named must be kept, whatever error it returned.
  [[nodiscard]] bool was_in_doubt() const { return was_in_doubt_; }

  /// \brief The ledger as the table has it now; an empty one for a table never written.
  Result<LedgerLookup> ReadLedger();

  /// \brief Goes on from a rollback: commits LedgerAfterRollback, so that what the table
  /// lost is replayed. Does nothing where the table is not rolled back (any more).
  /// \return kDataLoss of LedgerAfterRollback; errors as of Commit.
  Status AcknowledgeRollback(const std::stop_token& stop);

  /// \brief Makes this writer the only one of an exclusive pipeline: commits of those that
  /// fenced before are refused with kLedgerConflict. Adds a snapshot without files.
  Status Fence(const std::stop_token& stop);

  /// \brief Replaces this pipeline's ledger, all of it but the writer: for operators and
  /// for the start.
  /// \param expected what the table is to have now; nullptr: whatever it has.
  /// \return kLedgerConflict if it has something else; errors as of Commit.
  Status OverwriteLedger(const Ledger& ledger, const Ledger* expected,
                         const std::stop_token& stop);

 private:
  struct Work;

  Result<CommitOutcome> Attempt(Work& work);
  [[nodiscard]] bool IsAlreadyCommitted(const Work& work, const TableMetadata& metadata,
                                        const LedgerLookup& lookup) const;
  // The ledger that an attempt is to write over what it found.
  [[nodiscard]] Result<Ledger> NextLedger(const Work& work,
                                          const LedgerLookup& lookup) const;
  Status WriteManifests(Work& work);
  // Those of the current snapshot, in known_manifests_ afterwards.
  Status ReadManifests(const TableMetadata& metadata);
  Result<CommitOutcome> Run(Work& work, const std::stop_token& stop);
  // Deletes the metadata of a commit that certainly did not happen.
  void Discard(const Work& work);
  void DeleteManifestLists(const Work& work, std::string_view keep);

  Catalog& catalog_;
  FileIO& io_;
  HomeFolder home_;
  const Clock& clock_;
  TableIdentifier identifier_;
  CommitterOptions options_;
  std::string table_uuid_;
  std::int32_t schema_id_;
  std::int32_t spec_id_;
  bool was_in_doubt_ = false;
  // Manifests of the snapshot that we saw or committed last: they are not read back.
  std::string known_manifest_list_;
  std::vector<ManifestFile> known_manifests_;
};

}  // namespace frazil
