#include "pipeline/start_up.h"

#include <algorithm>
#include <map>
#include <utility>

#include "base/log.h"

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
  if (lookup.state == LedgerState::kRolledBack) {
    if (choices.stop_on_rollback) {
      return Fail(
          ErrorKind::kDataLoss,
          "{}: the table was rolled back behind what pipeline '{}' had written, and "
          "'on-rollback' is 'stop'. Set it to 'replay' to read those records again",
          table, choices.pipeline);
    }
    Log(LogLevel::kWarning,
        "the table was rolled back: what it lost is read and written again",
        {{"table", table}, {"pipeline", choices.pipeline}});
  }
  return {};
}

struct NamedSplit {
  Split split;
  StreamIdentity identity;
  Source* source = nullptr;
};

std::vector<NamedSplit> SplitsOf(const std::vector<Source*>& sources) {
  std::vector<NamedSplit> splits;
  for (Source* source : sources) {
    for (const auto& [split, identity] : source->Splits()) {
      splits.push_back({split, identity, source});
    }
  }
  return splits;
}

// The source in a ledger that brings the topic of a split too, and is not the split's own.
const std::string* FindStranger(const Ledger& ledger, bool is_our_pipeline,
                                const NamedSplit& ours) {
  for (const auto& [name, streams] : ledger.sources) {
    const auto stream = streams.find(ours.split.stream);
    if (stream == streams.end() || (is_our_pipeline && name == ours.split.source)) {
      continue;
    }
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
  for (const std::string& pipeline : PipelinesOf(metadata)) {
    // Dead letters are records of the same topics; which of both wrote one is told apart.
    if (pipeline == ReplayName(choices.pipeline)) continue;
    if (choices.pipeline == ReplayName(pipeline)) continue;
    FRAZIL_ASSIGN(const LedgerLookup lookup, FindLedger(metadata, pipeline));
    const Ledger ledger = lookup.ledger.value_or(Ledger{});
    for (const NamedSplit& ours : splits) {
      const std::string* stranger =
          FindStranger(ledger, pipeline == choices.pipeline, ours);
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

// Every ledger of an anchor says "all tables hold everything below": the highest counts,
// also after the first INSERT of the script, and with it the anchor, has changed.
Positions AnchorPositions(const std::vector<LedgerLookup>& lookups) {
  Positions positions;
  for (const LedgerLookup& lookup : lookups) {
    if (!lookup.ledger.has_value() || !lookup.ledger->is_anchor) continue;
    for (const auto& [split, position] : lookup.ledger->next()) {
      const auto [known, is_new] = positions.try_emplace(split, position);
      if (!is_new && known->second.ordinal < position.ordinal) known->second = position;
    }
  }
  return positions;
}

const StreamIdentity& IdentityOf(const Ledger& ledger, const Split& split) {
  return ledger.sources.at(split.source).at(split.stream).identity;
}

// Whether a ledger knows a split of a stream that was deleted and made again since.
// \return kDataLoss if it does and nobody chose to go on.
Result<bool> IsRecreated(const Ledger& ledger, const NamedSplit& now,
                         const StartUpChoices& choices) {
  if (ledger.Find(now.split) == nullptr) return false;
  const StreamIdentity& known = IdentityOf(ledger, now.split);
  if (!IsOtherStream(known, now.identity)) return false;
  const bool is_other_cluster = IsOtherId(known.cluster_id, now.identity.cluster_id);
  if (choices.continue_on_data_loss) return true;
  return Fail(ErrorKind::kDataLoss,
              "{} is another {} than the one the ledger knows (id {} became {}): its "
              "offsets mean other records. SET 'on-data-loss' = 'continue' once to "
              "read the new one from its beginning",
              now.split.stream, is_other_cluster ? "cluster" : "topic",
              is_other_cluster ? known.cluster_id : known.stream_id,
              is_other_cluster ? now.identity.cluster_id : now.identity.stream_id);
}

Result<std::vector<NamedSplit>> FindRecreated(const std::vector<LedgerLookup>& lookups,
                                              const std::vector<NamedSplit>& splits,
                                              const StartUpChoices& choices) {
  std::vector<NamedSplit> recreated;
  for (const NamedSplit& split : splits) {
    bool is_recreated = false;
    for (const LedgerLookup& lookup : lookups) {
      FRAZIL_ASSIGN(const bool is_here,
                    IsRecreated(lookup.ledger.value_or(Ledger{}), split, choices));
      is_recreated |= is_here;
    }
    if (is_recreated) recreated.push_back(split);
  }
  return recreated;
}

// Begins a split of a table anew. \param anchor nullptr for the anchor itself.
Status RestartSplit(Ledger& ledger, const Ledger* anchor, const NamedSplit& now) {
  FRAZIL_ASSIGN(Positions beginnings, now.source->Beginnings({now.split}));
  Position& beginning = beginnings[now.split];
  Log(LogLevel::kWarning, "the stream was made anew: reading it from its beginning",
      {{"split", now.split.ToString()}, {"from", beginning.ordinal}});
  ledger.Restart(now.split, std::move(beginning));
  ledger.SetIdentity(now.split, now.identity);
  // A table set back to before the stream was made anew, under an anchor that was not.
  const Position* at = anchor == nullptr ? nullptr : anchor->Find(now.split);
  if (at != nullptr && IdentityOf(*anchor, now.split) == now.identity) {
    ledger.MarkReplay(now.split, *at);
  }
  return {};
}

Status RestartRecreated(const std::vector<StartUpTable>& tables,
                        std::vector<LedgerLookup>& lookups,
                        const std::vector<NamedSplit>& recreated,
                        const std::stop_token& stop) {
  const Ledger anchor = lookups[0].ledger.value_or(Ledger{});
  for (std::size_t i = tables.size(); i-- > 0;) {
    const Ledger before = lookups[i].ledger.value_or(Ledger{});
    Ledger ledger = before;
    for (const NamedSplit& now : recreated) {
      if (before.Find(now.split) == nullptr) continue;
      if (IdentityOf(before, now.split) == now.identity) continue;
      FRAZIL_TRY(RestartSplit(ledger, i == 0 ? nullptr : &anchor, now));
    }
    if (ledger == before) continue;
    FRAZIL_TRY(tables[i].committer->OverwriteLedger(ledger, stop));
    lookups[i].ledger = std::move(ledger);
  }
  return {};
}

// Splits of which retention has deleted records that no table has yet, and what is left.
Result<Positions> FindBehindRetention(const Positions& next,
                                      const std::vector<Source*>& sources,
                                      const StartUpChoices& choices) {
  Positions behind;
  for (Source* source : sources) {
    std::vector<Split> known;
    for (const auto& [split, identity] : source->Splits()) {
      if (next.contains(split)) known.push_back(split);
    }
    if (known.empty()) continue;
    FRAZIL_ASSIGN(const Positions beginnings, source->Beginnings(known));
    for (const auto& [split, beginning] : beginnings) {
      const Position& wanted = next.at(split);
      if (wanted.ordinal >= beginning.ordinal) continue;
      if (!choices.continue_on_data_loss) {
        return Fail(ErrorKind::kDataLoss,
                    "{}: offset {} is to be read next, but retention has deleted what is "
                    "before offset {}. SET 'on-data-loss' = 'continue' to go on without "
                    "those records",
                    split.ToString(), wanted.ordinal, beginning.ordinal);
      }
      Log(LogLevel::kWarning, "retention has deleted records that were not read",
          {{"split", split.ToString()},
           {"from", wanted.ordinal},
           {"to", beginning.ordinal}});
      behind.emplace(split, beginning);
    }
  }
  return behind;
}

Status SkipDeleted(const std::vector<StartUpTable>& tables,
                   const std::vector<Source*>& sources, const StartUpChoices& choices,
                   const std::stop_token& stop) {
  FRAZIL_ASSIGN(const StartPositions start, ReadStartPositions(tables));
  FRAZIL_ASSIGN(const Positions behind,
                FindBehindRetention(start.begin, sources, choices));
  for (std::size_t i = tables.size(); i-- > 0 && !behind.empty();) {
    FRAZIL_ASSIGN(const LedgerLookup lookup, tables[i].committer->ReadLedger());
    if (!lookup.ledger.has_value()) continue;
    Ledger ledger = *lookup.ledger;
    for (const auto& [split, beginning] : behind) {
      const Position* const next = ledger.Find(split);
      if (next != nullptr && next->ordinal < beginning.ordinal) {
        ledger.Set(split, beginning);
      }
    }
    if (ledger == *lookup.ledger) continue;
    FRAZIL_TRY(tables[i].committer->OverwriteLedger(ledger, stop));
  }
  return {};
}

// What the anchor's ledger has to learn before anything is read.
Result<TableEpoch> FirstEpoch(const LedgerLookup& anchor, const Positions& known,
                              const std::vector<Source*>& sources) {
  TableEpoch epoch;
  const Ledger ledger = anchor.ledger.value_or(Ledger{});
  epoch.epoch = ledger.epoch + 1;
  for (Source* source : sources) {
    const std::map<Split, StreamIdentity> splits = source->Splits();
    const bool is_known = std::any_of(known.begin(), known.end(), [&](const auto& entry) {
      return entry.first.source == source->name();
    });
    Positions start;
    if (is_known) {
      for (const auto& [split, position] : known) {
        if (split.source == source->name()) start.emplace(split, position);
      }
    } else {
      FRAZIL_ASSIGN(start, source->ResolveStartup());
    }
    for (auto& [split, position] : start) {
      const Position* current = ledger.Find(split);
      if (ledger.ReplayUntil(split) != nullptr) continue;
      if (current != nullptr && *current == position && ledger.is_anchor) continue;
      const auto identity = splits.find(split);
      if (identity != splits.end()) epoch.identities.insert(*identity);
      epoch.claims.emplace(
          split, Claim{current == nullptr ? std::nullopt : std::optional(*current),
                       std::move(position)});
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
      ledger = ApplyClaims(std::move(ledger), first.claims);
      for (const auto& [split, identity] : first.identities) {
        ledger.SetIdentity(split, identity);
      }
    }
    FRAZIL_TRY(tables[i].committer->OverwriteLedger(ledger, stop));
  }
  return {};
}

// Where a table stands, after all checks; a rollback is acknowledged.
Result<LedgerLookup> SettleTable(const StartUpTable& table,
                                 const std::vector<NamedSplit>& splits,
                                 const StartUpChoices& choices,
                                 const std::stop_token& stop) {
  const TableIdentifier& identifier = table.committer->identifier();
  FRAZIL_ASSIGN(const LoadedTable loaded, table.catalog->LoadTable(identifier));
  FRAZIL_ASSIGN(LedgerLookup lookup, FindLedger(*loaded.metadata, choices.pipeline));
  FRAZIL_TRY(CheckState(lookup, identifier.ToString(), choices));
  FRAZIL_TRY(CheckStrangers(*loaded.metadata, identifier.ToString(), splits, choices));
  if (lookup.state != LedgerState::kRolledBack) return lookup;
  FRAZIL_TRY(table.committer->AcknowledgeRollback(stop));
  return table.committer->ReadLedger();
}

Status SettleLedgers(const std::vector<StartUpTable>& tables,
                     const std::vector<Source*>& sources, const StartUpChoices& choices,
                     const std::stop_token& stop) {
  const std::vector<NamedSplit> splits = SplitsOf(sources);
  for (int race = 0;; ++race) {
    std::vector<LedgerLookup> lookups;
    for (const StartUpTable& table : tables) {
      FRAZIL_ASSIGN(lookups.emplace_back(), SettleTable(table, splits, choices, stop));
    }
    FRAZIL_ASSIGN(const auto recreated, FindRecreated(lookups, splits, choices));
    FRAZIL_TRY(RestartRecreated(tables, lookups, recreated, stop));
    FRAZIL_ASSIGN(const TableEpoch first,
                  FirstEpoch(lookups[0], AnchorPositions(lookups), sources));
    FRAZIL_TRY(FoundLostLedgers(tables, lookups, first, stop));
    if (first.claims.empty() || lookups[0].state == LedgerState::kUnknown) return {};
    const auto committed = tables[0].committer->Commit(first, stop);
    if (committed.has_value()) return {};
    if (committed.error().kind != ErrorKind::kLedgerConflict || race == kMaxRaces) {
      return Fail(committed.error());
    }
  }
}

}  // namespace

Status PrepareLedgers(const std::vector<StartUpTable>& tables,
                      const std::vector<Source*>& sources, const StartUpChoices& choices,
                      const std::stop_token& stop) {
  FRAZIL_TRY(SettleLedgers(tables, sources, choices, stop));
  return SkipDeleted(tables, sources, choices, stop);
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
