#include "pipeline/source_stage.h"

#include <future>
#include <thread>
#include <utility>

#include "pipeline/pipeline_fixture.h"

namespace frazil {
namespace {

const Split kSplit{"events", "orders", 0};
const Split kOther{"events", "orders", 1};

class NoStorage : public RawStorage {
 public:
  Headers HeadersOf(std::size_t) const override { return {}; }
};

RawBatch BatchOf(std::int64_t from, std::int64_t to, const Split& split = kSplit) {
  RawBatch batch;
  batch.split = split;
  batch.range = {{from, ""}, {to, ""}};
  for (std::int64_t i = from; i < to; ++i) {
    RawRecord record;
    record.ordinal = i;
    record.value = "{}";
    batch.records.push_back(record);
  }
  batch.size_bytes = (to - from) * 2;
  batch.storage = std::make_unique<NoStorage>();
  return batch;
}

class SourceStageTest : public ::testing::Test {
 protected:
  SourceStageTest()
      : clock_(0),
        source_("events"),
        trigger_({.interval = std::chrono::hours(1), .max_rows = 10}, clock_, 1),
        work_(1 << 20),
        commit_(1 << 20),
        progress_(0) {
    context_.source = &source_;
    context_.trigger = &trigger_;
    context_.workers = {&work_};
    context_.committer = &commit_;
    context_.progress = &progress_;
    context_.status = &status_;
    context_.table_count = 1;
    context_.revoke_wait = std::chrono::milliseconds(50);
    context_.read_ledgers = [this]() -> Result<StartPositions> { return start_; };
    start_.skip.resize(1);
    progress_.MarkEnded();  // no committer here to wait for
  }

  // A channel that is full with one batch of four records.
  void NarrowTheChannel() { context_.workers = {&narrow_}; }

  // What the worker got, in order: the epoch, and the records or -1 for a barrier.
  std::vector<std::pair<std::int64_t, std::int64_t>> Worked() {
    std::vector<std::pair<std::int64_t, std::int64_t>> worked;
    while (auto item = narrow_.PopFor(std::stop_token(), std::chrono::milliseconds(0))) {
      worked.emplace_back(
          item->epoch,
          item->batch ? static_cast<std::int64_t>(item->batch->records.size()) : -1);
    }
    return worked;
  }

  std::vector<SourceEpoch> Epochs() {
    std::vector<SourceEpoch> epochs;
    while (auto item = commit_.PopFor(std::stop_token(), std::chrono::milliseconds(0))) {
      epochs.push_back(std::get<SourceEpoch>(*std::move(item)));
    }
    return epochs;
  }

  ManualClock clock_;
  ScriptedSource source_;
  EpochTrigger trigger_;
  WorkChannel work_;
  WorkChannel narrow_{8};
  CommitChannel commit_;
  CommitProgress progress_;
  PipelineStatus status_;
  StartPositions start_;
  SourceStageContext context_;
};

TEST_F(SourceStageTest, RangesOfAnEpochAreWhatWasReadInIt) {
  start_.begin[kSplit] = {7, ""};
  int polls = 0;
  source_.on_poll = [&](SplitListener& listener) -> Result<std::vector<RawBatch>> {
    std::vector<RawBatch> batches;
    if (polls == 0) {
      EXPECT_THAT(listener.OnAssigned({kSplit}), IsOk());
    }
    if (polls < 3) batches.push_back(BatchOf(7 + polls * 6, 13 + polls * 6));
    if (++polls == 4) trigger_.Drain();
    return batches;
  };
  SourceStage stage(context_);
  EXPECT_THAT(stage.Run(std::stop_token()), IsOk());
  const auto epochs = Epochs();
  ASSERT_EQ(epochs.size(), 2U);
  EXPECT_EQ(epochs[0].ranges.at(kSplit), (PositionRange{{7, ""}, {19, ""}}));
  EXPECT_EQ(epochs[1].ranges.at(kSplit), (PositionRange{{19, ""}, {25, ""}}));
  EXPECT_FALSE(epochs[0].is_forced);
  EXPECT_TRUE(epochs[1].is_forced);
}

TEST_F(SourceStageTest, AStopThatCameBeforeTheSourceEndsTheFirstEpoch) {
  trigger_.Drain();
  SourceStage stage(context_);
  EXPECT_THAT(stage.Run({}), IsOk());
  const std::vector<SourceEpoch> epochs = Epochs();
  ASSERT_EQ(epochs.size(), 1U);
  EXPECT_EQ(epochs[0].epoch, 1);
  EXPECT_TRUE(epochs[0].is_forced);
  EXPECT_TRUE(epochs[0].ranges.empty());
}

TEST_F(SourceStageTest, AGapIsABugAndStopsThePipeline) {
  start_.begin[kSplit] = {0, ""};
  int polls = 0;
  source_.on_poll = [&](SplitListener& listener) -> Result<std::vector<RawBatch>> {
    std::vector<RawBatch> batches;
    if (polls++ == 0) {
      EXPECT_THAT(listener.OnAssigned({kSplit}), IsOk());
    }
    batches.push_back(BatchOf(polls * 100, polls * 100 + 1));
    return batches;
  };
  SourceStage stage(context_);
  EXPECT_THAT(stage.Run(std::stop_token()),
              FailsWith(ErrorKind::kInternal, ::testing::HasSubstr("gap")));
}

TEST_F(SourceStageTest, ASplitUnknownToTheLedgerStartsAtItsBeginning) {
  source_.beginning = 40;
  int polls = 0;
  source_.on_poll = [&](SplitListener& listener) -> Result<std::vector<RawBatch>> {
    std::vector<RawBatch> batches;
    if (polls++ == 0) {
      EXPECT_EQ(listener.OnAssigned({kSplit})->at(kSplit).ordinal, 40);
      batches.push_back(BatchOf(40, 41));
    } else {
      trigger_.Drain();
    }
    return batches;
  };
  SourceStage stage(context_);
  EXPECT_THAT(stage.Run(std::stop_token()), IsOk());
  EXPECT_THAT(Epochs().front().new_splits, ::testing::ElementsAre(kSplit));
}

TEST_F(SourceStageTest, SplitsTakenAwayAreCommittedFirst) {
  start_.begin[kSplit] = {0, ""};
  int polls = 0;
  source_.on_poll = [&](SplitListener& listener) -> Result<std::vector<RawBatch>> {
    std::vector<RawBatch> batches;
    switch (polls++) {
      case 0:
        EXPECT_THAT(listener.OnAssigned({kSplit}), IsOk());
        batches.push_back(BatchOf(0, 5));
        break;
      case 1:
        progress_.MarkCommitted(1);  // as the committer will, once the barrier is there
        listener.OnRevoked({kSplit});
        break;
      default:
        trigger_.Drain();
    }
    return batches;
  };
  SourceStage stage(context_);
  EXPECT_THAT(stage.Run(std::stop_token()), IsOk());
  const auto epochs = Epochs();
  EXPECT_TRUE(epochs.front().is_forced);
  EXPECT_EQ(epochs.front().ranges.at(kSplit).end.ordinal, 5);
}

TEST_F(SourceStageTest, ABatchWhoseSplitGoesWhileItWaitsIsDropped) {
  NarrowTheChannel();
  start_.begin[kSplit] = {0, ""};
  int polls = 0;
  source_.on_poll = [&](SplitListener& listener) -> Result<std::vector<RawBatch>> {
    std::vector<RawBatch> batches;
    if (polls++ == 0) {
      EXPECT_THAT(listener.OnAssigned({kSplit}), IsOk());
      batches.push_back(BatchOf(0, 4));
      batches.push_back(BatchOf(4, 8));  // waits for room
    } else {
      trigger_.Drain();
    }
    return batches;
  };
  source_.on_keep_alive = [&](SplitListener& listener) {
    progress_.MarkCommitted(1);  // as the committer will, once the barrier is there
    listener.OnRevoked({kSplit});
    // It may come back at once: what it left off with is read again.
    start_.begin[kSplit] = {4, ""};
    EXPECT_THAT(listener.OnAssigned({kSplit}), IsOk());
  };
  SourceStage stage(context_);
  EXPECT_THAT(stage.Run(std::stop_token()), IsOk());
  const auto epochs = Epochs();
  ASSERT_FALSE(epochs.empty());
  EXPECT_EQ(epochs.front().ranges.at(kSplit), (PositionRange{{0, ""}, {4, ""}}));
  for (std::size_t i = 1; i < epochs.size(); ++i) EXPECT_TRUE(epochs[i].ranges.empty());
  EXPECT_THAT(Worked(), ::testing::ElementsAre(std::pair(1, 4), std::pair(1, -1),
                                               std::pair(2, -1)));
}

TEST_F(SourceStageTest, ABatchThatWaitedBelongsToTheEpochItGoesOutWith) {
  NarrowTheChannel();
  start_.begin = {{kSplit, {0, ""}}, {kOther, {0, ""}}};
  std::vector<std::pair<std::int64_t, std::int64_t>> worked;
  int polls = 0;
  source_.on_poll = [&](SplitListener& listener) -> Result<std::vector<RawBatch>> {
    std::vector<RawBatch> batches;
    if (polls++ == 0) {
      EXPECT_THAT(listener.OnAssigned({kSplit, kOther}), IsOk());
      batches.push_back(BatchOf(0, 4));
      batches.push_back(BatchOf(4, 8));  // waits for room
    } else {
      trigger_.Drain();
    }
    return batches;
  };
  source_.on_keep_alive = [&](SplitListener& listener) {
    progress_.MarkCommitted(1);
    listener.OnRevoked({kOther});
    worked = Worked();  // makes room
  };
  SourceStage stage(context_);
  EXPECT_THAT(stage.Run(std::stop_token()), IsOk());
  const auto epochs = Epochs();
  ASSERT_GE(epochs.size(), 2U);
  EXPECT_EQ(epochs[0].ranges.at(kSplit), (PositionRange{{0, ""}, {4, ""}}));
  EXPECT_EQ(epochs[1].ranges.at(kSplit), (PositionRange{{4, ""}, {8, ""}}));
  EXPECT_THAT(worked, ::testing::ElementsAre(std::pair(1, 4), std::pair(1, -1)));
  EXPECT_THAT(Worked(), ::testing::ElementsAre(std::pair(2, 4), std::pair(2, -1)));
}

TEST_F(SourceStageTest, AnEpochEndsInTimeThoughABatchWaitsForRoom) {
  NarrowTheChannel();
  start_.begin[kSplit] = {0, ""};
  int polls = 0;
  source_.on_poll = [&](SplitListener& listener) -> Result<std::vector<RawBatch>> {
    std::vector<RawBatch> batches;
    if (polls++ == 0) {
      EXPECT_THAT(listener.OnAssigned({kSplit}), IsOk());
      batches.push_back(BatchOf(0, 4));
      batches.push_back(BatchOf(4, 8));  // waits for room
    } else {
      trigger_.Drain();
    }
    return batches;
  };
  std::vector<std::pair<std::int64_t, std::int64_t>> worked;
  source_.on_keep_alive = [&](SplitListener&) {
    if (trigger_.current() > 1) {
      worked = Worked();  // makes room
    } else {
      clock_.Advance(std::chrono::hours(1));
    }
  };
  SourceStage stage(context_);
  EXPECT_THAT(stage.Run(std::stop_token()), IsOk());
  const auto epochs = Epochs();
  ASSERT_EQ(epochs.size(), 2U);
  EXPECT_EQ(epochs[0].ranges.at(kSplit), (PositionRange{{0, ""}, {4, ""}}));
  EXPECT_EQ(epochs[1].ranges.at(kSplit), (PositionRange{{4, ""}, {8, ""}}));
  EXPECT_THAT(worked, ::testing::ElementsAre(std::pair(1, 4), std::pair(1, -1)));
}

TEST_F(SourceStageTest, AStopDoesNotWaitForRoom) {
  NarrowTheChannel();
  start_.begin[kSplit] = {0, ""};
  source_.on_poll = [&](SplitListener& listener) -> Result<std::vector<RawBatch>> {
    EXPECT_THAT(listener.OnAssigned({kSplit}), IsOk());
    std::vector<RawBatch> batches;
    // The second waits for room, and the third comes behind it.
    for (int at : {0, 4, 8}) batches.push_back(BatchOf(at, at + 4));
    return batches;
  };
  source_.on_keep_alive = [&](SplitListener&) { trigger_.Drain(); };
  SourceStage stage(context_);
  EXPECT_THAT(stage.Run(std::stop_token()), IsOk());
  const auto epochs = Epochs();
  ASSERT_EQ(epochs.size(), 1U);
  EXPECT_EQ(epochs[0].ranges.at(kSplit), (PositionRange{{0, ""}, {4, ""}}));
  EXPECT_THAT(Worked(), ::testing::ElementsAre(std::pair(1, 4), std::pair(1, -1)));
}

TEST_F(SourceStageTest, TheSourceIsClosedOnlyAfterTheLastCommit) {
  CommitProgress progress(0);
  context_.progress = &progress;
  start_.begin[kSplit] = {0, ""};
  source_.on_poll = [&](SplitListener& listener) -> Result<std::vector<RawBatch>> {
    std::vector<RawBatch> batches;
    EXPECT_THAT(listener.OnAssigned({kSplit}), IsOk());
    batches.push_back(BatchOf(0, 5));
    trigger_.Drain();
    return batches;
  };
  std::promise<void> waits;
  bool was_closed = false;
  bool has_waited = false;
  source_.on_keep_alive = [&](SplitListener&) {
    was_closed |= source_.is_closed;
    if (!std::exchange(has_waited, true)) waits.set_value();
  };
  {
    SourceStage stage(context_);
    const std::jthread thread([&] { EXPECT_THAT(stage.Run(std::stop_token()), IsOk()); });
    waits.get_future().wait();
    EXPECT_EQ(Epochs().size(), 1U);
    progress.MarkCommitted(1);
  }
  EXPECT_FALSE(was_closed);
  EXPECT_TRUE(source_.is_closed);
}

TEST_F(SourceStageTest, SplitsTakenAwayUncommittedEndTheRun) {
  start_.begin[kSplit] = {0, ""};
  int polls = 0;
  source_.on_poll = [&](SplitListener& listener) -> Result<std::vector<RawBatch>> {
    std::vector<RawBatch> batches;
    if (polls++ == 0) {
      EXPECT_THAT(listener.OnAssigned({kSplit}), IsOk());
      batches.push_back(BatchOf(0, 5));
    } else {
      listener.OnRevoked({kSplit});
    }
    return batches;
  };
  SourceStage stage(context_);
  EXPECT_THAT(stage.Run(std::stop_token()), FailsWith(ErrorKind::kLedgerConflict));
}

}  // namespace
}  // namespace frazil
