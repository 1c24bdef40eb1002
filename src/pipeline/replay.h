#pragma once

/// \file pipeline/replay.h
/// \brief Running a pipeline's dead letters again: a pipeline like any other, whose source
/// is the dead-letter table and whose ledger is its own (docs/adr/0005-replay.md).

#include <cstdint>
#include <memory>

#include "base/result.h"
#include "pipeline/plan.h"
#include "source/dead_letters/replay_position.h"
#include "source/source.h"

namespace frazil {

/// \brief Turns the plan of a pipeline into that of its replay.
/// \param is_retry also run those once more that failed in an earlier replay.
/// \return kNotFound if there is no dead-letter table, or it was never made.
Result<PipelinePlan> PlanReplay(PipelinePlan plan, bool is_retry);

/// \brief How far the dead letters of `pipeline` were run again, as the anchor in `plan`
/// has it; of either plan.
Result<ReplayPositions> ReadReplayPositions(const PipelinePlan& plan,
                                            const std::string& pipeline);

/// \brief The source of a replay, as its tables are now.
/// \param source index into plan.sources.
Result<std::unique_ptr<Source>> MakeReplaySource(const PipelinePlan& plan,
                                                 std::size_t source);

/// \brief The same, opened and started where the anchor stands, to read and commit nothing.
Result<std::unique_ptr<Source>> StartReplaySource(const PipelinePlan& plan,
                                                  std::size_t source);

/// \brief Whether a replay has anything to do: a letter waits, or a table was rolled back
/// and is to be filled in again. A run without would add empty snapshots, since it takes
/// over from other replays.
Result<bool> HasReplayWork(const PipelinePlan& plan);

}  // namespace frazil
