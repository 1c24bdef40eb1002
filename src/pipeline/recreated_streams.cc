#include "pipeline/recreated_streams.h"

#include <cstddef>
#include <utility>

#include "base/log.h"

namespace frazil {
namespace {

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

}  // namespace

std::vector<NamedSplit> SplitsOf(const std::vector<Source*>& sources) {
  std::vector<NamedSplit> splits;
  for (Source* source : sources) {
    for (const auto& [split, identity] : source->Splits()) {
      splits.push_back({split, identity, source});
    }
  }
  return splits;
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
    FRAZIL_TRY(tables[i].committer->OverwriteLedger(ledger, &before, stop));
    lookups[i].ledger = std::move(ledger);
  }
  return {};
}

}  // namespace frazil
