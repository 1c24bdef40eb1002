#pragma once

/// \file pipeline/source_bounds.h
/// \brief Ledgers that ask for what their source does not hold: records that retention has
/// deleted, or positions behind the end of a stream that has become shorter.
///
/// Rules: docs/reference/errors.md. A stream that was deleted and made again is told by its
/// identity, before this.

#include <stop_token>
#include <vector>

#include "base/result.h"
#include "pipeline/start_up.h"

namespace frazil {

/// \brief Moves the ledgers of all tables into what the sources hold, if the operator chose
/// to go on: forward to the oldest record there is, back to the end of the stream. Nothing
/// that a table holds is read again.
/// \param tables table 0 is the anchor.
/// \return kDataLoss where a ledger would have to be moved and nobody chose to go on.
Status MoveToWhatIsHeld(const std::vector<StartUpTable>& tables,
                        const std::vector<Source*>& sources,
                        const StartUpChoices& choices, const std::stop_token& stop);

}  // namespace frazil
