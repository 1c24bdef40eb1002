#include "pipeline/standing.h"

#include <algorithm>

namespace frazil {
namespace {

// nullptr counts as less than any position.
const Position* Higher(const Position* one, const Position* other) {
  if (one == nullptr || other == nullptr) return one == nullptr ? other : one;
  return one->ordinal < other->ordinal ? other : one;
}

bool IsKnownSource(const std::vector<TableStanding>& tables, const std::string& source) {
  return std::any_of(tables.begin(), tables.end(), [&](const TableStanding& table) {
    return !table.is_dead_letters && table.ledger.sources.contains(source);
  });
}

// Below which all rows are in a table, by what any ledger says.
const Position* CompleteFor(const std::vector<TableStanding>& tables,
                            const std::string& uuid, const Split& split) {
  const Position* highest = nullptr;
  for (const TableStanding& table : tables) {
    if (!table.ledger.SpeaksFor(uuid)) continue;
    highest = Higher(highest, table.ledger.Complete(split));
  }
  return highest;
}

// A split that came up while a table was not in the script: there from its first record.
const Position* FirstOf(const std::vector<TableStanding>& tables, const Split& split) {
  const Position* lowest = nullptr;
  for (const TableStanding& table : tables) {
    const Position* first = table.ledger.First(split);
    if (first == nullptr) continue;
    if (lowest == nullptr || first->ordinal < lowest->ordinal) lowest = first;
  }
  return lowest;
}

Position StandingAt(const std::vector<TableStanding>& tables, const Split& split) {
  const Position* const anchor = tables.front().ledger.Find(split);
  const Position* at = anchor;
  for (const TableStanding& table : tables) {
    at = Higher(at, table.ledger.Complete(split));
    // A new anchor begins where the others are; those behind catch up.
    if (anchor == nullptr) at = Higher(at, table.ledger.Find(split));
  }
  return *at;
}

}  // namespace

Positions StandingOf(const std::vector<TableStanding>& tables) {
  Positions standing;
  for (const TableStanding& table : tables) {
    for (const auto& [split, position] : table.ledger.next()) {
      if (standing.contains(split) || !IsKnownSource(tables, split.source)) continue;
      standing.emplace(split, StandingAt(tables, split));
    }
  }
  return standing;
}

Ledger SettledLedger(const std::vector<TableStanding>& tables, std::size_t index,
                     const Positions& standing) {
  const TableStanding& table = tables[index];
  Ledger settled = table.ledger;
  for (const auto& [split, stands_at] : standing) {
    const Position* complete = CompleteFor(tables, table.uuid, split);
    const Position* holds = Higher(
        complete, Higher(table.ledger.Find(split), table.ledger.ReplayUntil(split)));
    const bool is_anchor = index == 0;
    if (holds == nullptr && table.ledger.sources.contains(split.source)) {
      holds = FirstOf(tables, split);
    } else if (holds == nullptr && !is_anchor) {
      settled.Set(split, stands_at);  // a new table
    }
    if (holds != nullptr && holds->ordinal < stands_at.ordinal) {
      if (settled.Find(split) == nullptr) settled.Set(split, *holds);
      settled.MarkReplay(split, stands_at);
    }
  }
  return settled;
}

}  // namespace frazil
