#include "cli/environment.h"

#include <cstdlib>

namespace frazil {

std::optional<std::string> EnvironmentVariable(const std::string& name) {
  // Nothing changes the environment once there are threads.
  const char* value = std::getenv(name.c_str());  // NOLINT(concurrency-mt-unsafe)
  if (value == nullptr) return std::nullopt;
  return value;
}

}  // namespace frazil
