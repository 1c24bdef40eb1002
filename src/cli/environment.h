#pragma once

/// \file cli/environment.h
/// \brief The variables of the process's environment.

#include <optional>
#include <string>

namespace frazil {

/// \brief The value of a variable; nullopt if it is not set.
std::optional<std::string> EnvironmentVariable(const std::string& name);

}  // namespace frazil
