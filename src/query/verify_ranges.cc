#include "query/verify_ranges.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

namespace frazil {
namespace {

struct OldestLedger {
  std::optional<Ledger> ledger;
  // False if older snapshots are gone.
  bool is_first = true;
};

// The oldest ledger of the pipeline among the snapshots that the table still has.
Result<OldestLedger> FindOldest(const TableMetadata& metadata,
                                const std::string& pipeline) {
  OldestLedger oldest;
  const std::string key = LedgerKey(pipeline);
  const Snapshot* snapshot = metadata.CurrentSnapshot();
  std::set<std::int64_t> seen;
  while (snapshot != nullptr && seen.insert(snapshot->snapshot_id).second) {
    const auto text = snapshot->summary.find(key);
    if (text != snapshot->summary.end()) {
      FRAZIL_ASSIGN(oldest.ledger, DecodeLedger(text->second));
    }
    if (!snapshot->parent_snapshot_id.has_value()) return oldest;
    snapshot = metadata.FindSnapshot(*snapshot->parent_snapshot_id);
  }
  oldest.is_first = metadata.snapshots.empty();
  return oldest;
}

std::string WhyNotKnown(const TargetPlan& target, const LedgerLookup& lookup,
                        const std::string& pipeline) {
  const std::string table = target.name.ToString();
  if (lookup.state == LedgerState::kUnknown) {
    return fmt::format("{}: its history is cut and says nothing of pipeline '{}'", table,
                       pipeline);
  }
  return fmt::format("{}: pipeline '{}' has no ledger in it", table, pipeline);
}

void Raise(Positions& positions, const Positions& other) {
  for (const auto& [split, position] : other) {
    const auto [known, is_new] = positions.try_emplace(split, position);
    if (!is_new && known->second.ordinal < position.ordinal) known->second = position;
  }
}

}  // namespace

Result<LedgerCoverage> CoverageOf(const PipelinePlan& plan) {
  LedgerCoverage coverage;
  for (std::size_t i = 0; i < plan.targets.size(); ++i) {
    const TargetPlan& target = plan.targets[i];
    if (!target.table.has_value()) {
      coverage.unknown_because =
          fmt::format("{} does not exist yet", target.name.ToString());
      return coverage;
    }
    const TableMetadata& metadata = *target.table->metadata;
    std::set<std::string> pipelines = PipelinesOf(metadata);
    pipelines.erase(plan.name);
    pipelines.erase(ReplayName(plan.name));  // its rows are those of our records
    if (!pipelines.empty()) {
      coverage.unknown_because = fmt::format(
          "{} is also written by pipeline '{}', whose rows cannot be told apart",
          target.name.ToString(), *pipelines.begin());
      return coverage;
    }
    FRAZIL_ASSIGN(const LedgerLookup lookup, FindLedger(metadata, plan.name));
    if (i == 0 && !lookup.ledger.has_value()) {
      coverage.unknown_because = WhyNotKnown(target, lookup, plan.name);
      return coverage;
    }
    Ledger ledger = lookup.ledger.value_or(Ledger{});
    if (lookup.state == LedgerState::kRolledBack) {
      FRAZIL_ASSIGN(ledger, LedgerAfterRollback(lookup));
    }
    coverage.end.push_back(ledger.next());
    // What the anchor has passed, every table has passed, with rows or without; but one that
    // is being filled in again has not.
    if (i > 0) {
      Positions passed = coverage.end.front();
      std::erase_if(passed, [&](const auto& entry) {
        return ledger.ReplayUntil(entry.first) != nullptr;
      });
      Raise(coverage.end.back(), passed);
      continue;
    }
    for (const auto& [split, position] : coverage.end.front()) {
      coverage.identities[split] =
          ledger.sources.at(split.source).at(split.stream).identity;
    }
    FRAZIL_ASSIGN(const OldestLedger oldest, FindOldest(metadata, plan.name));
    coverage.is_start_known = oldest.is_first && oldest.ledger.has_value();
    if (coverage.is_start_known) coverage.start = oldest.ledger->next();
  }
  return coverage;
}

Result<ReplayRange> RangeOf(const LedgerCoverage& coverage, Source& source,
                            bool can_begin_earliest) {
  ReplayRange range;
  const std::map<Split, StreamIdentity> splits = source.Splits();
  for (const Positions& ends : coverage.end) {
    for (const auto& [split, position] : ends) {
      if (split.source != source.name()) continue;
      std::int64_t& end = range.end[split];
      end = std::max(end, position.ordinal);
    }
  }
  for (const auto& [split, end] : range.end) {
    const auto now = splits.find(split);
    const auto known = coverage.identities.find(split);
    if (now == splits.end()) {
      range.impossible_because = fmt::format("{} is gone", split.ToString());
    } else if (known != coverage.identities.end() &&
               IsOtherStream(known->second, now->second)) {
      range.impossible_because =
          fmt::format("{} was deleted and made again", split.ToString());
    }
    if (!range.impossible_because.empty()) return range;
  }
  std::vector<Split> asked;
  for (const auto& [split, identity] : splits) asked.push_back(split);
  FRAZIL_ASSIGN(Positions beginnings, source.Beginnings(asked));
  for (auto& [split, earliest] : beginnings) {
    const auto end = range.end.find(split);
    const auto start = coverage.start.find(split);
    const bool is_recorded = start != coverage.start.end();
    if (end == range.end.end() || (is_recorded && start->second.ordinal >= end->second)) {
      range.start[split] = std::move(earliest);  // nothing of it is wanted
      continue;
    }
    if (!is_recorded && !coverage.is_start_known && !can_begin_earliest) {
      range.impossible_because =
          "the first snapshots of the pipeline are gone, and with them where it began";
      return range;
    }
    const std::int64_t begin = is_recorded ? start->second.ordinal : 0;
    if (earliest.ordinal > begin) {
      range.impossible_because = fmt::format(
          "the source has deleted records that the table holds: {} begins at {} now, {} "
          "is "
          "wanted",
          split.ToString(), earliest.ordinal, begin);
      return range;
    }
    range.start[split] = is_recorded ? start->second : std::move(earliest);
  }
  return range;
}

}  // namespace frazil
