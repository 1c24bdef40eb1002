#include "query/verify_ranges.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "pipeline/standing.h"

namespace frazil {
namespace {

std::string WhyNotKnown(const std::string& table, const LedgerLookup& lookup,
                        const std::string& pipeline) {
  if (lookup.state == LedgerState::kUnknown) {
    return fmt::format("{}: its history is cut and says nothing of pipeline '{}'", table,
                       pipeline);
  }
  return fmt::format("{}: pipeline '{}' has no ledger in it", table, pipeline);
}

// Whether a snapshot that the table still has tells of rows that the ledger of now gives no
// account of: of a stream made again since, or from before an operator set the positions.
Result<bool> HasBegunAnew(const TableMetadata& metadata, const std::string& pipeline,
                          const Ledger& now) {
  for (const Snapshot& snapshot : metadata.snapshots) {
    const std::optional<std::string> text = snapshot.summary.Find(LedgerKey(pipeline));
    if (!text.has_value()) continue;
    FRAZIL_ASSIGN(const Ledger then, DecodeLedger(*text));
    for (const auto& [split, position] : then.next()) {
      const Position* first = now.First(split);
      if (first == nullptr) continue;
      if (position.ordinal < first->ordinal) return true;
      if (IsOtherStream(then.sources.at(split.source).at(split.stream).identity,
                        now.sources.at(split.source).at(split.stream).identity)) {
        return true;
      }
    }
  }
  return false;
}

// The ledger of a table as a run would find it.
Result<TableStanding> StandingIn(const PipelinePlan& plan, std::size_t index,
                                 const TableMetadata& metadata,
                                 const LedgerLookup& lookup) {
  TableStanding standing;
  standing.uuid = metadata.table_uuid;
  standing.is_dead_letters = static_cast<std::int64_t>(index) == plan.dead_letter_target;
  standing.ledger = lookup.ledger.value_or(Ledger{});
  if (lookup.state == LedgerState::kRolledBack) {
    FRAZIL_ASSIGN(standing.ledger, LedgerAfterRollback(lookup));
  }
  return standing;
}

// That of the pipeline's own records. \return why it cannot be told.
Result<std::string> ReadStanding(const PipelinePlan& plan, std::size_t index,
                                 TableStanding& standing) {
  const TargetPlan& target = plan.targets[index];
  const std::string table = target.name.ToString();
  if (!target.table.has_value()) return fmt::format("{} does not exist yet", table);
  const TableMetadata& metadata = *target.table->metadata;
  std::set<std::string> pipelines = PipelinesOf(metadata);
  pipelines.erase(plan.name);
  pipelines.erase(ReplayName(plan.name));  // its rows are those of our records
  if (!pipelines.empty()) {
    return fmt::format(
        "{} is also written by pipeline '{}', whose rows cannot be told apart", table,
        *pipelines.begin());
  }
  FRAZIL_ASSIGN(const LedgerLookup lookup, FindLedger(metadata, plan.name));
  if (lookup.state == LedgerState::kUnknown ||
      (index == 0 && !lookup.ledger.has_value())) {
    return WhyNotKnown(table, lookup, plan.name);
  }
  FRAZIL_ASSIGN(standing, StandingIn(plan, index, metadata, lookup));
  FRAZIL_ASSIGN(const bool has_begun_anew,
                HasBegunAnew(metadata, plan.name, standing.ledger));
  if (has_begun_anew) {
    return fmt::format(
        "{} may hold rows from before its ledger was reset or a topic was made again",
        table);
  }
  return std::string();
}

// What a table holds of each split: nothing where it begins at the end.
void AddHeld(const std::vector<TableStanding>& tables, std::size_t index,
             const Positions& standing, LedgerCoverage& coverage) {
  const Ledger settled = SettledLedger(tables, index, standing);
  Positions& begin = coverage.begin.emplace_back();
  Positions& end = coverage.end.emplace_back();
  for (const auto& [split, stands_at] : standing) {
    // One without a ledger of its own had no rows, from where the anchor began.
    const Position* first = settled.First(split);
    if (first == nullptr && index > 0) first = tables.front().ledger.First(split);
    const Position* next = settled.Find(split);
    // What the anchor has passed, every table has, but for one that is being filled in.
    const bool is_filled = settled.ReplayUntil(split) == nullptr;
    end[split] = is_filled || next == nullptr ? stands_at : *next;
    if (is_filled && next != nullptr && next->ordinal > stands_at.ordinal) {
      end[split] = *next;
    }
    if (first != nullptr) {
      begin[split] = *first;
    } else if (index == 0 && next == nullptr) {
      begin[split] = stands_at;
    }
    if (next != nullptr) {
      coverage.identities[split] =
          settled.sources.at(split.source).at(split.stream).identity;
    }
  }
}

}  // namespace

Result<LedgerCoverage> CoverageOf(const PipelinePlan& plan) {
  LedgerCoverage coverage;
  std::vector<TableStanding> tables(plan.targets.size());
  for (std::size_t i = 0; i < tables.size(); ++i) {
    FRAZIL_ASSIGN(coverage.unknown_because, ReadStanding(plan, i, tables[i]));
    if (!coverage.unknown_because.empty()) return coverage;
  }
  const Positions standing = StandingOf(tables);
  std::set<std::string> sources;
  for (const std::size_t index : plan.sources) {
    sources.insert(plan.spec.sources[index].name);
  }
  for (const auto& [split, position] : standing) {
    if (sources.contains(split.source)) continue;
    coverage.unknown_because = fmt::format(
        "the tables may hold rows of source '{}', which no INSERT of the script reads "
        "now",
        split.source);
    return coverage;
  }
  for (std::size_t i = 0; i < tables.size(); ++i) AddHeld(tables, i, standing, coverage);
  return coverage;
}

Result<LedgerCoverage> ReplayCoverageOf(const PipelinePlan& plan) {
  LedgerCoverage coverage;
  std::vector<TableStanding> tables;
  for (std::size_t i = 0; i < plan.targets.size(); ++i) {
    const TargetPlan& target = plan.targets[i];
    if (!target.table.has_value()) {
      return Fail(ErrorKind::kNotFound, "no such table: {}", target.name.ToString());
    }
    const TableMetadata& metadata = *target.table->metadata;
    FRAZIL_ASSIGN(const LedgerLookup lookup, FindLedger(metadata, ReplayName(plan.name)));
    FRAZIL_ASSIGN(tables.emplace_back(), StandingIn(plan, i, metadata, lookup));
  }
  const Positions standing = StandingOf(tables);
  for (std::size_t i = 0; i < tables.size(); ++i) AddHeld(tables, i, standing, coverage);
  return coverage;
}

std::size_t RecordsBelow(const RawBatch& batch, std::int64_t offset) {
  return static_cast<std::size_t>(
      std::lower_bound(batch.records.begin(), batch.records.end(), offset,
                       [](const RawRecord& record, std::int64_t ordinal) {
                         return record.ordinal < ordinal;
                       }) -
      batch.records.begin());
}

Result<ReplayRange> RangeOf(const LedgerCoverage& coverage, Source& source,
                            bool can_begin_earliest) {
  ReplayRange range;
  const std::map<Split, StreamIdentity> splits = source.Splits();
  Positions begins;
  for (std::size_t i = 0; i < coverage.end.size(); ++i) {
    for (const auto& [split, end] : coverage.end[i]) {
      if (split.source != source.name()) continue;
      const auto known = coverage.begin[i].find(split);
      if (known == coverage.begin[i].end() && !can_begin_earliest) {
        range.impossible_because = fmt::format(
            "the ledger does not tell where the rows of {} began", split.ToString());
        return range;
      }
      const Position begin =
          known == coverage.begin[i].end() ? Position() : known->second;
      if (begin.ordinal >= end.ordinal) continue;
      const auto [least, is_new] = begins.try_emplace(split, begin);
      if (begin.ordinal < least->second.ordinal) least->second = begin;
      range.end[split] = std::max(range.end[split], end.ordinal);
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
  asked.reserve(splits.size());
  for (const auto& [split, identity] : splits) asked.push_back(split);
  FRAZIL_ASSIGN(Positions beginnings, source.Beginnings(asked));
  for (auto& [split, earliest] : beginnings) {
    const auto wanted = begins.find(split);
    if (wanted == begins.end()) {
      range.start[split] = std::move(earliest);  // nothing of it is wanted
      continue;
    }
    const Position& begin = wanted->second;
    if (earliest.ordinal > begin.ordinal) {
      range.impossible_because = fmt::format(
          "the source has deleted records that the table holds: {} begins at {} now, {} "
          "is wanted",
          split.ToString(), earliest.ordinal, begin.ordinal);
      return range;
    }
    if (begin.ordinal > earliest.ordinal) earliest = begin;
    range.start[split] = std::move(earliest);
  }
  return range;
}

}  // namespace frazil
