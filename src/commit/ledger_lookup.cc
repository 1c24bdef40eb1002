#include <algorithm>
#include <set>
#include <utility>

#include "commit/ledger.h"

namespace frazil {
namespace {

bool IsLedger(const std::pair<const std::string, std::string>& entry) {
  return entry.first.starts_with(kLedgerKeyPrefix);
}

// Calls `visit` with the snapshots of main, newest first, until it returns false. Returns
// whether they end with one whose parent the table no longer lists.
template <typename Visit>
bool VisitAncestors(const TableMetadata& metadata, const Visit& visit) {
  std::set<std::int64_t> seen;  // metadata of others may go round in circles
  const Snapshot* snapshot = metadata.CurrentSnapshot();
  while (snapshot != nullptr && seen.insert(snapshot->snapshot_id).second) {
    if (!visit(*snapshot) || !snapshot->parent_snapshot_id.has_value()) return false;
    snapshot = metadata.FindSnapshot(*snapshot->parent_snapshot_id);
  }
  return snapshot == nullptr && metadata.current_snapshot_id.has_value();
}

// What the history of main says about one ledger.
struct Walk {
  // The newest under the key.
  std::optional<std::string> text;
  bool has_passed_mirrored = false;
  // A parent is named that the table no longer lists. Told if there is no text.
  bool is_cut = false;
  // The newest snapshot with ledgers has none under the key.
  bool is_left_out = false;
};

// Walks no further than it has to: of thousands of snapshots one as a rule. `mirrored` is
// the snapshot that the mirror names, or nullptr if the table does not list it.
Walk WalkAncestors(const TableMetadata& metadata, const std::string& key,
                   const Snapshot* mirrored) {
  Walk walk;
  walk.is_cut = VisitAncestors(metadata, [&](const Snapshot& snapshot) {
    walk.has_passed_mirrored |= &snapshot == mirrored;
    if (!walk.text.has_value()) {
      const SnapshotSummary::Map summary = snapshot.summary.ToMap();
      if (const auto found = summary.find(key); found != summary.end()) {
        walk.text = found->second;
      } else if (!walk.is_left_out) {
        walk.is_left_out = std::any_of(summary.begin(), summary.end(), IsLedger);
      }
    }
    return !walk.text.has_value() || (mirrored != nullptr && !walk.has_passed_mirrored);
  });
  return walk;
}

}  // namespace

Result<LedgerLookup> FindLedger(const TableMetadata& metadata,
                                std::string_view pipeline) {
  const std::string key = LedgerKey(pipeline);
  std::optional<LedgerMirror> mirror;
  if (const auto found = metadata.properties.find(key);
      found != metadata.properties.end()) {
    FRAZIL_ASSIGN(mirror, DecodeLedgerMirror(found->second));
  }
  const Snapshot* mirrored =
      mirror.has_value() ? metadata.FindSnapshot(mirror->snapshot_id) : nullptr;
  const Walk walk = WalkAncestors(metadata, key, mirrored);
  LedgerLookup lookup;
  if (walk.text.has_value()) {
    FRAZIL_ASSIGN(lookup.ledger, DecodeLedger(*walk.text));
    lookup.state = LedgerState::kCurrent;
  }
  // Our newest commit exists, but main does not descend from it; or it is gone, and what is
  // left is not a copy of it.
  const bool is_rolled_back =
      mirror.has_value() && (mirrored != nullptr ? !walk.has_passed_mirrored
                                                 : lookup.ledger.has_value() &&
                                                       *lookup.ledger != mirror->ledger);
  if (is_rolled_back) {
    lookup.before_rollback = std::move(mirror->ledger);
    const bool is_known = walk.text.has_value() || !walk.is_cut;
    lookup.state = is_known ? LedgerState::kRolledBack : LedgerState::kUnknown;
    return lookup;
  }
  if (walk.text.has_value()) return lookup;
  if (mirror.has_value()) {
    lookup.ledger = std::move(mirror->ledger);
    lookup.state = LedgerState::kMirrored;
    return lookup;
  }
  // Every commit of ours copies all ledgers forward: one that holds others and not this
  // came before the pipeline's first, wherever the history behind it is cut.
  lookup.state =
      walk.is_cut && !walk.is_left_out ? LedgerState::kUnknown : LedgerState::kNone;
  return lookup;
}

Result<Ledger> LedgerAfterRollback(const LedgerLookup& lookup) {
  Ledger ledger = lookup.ledger.value_or(Ledger{});
  if (!lookup.before_rollback.has_value()) return ledger;
  const Ledger& before = *lookup.before_rollback;
  if (!lookup.ledger.has_value()) {
    ledger.is_anchor = before.is_anchor;
    ledger.tables = before.tables;
  }
  for (const auto& [split, position] : before.next()) {
    const StreamIdentity& identity =
        before.sources.at(split.source).at(split.stream).identity;
    if (ledger.Find(split) == nullptr) {
      const Position* first = before.First(split);
      if (first == nullptr) {
        return Fail(ErrorKind::kDataLoss,
                    "the table was rolled back behind its first rows of {}, and its "
                    "ledger does not say where they began; set that position with "
                    "`frazil ledger reset`",
                    split.ToString());
      }
      ledger.Set(split, *first);
      ledger.SetIdentity(split, identity);
    }
    // It may have been at a replay already.
    const Position* until = before.ReplayUntil(split);
    ledger.MarkReplay(split, until == nullptr ? position : *until);
  }
  ledger.epoch = std::max(ledger.epoch, before.epoch) + 1;
  return ledger;
}

std::set<std::string> PipelinesOf(const TableMetadata& metadata) {
  std::set<std::string> pipelines;
  const auto collect = [&](const std::map<std::string, std::string>& entries) {
    bool has_ledgers = false;
    for (auto it = entries.lower_bound(std::string(kLedgerKeyPrefix));
         it != entries.end() && IsLedger(*it); ++it) {
      pipelines.insert(it->first.substr(kLedgerKeyPrefix.size()));
      has_ledgers = true;
    }
    return has_ledgers;
  };
  collect(metadata.properties);
  // Every commit of ours copies all ledgers forward: older snapshots have no others.
  VisitAncestors(metadata, [&](const Snapshot& snapshot) {
    return !collect(snapshot.summary.ToMap());
  });
  return pipelines;
}

Result<std::map<std::string, std::string>> OtherLedgers(const TableMetadata& metadata,
                                                        std::string_view pipeline) {
  std::map<std::string, std::string> ledgers;
  for (const std::string& other : PipelinesOf(metadata)) {
    if (other == pipeline) continue;
    FRAZIL_ASSIGN(const LedgerLookup lookup, FindLedger(metadata, other));
    if (lookup.ledger.has_value()) {
      ledgers.emplace(LedgerKey(other), EncodeLedger(*lookup.ledger));
    }
  }
  return ledgers;
}

}  // namespace frazil
