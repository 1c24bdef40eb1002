#include "base/fault_point.h"

#ifdef FRAZIL_ENABLE_FAULTS

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <map>
#include <mutex>
#include <string>

namespace frazil {
namespace {

enum class Action { kError, kKill, kStop };

struct Fault {
  Action action = Action::kError;
  int only_at = 0;  // 0: at every passage
  int passages = 0;
};

std::map<std::string, Fault, std::less<>> ParseFaults(std::string_view text) {
  std::map<std::string, Fault, std::less<>> faults;
  while (!text.empty()) {
    const std::string_view entry = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), entry.size() + 1));
    const auto equals = entry.find('=');
    if (equals == std::string_view::npos) continue;
    std::string_view action = entry.substr(equals + 1);
    Fault fault;
    if (const auto at = action.find('@'); at != std::string_view::npos) {
      const std::string_view count = action.substr(at + 1);
      std::from_chars(count.data(), count.data() + count.size(), fault.only_at);
      action = action.substr(0, at);
    }
    if (action == "kill") fault.action = Action::kKill;
    if (action == "stop") fault.action = Action::kStop;
    faults.emplace(entry.substr(0, equals), fault);
  }
  return faults;
}

}  // namespace

Status FaultPoint(std::string_view name) {
  static std::mutex mutex;
  static auto faults = [] {
    // Read once, under the lock of a static; nothing in this process sets it.
    const char* armed = std::getenv("FRAZIL_FAULTS");  // NOLINT(concurrency-mt-unsafe)
    return ParseFaults(armed == nullptr ? "" : armed);
  }();
  if (faults.empty()) return {};
  Action action{};
  {
    const std::scoped_lock lock(mutex);
    const auto found = faults.find(name);
    if (found == faults.end()) return {};
    Fault& fault = found->second;
    ++fault.passages;
    if (fault.only_at != 0 && fault.passages != fault.only_at) return {};
    action = fault.action;
  }
  switch (action) {
    case Action::kKill:
      ::kill(::getpid(), SIGKILL);
      break;
    case Action::kStop:
      (void)::raise(SIGSTOP);  // this thread stops here, the others soon
      break;
    case Action::kError:
      return Fail(ErrorKind::kIoError, "fault injected: {}", name);
  }
  return {};
}

}  // namespace frazil

#endif
