#include "source/kafka/worker_slot.h"

#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include "base/result_matchers.h"

namespace frazil {
namespace {

using ::testing::MatchesRegex;

// Of this run alone.
std::string GroupOf(const std::string& test) {
  return test + std::to_string(getpid()) +
         std::to_string(testing::UnitTest::GetInstance()->random_seed());
}

TEST(WorkerSlotTest, TwoWorkersOfAGroupHoldDifferentSlots) {
  const std::string group = GroupOf("two");
  auto first = WorkerSlot::Acquire(group);
  auto second = WorkerSlot::Acquire(group);
  ASSERT_THAT(first, IsOk());
  ASSERT_THAT(second, IsOk());
  EXPECT_EQ(first->number(), 0);
  EXPECT_EQ(second->number(), 1);
  EXPECT_NE(first->InstanceId(), second->InstanceId());
  EXPECT_THAT(first->InstanceId(), MatchesRegex("frazil-[A-Za-z0-9._-]+-0"));
  const auto other = WorkerSlot::Acquire(group + "other");
  ASSERT_THAT(other, IsOk());
  EXPECT_EQ(other->number(), 0);
}

TEST(WorkerSlotTest, AFreedSlotIsTheNextToBeTaken) {
  const std::string group = GroupOf("freed");
  auto first = WorkerSlot::Acquire(group);
  ASSERT_THAT(first, IsOk());
  {
    auto moved = std::move(*first);
    const auto second = WorkerSlot::Acquire(group);
    ASSERT_THAT(second, IsOk());
    EXPECT_EQ(second->number(), 1);
  }
  const auto again = WorkerSlot::Acquire(group);
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(again->number(), 0);
}

TEST(WorkerSlotTest, AKilledProcessLosesItsSlot) {
  const std::string group = GroupOf("killed");
  int ready[2];
  ASSERT_EQ(pipe(ready), 0);
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const auto slot = WorkerSlot::Acquire(group);
    const char number = slot.has_value() ? static_cast<char>(slot->number()) : 'x';
    (void)!write(ready[1], &number, 1);
    pause();
    _exit(0);
  }
  char number = 'x';
  ASSERT_EQ(read(ready[0], &number, 1), 1);
  EXPECT_EQ(number, 0);
  {
    const auto ours = WorkerSlot::Acquire(group);
    ASSERT_THAT(ours, IsOk());
    EXPECT_EQ(ours->number(), 1);
  }
  ASSERT_EQ(kill(child, SIGKILL), 0);
  ASSERT_EQ(waitpid(child, nullptr, 0), child);
  const auto ours = WorkerSlot::Acquire(group);
  ASSERT_THAT(ours, IsOk());
  EXPECT_EQ(ours->number(), 0);
  close(ready[0]);
  close(ready[1]);
}

}  // namespace
}  // namespace frazil
