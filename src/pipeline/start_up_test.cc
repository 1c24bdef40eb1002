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

TEST_F(StartUpTest, AnotherPipelineOnTheSameTopicIsRefused) {
  ASSERT_THAT(Prepare(), IsOk());
  choices_.pipeline = "q";
  EXPECT_THAT(Prepare(), FailsWith(ErrorKind::kInvalidConfig, HasSubstr("'p'")));
  choices_.allow_shared_topics = true;
  const auto other = tables_.NewCommitter(0, "w", "q");
  EXPECT_THAT(PrepareLedgers({{other.get(), &tables_.catalog()}}, {&source_}, choices_,
                             std::stop_token()),
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
  const std::vector<StartUpTable> swapped = {{&new_anchor, &tables_.catalog()},
                                             {&tables_.committer(0), &tables_.catalog()}};
  EXPECT_THAT(PrepareLedgers(swapped, {&source_}, choices_, std::stop_token()), IsOk());
  EXPECT_EQ(source_.resolved, 1);
  EXPECT_EQ(tables_.At(1, kFirst), 100);
}

TEST_F(StartUpTest, ATableAheadOfTheAnchorSkipsWhatItHolds) {
  ASSERT_THAT(Prepare(), IsOk());
  ASSERT_THAT(CommitTo(tables_.committer(1), kFirst, 100, 150), IsOk());
  const auto start = ReadStartPositions(tables_.start_up_tables());
  ASSERT_THAT(start, IsOk());
  EXPECT_EQ(start->anchor.at(kFirst).ordinal, 100);
  EXPECT_EQ(start->skip[1].at(kFirst).ordinal, 150);
  EXPECT_EQ(start->skip[1].count(kSecond), 0U);
  EXPECT_TRUE(start->skip[0].empty());
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
