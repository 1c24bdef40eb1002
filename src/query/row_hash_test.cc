#include "query/row_hash.h"

#include <limits>

#include <arrow/api.h>
#include <arrow/json/from_string.h>
#include <gtest/gtest.h>

#include "base/result_matchers.h"

namespace frazil {
namespace {

std::shared_ptr<arrow::RecordBatch> RowsOf(const std::shared_ptr<arrow::DataType>& type,
                                           const std::string& json) {
  const auto column = arrow::json::ArrayFromJSONString(type, json).ValueOrDie();
  return arrow::RecordBatch::Make(arrow::schema({arrow::field("c", type)}),
                                  column->length(), {column});
}

Hash128 SumOf(const std::shared_ptr<arrow::RecordBatch>& rows) {
  RowHashSum sum({0});
  EXPECT_THAT(sum.Add(*rows), IsOk());
  return sum.sum();
}

TEST(RowHash, IsThePublishedMurmur) {
  // Of the reference implementation, seed 0.
  EXPECT_EQ(Murmur128("").ToString(), "00000000000000000000000000000000");
  EXPECT_EQ(Murmur128("hello").ToString(), "5b1e906a48ae1d19cbd8a7b341bd9b02");
  EXPECT_EQ(Murmur128("The quick brown fox jumps over the lazy dog").ToString(),
            "7a433ca9c49a9347e34bbc7bbc071b6c");
}

TEST(RowHash, DoesNotDependOnTheOrderOfRowsNorOnBatches) {
  const auto rows = RowsOf(arrow::int64(), "[1, 2, 3, null]");
  EXPECT_EQ(SumOf(rows), SumOf(RowsOf(arrow::int64(), "[3, null, 1, 2]")));
  RowHashSum parts({0});
  EXPECT_THAT(parts.Add(*rows->Slice(2)), IsOk());
  EXPECT_THAT(parts.Add(*rows->Slice(0, 2)), IsOk());
  EXPECT_EQ(parts.sum(), SumOf(rows));
  EXPECT_EQ(parts.row_count(), 4);
}

TEST(RowHash, CountsARowThatIsThereTwiceTwice) {
  const auto once = SumOf(RowsOf(arrow::int64(), "[1]"));
  EXPECT_NE(SumOf(RowsOf(arrow::int64(), "[1, 1]")), once);
  EXPECT_NE(SumOf(RowsOf(arrow::int64(), "[1, 1, 1]")), once);
}

TEST(RowHash, CarriesFromTheLowHalfToTheHighOne) {
  Hash128 sum{std::numeric_limits<std::uint64_t>::max(), 1};
  sum += Hash128{2, 5};
  EXPECT_EQ(sum, (Hash128{1, 7}));
}

TEST(RowHash, TellsNestedValuesApart) {
  const auto list = arrow::list(arrow::utf8());
  EXPECT_NE(SumOf(RowsOf(list, R"([["a", "b"]])")), SumOf(RowsOf(list, R"([["ab"]])")));
  EXPECT_NE(SumOf(RowsOf(list, "[[]]")), SumOf(RowsOf(list, "[null]")));
  EXPECT_NE(SumOf(RowsOf(list, "[[null]]")), SumOf(RowsOf(list, R"([[""]])")));
  const auto map = arrow::map(arrow::utf8(), arrow::int32());
  EXPECT_NE(SumOf(RowsOf(map, R"([[["a", 1]]])")), SumOf(RowsOf(map, R"([[["a", 2]]])")));
  const auto record = arrow::struct_(
      {arrow::field("x", arrow::int32()), arrow::field("y", arrow::int32())});
  EXPECT_NE(SumOf(RowsOf(record, "[[1, null]]")), SumOf(RowsOf(record, "[[null, 1]]")));
}

TEST(RowHash, ReadsSlicesOfNestedColumnsFromWhereTheyBegin) {
  const auto type = arrow::list(arrow::struct_({arrow::field("x", arrow::utf8())}));
  const auto rows = RowsOf(type, R"([[["a"]], [["b"], ["c"]], null])");
  EXPECT_EQ(SumOf(rows->Slice(1)), SumOf(RowsOf(type, R"([[["b"], ["c"]], null])")));
}

TEST(RowHash, TakesFixedAndBinaryOfTheSameBytesForEqual) {
  EXPECT_EQ(SumOf(RowsOf(arrow::fixed_size_binary(2), R"(["ab"])")),
            SumOf(RowsOf(arrow::binary(), R"(["ab"])")));
}

TEST(RowHash, RefusesTypesThatNoTableHas) {
  RowHashSum sum({0});
  EXPECT_THAT(sum.Add(*RowsOf(arrow::uint8(), "[1]")),
              FailsWith(ErrorKind::kNotSupported));
}

}  // namespace
}  // namespace frazil
