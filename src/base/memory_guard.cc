#include "base/memory_guard.h"

#include <algorithm>

namespace frazil {
namespace {

// Parts of the limit: what stays free for the time between two looks, and what the process
// has to grow before the allocator is asked again.
constexpr std::int64_t kFreePart = 8;
constexpr std::int64_t kStepPart = 32;

}  // namespace

MemoryGuard::MemoryGuard(std::int64_t limit_bytes, ProcessMemory& process)
    : process_(process),
      high_bytes_(limit_bytes - limit_bytes / kFreePart),
      step_bytes_(limit_bytes / kStepPart) {}

std::int64_t MemoryGuard::ExcessBytes() {
  std::int64_t resident = process_.ResidentBytes();
  if (resident <= high_bytes_) return 0;
  const std::scoped_lock lock(mutex_);
  if (resident >= after_return_bytes_ + step_bytes_) {
    ReturnUnused();
    resident = after_return_bytes_;
  }
  return std::max<std::int64_t>(0, resident - high_bytes_);
}

void MemoryGuard::ReturnFreed() {
  const std::scoped_lock lock(mutex_);
  ReturnUnused();
}

void MemoryGuard::ReturnUnused() {
  process_.ReturnUnused();
  after_return_bytes_ = process_.ResidentBytes();
}

}  // namespace frazil
