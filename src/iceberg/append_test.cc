#include "iceberg/append.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "iceberg/metrics.h"
#include "iceberg/testing.h"

namespace frazil {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

constexpr std::int64_t kNowMs = 1'700'000'001'000;

FastAppend Make(const TableMetadata& table, std::vector<DataFile> files,
                std::int64_t id) {
  auto append = FastAppend::Make(table, std::move(files), id);
  EXPECT_THAT(append, IsOk());
  return *std::move(append);
}

// The table after a commit of one attempt, and its manifests.
struct Committed {
  TableMetadata table;
  std::vector<ManifestFile> manifests;
};

Committed Commit(const TableMetadata& table, const std::vector<ManifestFile>& parents,
                 const FastAppend& append) {
  const auto attempt = append.Build(table, parents, {}, 0, kNowMs);
  EXPECT_THAT(CheckRequirements(table, attempt.requirements), IsOk());
  auto next = ApplyUpdates(table, "/m.json", attempt.updates, kNowMs);
  EXPECT_THAT(next, IsOk());
  auto manifests = DecodeManifestList(attempt.manifest_list.bytes);
  EXPECT_THAT(manifests, IsOk());
  EXPECT_EQ(attempt.manifests, *manifests);
  return {*std::move(next), *std::move(manifests)};
}

TEST(FastAppendTest, AddsOneManifestInFrontOfTheParents) {
  const TableMetadata empty = MakeTable();
  const auto first = Commit(empty, {}, Make(empty, {FileOf("a"), FileOf("b")}, 11));
  const auto second =
      Commit(first.table, first.manifests, Make(first.table, {FileOf("c")}, 12));

  ASSERT_EQ(second.manifests.size(), 2U);
  EXPECT_EQ(second.manifests[0].added_snapshot_id, 12);
  EXPECT_EQ(second.manifests[0].sequence_number, 2);
  EXPECT_EQ(second.manifests[0].min_sequence_number, 2);
  EXPECT_EQ(second.manifests[1], first.manifests[0]);
  EXPECT_EQ(second.manifests[1].added_files_count, 2);
  EXPECT_EQ(second.manifests[1].sequence_number, 1);
  EXPECT_EQ(second.table.CurrentSnapshot()->parent_snapshot_id, 11);
  EXPECT_EQ(second.table.last_sequence_number, 2);
}

TEST(FastAppendTest, ASummaryHasJavasKeysAndGrowingTotals) {
  const TableMetadata empty = MakeTable();
  const auto first = Commit(empty, {}, Make(empty, {FileOf("a"), FileOf("b")}, 11));
  EXPECT_THAT(
      first.table.CurrentSnapshot()->summary.ToMap(),
      ElementsAre(Pair("added-data-files", "2"), Pair("added-files-size", "2000"),
                  Pair("added-records", "20"), Pair("changed-partition-count", "1"),
                  Pair("manifests-created", "1"), Pair("manifests-kept", "0"),
                  Pair("manifests-replaced", "0"), Pair("operation", "append"),
                  Pair("total-data-files", "2"), Pair("total-delete-files", "0"),
                  Pair("total-equality-deletes", "0"), Pair("total-files-size", "2000"),
                  Pair("total-position-deletes", "0"), Pair("total-records", "20")));
  const auto second =
      Commit(first.table, first.manifests, Make(first.table, {FileOf("c")}, 12));
  EXPECT_THAT(
      second.table.CurrentSnapshot()->summary.ToMap(),
      IsSupersetOf({Pair("manifests-kept", "1"), Pair("total-data-files", "3"),
                    Pair("total-records", "30"), Pair("total-files-size", "3000")}));
}

TEST(FastAppendTest, ATotalThatTheParentDoesNotTellIsNotInvented) {
  const TableMetadata empty = MakeTable();
  auto first = Commit(empty, {}, Make(empty, {FileOf("a")}, 11));
  Snapshot snapshot = first.table.snapshots[0];
  auto summary = snapshot.summary.ToMap();
  summary.erase("total-records");
  summary["total-data-files"] = "many";
  snapshot.summary = summary;
  first.table.snapshots = SnapshotList({snapshot});
  const auto second =
      Commit(first.table, first.manifests, Make(first.table, {FileOf("c")}, 12));
  EXPECT_THAT(
      second.table.CurrentSnapshot()->summary.ToMap(),
      Not(::testing::AnyOf(::testing::Contains(Pair("total-records", ::testing::_)),
                           ::testing::Contains(Pair("total-data-files", ::testing::_)))));
}

// Java's library compares UUIDs by signed halves: of bounds from 0... to f... it takes nothing
// to be between.
TEST(FastAppendTest, UuidsOfAManifestAreInTheSameOrderForAllReaders) {
  const TableMetadata empty = MakeTable({{"uuid", "identity"}, {"uuid", "bucket[4]"}});
  std::vector<DataFile> files;
  for (const char first : {'\0', '\x7f', '\x80', '\xff'}) {
    for (const char second : {'\0', '\xff'}) {
      std::string uuid(16, first);
      uuid[8] = second;
      files.push_back(FileOf("f", {std::move(uuid), std::int32_t{1}}));
    }
  }
  files.push_back(FileOf("f", {Literal(), Literal()}));
  const auto done = Commit(empty, {}, Make(empty, files, 11));
  std::int32_t count = 0;
  std::vector<int> signs;
  for (const ManifestFile& manifest : done.manifests) {
    count += manifest.added_files_count;
    const PartitionFieldSummary& summary = manifest.partitions.at(0);
    if (!summary.lower_bound) continue;
    EXPECT_EQ(UuidSigns(*summary.lower_bound), UuidSigns(*summary.upper_bound));
    signs.push_back(UuidSigns(*summary.lower_bound));
  }
  EXPECT_THAT(signs, UnorderedElementsAre(0, 1, 2, 3));
  EXPECT_EQ(count, 9);
}

TEST(FastAppendTest, AnAppendWithoutFilesCarriesItsSummaryAlone) {
  const TableMetadata empty = MakeTable();
  const auto first = Commit(empty, {}, Make(empty, {FileOf("a")}, 11));
  const FastAppend ledger = Make(first.table, {}, 12);
  EXPECT_THAT(ledger.manifests(), IsEmpty());
  const auto attempt =
      ledger.Build(first.table, first.manifests, {{"frazil.ledger", "{}"}}, 0, kNowMs);
  EXPECT_THAT(
      attempt.snapshot.summary.ToMap(),
      IsSupersetOf({Pair("frazil.ledger", "{}"), Pair("operation", "append"),
                    Pair("changed-partition-count", "0"), Pair("total-records", "10")}));
  EXPECT_EQ(attempt.snapshot.summary.Find("added-data-files"), std::nullopt);
  EXPECT_THAT(DecodeManifestList(attempt.manifest_list.bytes), IsOkAnd(first.manifests));
}

TEST(FastAppendTest, OnlyTheManifestListDependsOnTheAttempt) {
  const TableMetadata base = MakeTable();
  const FastAppend append = Make(base, {FileOf("a")}, 11);
  const auto moved = Commit(base, {}, Make(base, {FileOf("other")}, 5));

  const auto first = append.Build(base, {}, {}, 0, kNowMs);
  const auto retried = append.Build(moved.table, moved.manifests, {}, 1, kNowMs);
  EXPECT_EQ(retried.snapshot.snapshot_id, first.snapshot.snapshot_id);
  EXPECT_EQ(retried.snapshot.sequence_number, 2);
  EXPECT_EQ(retried.snapshot.parent_snapshot_id, 5);
  EXPECT_NE(retried.manifest_list.location, first.manifest_list.location);
  EXPECT_THAT(retried.manifest_list.location,
              MatchesRegex("/lake/t/metadata/snap-11-1-[0-9a-f-]{36}\\.avro"));
  EXPECT_EQ(retried.snapshot.manifest_list, retried.manifest_list.location);
  EXPECT_THAT(append.manifests()[0].location,
              MatchesRegex("/lake/t/metadata/[0-9a-f-]{36}-m0\\.avro"));

  EXPECT_THAT(CheckRequirements(moved.table, first.requirements),
              FailsWith(ErrorKind::kCommitFailed));
  EXPECT_THAT(CheckRequirements(moved.table, retried.requirements), IsOk());
  const auto manifests = DecodeManifestList(retried.manifest_list.bytes);
  const auto entries =
      DecodeManifest(append.manifests()[0].bytes, manifests->at(0), base);
  ASSERT_THAT(entries, IsOk());
  EXPECT_EQ(entries->at(0).sequence_number, 2);
  EXPECT_EQ(entries->at(0).snapshot_id, 11);
}

TEST(FastAppendTest, FilesOfSeveralSpecsGoToSeveralManifests) {
  TableMetadata table = MakeTable({{"int", "identity"}});
  PartitionSpec none;
  none.spec_id = 1;
  table.partition_specs.push_back(none);
  DataFile unpartitioned = FileOf("c");
  unpartitioned.spec_id = 1;
  const FastAppend append =
      Make(table, {FileOf("a", {1}), FileOf("b", {2}), unpartitioned}, 11);
  EXPECT_EQ(append.manifests().size(), 2U);
  const auto committed = Commit(table, {}, append);
  EXPECT_EQ(committed.manifests[0].partition_spec_id, 0);
  EXPECT_EQ(committed.manifests[0].added_files_count, 2);
  EXPECT_EQ(committed.manifests[1].partition_spec_id, 1);
  EXPECT_EQ(committed.table.CurrentSnapshot()->summary.Find("changed-partition-count"),
            "3");
}

TEST(FastAppendTest, ManifestsOfDeletedFilesAloneAreLeftBehind) {
  const TableMetadata table = MakeTable();
  ManifestFile gone;
  gone.manifest_path = "gone.avro";
  gone.deleted_files_count = 3;
  ManifestFile kept = gone;
  kept.manifest_path = "kept.avro";
  kept.existing_files_count = 1;
  const auto attempt = Make(table, {}, 11).Build(table, {gone, kept}, {}, 0, kNowMs);
  EXPECT_THAT(DecodeManifestList(attempt.manifest_list.bytes),
              IsOkAnd(ElementsAre(kept)));
}

TEST(FastAppendTest, TheStampIsNeverBehindTheTables) {
  TableMetadata table = MakeTable();
  table.last_updated_ms = kNowMs + 5'000;
  EXPECT_EQ(Make(table, {}, 11).Build(table, {}, {}, 0, kNowMs).snapshot.timestamp_ms,
            kNowMs + 5'000);
  table.snapshot_log = {{kNowMs + 9'000, 1}};
  const auto attempt = Make(table, {}, 11).Build(table, {}, {}, 0, kNowMs);
  EXPECT_EQ(attempt.snapshot.timestamp_ms, kNowMs + 9'000);
  EXPECT_EQ(
      Make(table, {}, 11).Build(table, {}, {}, 0, kNowMs + 9'001).snapshot.timestamp_ms,
      kNowMs + 9'001);
}

TEST(FastAppendTest, TheBranchKeepsItsRetentionRules) {
  const TableMetadata empty = MakeTable();
  auto first = Commit(empty, {}, Make(empty, {FileOf("a")}, 11));
  first.table.refs.at("main").min_snapshots_to_keep = 7;
  const auto second = Commit(first.table, first.manifests, Make(first.table, {}, 12));
  EXPECT_EQ(second.table.refs.at("main").min_snapshots_to_keep, 7);
  EXPECT_EQ(second.table.refs.at("main").snapshot_id, 12);
}

TEST(FastAppendTest, RefusesTablesAndFilesThatItCannotAppend) {
  TableMetadata table = MakeTable({{"int", "identity"}});
  const auto make = [&](std::vector<DataFile> files, std::int64_t id) {
    return FastAppend::Make(table, std::move(files), id);
  };
  DataFile deletes = FileOf("a", {1});
  deletes.content = FileContent::kPositionDeletes;
  EXPECT_THAT(make({deletes}, 11), FailsWith(ErrorKind::kInvalidArgument));
  DataFile unknown_spec = FileOf("a", {1});
  unknown_spec.spec_id = 9;
  EXPECT_THAT(make({unknown_spec}, 11), FailsWith(ErrorKind::kInvalidArgument));
  EXPECT_THAT(make({FileOf("a", {})}, 11), FailsWith(ErrorKind::kInvalidArgument));
  EXPECT_THAT(make({}, 0), FailsWith(ErrorKind::kInvalidArgument));
  Snapshot taken;
  taken.snapshot_id = 11;
  table.snapshots.Add(taken);
  EXPECT_THAT(make({}, 11), FailsWith(ErrorKind::kInvalidArgument));
  for (const int version : {1, 3}) {
    table.format_version = version;
    EXPECT_THAT(make({}, 12), FailsWith(ErrorKind::kNotSupported));
  }
}

// The model: totals are the sums over all appends, every file is listed once.
RC_GTEST_PROP(FastAppendProperty, TotalsAndManifestsAddUp, ()) {
  Committed state{MakeTable(), {}};
  std::int64_t files_in_all = 0;
  std::int64_t rows_in_all = 0;
  const int commits = *rc::gen::inRange(1, 6);
  for (int commit = 1; commit <= commits; ++commit) {
    std::vector<DataFile> files;
    for (int i = *rc::gen::inRange(0, 4); i > 0; --i) {
      files.push_back(FileOf("f", {}, *rc::gen::inRange<std::int64_t>(0, 1'000)));
      ++files_in_all;
      rows_in_all += files.back().record_count;
    }
    state = Commit(state.table, state.manifests, Make(state.table, files, commit));
    std::int64_t listed_files = 0;
    for (const ManifestFile& manifest : state.manifests) {
      listed_files += manifest.added_files_count;
    }
    RC_ASSERT(listed_files == files_in_all);
    const auto summary = state.table.CurrentSnapshot()->summary.ToMap();
    RC_ASSERT(summary.at("total-data-files") == std::to_string(files_in_all));
    RC_ASSERT(summary.at("total-records") == std::to_string(rows_in_all));
  }
}

}  // namespace
}  // namespace frazil
