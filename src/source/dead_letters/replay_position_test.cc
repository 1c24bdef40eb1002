#include "source/dead_letters/replay_position.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/result_matchers.h"
#include "engine/duck_database.h"

namespace frazil {
namespace {

using ::testing::ElementsAre;

TEST(ReplayPositionTest, TheFirstRoundIsTheOffsetsAlone) {
  ReplayPosition position;
  position.offset = 42;
  EXPECT_EQ(position.ToPosition(), (Position{42, ""}));
  EXPECT_EQ(*ReplayPosition::From(Position{42, ""}), position);
}

TEST(ReplayPositionTest, PositionsGrowOverRoundsAndComeBackFromTheirText) {
  ReplayPosition position;
  position.offset = 101;
  const ReplayPosition second = position.NextRound();
  EXPECT_EQ(second, (ReplayPosition{2, 102, 101, 0}));
  EXPECT_EQ(second.ToPosition(), (Position{102, "2/102/101"}));
  EXPECT_EQ(*ReplayPosition::From(second.ToPosition()), second);

  ReplayPosition further = second;
  further.offset = 97;  // the last that failed in the first round was 96
  EXPECT_EQ(further.ToPosition().ordinal, 199);
  // What the pipeline set aside below 101 was read in the first round.
  EXPECT_EQ(further.NextRound(), (ReplayPosition{3, 200, 101, 0}));
}

TEST(ReplayPositionTest, OtherTextsAreCorrupt) {
  for (const char* token : {"2", "2/1", "2/1/0/", "2/1/0/5", "0/0/0", "-1/0/0", "2/-1/0",
                            "a/b/c", "2/1/ 0", "/1/0"}) {
    SCOPED_TRACE(token);
    EXPECT_THAT(ReplayPosition::From(Position{5, token}),
                FailsWith(ErrorKind::kCorruptData));
  }
  // An ordinal below the shift names no offset.
  EXPECT_THAT(ReplayPosition::From(Position{5, "2/6/0"}),
              FailsWith(ErrorKind::kCorruptData));
}

class LettersSqlTest : public ::testing::Test {
 protected:
  // States of the letters (offset, round) in that order.
  std::vector<std::string> States(
      const std::vector<std::pair<std::int64_t, int>>& letters,
      const ReplayPositions& positions) {
    std::string values;
    for (const auto& [offset, round] : letters) {
      values += fmt::format("{}('s', 't''s', 3, {}, {})", values.empty() ? "" : ", ",
                            offset, round);
    }
    const auto rows = connection_->QueryTexts(fmt::format(
        "SELECT state FROM ({}) AS letters ORDER BY \"offset\", replay_round",
        LettersSql("(SELECT * FROM (VALUES " + values +
                       ") AS v(source, topic, \"partition\", \"offset\", replay_round))",
                   positions)));
    EXPECT_THAT(rows, IsOk());
    std::vector<std::string> states;
    if (rows.has_value()) {
      for (const auto& row : *rows) states.push_back(row[0]);
    }
    return states;
  }

  std::unique_ptr<DuckDatabase> database_ = *DuckDatabase::Open({});
  std::unique_ptr<DuckConnection> connection_ = *database_->Connect();
  const Split split_{"s", "t's", 3};
};

TEST_F(LettersSqlTest, EverythingWaitsBeforeTheFirstReplay) {
  EXPECT_THAT(States({{1, 0}, {9, 0}}, {}), ElementsAre("waiting", "waiting"));
  // Of another split.
  EXPECT_THAT(States({{1, 0}}, {{Split{"s", "t's", 4}, {1, 0, 0, 5}}}),
              ElementsAre("waiting"));
}

TEST_F(LettersSqlTest, ThePositionDividesWhatWaitsFromWhatWasReplayed) {
  EXPECT_THAT(States({{1, 0}, {1, 1}, {4, 0}, {5, 0}}, {{split_, {1, 0, 0, 5}}}),
              ElementsAre("replayed", "failed-again", "replayed", "waiting"));
}

TEST_F(LettersSqlTest, ALaterRoundReadsWhatFailedAndWhatIsNew) {
  // Round 2 stands at 3; the pipeline's own below 10 were read in round 1.
  EXPECT_THAT(States({{1, 0}, {1, 1}, {1, 2}, {3, 0}, {3, 1}, {9, 0}, {10, 0}},
                     {{split_, {2, 11, 10, 3}}}),
              ElementsAre("replayed", "replayed", "failed-again", "replayed", "waiting",
                          "replayed", "waiting"));
  // Behind 10, at a new one.
  EXPECT_THAT(States({{3, 1}, {12, 0}, {13, 0}}, {{split_, {2, 11, 10, 13}}}),
              ElementsAre("replayed", "replayed", "waiting"));
}

}  // namespace
}  // namespace frazil
