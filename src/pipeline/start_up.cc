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
        "the table was rolled back: its records since then are read and written again",
        {{"table", table}, {"pipeline", choices.pipeline}});
  }
  return {};
}

// The same topic in the ledger of another pipeline, or under another source name.
Status CheckStrangers(const TableMetadata& metadata, const std::string& table,
                      const std::vector<Source*>& sources,
                      const StartUpChoices& choices) {
  if (choices.allow_shared_topics) return {};
  for (const std::string& pipeline : PipelinesOf(metadata)) {
    FRAZIL_ASSIGN(const LedgerLookup lookup, FindLedger(metadata, pipeline));
    if (!lookup.ledger.has_value()) continue;
    for (const Source* source : sources) {
      for (const auto& [split, identity] : source->Splits()) {
        for (const auto& [name, streams] : lookup.ledger->sources) {
          const bool is_ours = pipeline == choices.pipeline && name == split.source;
          const auto stream = streams.find(split.stream);
          if (is_ours || stream == streams.end()) continue;
          if (!stream->second.identity.cluster_id.empty() &&
              !identity.cluster_id.empty() &&
              stream->second.identity.cluster_id != identity.cluster_id) {
            continue;
          }
          return Fail(ErrorKind::kInvalidConfig,
                      "{}: '{}' is already written into this table by pipeline '{}' from "
                      "its source "
                      "'{}': every row would be there twice. Use that pipeline.name and "
                      "source name, "
                      "or SET 'allow-shared-topics' = 'true' if this is meant",
                      table, split.stream, pipeline, name);
        }
      }
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

// Splits of streams that were deleted and made again since the ledger was written.
Result<std::map<Split, StreamIdentity>> FindRecreated(
    const std::vector<LedgerLookup>& lookups, const std::vector<Source*>& sources,
    const StartUpChoices& choices) {
  std::map<Split, StreamIdentity> recreated;
  for (const Source* source : sources) {
    for (const auto& [split, identity] : source->Splits()) {
      for (const LedgerLookup& lookup : lookups) {
        if (!lookup.ledger.has_value() || lookup.ledger->Find(split) == nullptr) continue;
        const StreamIdentity& known =
            lookup.ledger->sources.at(split.source).at(split.stream).identity;
        const bool is_other_stream = !known.stream_id.empty() &&
                                     !identity.stream_id.empty() &&
                                     known.stream_id != identity.stream_id;
        const bool is_other_cluster = !known.cluster_id.empty() &&
                                      !identity.cluster_id.empty() &&
                                      known.cluster_id != identity.cluster_id;
        if (!is_other_stream && !is_other_cluster) continue;
        if (!choices.continue_on_data_loss) {
          return Fail(
              ErrorKind::kDataLoss,
              "{} is another {} than the one the ledger knows (id {} became {}): its "
              "offsets mean other records. SET 'on-data-loss' = 'continue' once to "
              "read the new one from its beginning",
              split.stream, is_other_cluster ? "cluster" : "topic",
              is_other_cluster ? known.cluster_id : known.stream_id,
              is_other_cluster ? identity.cluster_id : identity.stream_id);
        }
        recreated[split] = identity;
      }
    }
  }
  return recreated;
}

Status RestartRecreated(const std::vector<StartUpTable>& tables,
                        std::vector<LedgerLookup>& lookups,
                        const std::vector<Source*>& sources,
                        const std::map<Split, StreamIdentity>& recreated,
                        const std::stop_token& stop) {
  for (std::size_t i = tables.size(); i-- > 0;) {
    if (!lookups[i].ledger.has_value()) continue;
    Ledger ledger = *lookups[i].ledger;
    bool has_changed = false;
    for (Source* source : sources) {
      for (const auto& [split, identity] : recreated) {
        if (split.source != source->name() || ledger.Find(split) == nullptr) continue;
        FRAZIL_ASSIGN(Position beginning, source->Beginning(split));
        Log(LogLevel::kWarning, "the stream was made anew: reading it from its beginning",
            {{"split", split.ToString()}, {"from", beginning.ordinal}});
        ledger.Set(split, std::move(beginning));
        ledger.SetIdentity(split, identity);
        has_changed = true;
      }
    }
    if (!has_changed) continue;
    FRAZIL_TRY(tables[i].committer->OverwriteLedger(ledger, stop));
    lookups[i].ledger = std::move(ledger);
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

}  // namespace

Status PrepareLedgers(const std::vector<StartUpTable>& tables,
                      const std::vector<Source*>& sources, const StartUpChoices& choices,
                      const std::stop_token& stop) {
  for (int race = 0;; ++race) {
    std::vector<LedgerLookup> lookups;
    for (const StartUpTable& table : tables) {
      const TableIdentifier& identifier = table.committer->identifier();
      FRAZIL_ASSIGN(const LoadedTable loaded, table.catalog->LoadTable(identifier));
      FRAZIL_ASSIGN(LedgerLookup lookup, FindLedger(*loaded.metadata, choices.pipeline));
      FRAZIL_TRY(CheckState(lookup, identifier.ToString(), choices));
      FRAZIL_TRY(
          CheckStrangers(*loaded.metadata, identifier.ToString(), sources, choices));
      lookups.push_back(std::move(lookup));
    }
    FRAZIL_ASSIGN(const auto recreated, FindRecreated(lookups, sources, choices));
    if (!recreated.empty()) {
      FRAZIL_TRY(RestartRecreated(tables, lookups, sources, recreated, stop));
    }
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

Result<StartPositions> ReadStartPositions(const std::vector<StartUpTable>& tables) {
  StartPositions start;
  start.skip.resize(tables.size());
  for (std::size_t i = 0; i < tables.size(); ++i) {
    FRAZIL_ASSIGN(const LedgerLookup lookup, tables[i].committer->ReadLedger());
    if (!lookup.ledger.has_value()) continue;
    Positions next = lookup.ledger->next();
    if (i == 0) {
      start.anchor = std::move(next);
      continue;
    }
    for (auto& [split, position] : next) {
      const auto anchor = start.anchor.find(split);
      if (anchor == start.anchor.end() || position.ordinal > anchor->second.ordinal) {
        start.skip[i].emplace(split, std::move(position));
      }
    }
  }
  return start;
}

}  // namespace frazil
