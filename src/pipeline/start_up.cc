#include "pipeline/start_up.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "base/log.h"
#include "pipeline/recreated_streams.h"
#include "pipeline/source_bounds.h"
#include "pipeline/standing.h"

namespace frazil {
namespace {

// Two workers that start together race for the first commit; the loser re-reads.
constexpr int kMaxRaces = 5;

Status CheckState(const LedgerLookup& lookup, const std::string& table,
                  const StartUpChoices& choices) {
  if (lookup.state == LedgerState::kUnknown && !choices.continue_on_data_loss) {
    return Fail(
        ErrorKind::kDataLoss,
        "{}: its history is cut and says nothing of pipeline '{}': reading from the "
        "start could double rows. If the pipeline never wrote this table, or may "
        "start anew, SET 'on-data-loss' = 'continue' once; or set positions with "
        "`frazil ledger reset`",
        table, choices.pipeline);
  }
  if (lookup.state == LedgerState::kRolledBack && choices.stop_on_rollback) {
    return Fail(
        ErrorKind::kDataLoss,
        "{}: the table was rolled back behind what pipeline '{}' had written, and "
        "'on-rollback' is 'stop'. Set it to 'replay' to read those records again",
        table, choices.pipeline);
  }
  return {};
}

// The source in a ledger that brings the topic of a split too, and is none of `own`.
const std::string* FindStranger(const Ledger& ledger, const std::set<std::string>& own,
                                const NamedSplit& ours) {
  for (const auto& [name, streams] : ledger.sources) {
    const auto stream = streams.find(ours.split.stream);
    if (stream == streams.end() || own.contains(name)) continue;
    if (IsOtherId(stream->second.identity.cluster_id, ours.identity.cluster_id)) continue;
    return &name;
  }
  return nullptr;
}

// The same topic in the ledger of another pipeline, or under another source name.
Status CheckStrangers(const TableMetadata& metadata, const std::string& table,
                      const std::vector<NamedSplit>& splits,
                      const StartUpChoices& choices) {
  if (choices.allow_shared_topics) return {};
  // Several sources of a script may read one topic, each for other columns or tables.
  std::set<std::string> own;
  for (const NamedSplit& ours : splits) own.insert(ours.split.source);
  for (const std::string& pipeline : PipelinesOf(metadata)) {
    // Dead letters are records of the same topics; which of both wrote one is told apart.
    if (pipeline == ReplayName(choices.pipeline)) continue;
    if (choices.pipeline == ReplayName(pipeline)) continue;
    FRAZIL_ASSIGN(const LedgerLookup lookup, FindLedger(metadata, pipeline));
    const Ledger ledger = lookup.ledger.value_or(Ledger{});
    for (const NamedSplit& ours : splits) {
      const std::string* stranger = FindStranger(
          ledger, pipeline == choices.pipeline ? own : std::set<std::string>{}, ours);
      if (stranger == nullptr) continue;
      return Fail(
          ErrorKind::kInvalidConfig,
          "{}: '{}' is already written into this table by pipeline '{}' from its "
          "source '{}': every row would be there twice. Use that pipeline.name and "
          "source name, or SET 'allow-shared-topics' = 'true' if this is meant",
          table, ours.split.stream, pipeline, *stranger);
    }
  }
  return {};
}

// A source that no table knows begins where its options say.
Status AddFirstStarts(const std::vector<Source*>& sources, Positions& standing) {
  for (Source* source : sources) {
    const bool is_known = std::any_of(
        standing.begin(), standing.end(),
        [&](const auto& entry) { return entry.first.source == source->name(); });
    if (is_known) continue;
    FRAZIL_ASSIGN(Positions start, source->ResolveStartup());
    standing.merge(start);
  }
  return {};
}

// The other tables tell of the splits that they had rows of; what a dropped anchor knew beyond
// that is lost.
void WarnOfForgotten(const std::vector<TableStanding>& tables, const Positions& standing,
                     const std::vector<NamedSplit>& splits) {
  if (!tables.front().ledger.sources.empty()) return;
  for (const NamedSplit& now : splits) {
    if (standing.contains(now.split)) continue;
    const bool is_source_known = std::any_of(
        standing.begin(), standing.end(),
        [&](const auto& entry) { return entry.first.source == now.split.source; });
    if (!is_source_known) continue;
    Log(LogLevel::kWarning,
        "the first table is new, and no other tells how far this split was read: it is "
        "read "
        "from its beginning; `frazil ledger reset` sets another position",
        {{"split", now.split.ToString()}});
  }
}

// Where the pipeline goes on, by split. Every table has been told what it owes below, so that
// the anchor may speak for all of them. At a first start there is nothing to tell.
Result<Positions> SettleStanding(const std::vector<StartUpTable>& tables,
                                 std::vector<LedgerLookup>& lookups,
                                 const std::vector<Source*>& sources,
                                 const std::stop_token& stop) {
  const std::vector<NamedSplit> splits = SplitsOf(sources);
  std::vector<TableStanding> standings;
  for (std::size_t i = 0; i < tables.size(); ++i) {
    standings.push_back({tables[i].uuid, tables[i].is_dead_letters,
                         lookups[i].ledger.value_or(Ledger{})});
  }
  Positions standing = StandingOf(standings);
  WarnOfForgotten(standings, standing, splits);
  for (std::size_t i = tables.size(); i-- > 0;) {
    const Ledger& before = standings[i].ledger;
    Ledger settled = SettledLedger(standings, i, standing);
    if (settled == before) continue;
    ++settled.epoch;
    for (const NamedSplit& now : splits) {
      if (before.Find(now.split) != nullptr || settled.Find(now.split) == nullptr)
        continue;
      settled.SetIdentity(now.split, now.identity);
    }
    Log(LogLevel::kInfo,
        before.sources.empty()
            ? "a table joins the pipeline where it stands"
            : "a table was not part of the pipeline for a while: what it "
              "lacks is read again",
        {{"table", tables[i].committer->identifier().ToString()}});
    FRAZIL_TRY(tables[i].committer->OverwriteLedger(settled, &before, stop));
    lookups[i].state = LedgerState::kCurrent;
    lookups[i].ledger = std::move(settled);
  }
  FRAZIL_TRY(AddFirstStarts(sources, standing));
  return standing;
}

// What the anchor's ledger has to learn before anything is read.
TableEpoch FirstEpoch(const Ledger& ledger, const Positions& standing,
                      const std::vector<NamedSplit>& splits) {
  TableEpoch epoch;
  epoch.epoch = ledger.epoch + 1;
  for (const auto& [split, position] : standing) {
    const Position* current = ledger.Find(split);
    if (ledger.ReplayUntil(split) != nullptr) continue;
    if (current != nullptr && *current == position && ledger.is_anchor) continue;
    epoch.claims.emplace(
        split,
        Claim{current == nullptr ? std::nullopt : std::optional(*current), position});
  }
  for (const NamedSplit& now : splits) {
    if (epoch.claims.contains(now.split)) {
      epoch.identities.emplace(now.split, now.identity);
    }
  }
  return epoch;
}

// Writes ledgers where history lost them and the operator chose to go on.
Status FoundLostLedgers(const std::vector<StartUpTable>& tables,
                        const std::vector<LedgerLookup>& lookups, const TableEpoch& first,
                        const std::stop_token& stop) {
  for (std::size_t i = tables.size(); i-- > 0;) {
    if (lookups[i].state != LedgerState::kUnknown) continue;
    Ledger ledger;
    ledger.epoch = first.epoch;
    if (i == 0) {
      ledger.SetAnchor(true);
      ledger = ApplyClaims(std::move(ledger), first.claims);
      for (const auto& [split, identity] : first.identities) {
        ledger.SetIdentity(split, identity);
      }
    }
    const Ledger lost;
    FRAZIL_TRY(tables[i].committer->OverwriteLedger(ledger, &lost, stop));
  }
  return {};
}

// Where a table stands, after all checks; a rollback is acknowledged.
Result<LedgerLookup> SettleTable(const StartUpTable& table,
                                 const std::vector<Source*>& sources,
                                 const StartUpChoices& choices,
                                 const std::stop_token& stop) {
  const TableIdentifier& identifier = table.committer->identifier();
  FRAZIL_ASSIGN(const LoadedTable loaded, table.catalog->LoadTable(identifier));
  FRAZIL_ASSIGN(LedgerLookup lookup,
                FindOwnLedger(*loaded.metadata, identifier, sources, choices));
  if (lookup.state != LedgerState::kRolledBack) return lookup;
  Log(LogLevel::kWarning,
      "the table was rolled back: what it lost is read and written again",
      {{"table", identifier.ToString()}, {"pipeline", choices.pipeline}});
  FRAZIL_TRY(table.committer->AcknowledgeRollback(stop));
  return table.committer->ReadLedger();
}

// \return kLedgerConflict if another worker was quicker somewhere.
Status SettleLedgers(const std::vector<StartUpTable>& tables,
                     const std::vector<Source*>& sources, const StartUpChoices& choices,
                     const std::stop_token& stop) {
  const std::vector<NamedSplit> splits = SplitsOf(sources);
  std::vector<LedgerLookup> lookups;
  for (const StartUpTable& table : tables) {
    FRAZIL_ASSIGN(lookups.emplace_back(), SettleTable(table, sources, choices, stop));
  }
  FRAZIL_ASSIGN(const auto recreated, FindRecreated(lookups, splits, choices));
  FRAZIL_TRY(RestartRecreated(tables, lookups, recreated, stop));
  FRAZIL_ASSIGN(const Positions standing, SettleStanding(tables, lookups, sources, stop));
  const TableEpoch first =
      FirstEpoch(lookups[0].ledger.value_or(Ledger{}), standing, splits);
  FRAZIL_TRY(FoundLostLedgers(tables, lookups, first, stop));
  if (first.claims.empty() || lookups[0].state == LedgerState::kUnknown) return {};
  FRAZIL_TRY(tables[0].committer->Commit(first, stop));
  return {};
}

}  // namespace

Result<LedgerLookup> FindOwnLedger(const TableMetadata& metadata,
                                   const TableIdentifier& identifier,
                                   const std::vector<Source*>& sources,
                                   const StartUpChoices& choices) {
  FRAZIL_ASSIGN(LedgerLookup lookup, FindLedger(metadata, choices.pipeline));
  FRAZIL_TRY(CheckState(lookup, identifier.ToString(), choices));
  FRAZIL_TRY(CheckStrangers(metadata, identifier.ToString(), SplitsOf(sources), choices));
  return lookup;
}

Status PrepareLedgers(const std::vector<StartUpTable>& tables,
                      const std::vector<Source*>& sources, const StartUpChoices& choices,
                      const std::stop_token& stop) {
  for (int race = 0;; ++race) {
    Status status = SettleLedgers(tables, sources, choices, stop);
    if (status.has_value()) status = MoveToWhatIsHeld(tables, sources, choices, stop);
    if (status.has_value() || status.error().kind != ErrorKind::kLedgerConflict ||
        race == kMaxRaces) {
      return status;
    }
  }
}

Result<std::int64_t> NextEpoch(const std::vector<StartUpTable>& tables) {
  std::int64_t newest = 0;
  for (const StartUpTable& table : tables) {
    FRAZIL_ASSIGN(const LedgerLookup lookup, table.committer->ReadLedger());
    if (lookup.ledger.has_value()) newest = std::max(newest, lookup.ledger->epoch);
  }
  return newest + 1;
}

Result<StartPositions> ReadStartPositions(const std::vector<StartUpTable>& tables) {
  std::vector<Ledger> ledgers;
  for (const StartUpTable& table : tables) {
    FRAZIL_ASSIGN(LedgerLookup lookup, table.committer->ReadLedger());
    ledgers.push_back(std::move(lookup.ledger).value_or(Ledger{}));
  }
  const Positions anchor = ledgers.front().next();
  StartPositions start;
  start.begin = anchor;
  start.skip.resize(tables.size());
  for (std::size_t i = 0; i < ledgers.size(); ++i) {
    TableSkip& skip = start.skip[i];
    // A table holds what is below its own position, and what is below the anchor's: there
    // was nothing for it in between. While it replays, only the former.
    skip.held = ledgers[i].next();
    for (const auto& [split, position] : skip.held) {
      const Position* until = ledgers[i].ReplayUntil(split);
      if (until == nullptr) continue;
      skip.replay_until.emplace(split, *until);
      const auto begin = start.begin.find(split);
      if (begin != start.begin.end() && position.ordinal < begin->second.ordinal) {
        begin->second = position;
      }
    }
    for (const auto& [split, position] : anchor) {
      if (skip.replay_until.contains(split)) continue;
      const auto [own, is_new] = skip.held.try_emplace(split, position);
      if (!is_new && own->second.ordinal < position.ordinal) own->second = position;
    }
  }
  for (TableSkip& skip : start.skip) {
    std::erase_if(skip.held, [&](const auto& entry) {
      const auto begin = start.begin.find(entry.first);
      return begin != start.begin.end() && entry.second.ordinal <= begin->second.ordinal;
    });
  }
  return start;
}

}  // namespace frazil
