#include "write/file_metrics.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

#include <arrow/array/builder_binary.h>
#include <arrow/array/builder_nested.h>
#include <arrow/array/builder_primitive.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/result_matchers.h"
#include "iceberg/single_value.h"
#include "storage/memory/memory_file_io.h"
#include "write/parquet_file.h"
#include "write/testing_rows.h"

namespace frazil {
namespace {

using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;
using Batches = std::vector<std::shared_ptr<arrow::RecordBatch>>;

// Writes batches, each as a row group of its own, and returns what is said of the file.
DataFile MetricsOf(const TableMetadata& table, const Batches& batches) {
  const auto io = NewMemoryFileIO();
  const auto layout = ParquetLayout::Make(table);
  EXPECT_THAT(layout, IsOk());
  auto file = ParquetFile::Open(*layout, *io, "/f",
                                std::vector<bool>((*layout)->leaves().size(), true));
  EXPECT_THAT(file, IsOk());
  for (const auto& batch : batches) {
    const auto rows = (*layout)->Adopt(batch);
    EXPECT_THAT(rows, IsOk());
    EXPECT_THAT((*file)->Write(**rows), IsOk());
    EXPECT_THAT((*file)->FlushRowGroup(), IsOk());
  }
  auto written = (*file)->Finish();
  EXPECT_THAT(written, IsOk());
  return *std::move(written);
}

DataFile MetricsOfJson(const TableMetadata& table, const std::vector<std::string>& json) {
  Batches batches;
  for (const std::string& text : json) {
    batches.push_back(RowsFromJson(table.CurrentSchema(), text));
  }
  return MetricsOf(table, batches);
}

std::shared_ptr<arrow::RecordBatch> StringColumn(const Schema& schema,
                                                 const std::vector<std::string>& values) {
  arrow::StringBuilder builder;
  EXPECT_TRUE(builder.AppendValues(values).ok());
  return arrow::RecordBatch::Make(ArrowSchemaOf(schema),
                                  static_cast<std::int64_t>(values.size()),
                                  {builder.Finish().ValueOrDie()});
}

const std::map<std::string, std::string> kFull = {
    {"write.metadata.metrics.default", "full"}};

TEST(FileMetricsTest, BoundsOfEveryTypeAreInSingleValueForm) {
  struct Case {
    Type type;
    std::string json;
    Literal lower;
    Literal upper;
  };
  const std::vector<Case> cases = {
      {Type(TypeId::kBoolean), "[[true],[null],[false]]", false, true},
      {Type(TypeId::kInt), "[[7],[null],[-300]]", std::int32_t{-300}, std::int32_t{7}},
      {Type(TypeId::kLong), "[[7],[null],[-300]]", std::int64_t{-300}, std::int64_t{7}},
      {Type(TypeId::kFloat), "[[1.5],[null],[-2.5]]", -2.5F, 1.5F},
      {Type(TypeId::kDouble), "[[1.5],[null],[-2.5]]", -2.5, 1.5},
      {Type::Decimal(9, 2), R"([["1.28"],[null],["-0.01"]])", Int128{-1}, Int128{128}},
      {Type::Decimal(18, 2), R"([["1.28"],[null],["-0.01"]])", Int128{-1}, Int128{128}},
      {Type::Decimal(38, 2), R"([["1.28"],[null],["-0.01"]])", Int128{-1}, Int128{128}},
      {Type(TypeId::kDate), "[[100],[null],[-1]]", std::int32_t{-1}, std::int32_t{100}},
      {Type(TypeId::kTime), "[[100],[null],[1]]", std::int64_t{1}, std::int64_t{100}},
      {Type(TypeId::kTimestamp), "[[100],[null],[-1]]", std::int64_t{-1},
       std::int64_t{100}},
      {Type(TypeId::kTimestamptz), "[[100],[null],[-1]]", std::int64_t{-1},
       std::int64_t{100}},
      {Type(TypeId::kString), R"([["b"],[null],["\u00e4"],["a"]])", std::string("a"),
       std::string("\xC3\xA4")},
      {Type(TypeId::kBinary), R"([["b"],[null],["\u00e4"],["a"]])", std::string("a"),
       std::string("\xC3\xA4")},
      {Type(TypeId::kUuid), R"([["bcdefghijklmnopq"],[null],["0123456789abcdef"]])",
       std::string("0123456789abcdef"), std::string("bcdefghijklmnopq")},
      {Type::Fixed(2), R"([["b0"],[null],["a9"]])", std::string("a9"), std::string("b0")},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.type.ToString());
    const DataFile file =
        MetricsOfJson(TableOf({OptionalField(5, "x", c.type)}), {c.json});
    EXPECT_THAT(file.lower_bounds,
                UnorderedElementsAre(Pair(5, EncodeSingleValue(c.lower, c.type))));
    EXPECT_THAT(file.upper_bounds,
                UnorderedElementsAre(Pair(5, EncodeSingleValue(c.upper, c.type))));
    EXPECT_THAT(file.null_value_counts, UnorderedElementsAre(Pair(5, 1)));
    EXPECT_EQ(file.value_counts.at(5), file.record_count);
    EXPECT_GT(file.column_sizes.at(5), 0);
  }
}

// Java's library orders them by signed halves and would find nothing between such bounds.
TEST(FileMetricsTest, UuidsThatReadersOrderDifferentlyHaveNoBounds) {
  for (const char* json : {R"([["\u00e4bcdefghijklmno"],["0123456789abcdef"]])",
                           R"([["bcdefghi\u00e4klmnop"],["0123456789abcdef"]])"}) {
    SCOPED_TRACE(json);
    const DataFile file =
        MetricsOfJson(TableOf({OptionalField(5, "x", TypeId::kUuid)}), {json});
    EXPECT_THAT(file.lower_bounds, IsEmpty());
    EXPECT_THAT(file.upper_bounds, IsEmpty());
    EXPECT_EQ(file.value_counts.at(5), 2);
  }
}

TEST(FileMetricsTest, UuidsHaveCountsAndBoundsWithoutTheFooters) {
  const Type uuid(TypeId::kUuid);
  const TableMetadata table =
      TableOf({OptionalField(1, "u", uuid),
               OptionalField(2, "s", Type::Struct({OptionalField(3, "u", uuid)}))});
  const DataFile file = MetricsOfJson(
      table, {R"([["bbbbbbbbbbbbbbbb", {"u": "2222222222222222"}], [null, null]])",
              R"([[null, {"u": null}], ["cccccccccccccccc", {"u": "3333333333333333"}],
                  ["aaaaaaaaaaaaaaaa", {"u": "1111111111111111"}]])"});
  EXPECT_THAT(file.value_counts, UnorderedElementsAre(Pair(1, 5), Pair(3, 5)));
  EXPECT_THAT(file.null_value_counts, UnorderedElementsAre(Pair(1, 2), Pair(3, 2)));
  EXPECT_THAT(file.lower_bounds, UnorderedElementsAre(Pair(1, std::string(16, 'a')),
                                                      Pair(3, std::string(16, '1'))));
  EXPECT_THAT(file.upper_bounds, UnorderedElementsAre(Pair(1, std::string(16, 'c')),
                                                      Pair(3, std::string(16, '3'))));
}

TEST(FileMetricsTest, BoundsSpanTheRowGroups) {
  const DataFile file =
      MetricsOfJson(TableOf({OptionalField(1, "x", TypeId::kInt),
                             OptionalField(2, "d", Type::Decimal(4, 0))}),
                    {"[[5, \"-200\"]]", "[[null, null]]", "[[-5, \"30\"]]"});
  EXPECT_EQ(file.lower_bounds.at(1),
            EncodeSingleValue(std::int32_t{-5}, Type(TypeId::kInt)));
  EXPECT_EQ(file.upper_bounds.at(1),
            EncodeSingleValue(std::int32_t{5}, Type(TypeId::kInt)));
  EXPECT_EQ(file.lower_bounds.at(2), DecimalToBytes(-200));
  EXPECT_EQ(file.upper_bounds.at(2), DecimalToBytes(30));
  EXPECT_EQ(file.split_offsets.size(), 3U);
}

TEST(FileMetricsTest, AColumnOfNullsHasCountsAndNoBounds) {
  const DataFile file = MetricsOfJson(TableOf({OptionalField(1, "x", TypeId::kString)}),
                                      {"[[null],[null]]"});
  EXPECT_THAT(file.value_counts, UnorderedElementsAre(Pair(1, 2)));
  EXPECT_THAT(file.null_value_counts, UnorderedElementsAre(Pair(1, 2)));
  EXPECT_THAT(file.lower_bounds, IsEmpty());
  EXPECT_THAT(file.upper_bounds, IsEmpty());
}

TEST(FileMetricsTest, NanIsCountedAndNeverABound) {
  const TableMetadata table = TableOf(
      {OptionalField(1, "d", TypeId::kDouble), OptionalField(2, "f", TypeId::kFloat)});
  const DataFile file = MetricsOfJson(
      table, {"[[NaN, NaN], [1.5, NaN]]", "[[null, NaN], [NaN, null], [-1.5, NaN]]"});
  EXPECT_THAT(file.nan_value_counts, UnorderedElementsAre(Pair(1, 2), Pair(2, 4)));
  EXPECT_THAT(file.null_value_counts, UnorderedElementsAre(Pair(1, 1), Pair(2, 1)));
  const Type type(TypeId::kDouble);
  EXPECT_THAT(file.lower_bounds,
              UnorderedElementsAre(Pair(1, EncodeSingleValue(-1.5, type))));
  EXPECT_THAT(file.upper_bounds,
              UnorderedElementsAre(Pair(1, EncodeSingleValue(1.5, type))));
}

TEST(FileMetricsTest, ARowGroupOfNanOnlyHidesNoBoundOfAnother) {
  const DataFile file = MetricsOfJson(TableOf({OptionalField(1, "d", TypeId::kDouble)}),
                                      {"[[NaN]]", "[[3.5]]"});
  EXPECT_EQ(file.lower_bounds.at(1), EncodeSingleValue(3.5, Type(TypeId::kDouble)));
}

TEST(FileMetricsTest, ZeroBoundsHaveTheSignsOfTheSpecification) {
  const Type type(TypeId::kDouble);
  const TableMetadata table = TableOf({OptionalField(1, "d", type)});
  for (const char* json : {"[[0.0]]", "[[-0.0]]", "[[0.0],[-0.0]]"}) {
    const DataFile file = MetricsOfJson(table, {json});
    EXPECT_EQ(file.lower_bounds.at(1), EncodeSingleValue(-0.0, type)) << json;
    EXPECT_EQ(file.upper_bounds.at(1), EncodeSingleValue(0.0, type)) << json;
  }
}

TEST(FileMetricsTest, ANanUnderANullStructIsNotCounted) {
  const TableMetadata table = TableOf(
      {OptionalField(1, "s", Type::Struct({OptionalField(2, "d", TypeId::kDouble)}))});
  arrow::DoubleBuilder doubles;
  const double nan = std::numeric_limits<double>::quiet_NaN();
  ASSERT_TRUE(doubles.AppendValues({nan, nan, 1.0}).ok());
  const auto arrow_schema = ArrowSchemaOf(table.CurrentSchema());
  const auto validity = arrow::Buffer::FromString(std::string("\x05"));  // rows 0 and 2
  const auto structs = std::make_shared<arrow::StructArray>(
      arrow_schema->field(0)->type(), 3,
      arrow::ArrayVector{doubles.Finish().ValueOrDie()}, validity, 1);
  const DataFile file =
      MetricsOf(table, {arrow::RecordBatch::Make(arrow_schema, 3, {structs})});
  EXPECT_THAT(file.nan_value_counts, UnorderedElementsAre(Pair(2, 1)));
  EXPECT_THAT(file.null_value_counts, UnorderedElementsAre(Pair(2, 1)));
  EXPECT_THAT(file.value_counts, UnorderedElementsAre(Pair(2, 3)));
}

TEST(FileMetricsTest, MemoryUnderANullIsNoNan) {
  const TableMetadata table = TableOf({OptionalField(1, "d", TypeId::kDouble)});
  arrow::DoubleBuilder doubles;
  ASSERT_TRUE(doubles.AppendValues({std::numeric_limits<double>::quiet_NaN(), 1.0}).ok());
  const auto values = doubles.Finish().ValueOrDie()->data()->buffers[1];
  const auto validity = arrow::Buffer::FromString(std::string("\x02"));
  const auto column = std::make_shared<arrow::DoubleArray>(2, values, validity, 1);
  const DataFile file = MetricsOf(
      table,
      {arrow::RecordBatch::Make(ArrowSchemaOf(table.CurrentSchema()), 2, {column})});
  EXPECT_THAT(file.nan_value_counts, UnorderedElementsAre(Pair(1, 0)));
}

TEST(FileMetricsTest, WhatIsInsideListsAndMapsHasASizeOnly) {
  const TableMetadata table = TableOf(
      {OptionalField(1, "list", Type::List(OptionalField(2, "element", TypeId::kDouble))),
       OptionalField(3, "map",
                     Type::Map(RequiredField(4, "key", TypeId::kString),
                               OptionalField(5, "value", TypeId::kLong)))});
  const DataFile file = MetricsOfJson(table, {R"([[[1.5, NaN], [["a", 1]]]])"});
  EXPECT_THAT(file.column_sizes,
              UnorderedElementsAre(Pair(2, testing::Gt(0)), Pair(4, testing::Gt(0)),
                                   Pair(5, testing::Gt(0))));
  EXPECT_THAT(file.value_counts, IsEmpty());
  EXPECT_THAT(file.null_value_counts, IsEmpty());
  EXPECT_THAT(file.nan_value_counts, IsEmpty());
  EXPECT_THAT(file.lower_bounds, IsEmpty());
}

TEST(FileMetricsTest, MembersOfStructsHaveFullMetrics) {
  const TableMetadata table = TableOf({OptionalField(
      1, "geo", Type::Struct({OptionalField(2, "city", TypeId::kString)}))});
  const DataFile file =
      MetricsOfJson(table, {R"([[{"city": "Ulm"}], [null], [{"city": null}]])"});
  EXPECT_THAT(file.value_counts, UnorderedElementsAre(Pair(2, 3)));
  EXPECT_THAT(file.null_value_counts, UnorderedElementsAre(Pair(2, 2)));
  EXPECT_THAT(file.lower_bounds, UnorderedElementsAre(Pair(2, "Ulm")));
}

TEST(FileMetricsTest, ModesDecideWhatIsKept) {
  const std::vector<SchemaField> fields = {OptionalField(1, "none", TypeId::kString),
                                           OptionalField(2, "counts", TypeId::kString),
                                           OptionalField(3, "short", TypeId::kString),
                                           OptionalField(4, "full", TypeId::kString),
                                           OptionalField(5, "default", TypeId::kString)};
  const TableMetadata table =
      TableOf(fields, {},
              {{"write.metadata.metrics.column.none", "none"},
               {"write.metadata.metrics.column.counts", "counts"},
               {"write.metadata.metrics.column.short", "truncate(2)"},
               {"write.metadata.metrics.column.full", "full"}});
  const std::string text = "abcdefghijklmnopqrstuvwxyz";
  const std::string row = "[[\"" + text + "\",\"" + text + "\",\"" + text + "\",\"" +
                          text + "\",\"" + text + "\"]]";
  const DataFile file = MetricsOfJson(table, {row});
  EXPECT_EQ(file.column_sizes.size(), 5U);
  EXPECT_THAT(file.value_counts,
              UnorderedElementsAre(Pair(2, 1), Pair(3, 1), Pair(4, 1), Pair(5, 1)));
  EXPECT_THAT(file.lower_bounds, UnorderedElementsAre(Pair(3, "ab"), Pair(4, text),
                                                      Pair(5, "abcdefghijklmnop")));
  EXPECT_THAT(file.upper_bounds, UnorderedElementsAre(Pair(3, "ac"), Pair(4, text),
                                                      Pair(5, "abcdefghijklmnoq")));
}

TEST(FileMetricsTest, BoundsTooLongForTheFooterAreKept) {
  const TableMetadata table =
      TableOf({OptionalField(1, "s", TypeId::kString)}, {}, kFull);
  const Schema& schema = table.CurrentSchema();
  const std::string low = "a" + std::string(5000, 'a');
  const std::string high = "z" + std::string(6000, 'z');
  // Shorter values come in other batches and in the same ones.
  const DataFile file = MetricsOf(
      table, {StringColumn(schema, {"m", "n"}), StringColumn(schema, {high, "o"}),
              StringColumn(schema, {"p", low, "q"})});
  EXPECT_THAT(file.lower_bounds, UnorderedElementsAre(Pair(1, low)));
  EXPECT_THAT(file.upper_bounds, UnorderedElementsAre(Pair(1, high)));
}

TEST(FileMetricsTest, LongValuesBetweenShortBoundsChangeNothing) {
  const TableMetadata table = TableOf({OptionalField(1, "s", TypeId::kString)});
  const DataFile file = MetricsOf(
      table, {StringColumn(table.CurrentSchema(), {"a", std::string(5000, 'm'), "z"})});
  EXPECT_THAT(file.lower_bounds, UnorderedElementsAre(Pair(1, "a")));
  EXPECT_THAT(file.upper_bounds, UnorderedElementsAre(Pair(1, "z")));
}

TEST(FileMetricsTest, StatisticsSwitchedOffLeaveNoBounds) {
  const TableMetadata table = TableOf(
      {OptionalField(1, "s", TypeId::kString), OptionalField(2, "u", TypeId::kUuid)}, {},
      {{"write.parquet.stats-enabled.column.s", "false"},
       {"write.parquet.stats-enabled.column.u", "false"}});
  const std::string long_value(5000, 'm');
  const DataFile file = MetricsOfJson(table, {R"([["a", "aaaaaaaaaaaaaaaa"], [")" +
                                              long_value + R"(", null], ["z", null]])"});
  EXPECT_THAT(file.value_counts, UnorderedElementsAre(Pair(1, 3), Pair(2, 3)));
  EXPECT_THAT(file.null_value_counts, IsEmpty());
  EXPECT_THAT(file.lower_bounds, IsEmpty());
  EXPECT_THAT(file.upper_bounds, IsEmpty());
}

}  // namespace
}  // namespace frazil
