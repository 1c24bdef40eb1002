#pragma once

/// \file query/verify_ranges.h
/// \brief Which part of a source the tables of a pipeline say they hold.

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "commit/ledger.h"
#include "model/batch.h"
#include "model/split.h"
#include "pipeline/plan.h"
#include "source/source.h"

namespace frazil {

/// \brief What the ledgers of a pipeline's tables say.
struct LedgerCoverage {
  /// Why it cannot be told; empty if it can.
  std::string unknown_because;
  /// By table: where its rows of each split begin. None where nobody knows.
  std::vector<Positions> begin;
  /// By table: up to where it holds the rows of each split.
  std::vector<Positions> end;
  /// Of the splits, as the ledgers have them.
  std::map<Split, StreamIdentity> identities;
};

/// \brief Reads the ledgers of the tables as planned.
/// \return kCorruptData for a ledger that does not parse.
Result<LedgerCoverage> CoverageOf(const PipelinePlan& plan);

/// \brief What the same tables hold of the replays of the pipeline's dead letters, in
/// positions of these (source/dead_letters/replay_position.h). A table has no position of a
/// split where no replay tells of it; unknown_because is empty.
/// \return kCorruptData for a ledger that does not parse.
Result<LedgerCoverage> ReplayCoverageOf(const PipelinePlan& plan);

/// \brief How many records of a batch come before an offset.
std::size_t RecordsBelow(const RawBatch& batch, std::int64_t offset);

/// \brief What to read of one source.
struct ReplayRange {
  std::string impossible_because;
  /// Of every split of the source: where to start it.
  Positions start;
  /// Of the splits that tables hold rows of, the highest end of all tables.
  std::map<Split, std::int64_t> end;
};

/// \brief Checks that an opened source still has what the ledgers cover.
/// \param can_begin_earliest an unknown begin was that of the stream.
Result<ReplayRange> RangeOf(const LedgerCoverage& coverage, Source& source,
                            bool can_begin_earliest);

}  // namespace frazil
