#include "iceberg/snapshot_list.h"

#include <iterator>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace frazil {
namespace {

using ::testing::ElementsAre;
using ::testing::Field;

Snapshot SnapshotOf(std::int64_t id) {
  Snapshot snapshot;
  snapshot.snapshot_id = id;
  snapshot.summary = {{"operation", "append"}};
  return snapshot;
}

TEST(SnapshotListTest, KeepsTheOrderAndFindsById) {
  SnapshotList list({SnapshotOf(7), SnapshotOf(3)});
  list.Add(SnapshotOf(5));
  ASSERT_EQ(list.size(), 3U);
  EXPECT_THAT(list, ElementsAre(Field(&Snapshot::snapshot_id, 7),
                                Field(&Snapshot::snapshot_id, 3),
                                Field(&Snapshot::snapshot_id, 5)));
  EXPECT_EQ(list.Find(3), &list[1]);
  EXPECT_EQ(list.Find(5), &list[2]);
  EXPECT_EQ(list.Find(4), nullptr);
  EXPECT_EQ(SnapshotList().Find(0), nullptr);
  EXPECT_TRUE(SnapshotList().empty());
}

TEST(SnapshotListTest, ACopySharesTheSnapshots) {
  const SnapshotList base({SnapshotOf(1), SnapshotOf(2)});
  SnapshotList next = base;
  next.Add(SnapshotOf(3));
  EXPECT_EQ(base.size(), 2U);
  EXPECT_EQ(&next[0], &base[0]);
  EXPECT_EQ(&next[1], &base[1]);
}

TEST(SnapshotListTest, EqualityIsThatOfTheSnapshots) {
  EXPECT_EQ(SnapshotList({SnapshotOf(1)}), SnapshotList({SnapshotOf(1)}));
  EXPECT_FALSE(SnapshotList({SnapshotOf(1)}) == SnapshotList({SnapshotOf(2)}));
  EXPECT_FALSE(SnapshotList({SnapshotOf(1)}) == SnapshotList());
}

}  // namespace
}  // namespace frazil
