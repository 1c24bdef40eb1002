#pragma once

/// \file pipeline/recreated_streams.h
/// \brief Streams that were deleted and made again since a table's ledger was written.

#include <stop_token>
#include <vector>

#include "base/result.h"
#include "commit/ledger.h"
#include "model/split.h"
#include "pipeline/start_up.h"
#include "source/source.h"

namespace frazil {

/// \brief A split with what its source knows of it now.
struct NamedSplit {
  Split split;
  StreamIdentity identity;
  Source* source = nullptr;
};

std::vector<NamedSplit> SplitsOf(const std::vector<Source*>& sources);

/// \brief Those splits that some ledger knows of a stream which is another one now.
/// \return kDataLoss if there are any and nobody chose to go on.
Result<std::vector<NamedSplit>> FindRecreated(const std::vector<LedgerLookup>& lookups,
                                              const std::vector<NamedSplit>& splits,
                                              const StartUpChoices& choices);

/// \brief Begins those splits anew in every table, the anchor last.
/// \param lookups one per table; changed with the tables.
/// \return kLedgerConflict if another worker was quicker.
Status RestartRecreated(const std::vector<StartUpTable>& tables,
                        std::vector<LedgerLookup>& lookups,
                        const std::vector<NamedSplit>& recreated,
                        const std::stop_token& stop);

}  // namespace frazil
