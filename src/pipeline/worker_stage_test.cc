#include "pipeline/worker_stage.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/result_matchers.h"

namespace frazil {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

const Split kSplit{"events", "orders", 0};
constexpr std::int64_t kBegin = 100;

std::shared_ptr<arrow::RecordBatch> RowsOf(const std::vector<std::int64_t>& values) {
  arrow::Int64Builder builder;
  EXPECT_TRUE(builder.AppendValues(values).ok());
  return arrow::RecordBatch::Make(arrow::schema({arrow::field("offset", arrow::int64())}),
                                  static_cast<std::int64_t>(values.size()),
                                  {*builder.Finish()});
}

std::vector<std::int64_t> ValuesOf(const arrow::RecordBatch& rows) {
  const auto& column = static_cast<const arrow::Int64Array&>(*rows.column(0));
  return {column.raw_values(), column.raw_values() + column.length()};
}

// A row per record, its offset; offsets that end in 3 do not decode.
class OffsetDecoder : public Decoder {
 public:
  Result<DecodedBatch> Decode(const RawBatch& batch, std::size_t first_record) override {
    DecodedBatch decoded;
    std::vector<std::int64_t> values;
    for (std::size_t i = first_record; i < batch.records.size(); ++i) {
      if (batch.records[i].ordinal % 10 == 3) {
        decoded.failures.push_back({i, "decode", "InvalidJson", "bad"});
        continue;
      }
      values.push_back(batch.records[i].ordinal);
      decoded.record_of_row.push_back(static_cast<std::uint32_t>(i));
    }
    if (decoded.failures.empty()) decoded.record_of_row.clear();
    decoded.rows = RowsOf(values);
    return decoded;
  }
};

// Passes rows on; those whose offsets end in 7 fail, those in 9 are filtered out.
class PassingTransformer : public Transformer {
 public:
  Result<TransformedBatch> Apply(
      const std::shared_ptr<arrow::RecordBatch>& rows) override {
    TransformedBatch result;
    std::vector<std::int64_t> kept;
    const std::vector<std::int64_t> values = ValuesOf(*rows);
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (values[i] % 10 == 7) {
        result.failures.push_back({static_cast<std::int64_t>(i), "WrongType", "seven"});
      } else if (values[i] % 10 != 9) {
        kept.push_back(values[i]);
      }
    }
    result.rows = RowsOf(kept);
    return result;
  }
  std::string Describe() const override { return "as it is"; }
};

// Tables 0 and 1 with an INSERT each, and, unless a test says otherwise, table 2 for the
// dead letters.
class WorkerStageTest : public ::testing::Test {
 protected:
  WorkerStageTest() : input_(1 << 20) {
    for (int table = 0; table < 3; ++table) {
      channels_.push_back(std::make_unique<WriteChannel>(1 << 20));
      context_.writers.push_back(channels_.back().get());
    }
    context_.input = &input_;
    context_.decoder = std::make_unique<OffsetDecoder>();
    for (std::size_t table = 0; table < 2; ++table) {
      Flow flow;
      flow.table = table;
      flow.transformer = std::make_unique<PassingTransformer>();
      context_.flows.push_back(std::move(flow));
    }
    context_.on_failures = [this](std::int64_t, const RawBatch& batch,
                                  const std::vector<RecordFailure>& failures,
                                  const std::stop_token&) {
      for (const RecordFailure& failure : failures) {
        letters_.emplace_back(batch.records[failure.record_index].ordinal, failure.stage);
      }
      return Status();
    };
    context_.dead_letter_table = 2;
    context_.status = &status_;
  }

  // Records of offsets [100, 100 + count), of which each table passes over what it holds.
  Status Run(int count, const std::map<std::size_t, std::int64_t>& held) {
    auto skip = std::make_shared<SkipPositions>(3);
    for (const auto& [table, position] : held) {
      (*skip)[table].held[kSplit] = {position, ""};
    }
    RawBatch batch;
    batch.split = kSplit;
    batch.range = {{kBegin, ""}, {kBegin + count, ""}};
    batch.records.resize(static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i) {
      batch.records[static_cast<std::size_t>(i)].ordinal = kBegin + i;
    }
    EXPECT_TRUE(input_.Push({7, std::move(batch), std::move(skip)}, 0, {}));
    EXPECT_TRUE(input_.Push({7, std::nullopt, nullptr}, 0, {}));
    input_.Close();
    return WorkerStage(std::move(context_)).Run({});
  }

  // What a table was given; the barrier comes last.
  std::vector<std::int64_t> Written(std::size_t table) {
    std::vector<std::int64_t> values;
    bool has_ended = false;
    while (auto item = channels_[table]->PopFor({}, std::chrono::milliseconds(0))) {
      EXPECT_EQ(item->epoch, 7);
      EXPECT_FALSE(has_ended);
      has_ended = item->rows == nullptr;
      if (has_ended) continue;
      const auto more = ValuesOf(*item->rows);
      values.insert(values.end(), more.begin(), more.end());
    }
    EXPECT_TRUE(has_ended);
    return values;
  }

  WorkChannel input_;
  std::vector<std::unique_ptr<WriteChannel>> channels_;
  WorkerStageContext context_;
  PipelineStatus status_;
  std::vector<std::pair<std::int64_t, std::string>> letters_;
};

TEST_F(WorkerStageTest, EveryTableGetsItsRowsAndABarrier) {
  EXPECT_THAT(Run(10, {}), IsOk());
  for (const std::size_t table : {0U, 1U}) {
    EXPECT_THAT(Written(table), ElementsAre(100, 101, 102, 104, 105, 106, 108));
  }
  EXPECT_THAT(Written(2), IsEmpty());
  // Both SELECTs refuse 107; it is one dead letter.
  EXPECT_THAT(letters_, ElementsAre(Pair(103, "decode"), Pair(107, "transform")));
  EXPECT_EQ(status_.dead_letters.load(), 2);
  EXPECT_EQ(status_.rows_written.load(), 14);
}

TEST_F(WorkerStageTest, ATableThatIsAheadGetsTheRest) {
  EXPECT_THAT(Run(10, {{1, 105}, {2, 105}}), IsOk());
  EXPECT_THAT(Written(0), ElementsAre(100, 101, 102, 104, 105, 106, 108));
  EXPECT_THAT(Written(1), ElementsAre(105, 106, 108));
  EXPECT_THAT(letters_, ElementsAre(Pair(107, "transform")));
}

TEST_F(WorkerStageTest, OneTableIsFilledInAgainAlone) {
  EXPECT_THAT(Run(10, {{0, 110}, {2, 110}}), IsOk());
  EXPECT_THAT(Written(0), IsEmpty());
  EXPECT_THAT(Written(1), ElementsAre(100, 101, 102, 104, 105, 106, 108));
  EXPECT_THAT(letters_, IsEmpty());
  EXPECT_EQ(status_.dead_letters.load(), 0);
}

TEST_F(WorkerStageTest, DeadLettersAreFilledInAgainAlone) {
  EXPECT_THAT(Run(20, {{0, 115}, {1, 120}}), IsOk());
  EXPECT_THAT(Written(0), ElementsAre(115, 116, 118));
  EXPECT_THAT(Written(1), IsEmpty());
  EXPECT_THAT(letters_, ElementsAre(Pair(103, "decode"), Pair(107, "transform"),
                                    Pair(113, "decode"), Pair(117, "transform")));
}

TEST_F(WorkerStageTest, WhatEveryTableHoldsIsNotDecoded) {
  context_.decoder = nullptr;  // it would be used
  EXPECT_THAT(Run(10, {{0, 110}, {1, 110}, {2, 110}}), IsOk());
  for (const std::size_t table : {0U, 1U, 2U}) EXPECT_THAT(Written(table), IsEmpty());
}

TEST_F(WorkerStageTest, ATopicOfDeadLettersHasWhatTheAnchorHasPassed) {
  context_.dead_letter_table = -1;
  EXPECT_THAT(Run(20, {{0, 110}}), IsOk());
  EXPECT_THAT(Written(0), ElementsAre(110, 111, 112, 114, 115, 116, 118));
  EXPECT_THAT(letters_, ElementsAre(Pair(113, "decode"), Pair(117, "transform")));
}

TEST_F(WorkerStageTest, WhatBecomesOfFailuresMayEndIt) {
  context_.on_failures = [](std::int64_t, const RawBatch&,
                            const std::vector<RecordFailure>&, const std::stop_token&) {
    return Status(Fail(ErrorKind::kInvalidRecord, "no"));
  };
  EXPECT_THAT(Run(10, {}), FailsWith(ErrorKind::kInvalidRecord));
}

}  // namespace
}  // namespace frazil
