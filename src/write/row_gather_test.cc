#include "write/row_gather.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <arrow/compute/api_vector.h>
#include <arrow/datum.h>
#include <arrow/extension/uuid.h>
#include <arrow/table.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/result_matchers.h"
#include "write/testing_rows.h"

namespace frazil {
namespace {

using Batches = std::vector<std::shared_ptr<arrow::RecordBatch>>;

Schema NestedSchema() {
  const Type string(TypeId::kString);
  Schema schema;
  schema.fields = {
      OptionalField(1, "boolean", TypeId::kBoolean),
      OptionalField(2, "int", TypeId::kInt),
      RequiredField(3, "long", TypeId::kLong),
      OptionalField(4, "decimal", Type::Decimal(20, 1)),
      OptionalField(5, "string", string),
      OptionalField(6, "fixed", Type::Fixed(3)),
      OptionalField(
          7, "struct",
          Type::Struct(
              {OptionalField(8, "x", TypeId::kDouble),
               OptionalField(9, "list", Type::List(OptionalField(10, "", string)))})),
      OptionalField(
          11, "map",
          Type::Map(
              RequiredField(12, "", string),
              OptionalField(13, "",
                            Type::Struct({OptionalField(14, "y", TypeId::kBoolean)})))),
  };
  return schema;
}

Batches TwoBatches() {
  const Schema schema = NestedSchema();
  return {RowsFromJson(schema, R"([
        [true, 1, 10, "1.5", "a", "xyz", {"x": 0.5, "list": ["p", "q"]}, [["k", {"y": true}]]],
        [null, null, 11, null, null, null, null, null],
        [false, 3, 12, "-2.5", "", "abc", {"x": null, "list": []}, []],
        [true, 4, 13, "3.5", "long text", "def", {"x": 1.5, "list": null},
         [["k", null], ["l", {"y": null}]]]])"),
          RowsFromJson(schema, R"([
        [false, 5, 14, "9.9", "b", "123", {"x": 2.5, "list": [null, "r"]}, [["m", {"y": false}]]],
        [true, 6, 15, "8.8", "c", "456", {"x": 3.5, "list": ["s"]}, null]])")};
}

// What Arrow's own kernel picks of the batches put together.
std::shared_ptr<arrow::RecordBatch> Expected(const Batches& batches,
                                             const std::vector<RowRef>& rows) {
  std::vector<std::int64_t> indexes;
  for (const RowRef& ref : rows) {
    std::int64_t index = ref.row;
    for (std::uint32_t i = 0; i < ref.batch; ++i) index += batches[i]->num_rows();
    indexes.push_back(index);
  }
  const auto count = static_cast<std::int64_t>(indexes.size());
  const auto together = arrow::ConcatenateRecordBatches(batches).ValueOrDie();
  const auto array = std::make_shared<arrow::Int64Array>(
      count, arrow::Buffer::FromVector(std::move(indexes)));
  return arrow::compute::Take(arrow::Datum(together), arrow::Datum(array))
      ->record_batch();
}

void ExpectGathered(const Batches& batches, const std::vector<RowRef>& rows) {
  const auto gathered = GatherRows(batches, rows, arrow::default_memory_pool());
  ASSERT_THAT(gathered, IsOk());
  ASSERT_TRUE((*gathered)->ValidateFull().ok()) << (*gathered)->ValidateFull().ToString();
  EXPECT_TRUE((*gathered)->Equals(*Expected(batches, rows))) << (*gathered)->ToString();
}

TEST(RowGatherTest, RowsOfEveryLayoutComeInTheirNewOrder) {
  const Batches batches = TwoBatches();
  ExpectGathered(batches, {{0, 3}, {1, 0}, {0, 0}, {0, 1}, {1, 1}, {0, 2}});
  ExpectGathered(batches, {{0, 1}, {0, 1}});
  ExpectGathered(batches, {{1, 1}, {1, 0}});
  ExpectGathered(batches, {});
}

TEST(RowGatherTest, SlicedBatchesAreReadFromTheirOffset) {
  Batches batches = TwoBatches();
  batches[0] = batches[0]->Slice(2);
  batches[1] = batches[1]->Slice(1);
  ExpectGathered(batches, {{1, 0}, {0, 1}, {0, 0}});
}

TEST(RowGatherTest, MembersOfASlicedStructAreReadFromItsOffset) {
  const Schema schema = NestedSchema();
  const auto whole = RowsFromJson(schema, R"([
        [true, 1, 10, "1.5", "a", "xyz", {"x": 0.5, "list": ["p", "q"]}, [["k", {"y": true}]]],
        [true, 2, 11, "1.5", "b", "xyz", {"x": 0.6, "list": ["r"]}, [["l", {"y": false}]]],
        [true, 3, 12, "1.5", "c", "xyz", null, [["m", {"y": null}]]]])");
  const auto column = whole->column(6)->Slice(1);
  const auto& structs = static_cast<const arrow::StructArray&>(*column);
  const auto sliced_members = arrow::StructArray::Make(
      {structs.field(0), structs.field(1)}, structs.type()->fields());
  ASSERT_TRUE(sliced_members.ok());
  const auto rows = arrow::RecordBatch::Make(arrow::schema({whole->schema()->field(6)}),
                                             2, {*sliced_members});
  ExpectGathered({rows->Slice(1), rows}, {{0, 0}, {1, 1}, {1, 0}});
}

TEST(RowGatherTest, ElementsOfSlicedValuesAreReadFromTheirOffset) {
  const auto strings =
      arrow::json::ArrayFromJSONString(arrow::utf8(), R"(["x", "a", "b", "c"])");
  const auto offsets = arrow::json::ArrayFromJSONString(arrow::int32(), "[0, 2, 3]");
  ASSERT_TRUE(strings.ok() && offsets.ok());
  const auto lists = arrow::ListArray::FromArrays(**offsets, *(*strings)->Slice(1));
  ASSERT_TRUE(lists.ok());
  const auto rows = arrow::RecordBatch::Make(
      arrow::schema({arrow::field("tags", (*lists)->type())}), 2, {*lists});
  ExpectGathered({rows}, {{0, 1}, {0, 0}});
}

TEST(RowGatherTest, WhatLiesUnderANullListIsLeftBehind) {
  const auto numbers = arrow::json::ArrayFromJSONString(arrow::int32(), "[1, 2, 3]");
  ASSERT_TRUE(numbers.ok());
  const auto offsets = arrow::Buffer::FromVector(std::vector<std::int32_t>{0, 2, 3});
  const auto lists = std::make_shared<arrow::ListArray>(
      arrow::list(arrow::int32()), 2, offsets, *numbers,
      arrow::Buffer::FromString(std::string(1, '\2')));
  const auto rows = arrow::RecordBatch::Make(
      arrow::schema({arrow::field("numbers", lists->type())}), 2, {lists});
  const std::vector<RowRef> order = {{0, 1}, {0, 0}};
  const auto gathered = GatherRows({rows}, order, arrow::default_memory_pool());
  ASSERT_THAT(gathered, IsOk());
  const auto& result = static_cast<const arrow::ListArray&>(*(*gathered)->column(0));
  EXPECT_TRUE(result.IsNull(1));
  EXPECT_EQ(result.values()->length(), 1);
}

TEST(RowGatherTest, UuidsKeepTheirType) {
  Schema schema;
  schema.fields = {OptionalField(1, "u", TypeId::kUuid)};
  const auto rows = RowsFromJson(schema, R"([["0123456789abcdef"], [null]])");
  const auto uuids =
      arrow::ExtensionType::WrapArray(arrow::extension::uuid(), rows->column(0));
  const auto typed = arrow::RecordBatch::Make(
      arrow::schema({arrow::field("u", arrow::extension::uuid())}), 2, {uuids});
  const std::vector<RowRef> order = {{0, 1}, {0, 0}};
  const auto gathered = GatherRows({typed}, order, arrow::default_memory_pool());
  ASSERT_THAT(gathered, IsOk());
  EXPECT_TRUE((*gathered)->column(0)->type()->Equals(arrow::extension::uuid()));
  EXPECT_TRUE((*gathered)->column(0)->IsNull(0));
  EXPECT_TRUE((*gathered)->column(0)->Slice(1)->Equals(uuids->Slice(0, 1)));
}

TEST(RowGatherTest, AnotherLayoutIsAnError) {
  const auto column = arrow::json::ArrayFromJSONString(arrow::large_utf8(), R"(["a"])");
  ASSERT_TRUE(column.ok());
  const auto rows = arrow::RecordBatch::Make(
      arrow::schema({arrow::field("s", arrow::large_utf8())}), 1, {*column});
  const std::vector<RowRef> order = {{0, 0}};
  EXPECT_THAT(GatherRows({rows}, order, arrow::default_memory_pool()),
              FailsWith(ErrorKind::kInternal));
}

}  // namespace
}  // namespace frazil
