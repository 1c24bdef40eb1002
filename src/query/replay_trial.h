#pragma once

/// \file query/replay_trial.h
/// \brief What running a pipeline's dead letters again would give, without writing anything.

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "base/result.h"
#include "pipeline/plan.h"

namespace frazil {

/// \brief What came of a trial.
struct ReplayTrial {
  std::int64_t letters = 0;
  /// Those that would fail again, by stage and error class.
  std::map<std::pair<std::string, std::string>, std::int64_t> failures;
  /// Why the first of each failed.
  std::map<std::pair<std::string, std::string>, std::string> messages;

  [[nodiscard]] std::int64_t failed() const {
    std::int64_t sum = 0;
    for (const auto& [what, count] : failures) sum += count;
    return sum;
  }
};

/// \brief Reads, decodes and transforms what a replay would.
/// \param plan of PlanReplay().
/// \return errors of catalogs and storage, and of DeadLetterSource::Start.
Result<ReplayTrial> TryReplay(const PipelinePlan& plan);

}  // namespace frazil
