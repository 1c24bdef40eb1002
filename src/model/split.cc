#include "model/split.h"

#include <fmt/format.h>

namespace frazil {

std::string Split::ToString() const {
  return fmt::format("{}/{}-{}", source, stream, partition);
}

bool IsOtherId(std::string_view known, std::string_view now) {
  return !known.empty() && !now.empty() && known != now;
}

bool IsOtherStream(const StreamIdentity& known, const StreamIdentity& now) {
  return IsOtherId(known.cluster_id, now.cluster_id) ||
         IsOtherId(known.stream_id, now.stream_id);
}

}  // namespace frazil
