#include "pipeline/source_bounds.h"

#include <utility>

#include "base/log.h"

namespace frazil {
namespace {

// Where the tables ask for what is not there.
struct Unheld {
  /// Splits of which retention has deleted records that no table has yet, and what is left.
  Positions deleted;
  /// Splits that end before some table's position, and their ends.
  Positions shortened;
};

Result<Positions> FindDeleted(const Positions& next, Source& source,
                              const std::vector<Split>& splits,
                              const StartUpChoices& choices) {
  Positions deleted;
  FRAZIL_ASSIGN(const Positions beginnings, source.Beginnings(splits));
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
    deleted.emplace(split, beginning);
  }
  return deleted;
}

Result<Positions> FindShortened(const Positions& furthest, Source& source,
                                const std::vector<Split>& splits,
                                const StartUpChoices& choices) {
  Positions shortened;
  FRAZIL_ASSIGN(const Positions ends, source.HeldUntil(splits));
  for (const auto& [split, end] : ends) {
    const Position& reached = furthest.at(split);
    if (reached.ordinal <= end.ordinal) continue;
    if (!choices.continue_on_data_loss) {
      return Fail(ErrorKind::kDataLoss,
                  "{}: it was read up to offset {}, but ends at offset {}: it was "
                  "truncated, or made again. SET 'on-data-loss' = 'continue' to go on at "
                  "its end, or set a position by `frazil ledger reset`",
                  split.ToString(), reached.ordinal, end.ordinal);
    }
    Log(LogLevel::kWarning,
        "the stream has become shorter: going on at its end; what it holds before that "
        "is "
        "not read again",
        {{"split", split.ToString()}, {"was_at", reached.ordinal}, {"end", end.ordinal}});
    shortened.emplace(split, end);
  }
  return shortened;
}

Result<Unheld> FindUnheld(const std::vector<StartUpTable>& tables,
                          const std::vector<Source*>& sources,
                          const StartUpChoices& choices) {
  // Ledgers first: what was committed before a question is not behind its answer.
  FRAZIL_ASSIGN(const StartPositions start, ReadStartPositions(tables));
  Positions furthest = start.begin;
  for (const TableSkip& skip : start.skip) {
    for (const auto& [split, held] : skip.held) {
      const auto [known, is_new] = furthest.try_emplace(split, held);
      if (!is_new && known->second.ordinal < held.ordinal) known->second = held;
    }
  }
  Unheld unheld;
  for (Source* source : sources) {
    std::vector<Split> known;
    for (const auto& [split, identity] : source->Splits()) {
      if (start.begin.contains(split)) known.push_back(split);
    }
    if (known.empty()) continue;
    FRAZIL_ASSIGN(Positions deleted, FindDeleted(start.begin, *source, known, choices));
    FRAZIL_ASSIGN(Positions shortened, FindShortened(furthest, *source, known, choices));
    unheld.deleted.merge(deleted);
    unheld.shortened.merge(shortened);
  }
  return unheld;
}

void Move(Ledger& ledger, const Unheld& unheld) {
  for (const auto& [split, beginning] : unheld.deleted) {
    const Position* const next = ledger.Find(split);
    if (next != nullptr && next->ordinal < beginning.ordinal) {
      ledger.Set(split, beginning);
    }
  }
  for (const auto& [split, end] : unheld.shortened) {
    const Position* const next = ledger.Find(split);
    // Its offsets from here on mean other records than those that the table holds.
    if (next != nullptr && next->ordinal > end.ordinal) ledger.Restart(split, end);
  }
}

}  // namespace

Status MoveToWhatIsHeld(const std::vector<StartUpTable>& tables,
                        const std::vector<Source*>& sources,
                        const StartUpChoices& choices, const std::stop_token& stop) {
  FRAZIL_ASSIGN(const Unheld unheld, FindUnheld(tables, sources, choices));
  if (unheld.deleted.empty() && unheld.shortened.empty()) return {};
  for (std::size_t i = tables.size(); i-- > 0;) {
    FRAZIL_ASSIGN(const LedgerLookup lookup, tables[i].committer->ReadLedger());
    if (!lookup.ledger.has_value()) continue;
    Ledger ledger = *lookup.ledger;
    Move(ledger, unheld);
    if (ledger == *lookup.ledger) continue;
    FRAZIL_TRY(tables[i].committer->OverwriteLedger(ledger, &*lookup.ledger, stop));
  }
  return {};
}

}  // namespace frazil
