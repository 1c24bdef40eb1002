#pragma once

/// \file cli/run_to_end.h
/// \brief Runs a pipeline at a terminal or in a service: signals, status line, log.

#include <string>

#include "base/result.h"
#include "pipeline/pipeline.h"

namespace frazil {

/// \brief How a run tells what it does.
struct RunLogOptions {
  std::string format = "text";
  std::string level = "info";
};

/// \brief Sets the log up and blocks the signals that RunToEnd() waits for. Call before any
/// thread starts.
void PrepareRun(const RunLogOptions& options);

/// \brief Runs until the input ends, or a signal: the first drains, another one abandons.
Status RunToEnd(Pipeline& pipeline, const RunLogOptions& options);

}  // namespace frazil
