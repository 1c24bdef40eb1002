#include "pipeline/start_up.h"

#include "pipeline/pipeline_fixture.h"

namespace frazil {
namespace {

using ::testing::HasSubstr;

const Split kFirst{"events", "orders", 0};
const Split kSecond{"events", "orders", 1};

class StartUpTest : public ::testing::Test {
 protected:
  StartUpTest() : tables_(2), source_("events") {
    source_.splits = {{kFirst, {"c", "t"}}, {kSecond, {"c", "t"}}};
    source_.startup = {{kFirst, {100, ""}}, {kSecond, {200, ""}}};
    choices_.pipeline = "p";
  }

  Status Prepare() {
    return PrepareLedgers(tables_.start_up_tables(), {&source_}, choices_,
                          std::stop_token());
  }

  Status CommitTo(TableCommitter& committer, const Split& split, std::int64_t from,
                  std::int64_t to) {
    TableEpoch epoch;
    epoch.epoch = 50;
    epoch.claims[split] = Claim{Position{from, ""}, {to, ""}};
    epoch.identities[split] = {"c", "t"};
    FRAZIL_TRY(committer.Commit(epoch, std::stop_token()));
    return {};
  }

  MemoryTables tables_;
  ScriptedSource source_;
  StartUpChoices choices_;
};

TEST_F(StartUpTest, AFirstStartIsCommittedBeforeAnythingIsRead) {
  EXPECT_THAT(Prepare(), IsOk());
  EXPECT_EQ(tables_.At(0, kFirst), 100);
  EXPECT_EQ(tables_.At(0, kSecond), 200);
  EXPECT_EQ(tables_.SnapshotCount(1), 0U);
}

TEST_F(StartUpTest, ASecondStartResolvesAndCommitsNothing) {
  ASSERT_THAT(Prepare(), IsOk());
  source_.startup = {{kFirst, {900, ""}}, {kSecond, {900, ""}}};
  EXPECT_THAT(Prepare(), IsOk());
  EXPECT_EQ(source_.resolved, 1);
  EXPECT_EQ(tables_.At(0, kFirst), 100);
  EXPECT_EQ(tables_.SnapshotCount(0), 1U);
}

TEST_F(StartUpTest, ATopicMadeAnewStopsUnlessToldOtherwise) {
  ASSERT_THAT(Prepare(), IsOk());
  source_.splits = {{kFirst, {"c", "other"}}, {kSecond, {"c", "other"}}};
  source_.beginning = 3;
  EXPECT_THAT(Prepare(), FailsWith(ErrorKind::kDataLoss, HasSubstr("on-data-loss")));
  EXPECT_EQ(tables_.At(0, kFirst), 100);

  choices_.continue_on_data_loss = true;
  EXPECT_THAT(Prepare(), IsOk());
  EXPECT_EQ(tables_.At(0, kFirst), 3);
  EXPECT_EQ(tables_.At(0, kSecond), 3);
  choices_.continue_on_data_loss = false;
  EXPECT_THAT(Prepare(), IsOk());
}

TEST_F(StartUpTest, RecordsBehindRetentionStopUnlessToldOtherwise) {
  ASSERT_THAT(Prepare(), IsOk());
  source_.beginning = 170;  // behind kFirst's 100, not behind kSecond's 200
  EXPECT_THAT(Prepare(),
              FailsWith(ErrorKind::kDataLoss,
                        ::testing::AllOf(HasSubstr("events/orders-0"), HasSubstr("100"),
                                         HasSubstr("170"), HasSubstr("on-data-loss"))));
  EXPECT_EQ(tables_.At(0, kFirst), 100);

  choices_.continue_on_data_loss = true;
  EXPECT_THAT(Prepare(), IsOk());
  EXPECT_EQ(tables_.At(0, kFirst), 170);
  EXPECT_EQ(tables_.At(0, kSecond), 200);
  choices_.continue_on_data_loss = false;
  EXPECT_THAT(Prepare(), IsOk());
}

TEST_F(StartUpTest, AStreamThatEndsBeforeItsPositionStopsUnlessToldOtherwise) {
  ASSERT_THAT(Prepare(), IsOk());
  source_.end = 170;  // before kSecond's 200
  EXPECT_THAT(Prepare(),
              FailsWith(ErrorKind::kDataLoss,
                        ::testing::AllOf(HasSubstr("events/orders-1"), HasSubstr("200"),
                                         HasSubstr("170"), HasSubstr("on-data-loss"),
                                         HasSubstr("ledger reset"))));
  EXPECT_EQ(tables_.At(0, kSecond), 200);

  choices_.continue_on_data_loss = true;
  EXPECT_THAT(Prepare(), IsOk());
  EXPECT_EQ(tables_.At(0, kFirst), 100);
  EXPECT_EQ(tables_.At(0, kSecond), 170);
  choices_.continue_on_data_loss = false;
  EXPECT_THAT(Prepare(), IsOk());
}

// The table would pass over the records that are new at the offsets it holds.
TEST_F(StartUpTest, ATableAheadOfTheEndIsMovedThoughTheAnchorIsNot) {
  ASSERT_THAT(Prepare(), IsOk());
  ASSERT_THAT(CommitTo(tables_.committer(1), kFirst, 100, 150), IsOk());
  source_.end = 120;
  source_.splits.erase(kSecond);
  EXPECT_THAT(Prepare(), FailsWith(ErrorKind::kDataLoss, HasSubstr("150")));

  choices_.continue_on_data_loss = true;
  EXPECT_THAT(Prepare(), IsOk());
  EXPECT_EQ(tables_.At(0, kFirst), 100);
  EXPECT_EQ(tables_.At(1, kFirst), 120);
}

TEST_F(StartUpTest, ASplitThatOnlyADroppedAnchorKnewIsToldOf) {
  ASSERT_THAT(Prepare(), IsOk());
  ASSERT_THAT(CommitTo(tables_.committer(1), kFirst, 100, 150), IsOk());
  tables_.Replace(0);
  const auto anchor = tables_.NewCommitter(0, "another");
  auto tables = tables_.start_up_tables();
  tables[0].committer = anchor.get();

  testing::internal::CaptureStderr();
  const Status status = PrepareLedgers(tables, {&source_}, choices_, std::stop_token());
  const std::string log = testing::internal::GetCapturedStderr();

  EXPECT_THAT(status, IsOk());
  EXPECT_THAT(log, HasSubstr("`frazil ledger reset` sets another position split=" +
                             kSecond.ToString()));
  EXPECT_THAT(log, ::testing::Not(HasSubstr("position split=" + kFirst.ToString())));
  EXPECT_EQ(tables_.At(0, kFirst), 150);
}

TEST_F(StartUpTest, AnotherPipelineOnTheSameTopicIsRefused) {
  ASSERT_THAT(Prepare(), IsOk());
  choices_.pipeline = "q";
  EXPECT_THAT(Prepare(), FailsWith(ErrorKind::kInvalidConfig, HasSubstr("'p'")));
  choices_.allow_shared_topics = true;
  const auto other = tables_.NewCommitter(0, "w", "q");
  EXPECT_THAT(PrepareLedgers({{other.get(), &tables_.catalog(), "", false}}, {&source_},
                             choices_, std::stop_token()),
              IsOk());
  EXPECT_EQ(
      PipelinesOf(*tables_.catalog().LoadTable(MemoryTables::Identifier(0))->metadata),
      (std::set<std::string>{"p", "q"}));
}

TEST_F(StartUpTest, ANewAnchorTakesOverThePositionsOfTheOldOne) {
  ASSERT_THAT(Prepare(), IsOk());
  // The first INSERT of the script is now another one: t1 becomes the anchor.
  CommitterOptions options;
  options.pipeline = "p";
  options.writer_id = "w";
  options.is_anchor = true;
  TableCommitter new_anchor(
      tables_.catalog(), tables_.io(), Clock::System(), MemoryTables::Identifier(1),
      *tables_.catalog().LoadTable(MemoryTables::Identifier(1)), options);
  const std::vector<StartUpTable> swapped = {
      {&new_anchor, &tables_.catalog(), "", false},
      {&tables_.committer(0), &tables_.catalog(), "", false}};
  EXPECT_THAT(PrepareLedgers(swapped, {&source_}, choices_, std::stop_token()), IsOk());
  EXPECT_EQ(source_.resolved, 1);
  EXPECT_EQ(tables_.At(1, kFirst), 100);
}

TEST_F(StartUpTest, ATableAheadOfTheAnchorSkipsWhatItHolds) {
  ASSERT_THAT(Prepare(), IsOk());
  ASSERT_THAT(CommitTo(tables_.committer(1), kFirst, 100, 150), IsOk());
  const auto start = ReadStartPositions(tables_.start_up_tables());
  ASSERT_THAT(start, IsOk());
  EXPECT_EQ(start->begin.at(kFirst).ordinal, 100);
  EXPECT_EQ(start->skip[1].held.at(kFirst).ordinal, 150);
  EXPECT_EQ(start->skip[1].held.count(kSecond), 0U);
  EXPECT_TRUE(start->skip[0].held.empty());
}

// t0 stands at 180 and 240; t1 had rows up to 150 of the first split, in two commits.
class RollbackTest : public StartUpTest {
 protected:
  RollbackTest() {
    EXPECT_THAT(Prepare(), IsOk());
    EXPECT_THAT(CommitTo(tables_.committer(1), kFirst, 110, 120), IsOk());
    EXPECT_THAT(CommitTo(tables_.committer(1), kFirst, 140, 150), IsOk());
    EXPECT_THAT(CommitTo(tables_.committer(0), kFirst, 100, 180), IsOk());
    EXPECT_THAT(CommitTo(tables_.committer(0), kSecond, 200, 240), IsOk());
  }
};

TEST_F(RollbackTest, ATableThatIsNoAnchorIsFilledInAgain) {
  tables_.RollBack(1, 0);
  ASSERT_THAT(Prepare(), IsOk());
  const auto start = ReadStartPositions(tables_.start_up_tables());
  ASSERT_THAT(start, IsOk());
  EXPECT_EQ(start->begin.at(kFirst).ordinal, 120);
  EXPECT_EQ(start->begin.at(kSecond).ordinal, 240);
  EXPECT_EQ(start->skip[0].held, (Positions{{kFirst, {180, ""}}}));
  EXPECT_EQ(start->skip[1].held, Positions());
  EXPECT_EQ(start->skip[1].replay_until, (Positions{{kFirst, {150, ""}}}));
  EXPECT_EQ(start->skip[0].replay_until, Positions());
}

TEST_F(RollbackTest, IsAcknowledgedOnce) {
  tables_.RollBack(1, 0);
  ASSERT_THAT(Prepare(), IsOk());
  const std::size_t snapshots = tables_.SnapshotCount(1);
  ASSERT_THAT(Prepare(), IsOk());
  EXPECT_EQ(tables_.SnapshotCount(1), snapshots);
  EXPECT_EQ(tables_.SnapshotCount(0), 3U);
}

TEST_F(RollbackTest, AnotherTableOfThePipelineIsReadFromTheAnchor) {
  MemoryTables three(3);
  source_.splits = {{kFirst, {"c", "t"}}};
  ASSERT_THAT(PrepareLedgers(three.start_up_tables(), {&source_}, choices_, {}), IsOk());
  ASSERT_THAT(CommitTo(three.committer(2), kFirst, 100, 130), IsOk());
  ASSERT_THAT(CommitTo(three.committer(1), kFirst, 100, 120), IsOk());
  ASSERT_THAT(CommitTo(three.committer(1), kFirst, 120, 150), IsOk());
  ASSERT_THAT(CommitTo(three.committer(0), kFirst, 100, 180), IsOk());
  three.RollBack(1, 0);
  ASSERT_THAT(PrepareLedgers(three.start_up_tables(), {&source_}, choices_, {}), IsOk());
  const auto start = ReadStartPositions(three.start_up_tables());
  ASSERT_THAT(start, IsOk());
  EXPECT_EQ(start->begin.at(kFirst).ordinal, 120);
  EXPECT_EQ(start->skip[2].held.at(kFirst).ordinal, 180);
}

TEST_F(RollbackTest, BehindTheFirstCommitBeginsWhereTheTableBegan) {
  // A table with a row of somebody else, then ours, then back to theirs.
  MemoryTables tables(2);
  ASSERT_THAT(tables.NewCommitter(1, "w", "q")->Commit({}, {}), IsOk());
  ASSERT_THAT(PrepareLedgers(tables.start_up_tables(), {&source_}, choices_, {}), IsOk());
  ASSERT_THAT(CommitTo(tables.committer(1), kFirst, 110, 120), IsOk());
  ASSERT_THAT(CommitTo(tables.committer(0), kFirst, 100, 180), IsOk());
  tables.RollBack(1, 0);
  ASSERT_THAT(PrepareLedgers(tables.start_up_tables(), {&source_}, choices_, {}), IsOk());
  EXPECT_EQ(tables.At(1, kFirst), 110);
  EXPECT_EQ(tables.LedgerOf(1).ReplayUntil(kFirst)->ordinal, 120);
}

TEST_F(RollbackTest, OfTheAnchorBehindItsFirstLedgerResolvesNothingAnew) {
  MemoryTables tables(1);
  ASSERT_THAT(tables.NewCommitter(0, "w", "q")->Commit({}, {}), IsOk());
  ASSERT_THAT(PrepareLedgers(tables.start_up_tables(), {&source_}, choices_, {}), IsOk());
  ASSERT_THAT(CommitTo(tables.committer(0), kFirst, 100, 180), IsOk());
  tables.RollBack(0, 0);
  source_.startup = {{kFirst, {900, ""}}, {kSecond, {900, ""}}};
  ASSERT_THAT(PrepareLedgers(tables.start_up_tables(), {&source_}, choices_, {}), IsOk());
  EXPECT_EQ(tables.At(0, kFirst), 100);
  EXPECT_EQ(tables.At(0, kSecond), 200);
}

TEST_F(RollbackTest, StopsWhereThatIsAskedFor) {
  tables_.RollBack(1, 0);
  choices_.stop_on_rollback = true;
  EXPECT_THAT(Prepare(), FailsWith(ErrorKind::kDataLoss, HasSubstr("'replay'")));
  EXPECT_EQ(tables_.At(1, kFirst), 120);
  EXPECT_EQ(tables_.LedgerOf(1).ReplayUntil(kFirst), nullptr);
}

TEST_F(RollbackTest, ThatIsTakenBackLeavesNothingToReplay) {
  tables_.RollBack(1, 0);
  ASSERT_THAT(Prepare(), IsOk());
  tables_.RollBack(1, 1);
  ASSERT_THAT(Prepare(), IsOk());
  EXPECT_EQ(tables_.At(1, kFirst), 150);
  EXPECT_EQ(tables_.LedgerOf(1).ReplayUntil(kFirst), nullptr);
}

TEST_F(RollbackTest, DuringAReplayReplaysToTheSameEnd) {
  tables_.RollBack(1, 1);
  ASSERT_THAT(CommitTo(tables_.committer(1), kFirst, 160, 170), IsOk());
  tables_.RollBack(1, 1);
  ASSERT_THAT(Prepare(), IsOk());
  ASSERT_THAT(CommitTo(tables_.committer(1), kFirst, 150, 160), IsOk());
  tables_.RollBack(1, 0);
  ASSERT_THAT(Prepare(), IsOk());
  EXPECT_EQ(tables_.At(1, kFirst), 120);
  EXPECT_EQ(tables_.LedgerOf(1).ReplayUntil(kFirst)->ordinal, 170);
}

TEST_F(RollbackTest, WhileRunningRefusesTheNextCommit) {
  tables_.RollBack(1, 0);
  EXPECT_THAT(CommitTo(tables_.committer(1), kFirst, 180, 190),
              FailsWith(ErrorKind::kLedgerConflict, HasSubstr("rolled back")));
  tables_.RollBack(0, 0);
  EXPECT_THAT(CommitTo(tables_.committer(0), kSecond, 200, 210),
              FailsWith(ErrorKind::kLedgerConflict, HasSubstr("rolled back")));
}

TEST_F(RollbackTest, ToBeforeATopicWasMadeAnewReplaysTheNewOne) {
  source_.splits = {{kFirst, {"c", "new"}}, {kSecond, {"c", "new"}}};
  source_.beginning = 3;
  choices_.continue_on_data_loss = true;
  ASSERT_THAT(Prepare(), IsOk());
  TableEpoch epoch;
  epoch.claims[kFirst] = Claim{Position{3, ""}, {9, ""}};
  epoch.identities[kFirst] = {"c", "new"};
  ASSERT_THAT(tables_.committer(1).Commit(epoch, std::stop_token()), IsOk());
  ASSERT_THAT(tables_.committer(0).Commit(epoch, std::stop_token()), IsOk());
  tables_.RollBack(1, 1);
  choices_.continue_on_data_loss = false;
  EXPECT_THAT(Prepare(), FailsWith(ErrorKind::kDataLoss, HasSubstr("another topic")));
  choices_.continue_on_data_loss = true;
  ASSERT_THAT(Prepare(), IsOk());
  EXPECT_EQ(tables_.At(0, kFirst), 9);
  EXPECT_EQ(tables_.At(1, kFirst), 3);
  EXPECT_EQ(tables_.LedgerOf(1).ReplayUntil(kFirst)->ordinal, 9);
}

TEST_F(StartUpTest, ATableAheadOfTheAnchorDoesNotMoveIt) {
  ASSERT_THAT(Prepare(), IsOk());
  ASSERT_THAT(CommitTo(tables_.committer(1), kFirst, 100, 150), IsOk());
  ASSERT_THAT(Prepare(), IsOk());
  EXPECT_EQ(tables_.At(0, kFirst), 100);
}

TEST_F(StartUpTest, AnotherClusterStopsThePipeline) {
  ASSERT_THAT(Prepare(), IsOk());
  source_.splits = {{kFirst, {"other", "t"}}, {kSecond, {"other", "t"}}};
  EXPECT_THAT(Prepare(), FailsWith(ErrorKind::kDataLoss, HasSubstr("another cluster")));
}

TEST_F(StartUpTest, AnIdentityThatIsNotToldStopsNothing) {
  ASSERT_THAT(Prepare(), IsOk());
  source_.splits = {{kFirst, {"", ""}}, {kSecond, {"", ""}}};
  EXPECT_THAT(Prepare(), IsOk());
}

TEST_F(StartUpTest, ATopicMadeAnewUnderAllTablesIsNotReplayed) {
  ASSERT_THAT(Prepare(), IsOk());
  ASSERT_THAT(CommitTo(tables_.committer(1), kFirst, 100, 150), IsOk());
  ASSERT_THAT(CommitTo(tables_.committer(0), kFirst, 100, 180), IsOk());
  source_.splits = {{kFirst, {"c", "new"}}, {kSecond, {"c", "new"}}};
  source_.beginning = 3;
  choices_.continue_on_data_loss = true;
  ASSERT_THAT(Prepare(), IsOk());
  EXPECT_EQ(tables_.At(0, kFirst), 3);
  EXPECT_EQ(tables_.At(1, kFirst), 3);
  EXPECT_EQ(tables_.LedgerOf(1).ReplayUntil(kFirst), nullptr);
}

TEST_F(StartUpTest, TheSameTopicUnderAnotherSourceNameIsRefused) {
  ASSERT_THAT(Prepare(), IsOk());
  ScriptedSource renamed("renamed");
  const Split split{"renamed", "orders", 0};
  renamed.splits = {{split, {"c", "t"}}};
  renamed.startup = {{split, {100, ""}}};
  const auto prepare = [&] {
    return PrepareLedgers(tables_.start_up_tables(), {&renamed}, choices_, {});
  };
  EXPECT_THAT(prepare(), FailsWith(ErrorKind::kInvalidConfig, HasSubstr("'events'")));
  // A topic of that name in another cluster is another topic.
  renamed.splits = {{split, {"elsewhere", "t"}}};
  EXPECT_THAT(prepare(), IsOk());
}

TEST_F(StartUpTest, SeveralSourcesOfTheScriptMayReadOneTopic) {
  ScriptedSource other("other");
  const Split split{"other", "orders", 0};
  other.splits = {{split, {"c", "t"}}};
  other.startup = {{split, {100, ""}}};
  for (int start = 0; start < 2; ++start) {
    EXPECT_THAT(
        PrepareLedgers(tables_.start_up_tables(), {&source_, &other}, choices_, {}),
        IsOk());
    EXPECT_EQ(tables_.At(0, kFirst), 100);
    EXPECT_EQ(tables_.At(0, split), 100);
  }
}

TEST_F(StartUpTest, ALedgerThatIsLostStopsUnlessToldOtherwise) {
  ASSERT_THAT(Prepare(), IsOk());
  tables_.LoseLedger(0);
  EXPECT_THAT(Prepare(), FailsWith(ErrorKind::kDataLoss, HasSubstr("on-data-loss")));
  choices_.continue_on_data_loss = true;
  source_.startup = {{kFirst, {500, ""}}, {kSecond, {600, ""}}};
  EXPECT_THAT(Prepare(), IsOk());
  EXPECT_EQ(tables_.At(0, kFirst), 500);
  EXPECT_EQ(tables_.LedgerOf(0).sources.at("events").at("orders").identity,
            (StreamIdentity{"c", "t"}));
  choices_.continue_on_data_loss = false;
  EXPECT_THAT(Prepare(), IsOk());
}

TEST_F(StartUpTest, ATableThatHasALedgerAlreadyBecomesTheAnchor) {
  ASSERT_THAT(Prepare(), IsOk());
  ASSERT_THAT(CommitTo(tables_.committer(1), kFirst, 60, 80), IsOk());
  ASSERT_THAT(CommitTo(tables_.committer(1), kSecond, 150, 200), IsOk());
  CommitterOptions options;
  options.pipeline = "p";
  options.is_anchor = true;
  TableCommitter new_anchor(
      tables_.catalog(), tables_.io(), Clock::System(), MemoryTables::Identifier(1),
      *tables_.catalog().LoadTable(MemoryTables::Identifier(1)), options);
  const std::vector<StartUpTable> swapped = {
      {&new_anchor, &tables_.catalog(), "", false},
      {&tables_.committer(0), &tables_.catalog(), "", false}};
  EXPECT_THAT(PrepareLedgers(swapped, {&source_}, choices_, {}), IsOk());
  EXPECT_EQ(tables_.At(1, kFirst), 100);
  EXPECT_EQ(tables_.At(1, kSecond), 200);
  EXPECT_TRUE(tables_.LedgerOf(1).is_anchor);

  // Rolled back, it replays: the old anchor's positions say nothing of what it lost.
  tables_.RollBack(1, 0);
  EXPECT_THAT(PrepareLedgers(swapped, {&source_}, choices_, {}), IsOk());
  EXPECT_EQ(tables_.At(1, kFirst), 80);
  EXPECT_EQ(tables_.LedgerOf(1).ReplayUntil(kFirst)->ordinal, 100);
}

TEST_F(StartUpTest, TheNextEpochIsBeyondThatOfEveryTable) {
  ASSERT_THAT(Prepare(), IsOk());
  EXPECT_THAT(NextEpoch(tables_.start_up_tables()), IsOkAnd(2));
  ASSERT_THAT(CommitTo(tables_.committer(1), kFirst, 100, 150), IsOk());
  EXPECT_THAT(NextEpoch(tables_.start_up_tables()), IsOkAnd(51));
  TableEpoch later;
  later.epoch = 60;
  ASSERT_THAT(tables_.committer(0).Commit(later, {}), IsOk());
  EXPECT_THAT(NextEpoch(tables_.start_up_tables()), IsOkAnd(61));
}

TEST_F(StartUpTest, TwoWorkersThatStartTogetherAgree) {
  // The second worker resolved `latest` a moment later, but the first one committed before.
  ASSERT_THAT(Prepare(), IsOk());
  ScriptedSource late("events");
  late.splits = source_.splits;
  late.startup = {{kFirst, {111, ""}}, {kSecond, {222, ""}}};
  EXPECT_THAT(
      PrepareLedgers(tables_.start_up_tables(), {&late}, choices_, std::stop_token()),
      IsOk());
  EXPECT_EQ(tables_.At(0, kFirst), 100);
}

}  // namespace
}  // namespace frazil
