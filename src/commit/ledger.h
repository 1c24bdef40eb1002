#pragma once

/// \file commit/ledger.h
/// \brief The ledger: how far a pipeline has read, kept inside the table it writes.
///
/// Every snapshot of ours carries, in its summary, one ledger per pipeline that writes the
/// table. Data and ledger appear in one atomic commit; there is no other store of progress.
/// Pure: no I/O, clock, lock or thread. Form and reasons: docs/adr/0001-ledger.md.

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "base/result.h"
#include "iceberg/table_metadata.h"
#include "model/split.h"

namespace frazil {

/// \brief Summary keys and properties that hold ledgers begin with this; a pipeline's name
/// follows.
inline constexpr std::string_view kLedgerKeyPrefix = "frazil.ledger.";

/// \brief "frazil.ledger.<pipeline>".
std::string LedgerKey(std::string_view pipeline);

/// \brief "<pipeline>.replay": whose ledger says how far dead letters were run again.
std::string ReplayName(std::string_view pipeline);

/// \brief Progress in one stream, a topic.
struct StreamLedger {
  StreamIdentity identity;
  /// Next position to read, by partition.
  std::map<std::int32_t, Position> next;
  /// Where the table's account of each partition of `next` begins.
  std::map<std::int32_t, Position> first;
  /// Partitions whose rows were taken away by a rollback, and up to where: the table lacks
  /// what lies between `next` and this, whatever the anchor says.
  std::map<std::int32_t, Position> replay_until;
  /// Where the pipeline stood, per partition, as far as this ledger was told; empty on the
  /// anchor, where it is `next`.
  std::map<std::int32_t, Position> complete;

  bool operator==(const StreamLedger&) const = default;
};

/// \brief What a table knows of one pipeline.
struct Ledger {
  /// Of the commit that wrote it; grows by one per epoch of one run.
  std::int64_t epoch = 0;
  /// Random id of the process that wrote it.
  std::string writer;
  /// True on the pipeline's anchor: every table of the pipeline holds all rows below these
  /// positions. False: this table does; others may be behind, and beyond them it holds what
  /// lies below the anchor's positions, unless it replays.
  bool is_anchor = false;
  /// UUIDs of the tables that the pipeline had then: those that Complete() speaks for.
  /// Empty in ledgers that did not say it: all.
  std::set<std::string> tables;
  /// Source name, then stream name.
  std::map<std::string, std::map<std::string, StreamLedger>> sources;

  bool operator==(const Ledger&) const = default;

  /// \brief The next position of a split, or nullptr if the ledger does not know it.
  [[nodiscard]] const Position* Find(const Split& split) const;
  /// \brief Where the table's account of a split begins, or nullptr if unknown.
  [[nodiscard]] const Position* First(const Split& split) const;
  /// \brief Up to where a split is replayed after a rollback, or nullptr if it is not.
  [[nodiscard]] const Position* ReplayUntil(const Split& split) const;
  /// \brief Below this, every one of `tables` holds all rows of a split, but where it
  /// replays; nullptr if the ledger does not tell. `next` on the anchor.
  [[nodiscard]] const Position* Complete(const Split& split) const;
  /// \brief Whether Complete() speaks for a table.
  [[nodiscard]] bool SpeaksFor(const std::string& table_uuid) const {
    return tables.empty() || tables.contains(table_uuid);
  }
  /// \brief Moves a split. A split not known yet begins there; one that reaches the end of
  /// its replay is done with it.
  void Set(const Split& split, Position next);
  /// \brief Begins a split anew: nothing of it is known but that it continues here.
  void Restart(const Split& split, Position next);
  /// \brief Marks a split that is known as replayed, if it is behind `until`.
  void MarkReplay(const Split& split, Position until);
  /// \brief Tells a ledger that is no anchor's of Complete(); it never goes back.
  void RaiseComplete(const Split& split, const Position& complete);
  /// \brief Makes the ledger the anchor's, whose `next` speaks for all tables, which are
  /// to hold what is below or to be marked as replayed; or that of another table, which
  /// keeps what it said of all.
  void SetAnchor(bool becomes_anchor);
  void SetIdentity(const Split& split, const StreamIdentity& identity);
  /// \brief All splits with their next positions.
  [[nodiscard]] Positions next() const;
};

/// \brief One line of JSON. The same ledger gives the same text.
std::string EncodeLedger(const Ledger& ledger);

/// \return kCorruptData for anything but a ledger; kNotSupported for a later version of it.
Result<Ledger> DecodeLedger(std::string_view text);

/// \brief The mirror: a table property of the same key, set in the same commit. It names
/// the snapshot that carries the ledger, and counts only where that one has it no more.
struct LedgerMirror {
  std::int64_t snapshot_id = 0;
  Ledger ledger;
};
std::string EncodeLedgerMirror(const LedgerMirror& mirror);
Result<LedgerMirror> DecodeLedgerMirror(std::string_view text);

/// \brief How a ledger was found.
enum class LedgerState {
  kNone,        ///< The pipeline never wrote this table.
  kCurrent,     ///< On the current snapshot or an ancestor.
  kMirrored,    ///< The snapshot is gone; the mirror in the properties tells.
  kRolledBack,  ///< Set back: an ancestor (or nothing) is older than the mirror.
  kUnknown,     ///< History is cut and nothing tells: never to be read as "start anew".
};

/// \brief What a table says about a pipeline's progress.
struct LedgerLookup {
  LedgerState state = LedgerState::kNone;
  /// Set with kCurrent and kMirrored, and with kRolledBack if an ancestor has one.
  std::optional<Ledger> ledger;
  /// With kRolledBack: the ledger before the rollback.
  std::optional<Ledger> before_rollback;
};

/// \brief Looks a pipeline's ledger up on branch main.
/// \return kCorruptData if there is one that does not parse.
Result<LedgerLookup> FindLedger(const TableMetadata& metadata, std::string_view pipeline);

/// \brief The ledger with which a table that was rolled back goes on: where it stands now,
/// with each split marked as replayed up to where it stood before.
/// \param lookup in state kRolledBack.
/// \return kDataLoss if it cannot be told where the replay of some split begins.
Result<Ledger> LedgerAfterRollback(const LedgerLookup& lookup);

/// \brief Names of all pipelines with a ledger in the table.
std::set<std::string> PipelinesOf(const TableMetadata& metadata);

/// \brief The ledgers a commit of `pipeline` has to copy forward: summary keys with values,
/// of all other pipelines as of the current snapshot's ancestry.
Result<std::map<std::string, std::string>> OtherLedgers(const TableMetadata& metadata,
                                                        std::string_view pipeline);

/// \brief What a commit claims about a split: where its rows begin and end.
struct Claim {
  /// What the table must say now; nullopt: it must not know the split.
  std::optional<Position> expected;
  Position next;
  /// Where the rows begin if `expected` does not say it; nullopt: at `next`.
  std::optional<Position> begin = std::nullopt;
};
using Claims = std::map<Split, Claim>;

/// \brief Compare-and-set per split. On the anchor, and where a split is replayed, the
/// ledger must equal `expected`; other tables may also be behind it, since a table without
/// rows is not committed.
/// \return kLedgerConflict, naming the split and both positions.
Status CheckClaims(const Ledger& committed, const Claims& claims, bool is_anchor);

/// \brief The ledger after a commit: claimed splits move, everything else stays.
Ledger ApplyClaims(Ledger committed, const Claims& claims);

}  // namespace frazil
