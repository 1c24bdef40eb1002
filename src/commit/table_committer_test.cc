#include "commit/table_committer.h"

#include <memory>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/result_matchers.h"
#include "catalog/memory/memory_catalog.h"
#include "commit/spoiling_catalog.h"
#include "storage/memory/memory_file_io.h"

namespace frazil {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

const TableIdentifier kTable{{"db"}, "events"};
const Split kSplit{"events", "orders", 0};

using Answer = SpoilingCatalog::Answer;

class TableCommitterTest : public ::testing::Test {
 protected:
  TableCommitterTest()
      : io_(NewMemoryFileIO()),
        real_(NewMemoryCatalog("lake", "memory:/lake", io_)),
        catalog_(*real_) {
    EXPECT_THAT(catalog_.CreateNamespace({"db"}, {}), IsOk());
    NewTable table;
    SchemaField id;
    id.field_id = 1;
    id.name = "id";
    id.type = Type(TypeId::kLong);
    table.schema.fields = {id};
    EXPECT_THAT(catalog_.CreateTable(kTable, std::move(table)), IsOk());
  }

  TableCommitter Committer(std::string pipeline = "p", std::string writer = "w",
                           bool is_anchor = true,
                           std::chrono::milliseconds deadline = std::chrono::minutes(1)) {
    CommitterOptions options;
    options.pipeline = std::move(pipeline);
    options.writer_id = std::move(writer);
    options.is_anchor = is_anchor;
    options.deadline = deadline;
    options.engine_version = "test";
    return {catalog_,          *io_, Clock::System(), kTable, *catalog_.LoadTable(kTable),
            std::move(options)};
  }

  // An epoch with one file; `from` < 0: a split the table does not know.
  static TableEpoch Epoch(std::int64_t number, std::int64_t from, std::int64_t to,
                          const std::string& file) {
    TableEpoch epoch;
    epoch.epoch = number;
    epoch.claims[kSplit] =
        Claim{from < 0 ? std::nullopt : std::optional(Position{from, ""}), {to, ""}};
    if (file.empty()) return epoch;
    DataFile data_file;
    data_file.file_path = "memory:/lake/data/" + file;
    data_file.record_count = to - std::max<std::int64_t>(from, 0);
    data_file.file_size_bytes = 100;
    epoch.files = {data_file};
    return epoch;
  }

  // Paths of the live data files, each as often as it is listed.
  std::vector<std::string> LiveFiles() {
    std::vector<std::string> files;
    const LoadedTable table = *catalog_.LoadTable(kTable);
    const Snapshot* snapshot = table.metadata->CurrentSnapshot();
    if (snapshot == nullptr) return files;
    const std::string list = *io_->Read(snapshot->manifest_list);
    const auto manifests = *DecodeManifestList(list);
    for (const ManifestFile& manifest : manifests) {
      const std::string bytes = *io_->Read(manifest.manifest_path);
      const auto entries = *DecodeManifest(bytes, manifest, *table.metadata);
      for (const ManifestEntry& entry : entries) {
        files.push_back(entry.data_file.file_path.substr(18));
      }
    }
    return files;
  }

  std::int64_t CommittedPosition(TableCommitter& committer) {
    const auto lookup = committer.ReadLedger();
    return lookup->ledger->Find(kSplit)->ordinal;
  }

  std::shared_ptr<FileIO> io_;
  std::unique_ptr<Catalog> real_;
  SpoilingCatalog catalog_;
  std::stop_source stop_;
};

TEST_F(TableCommitterTest, DataAndLedgerAppearTogether) {
  TableCommitter committer = Committer();
  EXPECT_THAT(committer.Commit(Epoch(1, -1, 100, "a"), stop_.get_token()), IsOk());
  EXPECT_THAT(committer.Commit(Epoch(2, 100, 150, "b"), stop_.get_token()), IsOk());
  EXPECT_THAT(LiveFiles(), UnorderedElementsAre("a", "b"));
  EXPECT_EQ(CommittedPosition(committer), 150);

  const LoadedTable table = *catalog_.LoadTable(kTable);
  const Snapshot& snapshot = *table.metadata->CurrentSnapshot();
  EXPECT_EQ(snapshot.summary.Find("total-records"), "150");
  EXPECT_EQ(snapshot.summary.Find("engine-name"), "frazil");
  EXPECT_TRUE(DecodeLedger(*snapshot.summary.Find("frazil.ledger.p"))->is_anchor);
  EXPECT_EQ(
      DecodeLedgerMirror(table.metadata->properties.at("frazil.ledger.p"))->snapshot_id,
      snapshot.snapshot_id);
}

TEST_F(TableCommitterTest, ALostAnswerNeverCommitsTwice) {
  const std::vector<std::vector<Answer>> scripts = {
      {},
      {Answer::kConflict},
      {Answer::kLostBeforeApplying},
      {Answer::kLostAfterApplying},
      {Answer::kConflict, Answer::kLostBeforeApplying, Answer::kLostAfterApplying},
      {Answer::kLostBeforeApplying, Answer::kConflict, Answer::kHonest},
  };
  std::int64_t from = -1;
  std::int64_t number = 0;
  std::vector<std::string> expected;
  for (const auto& script : scripts) {
    SCOPED_TRACE(number);
    catalog_.Spoil(script);
    TableCommitter committer = Committer();
    const std::string file = "file-" + std::to_string(++number);
    const std::int64_t to = std::max<std::int64_t>(from, 0) + 10;
    EXPECT_THAT(committer.Commit(Epoch(number, from, to, file), stop_.get_token()),
                IsOk());
    expected.push_back(file);
    from = to;
    EXPECT_THAT(LiveFiles(), ::testing::UnorderedElementsAreArray(expected));
    EXPECT_EQ(CommittedPosition(committer), to);
  }
}

TEST_F(TableCommitterTest, ALostAnswerIsUnknownWhenTimeRunsOut) {
  catalog_.Spoil(std::vector<Answer>(10000, Answer::kLostBeforeApplying));
  TableCommitter committer = Committer("p", "w", true, std::chrono::milliseconds(100));
  EXPECT_THAT(committer.Commit(Epoch(1, -1, 100, "a"), stop_.get_token()),
              FailsWith(ErrorKind::kCommitStateUnknown));
  EXPECT_TRUE(committer.was_in_doubt());
}

TEST_F(TableCommitterTest, AConflictAfterALostAnswerLeavesItInDoubt) {
  std::vector<Answer> script(10000, Answer::kConflict);
  script.front() = Answer::kLostBeforeApplying;
  catalog_.Spoil(script);
  TableCommitter committer = Committer("p", "w", true, std::chrono::milliseconds(100));
  EXPECT_THAT(committer.Commit(Epoch(1, -1, 100, "a"), stop_.get_token()),
              FailsWith(ErrorKind::kCommitStateUnknown));
  EXPECT_TRUE(committer.was_in_doubt());
  // What was lost may still appear, so what it names has to stay.
  EXPECT_THAT(io_->Exists(catalog_.manifest_lists.front()), IsOkAnd(true));
}

TEST_F(TableCommitterTest, WhatLostARaceIsDeleted) {
  catalog_.Spoil({Answer::kConflict, Answer::kConflict});
  TableCommitter committer = Committer();
  EXPECT_THAT(committer.Commit(Epoch(1, -1, 100, "a"), stop_.get_token()), IsOk());
  ASSERT_EQ(catalog_.manifest_lists.size(), 3U);
  EXPECT_THAT(io_->Exists(catalog_.manifest_lists[0]), IsOkAnd(false));
  EXPECT_THAT(io_->Exists(catalog_.manifest_lists[1]), IsOkAnd(false));
  EXPECT_THAT(io_->Exists(catalog_.manifest_lists[2]), IsOkAnd(true));
}

TEST_F(TableCommitterTest, WhatWasRefusedAfterARaceIsDeletedWithItsManifests) {
  TableCommitter heir = Committer("p", "heir");
  catalog_.Spoil({Answer::kConflict});
  catalog_.after_next_commit = [&] {
    EXPECT_THAT(heir.Commit(Epoch(1, -1, 50, "theirs"), stop_.get_token()), IsOk());
  };
  TableCommitter committer = Committer();
  EXPECT_THAT(committer.Commit(Epoch(1, -1, 100, "a"), stop_.get_token()),
              FailsWith(ErrorKind::kLedgerConflict));
  EXPECT_FALSE(committer.was_in_doubt());
  EXPECT_THAT(io_->Exists(catalog_.manifest_lists[0]), IsOkAnd(false));
  EXPECT_THAT(LiveFiles(), ElementsAre("theirs"));
}

TEST_F(TableCommitterTest, ALostCommitIsFoundBelowTheNextOne) {
  TableCommitter heir = Committer("p", "heir");
  catalog_.Spoil({Answer::kLostAfterApplying});
  catalog_.after_next_commit = [&] {
    EXPECT_THAT(heir.Commit(Epoch(2, 100, 150, "next"), stop_.get_token()), IsOk());
  };
  TableCommitter committer = Committer();
  EXPECT_THAT(committer.Commit(Epoch(1, -1, 100, "a"), stop_.get_token()), IsOk());
  EXPECT_THAT(LiveFiles(), UnorderedElementsAre("a", "next"));
}

TEST_F(TableCommitterTest, TheSameEpochOfAnotherWriterIsNotTakenForOurs) {
  TableCommitter heir = Committer("p", "heir");
  catalog_.Spoil({Answer::kLostBeforeApplying});
  catalog_.after_next_commit = [&] {
    EXPECT_THAT(heir.Commit(Epoch(1, -1, 100, "theirs"), stop_.get_token()), IsOk());
  };
  TableCommitter committer = Committer();
  EXPECT_THAT(committer.Commit(Epoch(1, -1, 100, "a"), stop_.get_token()),
              FailsWith(ErrorKind::kLedgerConflict));
  EXPECT_THAT(LiveFiles(), ElementsAre("theirs"));
}

TEST_F(TableCommitterTest, AnotherPartitioningOrSchemaIsToldAfterTheCommit) {
  for (auto TableMetadata::* const id :
       {&TableMetadata::current_schema_id, &TableMetadata::default_spec_id}) {
    LoadedTable known = *catalog_.LoadTable(kTable);
    auto metadata = std::make_shared<TableMetadata>(*known.metadata);
    (*metadata).*id += 1;
    known.metadata = std::move(metadata);
    CommitterOptions options;
    options.pipeline = "p";
    TableCommitter committer(catalog_, *io_, Clock::System(), kTable, known, options);
    const auto outcome = committer.Commit({}, stop_.get_token());
    ASSERT_THAT(outcome, IsOk());
    EXPECT_TRUE(outcome->has_table_changed);
  }
  EXPECT_FALSE(Committer().Commit({}, stop_.get_token())->has_table_changed);
}

TEST_F(TableCommitterTest, ATableThatWasNotRolledBackNeedsNoAcknowledgement) {
  TableCommitter committer = Committer();
  EXPECT_THAT(committer.Commit(Epoch(1, -1, 100, "a"), stop_.get_token()), IsOk());
  EXPECT_THAT(committer.AcknowledgeRollback(stop_.get_token()), IsOk());
  EXPECT_EQ(catalog_.LoadTable(kTable)->metadata->snapshots.size(), 1U);
}

TEST_F(TableCommitterTest, AStopEndsTheTriesUnlessAnAnswerIsMissing) {
  std::stop_source stopped;
  stopped.request_stop();
  catalog_.Spoil({Answer::kConflict});
  TableCommitter committer = Committer();
  EXPECT_THAT(committer.Commit(Epoch(1, -1, 100, "a"), stopped.get_token()),
              FailsWith(ErrorKind::kCancelled));
  catalog_.Spoil({Answer::kLostBeforeApplying});
  EXPECT_THAT(committer.Commit(Epoch(1, -1, 100, "b"), stopped.get_token()), IsOk());
  EXPECT_THAT(LiveFiles(), ElementsAre("b"));
}

TEST_F(TableCommitterTest, ALedgerNamesItsWriterItsEpochAndItsStreams) {
  TableCommitter committer = Committer("p", "me", /*is_anchor=*/true);
  TableEpoch epoch = Epoch(5, -1, 100, "a");
  epoch.identities[kSplit] = {"cluster", "topic"};
  EXPECT_THAT(committer.Commit(epoch, stop_.get_token()), IsOk());
  const Ledger ledger = *committer.ReadLedger()->ledger;
  EXPECT_EQ(ledger.writer, "me");
  EXPECT_EQ(ledger.epoch, 5);
  EXPECT_TRUE(ledger.is_anchor);
  EXPECT_EQ(ledger.sources.at("events").at("orders").identity,
            (StreamIdentity{"cluster", "topic"}));
}

TEST_F(TableCommitterTest, ALostLedgerStopsACommitAndNoOverwrite) {
  TableCommitter committer = Committer();
  EXPECT_THAT(committer.Commit(Epoch(1, -1, 100, "a"), stop_.get_token()), IsOk());
  // A history that is cut, and a mirror that somebody took away.
  const LoadedTable table = *catalog_.LoadTable(kTable);
  Snapshot snapshot = *table.metadata->CurrentSnapshot();
  snapshot.parent_snapshot_id = 77;
  snapshot.snapshot_id = 78;
  snapshot.sequence_number = table.metadata->last_sequence_number + 1;
  auto summary = snapshot.summary.ToMap();
  summary.erase(LedgerKey("p"));
  snapshot.summary = summary;
  SnapshotRef ref = table.metadata->refs.at("main");
  ref.snapshot_id = 78;
  ASSERT_THAT(real_->CommitTable(kTable, {},
                                 {AddSnapshot{snapshot}, SetSnapshotRef{"main", ref},
                                  RemoveProperties{{LedgerKey("p")}}}),
              IsOk());
  EXPECT_THAT(committer.Commit(Epoch(2, 100, 110, "b"), stop_.get_token()),
              FailsWith(ErrorKind::kDataLoss, HasSubstr("is lost")));
  EXPECT_THAT(committer.OverwriteLedger(Ledger{}, nullptr, stop_.get_token()), IsOk());
}

TEST_F(TableCommitterTest, ACommitAfterOneInDoubtIsNot) {
  catalog_.Spoil(std::vector<Answer>(10000, Answer::kLostBeforeApplying));
  TableCommitter committer = Committer("p", "w", true, std::chrono::milliseconds(50));
  EXPECT_THAT(committer.Commit(Epoch(1, -1, 100, "a"), stop_.get_token()),
              FailsWith(ErrorKind::kCommitStateUnknown));
  catalog_.Spoil({});
  EXPECT_THAT(committer.Commit(Epoch(1, 7, 100, "a"), stop_.get_token()),
              FailsWith(ErrorKind::kLedgerConflict));
  EXPECT_FALSE(committer.was_in_doubt());
}

TEST_F(TableCommitterTest, ANumberGivenOutTwiceIsNotTakenForDone) {
  // A run that starts again in one process counts its epochs from the anchor's.
  TableCommitter committer = Committer("p", "w", /*is_anchor=*/false);
  EXPECT_THAT(committer.Commit(Epoch(7, 0, 10, "a"), stop_.get_token()), IsOk());
  catalog_.Spoil({Answer::kLostBeforeApplying});
  EXPECT_THAT(committer.Commit(Epoch(7, 10, 30, "b"), stop_.get_token()), IsOk());
  EXPECT_THAT(LiveFiles(), UnorderedElementsAre("a", "b"));
  EXPECT_EQ(CommittedPosition(committer), 30);
}

TEST_F(TableCommitterTest, AZombieIsRefusedAndLeavesNothingBehind) {
  TableCommitter zombie = Committer("p", "zombie");
  TableCommitter heir = Committer("p", "heir");
  EXPECT_THAT(zombie.Commit(Epoch(1, -1, 100, "a"), stop_.get_token()), IsOk());
  EXPECT_THAT(heir.Commit(Epoch(2, 100, 170, "b"), stop_.get_token()), IsOk());

  EXPECT_THAT(zombie.Commit(Epoch(2, 100, 150, "c"), stop_.get_token()),
              FailsWith(ErrorKind::kLedgerConflict, HasSubstr("orders")));

  EXPECT_FALSE(zombie.was_in_doubt());
  EXPECT_THAT(LiveFiles(), UnorderedElementsAre("a", "b"));
  EXPECT_EQ(CommittedPosition(heir), 170);
}

TEST_F(TableCommitterTest, PipelinesKeepEachOthersLedgers) {
  TableCommitter ours = Committer("p");
  TableCommitter theirs = Committer("q");
  EXPECT_THAT(ours.Commit(Epoch(1, -1, 100, "a"), stop_.get_token()), IsOk());
  EXPECT_THAT(theirs.Commit(Epoch(1, -1, 7, "b"), stop_.get_token()), IsOk());
  EXPECT_EQ(CommittedPosition(ours), 100);
  EXPECT_EQ(CommittedPosition(theirs), 7);
  const LoadedTable table = *catalog_.LoadTable(kTable);
  EXPECT_TRUE(
      table.metadata->CurrentSnapshot()->summary.Find("frazil.ledger.p").has_value());
}

TEST_F(TableCommitterTest, ALedgerAloneIsASnapshotWithoutFiles) {
  TableCommitter committer = Committer();
  EXPECT_THAT(committer.Commit(Epoch(1, -1, 42, ""), stop_.get_token()), IsOk());
  EXPECT_THAT(LiveFiles(), ElementsAre());
  EXPECT_EQ(CommittedPosition(committer), 42);
}

TEST_F(TableCommitterTest, ATableMadeAnewIsNotFilledByMistake) {
  TableCommitter committer = Committer();
  NewTable again;
  again.schema = catalog_.LoadTable(kTable)->metadata->CurrentSchema();
  ASSERT_THAT(catalog_.DropTable(kTable), IsOk());
  ASSERT_THAT(catalog_.CreateTable(kTable, std::move(again)), IsOk());
  EXPECT_THAT(committer.Commit(Epoch(1, -1, 42, "a"), stop_.get_token()),
              FailsWith(ErrorKind::kDataLoss, HasSubstr("made anew")));
}

TEST_F(TableCommitterTest, OfExclusiveWritersOnlyTheOneThatFencedLastMayCommit) {
  const auto exclusive = [&](std::string writer) {
    CommitterOptions options;
    options.pipeline = "p";
    options.writer_id = std::move(writer);
    options.is_anchor = true;
    options.is_exclusive = true;
    return TableCommitter(catalog_, *io_, Clock::System(), kTable,
                          *catalog_.LoadTable(kTable), std::move(options));
  };
  TableCommitter first = exclusive("first");
  EXPECT_THAT(first.Commit(Epoch(1, -1, 5, "never"), stop_.get_token()),
              FailsWith(ErrorKind::kLedgerConflict));
  EXPECT_THAT(first.Fence(stop_.get_token()), IsOk());
  EXPECT_THAT(first.Commit(Epoch(3, -1, 100, "a"), stop_.get_token()), IsOk());

  TableCommitter second = exclusive("second");
  catalog_.Spoil({Answer::kLostAfterApplying, Answer::kConflict});
  EXPECT_THAT(second.Fence(stop_.get_token()), IsOk());
  // What the ledger says stays.
  EXPECT_EQ(CommittedPosition(second), 100);
  EXPECT_EQ(second.ReadLedger()->ledger->epoch, 3);
  EXPECT_THAT(LiveFiles(), ElementsAre("a"));

  EXPECT_THAT(first.Commit(Epoch(4, 100, 120, "b"), stop_.get_token()),
              FailsWith(ErrorKind::kLedgerConflict, HasSubstr("taken p over")));
  EXPECT_THAT(second.Commit(Epoch(4, 100, 150, "c"), stop_.get_token()), IsOk());
  EXPECT_THAT(LiveFiles(), UnorderedElementsAre("a", "c"));
}

TEST_F(TableCommitterTest, AnOverwriteSetsTheLedgerWhateverItSays) {
  TableCommitter committer = Committer();
  EXPECT_THAT(committer.Commit(Epoch(1, -1, 100, "a"), stop_.get_token()), IsOk());
  Ledger ledger;
  ledger.epoch = 9;
  ledger.Set(kSplit, {5, ""});
  EXPECT_THAT(committer.OverwriteLedger(ledger, nullptr, stop_.get_token()), IsOk());
  EXPECT_EQ(CommittedPosition(committer), 5);
  EXPECT_THAT(LiveFiles(), ElementsAre("a"));
}

}  // namespace
}  // namespace frazil
