#include "pipeline/commit_stage.h"

#include "commit/spoiling_catalog.h"
#include "pipeline/pipeline_fixture.h"

namespace frazil {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const Split kSplit{"events", "orders", 0};

class CommitStageTest : public ::testing::Test {
 protected:
  CommitStageTest() : tables_(2), input_(1 << 20), progress_(0) {
    TableEpoch first;
    first.claims[kSplit] = Claim{std::nullopt, {0, ""}};
    EXPECT_THAT(tables_.committer(0).Commit(first, stop_.get_token()), IsOk());
    context_.committers = {&tables_.committer(0), &tables_.committer(1)};
    context_.ios = {&tables_.io(), &tables_.io()};
    context_.source_count = 1;
    context_.input = &input_;
    context_.status = &status_;
    context_.progress = &progress_;
    context_.clock = &Clock::System();
    context_.empty_epochs_per_commit = 3;
  }

  void Send(std::int64_t epoch, std::int64_t from, std::int64_t to,
            std::vector<DataFile> anchor_files, std::vector<DataFile> other_files,
            bool is_forced = false, std::shared_ptr<const SkipPositions> skip = nullptr) {
    SourceEpoch source;
    source.epoch = epoch;
    source.ranges[kSplit] = {{from, ""}, {to, ""}};
    source.is_forced = is_forced;
    source.skip = std::move(skip);
    ASSERT_TRUE(input_.Push(std::move(source), 0, stop_.get_token()));
    ASSERT_TRUE(input_.Push(WrittenTable{1, epoch, std::move(other_files)}, 0,
                            stop_.get_token()));
    ASSERT_TRUE(input_.Push(WrittenTable{0, epoch, std::move(anchor_files)}, 0,
                            stop_.get_token()));
  }

  Status CommitTo(std::size_t table, std::int64_t from, std::int64_t to) {
    TableEpoch epoch;
    epoch.claims[kSplit] = Claim{Position{from, ""}, {to, ""}};
    FRAZIL_TRY(tables_.committer(table).Commit(epoch, stop_.get_token()));
    return {};
  }

  // A table that is being filled in again.
  Status Overwrite(std::size_t table, std::int64_t next, std::int64_t replay_until) {
    Ledger ledger;
    ledger.Set(kSplit, {next, ""});
    ledger.MarkReplay(kSplit, {replay_until, ""});
    return tables_.committer(table).OverwriteLedger(ledger, nullptr, stop_.get_token());
  }

  Status Run() {
    input_.Close();
    CommitStage stage(context_);
    Status status = stage.Run(stop_.get_token());
    stage.DiscardUncommitted();
    return status;
  }

  MemoryTables tables_;
  CommitChannel input_;
  CommitProgress progress_;
  PipelineStatus status_;
  CommitStageContext context_;
  std::stop_source stop_;
};

TEST_F(CommitStageTest, TheAnchorIsCommittedAlsoWithoutRowsOfItsOwn) {
  Send(1, 0, 10, {}, {tables_.NewFile("a", 10)});
  EXPECT_THAT(Run(), IsOk());
  EXPECT_EQ(tables_.At(0, kSplit), 10);
  EXPECT_EQ(tables_.At(1, kSplit), 10);
  EXPECT_EQ(status_.rows_committed.load(), 10);
}

TEST_F(CommitStageTest, DeadLettersAreNotCountedAsRows) {
  context_.dead_letter_table = 1;
  Send(1, 0, 10, {tables_.NewFile("a", 7)}, {tables_.NewFile("b", 3)});
  EXPECT_THAT(Run(), IsOk());
  EXPECT_EQ(status_.rows_committed.load(), 7);
  EXPECT_EQ(status_.dead_letters_committed.load(), 3);
  EXPECT_EQ(status_.files_committed.load(), 2);
}

TEST_F(CommitStageTest, ATableWithoutRowsIsNotCommitted) {
  Send(1, 0, 10, {tables_.NewFile("a", 10)}, {});
  EXPECT_THAT(Run(), IsOk());
  EXPECT_EQ(tables_.At(0, kSplit), 10);
  EXPECT_EQ(tables_.SnapshotCount(1), 0U);
}

TEST_F(CommitStageTest, EpochsWithoutRowsAreCommittedTogether) {
  Send(1, 0, 10, {}, {});
  Send(2, 10, 20, {}, {});
  Send(3, 20, 30, {}, {});
  Send(4, 30, 40, {}, {});
  EXPECT_THAT(Run(), IsOk());
  EXPECT_EQ(tables_.At(0, kSplit), 30);
  EXPECT_EQ(tables_.SnapshotCount(0), 2U);
}

TEST_F(CommitStageTest, HeldBackProgressGoesOutWithTheNextRows) {
  Send(1, 0, 10, {}, {});
  Send(2, 10, 20, {tables_.NewFile("a", 1)}, {});
  EXPECT_THAT(Run(), IsOk());
  EXPECT_EQ(tables_.At(0, kSplit), 20);
  EXPECT_EQ(tables_.SnapshotCount(0), 2U);
}

TEST_F(CommitStageTest, TellsOfEveryEpochThatNeedsNothingMore) {
  std::set<std::int64_t> handled;
  context_.on_handled = [&](std::int64_t epoch) { handled.insert(epoch); };
  Send(1, 0, 5, {tables_.NewFile("a", 5)}, {});
  Send(2, 5, 6, {}, {});  // held back
  Send(3, 6, 6, {}, {});  // nothing was read
  Send(4, 6, 7, {tables_.NewFile("b", 1)}, {});
  EXPECT_THAT(Run(), IsOk());
  EXPECT_THAT(handled, ElementsAre(1, 2, 3, 4));
}

TEST_F(CommitStageTest, AStopCommitsProgressWithoutRows) {
  Send(1, 0, 10, {}, {}, /*is_forced=*/true);
  EXPECT_THAT(Run(), IsOk());
  EXPECT_EQ(tables_.At(0, kSplit), 10);
}

TEST_F(CommitStageTest, NothingReadMeansNothingCommitted) {
  SourceEpoch source;
  source.epoch = 1;
  source.is_forced = true;
  ASSERT_TRUE(input_.Push(std::move(source), 0, stop_.get_token()));
  ASSERT_TRUE(input_.Push(WrittenTable{0, 1, {}}, 0, stop_.get_token()));
  ASSERT_TRUE(input_.Push(WrittenTable{1, 1, {}}, 0, stop_.get_token()));
  EXPECT_THAT(Run(), IsOk());
  EXPECT_EQ(tables_.SnapshotCount(0), 1U);
  EXPECT_TRUE(progress_.WaitFor(1, std::chrono::milliseconds(0), stop_.get_token()));
}

TEST_F(CommitStageTest, ATableThatIsAheadGetsOnlyTheRest) {
  TableEpoch ahead;
  ahead.claims[kSplit] = Claim{Position{0, ""}, {15, ""}};
  ASSERT_THAT(tables_.committer(1).Commit(ahead, stop_.get_token()), IsOk());
  auto skip = std::make_shared<SkipPositions>(2);
  (*skip)[1].held[kSplit] = {15, ""};
  Send(1, 0, 10, {tables_.NewFile("a", 10)}, {}, false, skip);
  Send(2, 10, 20, {tables_.NewFile("b", 10)}, {tables_.NewFile("c", 5)}, false, skip);
  EXPECT_THAT(Run(), IsOk());
  EXPECT_EQ(tables_.At(0, kSplit), 20);
  EXPECT_EQ(tables_.At(1, kSplit), 20);
}

TEST_F(CommitStageTest, ATableThatReplaysMovesAlsoWithoutRows) {
  ASSERT_THAT(CommitTo(0, 0, 20), IsOk());
  ASSERT_THAT(Overwrite(1, 5, 12), IsOk());
  auto skip = std::make_shared<SkipPositions>(2);
  (*skip)[0].held[kSplit] = {20, ""};
  (*skip)[1].replay_until[kSplit] = {12, ""};
  std::vector<Positions> reported;
  context_.after_commit = [&](const Positions& p) { reported.push_back(p); };
  const std::size_t anchor_snapshots = tables_.SnapshotCount(0);

  Send(1, 5, 8, {}, {}, /*is_forced=*/true, skip);
  Send(2, 8, 11, {}, {tables_.NewFile("a", 1)}, false, skip);
  Send(3, 11, 13, {}, {}, /*is_forced=*/true, skip);
  Send(4, 13, 15, {}, {}, /*is_forced=*/true, skip);
  EXPECT_THAT(Run(), IsOk());

  EXPECT_EQ(tables_.At(0, kSplit), 20);
  EXPECT_EQ(tables_.SnapshotCount(0), anchor_snapshots);
  // From its end on a table moves with its rows again.
  EXPECT_EQ(tables_.At(1, kSplit), 13);
  EXPECT_EQ(tables_.LedgerOf(1).ReplayUntil(kSplit), nullptr);
  EXPECT_THAT(reported, IsEmpty());
}

TEST_F(CommitStageTest, AReplayRunsIntoWhatIsNew) {
  ASSERT_THAT(CommitTo(0, 0, 20), IsOk());
  ASSERT_THAT(Overwrite(1, 5, 12), IsOk());
  auto skip = std::make_shared<SkipPositions>(2);
  (*skip)[0].held[kSplit] = {20, ""};
  (*skip)[1].replay_until[kSplit] = {12, ""};
  std::vector<Positions> reported;
  context_.after_commit = [&](const Positions& p) { reported.push_back(p); };

  Send(1, 5, 25, {tables_.NewFile("new", 5)}, {tables_.NewFile("lost", 9)}, false, skip);
  Send(2, 25, 30, {}, {tables_.NewFile("next", 1)}, false, skip);
  EXPECT_THAT(Run(), IsOk());

  EXPECT_EQ(tables_.At(0, kSplit), 30);
  EXPECT_EQ(tables_.At(1, kSplit), 30);
  EXPECT_THAT(reported,
              ElementsAre(Positions{{kSplit, {25, ""}}}, Positions{{kSplit, {30, ""}}}));
}

TEST_F(CommitStageTest, AWorkerThatKnowsOfNoRollbackIsRefused) {
  ASSERT_THAT(CommitTo(0, 0, 20), IsOk());
  ASSERT_THAT(Overwrite(1, 5, 12), IsOk());
  Send(1, 20, 25, {}, {tables_.NewFile("a", 1)});
  EXPECT_THAT(Run(), FailsWith(ErrorKind::kLedgerConflict));
  EXPECT_EQ(tables_.At(0, kSplit), 20);
  EXPECT_EQ(tables_.At(1, kSplit), 5);
}

TEST_F(CommitStageTest, ASplitThatIsNewBeginsWhereItsRowsBegin) {
  const Split fresh{"events", "orders", 1};
  SourceEpoch source;
  source.epoch = 1;
  source.ranges[fresh] = {{3, ""}, {9, ""}};
  source.new_splits = {fresh};
  ASSERT_TRUE(input_.Push(std::move(source), 0, stop_.get_token()));
  ASSERT_TRUE(input_.Push(WrittenTable{0, 1, {}}, 0, stop_.get_token()));
  ASSERT_TRUE(
      input_.Push(WrittenTable{1, 1, {tables_.NewFile("a", 6)}}, 0, stop_.get_token()));
  EXPECT_THAT(Run(), IsOk());
  for (const std::size_t table : {0U, 1U}) {
    EXPECT_EQ(tables_.LedgerOf(table).Find(fresh)->ordinal, 9);
    EXPECT_EQ(tables_.LedgerOf(table).First(fresh)->ordinal, 3);
  }
}

TEST_F(CommitStageTest, ATableThatSomebodyChangedIsCommittedAndCounted) {
  // Committers that knew the tables before their schemas changed.
  std::vector<std::unique_ptr<TableCommitter>> planned_earlier;
  for (std::size_t i = 0; i < 2; ++i) {
    CommitterOptions options;
    options.pipeline = "p";
    options.writer_id = "writer";
    options.is_anchor = i == 0;
    planned_earlier.push_back(tables_.NewCommitter(
        i, options, [](auto& metadata) { --metadata.current_schema_id; }));
    context_.committers[i] = planned_earlier.back().get();
  }
  Send(1, 0, 10, {tables_.NewFile("anchor", 10)}, {tables_.NewFile("other", 7)});
  EXPECT_THAT(Run(), FailsWith(ErrorKind::kCommitFailed, HasSubstr("db.t1")));
  EXPECT_EQ(tables_.At(1, kSplit), 10);
  EXPECT_EQ(tables_.At(0, kSplit), 0);
  EXPECT_EQ(status_.rows_committed.load(), 7);
  EXPECT_EQ(status_.files_committed.load(), 1);
  EXPECT_EQ(status_.snapshots_committed.load(), 1);
  EXPECT_GT(status_.last_commit_ms.load(), 0);
  EXPECT_THAT(tables_.io().Exists("memory:/lake/data/other"), IsOkAnd(true));
  EXPECT_THAT(tables_.io().Exists("memory:/lake/data/anchor"), IsOkAnd(false));
}

TEST_F(CommitStageTest, ProgressIsTheHighestEpochAndEndsWithTheStage) {
  const std::stop_token never;
  const auto is_committed = [&](std::int64_t epoch) {
    return progress_.WaitFor(epoch, std::chrono::milliseconds(0), never);
  };
  progress_.MarkCommitted(3);
  progress_.MarkCommitted(2);
  EXPECT_TRUE(is_committed(3));
  EXPECT_FALSE(is_committed(4));
  progress_.MarkEnded();
  EXPECT_FALSE(progress_.WaitFor(4, std::chrono::hours(1), never));
}

TEST_F(CommitStageTest, WhatOneSourceForcesAnotherDoesNotHoldBack) {
  context_.source_count = 2;
  SourceEpoch forced;
  forced.epoch = 1;
  forced.is_forced = true;
  forced.ranges[kSplit] = {{0, ""}, {10, ""}};
  SourceEpoch other;
  other.source = 1;
  other.epoch = 1;
  ASSERT_TRUE(input_.Push(WrittenTable{0, 1, {}}, 0, stop_.get_token()));
  ASSERT_TRUE(input_.Push(WrittenTable{1, 1, {}}, 0, stop_.get_token()));
  ASSERT_TRUE(input_.Push(std::move(forced), 0, stop_.get_token()));
  ASSERT_TRUE(input_.Push(std::move(other), 0, stop_.get_token()));
  EXPECT_THAT(Run(), IsOk());
  EXPECT_EQ(tables_.At(0, kSplit), 10);
}

TEST_F(CommitStageTest, AnEpochWaitsForEverySource) {
  context_.source_count = 2;
  Send(1, 0, 10, {tables_.NewFile("a", 1)}, {}, /*is_forced=*/true);
  EXPECT_THAT(Run(), IsOk());
  EXPECT_EQ(tables_.At(0, kSplit), 0);
}

TEST_F(CommitStageTest, WhatTwoSourcesSkipIsKeptApart) {
  const Split theirs{"other", "orders", 0};
  context_.source_count = 2;
  for (const auto& [index, split] :
       {std::pair<std::size_t, Split>{0, kSplit}, {1, theirs}}) {
    auto skip = std::make_shared<SkipPositions>(2);
    (*skip)[1].held[split] = {10, ""};
    SourceEpoch source;
    source.source = index;
    source.epoch = 1;
    source.is_forced = true;
    source.ranges[split] = {{0, ""}, {10, ""}};
    if (index == 1) source.new_splits = {split};
    source.identities[split] = {"c", split.source};
    source.skip = std::move(skip);
    ASSERT_TRUE(input_.Push(std::move(source), 0, stop_.get_token()));
  }
  ASSERT_TRUE(input_.Push(WrittenTable{0, 1, {}}, 0, stop_.get_token()));
  // Files without a claim: the table holds both ranges already.
  ASSERT_TRUE(
      input_.Push(WrittenTable{1, 1, {tables_.NewFile("a", 1)}}, 0, stop_.get_token()));
  EXPECT_THAT(Run(), IsOk());
  EXPECT_EQ(tables_.At(0, kSplit), 10);
  EXPECT_EQ(tables_.At(0, theirs), 10);
  EXPECT_EQ(tables_.At(1, kSplit), -1);
  EXPECT_EQ(tables_.At(1, theirs), -1);
  const Ledger ledger = tables_.LedgerOf(0);
  EXPECT_EQ(ledger.sources.at("events").at("orders").identity.stream_id, "events");
  EXPECT_EQ(ledger.sources.at("other").at("orders").identity.stream_id, "other");
}

TEST_F(CommitStageTest, DeadLettersAreFlushedBeforeAnythingIsCommitted) {
  const std::size_t before = tables_.SnapshotCount(0);
  context_.before_commit = [] {
    return Status(Fail(ErrorKind::kUnavailable, "not acknowledged"));
  };
  Send(1, 0, 10, {tables_.NewFile("a", 10)}, {});
  EXPECT_THAT(Run(), FailsWith(ErrorKind::kUnavailable));
  EXPECT_EQ(tables_.SnapshotCount(0), before);
}

TEST_F(CommitStageTest, AStopAfterHeldBackProgressCommitsBoth) {
  Send(1, 0, 10, {}, {}, /*is_forced=*/false);
  Send(2, 10, 20, {}, {}, /*is_forced=*/true);
  EXPECT_THAT(Run(), IsOk());
  EXPECT_EQ(tables_.At(0, kSplit), 20);
}

TEST_F(CommitStageTest, FilesOfACommitInDoubtAreKept) {
  SpoilingCatalog catalog(tables_.catalog());
  catalog.Spoil(std::vector<SpoilingCatalog::Answer>(
      1000, SpoilingCatalog::Answer::kLostBeforeApplying));
  CommitterOptions options;
  options.pipeline = "p";
  options.is_anchor = true;
  options.deadline = std::chrono::milliseconds(20);
  TableCommitter anchor(catalog, tables_.io(), Clock::System(),
                        MemoryTables::Identifier(0),
                        *catalog.LoadTable(MemoryTables::Identifier(0)), options);
  context_.committers[0] = &anchor;
  const DataFile in_doubt = tables_.NewFile("in-doubt", 10);
  const DataFile later = tables_.NewFile("later", 10);
  Send(1, 0, 10, {in_doubt}, {});
  Send(2, 10, 20, {later}, {});
  EXPECT_THAT(Run(), FailsWith(ErrorKind::kCommitStateUnknown));
  EXPECT_THAT(tables_.io().Exists(in_doubt.file_path), IsOkAnd(true));
  EXPECT_THAT(tables_.io().Exists(later.file_path), IsOkAnd(false));
}

TEST_F(CommitStageTest, ASplitThatIsNewToTheAnchorAloneIsClaimedWhereTheTableStands) {
  const Split fresh{"events", "orders", 1};
  TableEpoch known;
  known.claims[fresh] = Claim{std::nullopt, {0, ""}};
  ASSERT_THAT(tables_.committer(1).Commit(known, stop_.get_token()), IsOk());
  auto skip = std::make_shared<SkipPositions>(2);
  (*skip)[1].held[fresh] = {0, ""};
  SourceEpoch source;
  source.epoch = 1;
  source.ranges[fresh] = {{0, ""}, {9, ""}};
  source.new_splits = {fresh};
  source.skip = std::move(skip);
  ASSERT_TRUE(input_.Push(std::move(source), 0, stop_.get_token()));
  ASSERT_TRUE(input_.Push(WrittenTable{0, 1, {}}, 0, stop_.get_token()));
  ASSERT_TRUE(
      input_.Push(WrittenTable{1, 1, {tables_.NewFile("a", 9)}}, 0, stop_.get_token()));
  EXPECT_THAT(Run(), IsOk());
  EXPECT_EQ(tables_.At(0, fresh), 9);
  EXPECT_EQ(tables_.At(1, fresh), 9);
}

TEST_F(CommitStageTest, ARefusedEpochLeavesNoFiles) {
  const DataFile file = tables_.NewFile("refused", 10);
  const DataFile later = tables_.NewFile("later", 10);
  Send(1, 5, 10, {file}, {});
  Send(2, 10, 20, {later}, {});
  EXPECT_THAT(Run(), FailsWith(ErrorKind::kLedgerConflict));
  EXPECT_EQ(tables_.At(0, kSplit), 0);
  EXPECT_THAT(tables_.io().Exists(file.file_path), IsOkAnd(false));
  EXPECT_THAT(tables_.io().Exists(later.file_path), IsOkAnd(false));
}

TEST_F(CommitStageTest, RecordsOfAStreamMadeAgainAreNotCommitted) {
  const DataFile file = tables_.NewFile("mixed", 10);
  Send(1, 0, 10, {file}, {});
  context_.verify_streams = []() -> Status {
    return Fail(ErrorKind::kDataLoss, "made again");
  };
  EXPECT_THAT(Run(), FailsWith(ErrorKind::kDataLoss));
  EXPECT_EQ(tables_.At(0, kSplit), 0);
  EXPECT_THAT(tables_.io().Exists(file.file_path), IsOkAnd(false));
}

TEST_F(CommitStageTest, ACommitWaitsForASourceThatDoesNotAnswer) {
  Send(1, 0, 10, {tables_.NewFile("a", 10)}, {});
  int asked = 0;
  context_.verify_streams = [&asked]() -> Status {
    if (++asked < 3) return Fail(ErrorKind::kUnavailable, "nobody answers");
    return {};
  };
  EXPECT_THAT(Run(), IsOk());
  EXPECT_EQ(asked, 3);
  EXPECT_EQ(tables_.At(0, kSplit), 10);
}

TEST_F(CommitStageTest, ACommitDoesNotWaitForEver) {
  Send(1, 0, 10, {tables_.NewFile("a", 10)}, {});
  context_.verify_patience = std::chrono::milliseconds(0);
  context_.verify_streams = []() -> Status {
    return Fail(ErrorKind::kUnavailable, "nobody answers");
  };
  EXPECT_THAT(Run(), FailsWith(ErrorKind::kUnavailable));
  EXPECT_EQ(tables_.At(0, kSplit), 0);
}

TEST_F(CommitStageTest, AStopAsksOnce) {
  Send(1, 0, 10, {tables_.NewFile("a", 10)}, {}, /*is_forced=*/true);
  int asked = 0;
  context_.verify_streams = [&asked]() -> Status {
    ++asked;
    return Fail(ErrorKind::kUnavailable, "nobody answers");
  };
  EXPECT_THAT(Run(), FailsWith(ErrorKind::kUnavailable));
  EXPECT_EQ(asked, 1);
}

TEST_F(CommitStageTest, AStopEndsAWaitForASourceThatDoesNotAnswer) {
  Send(1, 0, 10, {tables_.NewFile("a", 10)}, {});
  int asked = 0;
  context_.verify_streams = [&asked]() -> Status {
    ++asked;
    return Fail(ErrorKind::kUnavailable, "nobody answers");
  };
  context_.is_draining = [&asked] { return asked == 3; };
  EXPECT_THAT(Run(), FailsWith(ErrorKind::kUnavailable));
  EXPECT_EQ(asked, 3);
}

TEST_F(CommitStageTest, AnUnfinishedEpochIsDiscarded) {
  const DataFile file = tables_.NewFile("unfinished", 10);
  ASSERT_TRUE(input_.Push(WrittenTable{0, 1, {file}}, 0, stop_.get_token()));
  EXPECT_THAT(Run(), IsOk());
  EXPECT_THAT(tables_.io().Exists(file.file_path), IsOkAnd(false));
}

}  // namespace
}  // namespace frazil
