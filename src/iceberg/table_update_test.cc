#include "iceberg/table_update.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "iceberg/testing.h"

namespace frazil {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::int64_t kCreatedMs = 1'700'000'000'000;

Snapshot SnapshotOf(std::int64_t id, std::int64_t sequence_number,
                    std::int64_t timestamp_ms) {
  Snapshot snapshot;
  snapshot.snapshot_id = id;
  snapshot.sequence_number = sequence_number;
  snapshot.timestamp_ms = timestamp_ms;
  snapshot.manifest_list = "/l.avro";
  snapshot.summary = {{"operation", "append"}};
  return snapshot;
}

SetSnapshotRef Main(std::int64_t id) {
  SetSnapshotRef update{"main", {}};
  update.ref.snapshot_id = id;
  return update;
}

Result<TableMetadata> Append(const TableMetadata& base, std::int64_t id,
                             std::int64_t now_ms) {
  return ApplyUpdates(
      base, "/m" + std::to_string(id) + ".json",
      {AddSnapshot{SnapshotOf(id, base.last_sequence_number + 1, now_ms)}, Main(id)},
      now_ms);
}

TEST(ApplyUpdatesTest, ASnapshotMovesEverythingThatFollowsIt) {
  const TableMetadata base = MakeTable();
  const auto first = Append(base, 1, kCreatedMs + 10);
  ASSERT_THAT(first, IsOk());
  const auto second = Append(*first, 2, kCreatedMs + 20);
  ASSERT_THAT(second, IsOk());

  EXPECT_EQ(second->last_sequence_number, 2);
  EXPECT_EQ(second->last_updated_ms, kCreatedMs + 20);
  EXPECT_EQ(second->current_snapshot_id, 2);
  EXPECT_EQ(second->refs.at("main").snapshot_id, 2);
  EXPECT_EQ(second->snapshots.size(), 2U);
  EXPECT_THAT(second->snapshot_log, ElementsAre(SnapshotLogEntry{kCreatedMs + 10, 1},
                                                SnapshotLogEntry{kCreatedMs + 20, 2}));
  EXPECT_THAT(second->metadata_log,
              ElementsAre(MetadataLogEntry{kCreatedMs, "/m1.json"},
                          MetadataLogEntry{kCreatedMs + 10, "/m2.json"}));
  EXPECT_EQ(second->table_uuid, base.table_uuid);
}

TEST(ApplyUpdatesTest, AClockThatStepsBackLeavesTheTableReadable) {
  const auto first = Append(MakeTable(), 1, kCreatedMs + 10'000'000);
  const auto second = Append(*first, 2, kCreatedMs - 10'000'000);
  ASSERT_THAT(second, IsOk());
  EXPECT_EQ(second->last_updated_ms, kCreatedMs + 10'000'000);
  EXPECT_EQ(second->snapshot_log.back().timestamp_ms, kCreatedMs + 10'000'000);
  EXPECT_THAT(ParseTableMetadata(SerializeTableMetadata(*second)), IsOk());
}

TEST(ApplyUpdatesTest, GoingBackToAnOldSnapshotIsLoggedAsOfNow) {
  const auto second =
      Append(*Append(MakeTable(), 1, kCreatedMs + 10), 2, kCreatedMs + 20);
  const auto back = ApplyUpdates(*second, "/m3.json", {Main(1)}, kCreatedMs + 30);
  ASSERT_THAT(back, IsOk());
  EXPECT_EQ(back->current_snapshot_id, 1);
  EXPECT_EQ(back->snapshot_log.back(), (SnapshotLogEntry{kCreatedMs + 30, 1}));
  EXPECT_EQ(back->last_sequence_number, 2);
  const auto again = ApplyUpdates(*back, "/m4.json", {Main(1)}, kCreatedMs + 40);
  EXPECT_EQ(again->snapshot_log.size(), back->snapshot_log.size());
}

TEST(ApplyUpdatesTest, BranchesAndTagsLeaveMainAlone) {
  const auto first = Append(MakeTable(), 1, kCreatedMs + 10);
  SetSnapshotRef tag{"v1", {}};
  tag.ref.snapshot_id = 1;
  tag.ref.is_branch = false;
  const auto tagged = ApplyUpdates(*first, "/m2.json",
                                   {AddSnapshot{SnapshotOf(2, 2, kCreatedMs + 20)}, tag},
                                   kCreatedMs + 20);
  ASSERT_THAT(tagged, IsOk());
  EXPECT_EQ(tagged->current_snapshot_id, 1);
  EXPECT_EQ(tagged->snapshot_log.size(), 1U);
  EXPECT_EQ(tagged->last_sequence_number, 2);
  EXPECT_EQ(tagged->refs.at("v1"), tag.ref);
}

TEST(ApplyUpdatesTest, PropertiesAreSetAndRemoved) {
  const auto set =
      ApplyUpdates(MakeTable(), "", {SetProperties{{{"a", "1"}, {"b", "2"}}}}, 0);
  ASSERT_THAT(set, IsOk());
  const auto removed =
      ApplyUpdates(*set, "", {RemoveProperties{{"a", "absent"}}}, kCreatedMs + 5);
  ASSERT_THAT(removed, IsOk());
  EXPECT_FALSE(removed->properties.contains("a"));
  EXPECT_EQ(removed->Property("b", ""), "2");
  EXPECT_EQ(removed->last_updated_ms, kCreatedMs + 5);
  EXPECT_TRUE(removed->metadata_log.empty());
}

TEST(ApplyUpdatesTest, RefusesUpdatesThatDoNotFit) {
  const auto base = Append(MakeTable(), 1, kCreatedMs + 10);
  const auto apply = [&](TableUpdate update) {
    return ApplyUpdates(*base, "/m.json", {std::move(update)}, kCreatedMs + 20);
  };
  EXPECT_THAT(apply(AddSnapshot{SnapshotOf(2, 1, 0)}),
              FailsWith(ErrorKind::kCommitFailed));
  EXPECT_THAT(apply(AddSnapshot{SnapshotOf(1, 2, 0)}),
              FailsWith(ErrorKind::kInvalidArgument));
  EXPECT_THAT(apply(Main(9)), FailsWith(ErrorKind::kInvalidArgument));
  SetSnapshotRef tag = Main(1);
  tag.ref.is_branch = false;
  EXPECT_THAT(apply(tag), FailsWith(ErrorKind::kInvalidArgument));
  EXPECT_THAT(apply(SetProperties{{{"format-version", "3"}}}),
              FailsWith(ErrorKind::kInvalidArgument));
  TableMetadata later = *base;
  later.format_version = 3;
  EXPECT_THAT(ApplyUpdates(later, "", {AddSnapshot{SnapshotOf(2, 2, 0)}}, 0),
              FailsWith(ErrorKind::kNotSupported));
}

TEST(ApplyUpdatesTest, TheMetadataLogKeepsAsManyFilesAsThePropertySays) {
  for (const auto& [value, kept] : std::map<std::string, std::size_t>{
           {"3", 3}, {"0", 1}, {"-5", 1}, {"many", 10}, {"100", 10}}) {
    SCOPED_TRACE(value);
    TableMetadata table =
        MakeTable({}, {{"write.metadata.previous-versions-max", value}});
    for (int version = 0; version < 10; ++version) {
      auto next =
          ApplyUpdates(table, "/" + std::to_string(version), {}, kCreatedMs + version);
      ASSERT_THAT(next, IsOk());
      table = *std::move(next);
    }
    EXPECT_EQ(table.metadata_log.size(), kept);
    EXPECT_EQ(table.metadata_log.back().metadata_file, "/9");
  }
}

TEST(CheckRequirementsTest, NamesWhatDoesNotHold) {
  const auto table = Append(MakeTable(), 7, kCreatedMs + 10);
  const auto check = [&](TableRequirement requirement) {
    return CheckRequirements(*table, {std::move(requirement)});
  };
  EXPECT_THAT(
      CheckRequirements(
          *table, {AssertTableUuid{table->table_uuid}, AssertRefSnapshotId{"main", 7},
                   AssertRefSnapshotId{"other", std::nullopt}, AssertCurrentSchemaId{0},
                   AssertDefaultSpecId{0}}),
      IsOk());
  EXPECT_THAT(check(AssertTableUuid{"x"}),
              FailsWith(ErrorKind::kCommitFailed, HasSubstr(table->table_uuid)));
  EXPECT_THAT(check(AssertRefSnapshotId{"main", 6}),
              FailsWith(ErrorKind::kCommitFailed, HasSubstr("must be 6, is 7")));
  EXPECT_THAT(check(AssertRefSnapshotId{"main", std::nullopt}),
              FailsWith(ErrorKind::kCommitFailed, HasSubstr("must be none, is 7")));
  EXPECT_THAT(check(AssertRefSnapshotId{"other", 7}),
              FailsWith(ErrorKind::kCommitFailed, HasSubstr("must be 7, is none")));
  EXPECT_THAT(check(AssertCurrentSchemaId{1}), FailsWith(ErrorKind::kCommitFailed));
  EXPECT_THAT(check(AssertDefaultSpecId{1}), FailsWith(ErrorKind::kCommitFailed));
}

// Whatever the clock does, the table stays one that Java's checks accept.
RC_GTEST_PROP(ApplyUpdatesProperty, EverySequenceOfCommitsReadsBack, ()) {
  TableMetadata table = MakeTable();
  std::int64_t now_ms = kCreatedMs;
  const int commits = *rc::gen::inRange(0, 12);
  for (int commit = 1; commit <= commits; ++commit) {
    now_ms += *rc::gen::inRange<std::int64_t>(-200'000, 200'000);
    const bool goes_back = table.snapshots.size() > 1 && *rc::gen::inRange(0, 4) == 0;
    auto next = goes_back ? ApplyUpdates(table, "/m",
                                         {Main(table.snapshots[0].snapshot_id)}, now_ms)
                          : Append(table, commit, now_ms);
    RC_ASSERT(next.has_value());
    const std::string text = SerializeTableMetadata(*next);
    const auto parsed = ParseTableMetadata(text);
    RC_ASSERT(parsed.has_value());
    RC_ASSERT(SerializeTableMetadata(*parsed) == text);
    RC_ASSERT(next->last_updated_ms >= table.last_updated_ms);
    table = *std::move(next);
  }
}

}  // namespace
}  // namespace frazil
