#include "write/dead_letter.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/result_matchers.h"
#include "write/testing_rows.h"

namespace frazil {
namespace {

// Headers as a test wants them; the records' bytes are string literals.
class FixedHeaders : public RawStorage {
 public:
  explicit FixedHeaders(std::vector<Headers> headers) : headers_(std::move(headers)) {}
  [[nodiscard]] Headers HeadersOf(std::size_t index) const override {
    return headers_[index];
  }

 private:
  std::vector<Headers> headers_;
};

RawBatch TwoRecords() {
  RawBatch batch;
  batch.split = {"events", "orders", 3};
  RawRecord good;
  good.value = "{}";
  good.ordinal = 41;
  RawRecord bad;
  bad.key = "k";
  bad.has_key = true;
  bad.value = std::string_view("{\"a\0\xFF", 6);
  bad.ordinal = 42;
  bad.timestamp_ms = 1'500'000'000'001;
  bad.timestamp_type = TimestampType::kCreateTime;
  batch.records = {good, bad};
  batch.storage = std::make_unique<FixedHeaders>(
      std::vector<Headers>{{}, {{"h", "1"}, {"h", std::nullopt}}});
  return batch;
}

TEST(DeadLetterTest, AFailureBecomesARowWithTheRecordAsItCame) {
  const RawBatch batch = TwoRecords();
  const auto rows = DeadLetterBatch(batch, {{1, "decode", "InvalidJson", "expected '}'"}},
                                    {"pipe", 1'600'000'000'000'000});
  ASSERT_THAT(rows, IsOk());
  ASSERT_TRUE((*rows)->ValidateFull().ok());
  ASSERT_EQ((*rows)->num_rows(), 1);
  EXPECT_TRUE((*rows)->schema()->Equals(*ArrowSchemaOf(DeadLetterSchema()),
                                        /*check_metadata=*/true));
  EXPECT_EQ(static_cast<const arrow::BinaryArray&>(*(*rows)->column(0)).GetView(0),
            std::string_view("{\"a\0\xFF", 6));
  const auto rest = RowsFromJson(
      DeadLetterSchema(),
      R"([[null, "k", [["h", "1"], ["h", null]], "orders", 3, 42, 1500000000001000, "CreateTime",
           "decode", "InvalidJson", "expected '}'", "events", "pipe", 1600000000000000,
           [], 0]])");
  for (int i = 1; i < (*rows)->num_columns(); ++i) {
    EXPECT_TRUE((*rows)->column(i)->Equals(rest->column(i)))
        << (*rows)->column(i)->ToString();
  }
}

TEST(DeadLetterTest, WhatARecordLacksIsNull) {
  RawBatch batch = TwoRecords();
  batch.records[0].has_value = false;
  batch.storage = nullptr;
  const auto rows = DeadLetterBatch(batch, {{0, "transform", "X", "m"}}, {});
  ASSERT_THAT(rows, IsOk());
  EXPECT_TRUE((*rows)->column(0)->IsNull(0));
  EXPECT_TRUE((*rows)->column(1)->IsNull(0));
  EXPECT_FALSE((*rows)->column(2)->IsNull(0));
  EXPECT_TRUE((*rows)->GetColumnByName("timestamp")->IsNull(0));
  EXPECT_TRUE((*rows)->GetColumnByName("timestamp_type")->IsNull(0));
}

TEST(DeadLetterTest, ARecordThatFailsAgainTellsItsRoundAndItsInserts) {
  RawBatch batch = TwoRecords();
  batch.records[1].timestamp_type = TimestampType::kLogAppendTime;
  batch.replay.round = 2;
  const auto rows = DeadLetterBatch(
      batch, {{1, "transform", "X", "m", {"lake.db.a", "lake.db.b"}}}, {});
  ASSERT_THAT(rows, IsOk());
  const auto expected = RowsFromJson(
      DeadLetterSchema(),
      R"([[null, null, [], "orders", 3, 42, null, "LogAppendTime", "transform", "X", "m",
           "events", "", 0, ["lake.db.a", "lake.db.b"], 2]])");
  for (const char* name : {"timestamp_type", "failed_inserts", "replay_round"}) {
    EXPECT_TRUE((*rows)->GetColumnByName(name)->Equals(expected->GetColumnByName(name)))
        << (*rows)->GetColumnByName(name)->ToString();
  }
}

TEST(DeadLetterTest, ATimestampBeyondMicrosecondsIsNull) {
  RawBatch batch = TwoRecords();
  batch.records[1].timestamp_ms = std::numeric_limits<std::int64_t>::max();
  const auto rows = DeadLetterBatch(batch, {{1, "decode", "X", "m"}}, {});
  ASSERT_THAT(rows, IsOk());
  EXPECT_TRUE((*rows)->GetColumnByName("timestamp")->IsNull(0));
}

TEST(DeadLetterTest, AFailureOfNoRecordIsABug) {
  EXPECT_THAT(DeadLetterBatch(TwoRecords(), {{2, "decode", "X", "m"}}, {}),
              FailsWith(ErrorKind::kInternal));
}

}  // namespace
}  // namespace frazil
