#pragma once

/// \file base/fault_point.h
/// \brief Named places at which a test makes the program fail or die.
///
/// Without FRAZIL_ENABLE_FAULTS a point is an empty inline function. Faults are armed by
/// the environment variable FRAZIL_FAULTS, a comma-separated list of `name=action[@n]`:
///   - `error`: the point returns kIoError;
///   - `kill`: the process ends as if by SIGKILL, no destructor runs;
///   - `stop`: the process stops itself by SIGSTOP and goes on when continued.
/// `@n` acts at the n-th passage only (1-based); without it, at every passage.

#include <string_view>

#include "base/result.h"

namespace frazil {

#ifdef FRAZIL_ENABLE_FAULTS
/// \brief Passes a fault point. Thread-safe.
Status FaultPoint(std::string_view name);
#else
inline Status FaultPoint(std::string_view /*name*/) { return {}; }
#endif

}  // namespace frazil
