#include "model/split.h"

#include <fmt/format.h>

namespace frazil {

std::string Split::ToString() const {
  return fmt::format("{}/{}-{}", source, stream, partition);
}

}  // namespace frazil
