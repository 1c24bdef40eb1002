#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pipeline/worker_stage.h"

namespace frazil {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(ReplayBatchesTest, ABatchIsForEveryInsertUnlessItNamesSome) {
  Flow flow;
  flow.insert = "lake.db.a";
  RawBatch batch;
  EXPECT_TRUE(IsFor(batch, flow));
  batch.replay.inserts = {"lake.db.b", "lake.db.a"};
  EXPECT_TRUE(IsFor(batch, flow));
  batch.replay.inserts = {"lake.db.b"};
  EXPECT_FALSE(IsFor(batch, flow));
}

TEST(ReplayBatchesTest, ARecordIsOneFailureThatNamesEachInsertThatLacksIt) {
  std::vector<RecordFailure> failures = {{4, "transform", "Cast", "first", {"a"}},
                                         {2, "transform", "Cast", "other", {"a"}},
                                         {4, "transform", "Null", "second", {"b"}},
                                         {1, "decode", "InvalidJson", "none", {}}};
  MergeFailures(failures);
  ASSERT_EQ(failures.size(), 3U);
  EXPECT_EQ(failures[0].record_index, 1U);
  EXPECT_THAT(failures[0].inserts, IsEmpty());
  EXPECT_EQ(failures[1].record_index, 2U);
  EXPECT_THAT(failures[1].inserts, ElementsAre("a"));
  EXPECT_EQ(failures[2].message, "first");
  EXPECT_EQ(failures[2].error_class, "Cast");
  EXPECT_THAT(failures[2].inserts, ElementsAre("a", "b"));
}

}  // namespace
}  // namespace frazil
