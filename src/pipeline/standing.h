#pragma once

/// \file pipeline/standing.h
/// \brief Where a pipeline stands by the ledgers of its tables, and what each table owes.
///
/// Between two runs a script may get and lose INSERTs, change their order, and tables may be
/// dropped. Pure. Rules: docs/adr/0001-ledger.md, "Another script".

#include <cstddef>
#include <string>
#include <vector>

#include "commit/ledger.h"
#include "model/split.h"

namespace frazil {

/// \brief A table of the pipeline as the script has it now.
struct TableStanding {
  /// As in Ledger::tables.
  std::string uuid;
  /// Says nothing of where a pipeline stands whose other tables are all new.
  bool is_dead_letters = false;
  /// Empty for a table that the pipeline never wrote.
  Ledger ledger;
};

/// \brief The positions that the anchor goes on from: what every table holds, or that which
/// the anchor holds already; those of the furthest table if the anchor is new.
/// \param tables table 0 is the anchor of now.
/// \return nothing of a source that no table but the dead letters' knows: there the startup
/// mode counts.
Positions StandingOf(const std::vector<TableStanding>& tables);

/// \brief The ledger with which a table goes on: what it lacks below `standing` is marked
/// to be replayed, and a new table begins there.
/// \param standing of StandingOf.
Ledger SettledLedger(const std::vector<TableStanding>& tables, std::size_t index,
                     const Positions& standing);

}  // namespace frazil
