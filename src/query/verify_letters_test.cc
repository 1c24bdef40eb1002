#include "query/verify_letters.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace frazil {
namespace {

using ::testing::ElementsAre;

const Split kSplit{"events", "orders", 0};

// Records at offsets 0 to 9.
RawBatch TenRecords() {
  RawBatch batch;
  batch.split = kSplit;
  for (std::int64_t offset = 0; offset < 10; ++offset) {
    batch.records.push_back({"", "", offset});
  }
  return batch;
}

// A table whose account of the records begins at 5, and that of replays in their round 2.
LetterExceptions LateTable() {
  ReplayPosition from{.round = 2, .shift = 100, .new_from = 3, .offset = 2};
  ReplayPosition to{.round = 3, .shift = 200, .new_from = 8, .offset = 4};
  return {{{kSplit, {5, ""}}}, {{kSplit, from}}, {{kSplit, to}}};
}

std::vector<RecordRun> RunsOf(const LetterExceptions& exceptions) {
  return exceptions.RunsOf(TenRecords(), {5, 10});
}

TEST(LetterExceptions, WithoutLettersTheAccountIsAllThereIs) {
  EXPECT_THAT(RunsOf(LateTable()), ElementsAre(RecordRun{5, 10}));
}

TEST(LetterExceptions, OpenLettersAreTriedWhereverTheyAre) {
  LetterExceptions exceptions({{kSplit, {5, ""}}}, {}, {});
  for (const std::int64_t offset : {1, 2, 6, 7, 9}) exceptions.Add(kSplit, offset, 0);
  EXPECT_THAT(RunsOf(exceptions),
              ElementsAre(RecordRun{1, 3, false}, RecordRun{5, 6}, RecordRun{6, 8, false},
                          RecordRun{8, 9}, RecordRun{9, 10, false}));
}

TEST(LetterExceptions, ALetterReplayedIntoTheTableIsHeldAlsoBelowItsAccount) {
  LetterExceptions exceptions = LateTable();
  exceptions.Add(kSplit, 2, 1);  // failed in round 1, went through in round 2
  exceptions.Add(kSplit, 3, 0);  // new in round 2
  exceptions.Add(kSplit, 4, 1);
  exceptions.Add(kSplit, 7, 0);  // in the account: nothing is special about it
  EXPECT_THAT(RunsOf(exceptions), ElementsAre(RecordRun{2, 10}));
}

TEST(LetterExceptions, ALetterReplayedBeforeTheTableWasThereIsNotInIt) {
  LetterExceptions exceptions = LateTable();
  exceptions.Add(kSplit, 1, 0);  // read in round 1
  exceptions.Add(kSplit, 1, 1);  // and in round 2, before the table's position
  EXPECT_THAT(RunsOf(exceptions), ElementsAre(RecordRun{1, 2, false}, RecordRun{5, 10}));
}

TEST(LetterExceptions, ALetterThatARoundHasNotReachedOrThatFailedInItIsOpen) {
  LetterExceptions exceptions = LateTable();
  exceptions.Add(kSplit, 3, 2);  // failed in round 2; round 3 is past it
  exceptions.Add(kSplit, 4, 2);  // round 3 is not
  exceptions.Add(kSplit, 6, 3);  // failed in round 3
  exceptions.Add(kSplit, 8, 0);  // new, and waits for round 3
  EXPECT_THAT(RunsOf(exceptions),
              ElementsAre(RecordRun{3, 4}, RecordRun{4, 5, false}, RecordRun{5, 6},
                          RecordRun{6, 7, false}, RecordRun{7, 8}, RecordRun{8, 9, false},
                          RecordRun{9, 10}));
}

TEST(LetterExceptions, OfABatchWithGapsOnlyRecordsThatAreThereAreRun) {
  RawBatch batch;
  batch.split = kSplit;
  for (const std::int64_t offset : {2, 6, 9}) batch.records.push_back({"", "", offset});
  LetterExceptions exceptions({{kSplit, {5, ""}}}, {}, {});
  for (const std::int64_t offset : {1, 2, 3, 7, 9, 12}) exceptions.Add(kSplit, offset, 0);
  EXPECT_THAT(
      exceptions.RunsOf(batch, {1, 3}),
      ElementsAre(RecordRun{0, 1, false}, RecordRun{1, 2}, RecordRun{2, 3, false}));
}

}  // namespace
}  // namespace frazil
