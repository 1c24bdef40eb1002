#include "pipeline/standing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace frazil {
namespace {

using ::testing::IsEmpty;

const Split kSplit{"events", "orders", 0};

Positions At(std::int64_t ordinal) { return {{kSplit, {ordinal, ""}}}; }

// The ledger of a pipeline's first table.
TableStanding Anchor(std::string uuid, std::int64_t next, std::set<std::string> tables) {
  TableStanding table;
  table.uuid = std::move(uuid);
  table.ledger.Set(kSplit, {0, ""});
  table.ledger.Set(kSplit, {next, ""});
  table.ledger.SetAnchor(true);
  table.ledger.tables = std::move(tables);
  return table;
}

// That of another table, whose last commit came when the pipeline stood at `complete`.
TableStanding Other(std::string uuid, std::int64_t next, std::int64_t complete,
                    std::set<std::string> tables) {
  TableStanding table = Anchor(std::move(uuid), next, std::move(tables));
  table.ledger.is_anchor = false;
  table.ledger.RaiseComplete(kSplit, {complete, ""});
  return table;
}

TableStanding New(std::string uuid) { return {std::move(uuid), false, {}}; }

Ledger Settled(const std::vector<TableStanding>& tables, std::size_t index) {
  return SettledLedger(tables, index, StandingOf(tables));
}

TEST(StandingTest, NothingIsOwedAfterACrashBetweenTwoTables) {
  const std::vector<TableStanding> tables = {Anchor("a", 500, {"a", "b", "c"}),
                                             Other("b", 1000, 500, {"a", "b", "c"}),
                                             New("c")};
  EXPECT_EQ(StandingOf(tables), At(500));
  for (std::size_t i = 0; i < tables.size(); ++i) {
    EXPECT_EQ(Settled(tables, i), tables[i].ledger);
  }
}

TEST(StandingTest, WithoutItsFirstInsertAPipelineGoesOnFromTheOthers) {
  // b was second. c got its last rows earlier, and there were none for it since.
  const std::vector<TableStanding> tables = {Other("b", 1000, 900, {"a", "b", "c"}),
                                             Other("c", 300, 200, {"a", "b", "c"})};
  EXPECT_EQ(StandingOf(tables), At(1000));
  EXPECT_EQ(Settled(tables, 0), tables[0].ledger);
  // Whether c has those of the last epoch, nobody knows but its ledger.
  EXPECT_EQ(Settled(tables, 1).Find(kSplit)->ordinal, 300);
  EXPECT_EQ(Settled(tables, 1).ReplayUntil(kSplit)->ordinal, 1000);
}

TEST(StandingTest, ATableThatIsAheadBecomesTheAnchorAndTheOldOneCatchesUp) {
  const std::vector<TableStanding> tables = {Other("b", 1000, 500, {"a", "b", "c"}),
                                             Anchor("a", 500, {"a", "b", "c"}), New("c")};
  EXPECT_EQ(StandingOf(tables), At(1000));
  EXPECT_EQ(Settled(tables, 0), tables[0].ledger);
  for (const std::size_t i : {1U, 2U}) {
    EXPECT_EQ(Settled(tables, i).Find(kSplit)->ordinal, 500);
    EXPECT_EQ(Settled(tables, i).ReplayUntil(kSplit)->ordinal, 1000);
  }
}

TEST(StandingTest, ATableThatComesBackIsGivenWhatCameMeanwhile) {
  const std::vector<TableStanding> tables = {Anchor("a", 700, {"a"}),
                                             Other("b", 100, 90, {"a", "b"})};
  EXPECT_EQ(StandingOf(tables), At(700));
  EXPECT_EQ(Settled(tables, 1).Find(kSplit)->ordinal, 100);
  EXPECT_EQ(Settled(tables, 1).ReplayUntil(kSplit)->ordinal, 700);
  // As the first of the script it is no other.
  const std::vector<TableStanding> swapped = {tables[1], tables[0]};
  EXPECT_EQ(StandingOf(swapped), At(700));
  EXPECT_EQ(Settled(swapped, 0).ReplayUntil(kSplit)->ordinal, 700);
}

TEST(StandingTest, ANewTableBeginsWhereThePipelineStands) {
  const std::vector<TableStanding> last = {Anchor("a", 700, {"a"}), New("b")};
  EXPECT_EQ(Settled(last, 1).First(kSplit)->ordinal, 700);
  EXPECT_EQ(Settled(last, 1).ReplayUntil(kSplit), nullptr);
  // The first one is told so by the commit that makes it the anchor.
  const std::vector<TableStanding> first = {New("b"), Anchor("a", 700, {"a"})};
  EXPECT_EQ(StandingOf(first), At(700));
  EXPECT_EQ(Settled(first, 0), Ledger{});
  // A table dropped and made again under its name is another one.
  const std::vector<TableStanding> made_again = {New("a2"),
                                                 Other("b", 400, 400, {"a", "b"})};
  EXPECT_EQ(StandingOf(made_again), At(400));
}

TEST(StandingTest, DeadLettersAloneAreNoPipeline) {
  TableStanding letters = Other("d", 500, 400, {"a", "d"});
  letters.is_dead_letters = true;
  const std::vector<TableStanding> tables = {New("a2"), letters};
  EXPECT_THAT(StandingOf(tables), IsEmpty());
  EXPECT_EQ(Settled(tables, 1), letters.ledger);
}

TEST(StandingTest, ASplitThatCameUpWhileATableWasAwayIsOwedFromItsBeginning) {
  const Split later{"events", "orders", 1};
  std::vector<TableStanding> tables = {Anchor("a", 700, {"a"}),
                                       Other("b", 100, 90, {"a", "b"})};
  tables[0].ledger.Set(later, {20, ""});
  tables[0].ledger.Set(later, {80, ""});
  const Ledger settled = Settled(tables, 1);
  EXPECT_EQ(settled.Find(later)->ordinal, 20);
  EXPECT_EQ(settled.ReplayUntil(later)->ordinal, 80);
}

}  // namespace
}  // namespace frazil
