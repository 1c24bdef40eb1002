#include "base/memory_guard.h"

#include <cstddef>
#include <vector>

#include <gtest/gtest.h>

#include "base/memory_budget.h"

namespace frazil {
namespace {

constexpr std::int64_t kMegabyte = std::int64_t{1} << 20;

// A process of 100 MB in use beside what its allocator keeps.
class PretendedProcess : public ProcessMemory {
 public:
  std::int64_t ResidentBytes() override { return used_bytes + kept_bytes; }
  void ReturnUnused() override {
    kept_bytes = 0;
    ++returns;
  }

  std::int64_t used_bytes = 100 * kMegabyte;
  std::int64_t kept_bytes = 0;
  int returns = 0;
};

class MemoryGuardTest : public testing::Test {
 protected:
  PretendedProcess process_;
  MemoryGuard guard_{240 * kMegabyte, process_};
};

TEST_F(MemoryGuardTest, AProcessWithRoomIsLeftAlone) {
  process_.kept_bytes = 100 * kMegabyte;
  EXPECT_EQ(guard_.ExcessBytes(), 0);
  EXPECT_EQ(process_.returns, 0);
}

TEST_F(MemoryGuardTest, WhatTheAllocatorKeepsGoesFirst) {
  process_.kept_bytes = 130 * kMegabyte;
  EXPECT_EQ(guard_.ExcessBytes(), 0);
  EXPECT_EQ(process_.returns, 1);
  EXPECT_EQ(process_.ResidentBytes(), 100 * kMegabyte);
}

TEST_F(MemoryGuardTest, WhatIsLeftBeyondTheRoomIsToldBeforeTheLimitIsReached) {
  process_.used_bytes = 230 * kMegabyte;
  process_.kept_bytes = 5 * kMegabyte;
  const std::int64_t excess = guard_.ExcessBytes();
  EXPECT_GT(excess, 0);
  EXPECT_LE(excess, 30 * kMegabyte);
}

TEST_F(MemoryGuardTest, TheAllocatorIsNotAskedInVainAgainAndAgain) {
  process_.used_bytes = 300 * kMegabyte;
  for (int i = 0; i < 5; ++i) EXPECT_GE(guard_.ExcessBytes(), 60 * kMegabyte);
  EXPECT_EQ(process_.returns, 1);
  process_.kept_bytes = 10 * kMegabyte;
  EXPECT_GE(guard_.ExcessBytes(), 60 * kMegabyte);
  EXPECT_EQ(process_.returns, 2);
}

TEST_F(MemoryGuardTest, WhatWasFreedIsReturnedAtOnce) {
  process_.used_bytes = 300 * kMegabyte;
  EXPECT_GT(guard_.ExcessBytes(), 0);
  process_.used_bytes = 200 * kMegabyte;
  process_.kept_bytes = 100 * kMegabyte;
  guard_.ReturnFreed();
  EXPECT_EQ(guard_.ExcessBytes(), 0);
  EXPECT_EQ(process_.ResidentBytes(), 200 * kMegabyte);
}

TEST_F(MemoryGuardTest, ABudgetWithoutAGuardSeesNoProcess) {
  MemoryBudget alone(kMegabyte);
  EXPECT_EQ(alone.ProcessExcessBytes(), 0);
  MemoryBudget guarded(kMegabyte, &guard_);
  process_.used_bytes = 300 * kMegabyte;
  EXPECT_GT(guarded.ProcessExcessBytes(), 0);
}

TEST(ProcessMemoryTest, ThisProcessIsSeenToGrow) {
  ProcessMemory& memory = ProcessMemory::System();
  const std::int64_t before = memory.ResidentBytes();
  EXPECT_GT(before, kMegabyte);
  const std::vector<char> block(64U << 20, 'x');
  EXPECT_GE(memory.ResidentBytes(), before + 60 * kMegabyte);
  EXPECT_EQ(block.back(), 'x');
  memory.ReturnUnused();
}

}  // namespace
}  // namespace frazil
