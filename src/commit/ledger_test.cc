#include "commit/ledger.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/result_matchers.h"

namespace frazil {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const Split kFirst{"events", "orders", 0};
const Split kSecond{"events", "orders", 1};

Ledger LedgerAt(std::int64_t first, std::int64_t second) {
  Ledger ledger;
  ledger.epoch = 3;
  ledger.writer = "w";
  ledger.is_anchor = true;
  ledger.Set(kFirst, {first, ""});
  ledger.Set(kSecond, {second, ""});
  return ledger;
}

Snapshot SnapshotOf(std::int64_t id, std::optional<std::int64_t> parent,
                    std::optional<Ledger> ledger) {
  Snapshot snapshot;
  snapshot.snapshot_id = id;
  snapshot.parent_snapshot_id = parent;
  if (ledger.has_value()) snapshot.summary = {{LedgerKey("p"), EncodeLedger(*ledger)}};
  return snapshot;
}

SnapshotRef MainAt(std::int64_t snapshot_id) {
  SnapshotRef ref;
  ref.snapshot_id = snapshot_id;
  return ref;
}

TableMetadata TableOf(std::vector<Snapshot> snapshots, std::int64_t current) {
  TableMetadata metadata;
  metadata.snapshots = SnapshotList(std::move(snapshots));
  metadata.current_snapshot_id = current;
  metadata.refs["main"] = MainAt(current);
  return metadata;
}

void SetMirror(TableMetadata& metadata, std::int64_t snapshot_id, const Ledger& ledger) {
  metadata.properties[LedgerKey("p")] = EncodeLedgerMirror({snapshot_id, ledger});
}

TEST(LedgerTest, TextIsStableAndReadsBack) {
  Ledger ledger = LedgerAt(42, 9007199254740993);
  ledger.SetIdentity(kFirst, {"cluster", "topic-id"});
  ledger.Set({"log", "db", 0}, {7, "gtid:1-2-3"});
  ledger.MarkReplay(kFirst, {50, ""});
  ledger.SetAnchor(false);
  ledger.RaiseComplete(kFirst, {45, ""});
  ledger.tables = {"u-1", "u-2"};
  const std::string text = EncodeLedger(ledger);
  EXPECT_EQ(
      text,
      R"({"version":1,"epoch":3,"writer":"w","anchor":false,"tables":["u-1","u-2"],)"
      R"("sources":{"events":)"
      R"({"orders":{"cluster-id":"cluster","stream-id":"topic-id","next":)"
      R"({"0":42,"1":9007199254740993},"first":{"0":42,"1":9007199254740993},)"
      R"("replay-until":{"0":50},"complete":{"0":45,"1":9007199254740993}}},"log":)"
      R"({"db":{"next":{"0":[7,"gtid:1-2-3"]},"first":{"0":[7,"gtid:1-2-3"]},)"
      R"("complete":{"0":[7,"gtid:1-2-3"]}}}}})");
  EXPECT_THAT(DecodeLedger(text), IsOkAnd(ledger));
}

TEST(LedgerTest, RefusesWhatIsNoLedger) {
  for (
      const std::string_view text :
      {"", "{}", "[]", R"({"version":1})",
       R"({"version":1,"epoch":1,"writer":"w","anchor":true,"sources":[]})",
       R"({"version":1,"epoch":1,"writer":"w","anchor":true,"tables":[1],"sources":{}})",
       R"({"version":1,"epoch":1,"writer":"w","anchor":true,"sources":{"s":{"t":{"next":{"x":1}}}}})",
       R"({"version":1,"epoch":1,"writer":"w","anchor":true,"sources":{"s":{"t":{"next":{"1x":1}}}}})",
       R"({"version":1,"epoch":1,"writer":"w","anchor":true,"sources":{"s":{"t":{"next":{"-1":1}}}}})",
       R"({"version":1,"epoch":1,"writer":"w","anchor":true,"sources":{"s":{"t":{"next":{"1":[1,"a","b"]}}}}})",
       R"({"version":1,"epoch":1,"writer":"w","anchor":true,"sources":{"s":{"t":{"next":{},"first":[]}}}})",
       R"({"version":1,"epoch":1,"writer":"w","anchor":true,"sources":{"s":{"t":{"next":{},"replay-until":{"1":"1"}}}}})",
       R"({"version":1,"epoch":1,"writer":"w","anchor":true,"sources":{"s":{"t":{"next":{"1":"1"}}}}})"}) {
    SCOPED_TRACE(text);
    EXPECT_THAT(DecodeLedger(text), FailsWith(ErrorKind::kCorruptData));
  }
  EXPECT_THAT(
      DecodeLedger(R"({"version":2,"epoch":1,"writer":"w","anchor":true,"sources":{}})"),
      FailsWith(ErrorKind::kNotSupported, HasSubstr("newer Frazil")));
  EXPECT_THAT(
      DecodeLedger(R"({"version":0,"epoch":1,"writer":"w","anchor":true,"sources":{}})"),
      FailsWith(ErrorKind::kNotSupported));
}

TEST(LedgerTest, ATableNeverWrittenHasNone) {
  EXPECT_EQ(FindLedger(TableMetadata{}, "p")->state, LedgerState::kNone);
  const TableMetadata foreign = TableOf({SnapshotOf(1, {}, {})}, 1);
  EXPECT_EQ(FindLedger(foreign, "p")->state, LedgerState::kNone);
}

TEST(LedgerTest, ForeignCommitsOnTopAreWalkedOver) {
  TableMetadata metadata = TableOf(
      {SnapshotOf(1, {}, LedgerAt(10, 20)), SnapshotOf(2, 1, {}), SnapshotOf(3, 2, {})},
      3);
  SetMirror(metadata, 1, LedgerAt(10, 20));
  const auto lookup = FindLedger(metadata, "p");
  ASSERT_THAT(lookup, IsOk());
  EXPECT_EQ(lookup->state, LedgerState::kCurrent);
  EXPECT_EQ(lookup->ledger, LedgerAt(10, 20));
}

TEST(LedgerTest, TheMirrorCountsWhenForeignExpiryTookOurSnapshot) {
  TableMetadata metadata = TableOf({SnapshotOf(3, 2, {})}, 3);
  SetMirror(metadata, 1, LedgerAt(10, 20));
  const auto lookup = FindLedger(metadata, "p");
  ASSERT_THAT(lookup, IsOk());
  EXPECT_EQ(lookup->state, LedgerState::kMirrored);
  EXPECT_EQ(lookup->ledger, LedgerAt(10, 20));
}

TEST(LedgerTest, TheMirrorCountsWhenSomebodyStrippedTheSummary) {
  TableMetadata metadata = TableOf({SnapshotOf(1, {}, {}), SnapshotOf(2, 1, {})}, 2);
  SetMirror(metadata, 1, LedgerAt(10, 20));
  const auto lookup = FindLedger(metadata, "p");
  ASSERT_THAT(lookup, IsOk());
  EXPECT_EQ(lookup->state, LedgerState::kMirrored);
  EXPECT_EQ(lookup->ledger, LedgerAt(10, 20));
}

TEST(LedgerTest, ACutHistoryWithoutAMirrorIsUnknownAndNotZero) {
  const TableMetadata metadata = TableOf({SnapshotOf(3, 2, {})}, 3);
  EXPECT_EQ(FindLedger(metadata, "p")->state, LedgerState::kUnknown);
}

TEST(LedgerTest, ASnapshotWithOnlyOthersLedgersIsFromBeforeOurFirstCommit) {
  Snapshot theirs = SnapshotOf(3, 2, {});
  theirs.summary = {{LedgerKey("q"), EncodeLedger(LedgerAt(1, 2))}};
  EXPECT_EQ(FindLedger(TableOf({theirs}, 3), "p")->state, LedgerState::kNone);
  EXPECT_EQ(FindLedger(TableOf({theirs, SnapshotOf(4, 3, {})}, 4), "p")->state,
            LedgerState::kNone);
  // Whoever comes before tells nothing of what came after.
  Snapshot ours = SnapshotOf(4, 3, {});
  ours.summary = {{LedgerKey("p"), EncodeLedger(LedgerAt(10, 20))},
                  {LedgerKey("q"), EncodeLedger(LedgerAt(1, 2))}};
  EXPECT_EQ(FindLedger(TableOf({theirs, ours}, 4), "p")->ledger, LedgerAt(10, 20));
}

TEST(LedgerTest, ARollbackGoesBackToTheLedgerOfThatTime) {
  TableMetadata metadata = TableOf(
      {SnapshotOf(1, {}, LedgerAt(10, 20)), SnapshotOf(2, 1, LedgerAt(50, 60))}, 1);
  SetMirror(metadata, 2, LedgerAt(50, 60));
  const auto lookup = FindLedger(metadata, "p");
  ASSERT_THAT(lookup, IsOk());
  EXPECT_EQ(lookup->state, LedgerState::kRolledBack);
  EXPECT_EQ(lookup->ledger, LedgerAt(10, 20));
  EXPECT_EQ(lookup->before_rollback, LedgerAt(50, 60));
}

TEST(LedgerTest, ARollbackBehindACutHistoryIsUnknown) {
  TableMetadata metadata =
      TableOf({SnapshotOf(2, 1, {}), SnapshotOf(3, 2, LedgerAt(50, 60))}, 2);
  SetMirror(metadata, 3, LedgerAt(50, 60));
  EXPECT_EQ(FindLedger(metadata, "p")->state, LedgerState::kUnknown);
}

TEST(LedgerTest, ACycleOfParentsEnds) {
  const TableMetadata metadata = TableOf({SnapshotOf(1, 2, {}), SnapshotOf(2, 1, {})}, 2);
  EXPECT_THAT(FindLedger(metadata, "p"), IsOk());
}

TEST(LedgerTest, OtherPipelinesAreCopiedForward) {
  Snapshot first = SnapshotOf(1, {}, {});
  first.summary = {{LedgerKey("p"), EncodeLedger(LedgerAt(10, 20))},
                   {LedgerKey("q"), EncodeLedger(LedgerAt(1, 2))}};
  const TableMetadata metadata = TableOf({first, SnapshotOf(2, 1, {})}, 2);
  EXPECT_THAT(PipelinesOf(metadata), ElementsAre("p", "q"));
  const auto others = OtherLedgers(metadata, "p");
  ASSERT_THAT(others, IsOk());
  EXPECT_THAT(*others, ElementsAre(std::pair<const std::string, std::string>(
                           LedgerKey("q"), EncodeLedger(LedgerAt(1, 2)))));
  EXPECT_THAT(*OtherLedgers(TableMetadata{}, "p"), IsEmpty());
}

TEST(LedgerTest, ARollbackIsSeenAlsoWhereItsSnapshotsAreGone) {
  TableMetadata metadata =
      TableOf({SnapshotOf(1, {}, LedgerAt(10, 20)), SnapshotOf(3, 1, {})}, 3);
  SetMirror(metadata, 2, LedgerAt(50, 60));
  const auto lookup = FindLedger(metadata, "p");
  ASSERT_THAT(lookup, IsOk());
  EXPECT_EQ(lookup->state, LedgerState::kRolledBack);
  EXPECT_EQ(lookup->ledger, LedgerAt(10, 20));
  EXPECT_EQ(lookup->before_rollback, LedgerAt(50, 60));
}

TEST(LedgerTest, ALedgerThatAnotherPipelineCopiedForwardIsNoRollback) {
  // Snapshot 2 was ours and has expired; 3 is of somebody who copied our ledger.
  TableMetadata metadata = TableOf({SnapshotOf(3, 2, LedgerAt(50, 60))}, 3);
  SetMirror(metadata, 2, LedgerAt(50, 60));
  EXPECT_EQ(FindLedger(metadata, "p")->state, LedgerState::kCurrent);
}

TEST(LedgerTest, AfterARollbackEachSplitIsReplayedToWhereItStood) {
  const Split lost{"events", "orders", 2};
  LedgerLookup lookup;
  lookup.state = LedgerState::kRolledBack;
  lookup.ledger = LedgerAt(10, 60);
  lookup.before_rollback = LedgerAt(50, 60);
  lookup.before_rollback->epoch = 7;
  lookup.before_rollback->Set(lost, {5, ""});
  lookup.before_rollback->Set(lost, {8, ""});
  const auto after = LedgerAfterRollback(lookup);
  ASSERT_THAT(after, IsOk());
  EXPECT_EQ(after->epoch, 8);
  EXPECT_EQ(*after->Find(kFirst), (Position{10, ""}));
  EXPECT_EQ(*after->ReplayUntil(kFirst), (Position{50, ""}));
  EXPECT_EQ(after->ReplayUntil(kSecond), nullptr);
  EXPECT_EQ(*after->Find(lost), (Position{5, ""}));
  EXPECT_EQ(*after->ReplayUntil(lost), (Position{8, ""}));
}

TEST(LedgerTest, ARollbackBehindAnUnknownBeginningIsNotGuessedAt) {
  LedgerLookup lookup;
  lookup.state = LedgerState::kRolledBack;
  lookup.before_rollback =
      *DecodeLedger(R"({"version":1,"epoch":1,"writer":"w","anchor":true,"sources":)"
                    R"({"events":{"orders":{"next":{"0":9}}}}})");
  EXPECT_THAT(LedgerAfterRollback(lookup),
              FailsWith(ErrorKind::kDataLoss, HasSubstr("ledger reset")));
}

TEST(LedgerTest, AReplayEndsWhereItWasToEnd) {
  Ledger ledger = LedgerAt(10, 20);
  ledger.MarkReplay(kFirst, {10, ""});
  EXPECT_EQ(ledger.ReplayUntil(kFirst), nullptr);
  ledger.MarkReplay(kFirst, {30, ""});
  ledger.MarkReplay(kFirst, {25, ""});
  EXPECT_EQ(*ledger.ReplayUntil(kFirst), (Position{30, ""}));
  ledger.Set(kFirst, {29, ""});
  EXPECT_EQ(*ledger.ReplayUntil(kFirst), (Position{30, ""}));
  ledger.Set(kFirst, {30, ""});
  EXPECT_EQ(ledger.ReplayUntil(kFirst), nullptr);
  EXPECT_EQ(*ledger.First(kFirst), (Position{10, ""}));
  ledger.MarkReplay(kFirst, {40, ""});
  ledger.Restart(kFirst, {2, ""});
  EXPECT_EQ(*ledger.Find(kFirst), (Position{2, ""}));
  EXPECT_EQ(*ledger.First(kFirst), (Position{2, ""}));
  EXPECT_EQ(ledger.ReplayUntil(kFirst), nullptr);
}

TEST(LedgerTest, ATableThatReplaysTakesOnlyTheExactClaim) {
  Ledger ledger = LedgerAt(10, 20);
  ledger.MarkReplay(kFirst, {50, ""});
  const auto claim = [](const Split& split, std::int64_t expected) {
    return Claims{{split, Claim{Position{expected, ""}, {60, ""}}}};
  };
  EXPECT_THAT(CheckClaims(ledger, claim(kFirst, 10), false), IsOk());
  EXPECT_THAT(CheckClaims(ledger, claim(kFirst, 50), false),
              FailsWith(ErrorKind::kLedgerConflict));
  EXPECT_THAT(CheckClaims(ledger, claim(kSecond, 50), false), IsOk());
}

TEST(LedgerTest, AnAnchorTakesOnlyTheExactClaim) {
  const Ledger ledger = LedgerAt(10, 20);
  const auto claim = [](std::optional<Position> expected) {
    return Claims{{kFirst, Claim{expected, {30, ""}}}};
  };
  EXPECT_THAT(CheckClaims(ledger, claim(Position{10, ""}), true), IsOk());
  for (const auto& wrong : {std::optional<Position>(), std::optional(Position{9, ""}),
                            std::optional(Position{11, ""})}) {
    EXPECT_THAT(CheckClaims(ledger, claim(wrong), true),
                FailsWith(ErrorKind::kLedgerConflict, HasSubstr("orders")));
  }
  const Claims unknown{{{"events", "orders", 7}, Claim{std::nullopt, {5, ""}}}};
  EXPECT_THAT(CheckClaims(ledger, unknown, true), IsOk());
  const Claims gone{{{"events", "orders", 7}, Claim{Position{2, ""}, {5, ""}}}};
  EXPECT_THAT(CheckClaims(ledger, gone, true), FailsWith(ErrorKind::kLedgerConflict));
}

TEST(LedgerTest, OtherTablesMayBeBehindButNeverAhead) {
  const Ledger ledger = LedgerAt(10, 20);
  const auto claim = [](std::int64_t expected) {
    return Claims{{kFirst, Claim{Position{expected, ""}, {30, ""}}}};
  };
  EXPECT_THAT(CheckClaims(ledger, claim(10), false), IsOk());
  EXPECT_THAT(CheckClaims(ledger, claim(25), false), IsOk());
  EXPECT_THAT(CheckClaims(ledger, claim(9), false),
              FailsWith(ErrorKind::kLedgerConflict));
  EXPECT_THAT(CheckClaims(Ledger{}, claim(9), false), IsOk());
}

TEST(LedgerTest, ClaimsMoveTheirSplitsAlone) {
  const Ledger after =
      ApplyClaims(LedgerAt(10, 20), {{kFirst, Claim{Position{10, ""}, {30, ""}}}});
  EXPECT_EQ(*after.Find(kFirst), (Position{30, ""}));
  EXPECT_EQ(*after.Find(kSecond), (Position{20, ""}));
}

TEST(LedgerTest, AClaimSaysWhereASplitBegins) {
  const Split fresh{"events", "orders", 7};
  const auto first = [&](const Claim& claim) {
    return ApplyClaims(LedgerAt(10, 20), {{fresh, claim}}).First(fresh)->ordinal;
  };
  EXPECT_EQ(first({std::nullopt, {30, ""}}), 30);
  EXPECT_EQ(first({std::nullopt, {30, ""}, Position{4, ""}}), 4);
  EXPECT_EQ(first({Position{5, ""}, {30, ""}}), 5);
}

}  // namespace
}  // namespace frazil
