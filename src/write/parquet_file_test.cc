#include "write/parquet_file.h"

#include <string>
#include <utility>
#include <vector>

#include <arrow/extension/uuid.h>
#include <arrow/util/key_value_metadata.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <parquet/metadata.h>
#include <parquet/schema.h>

#include "base/result_matchers.h"
#include "storage/memory/memory_file_io.h"
#include "write/dictionary_choice.h"
#include "write/testing_rows.h"

namespace frazil {
namespace {

using ::testing::AnyOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// One column of each type, and the nested ones.
std::vector<SchemaField> FieldsOfEveryType() {
  return {
      OptionalField(1, "boolean", TypeId::kBoolean),
      OptionalField(2, "int", TypeId::kInt),
      RequiredField(3, "long", TypeId::kLong),
      OptionalField(4, "float", TypeId::kFloat),
      OptionalField(5, "double", TypeId::kDouble),
      OptionalField(6, "decimal9", Type::Decimal(9, 2)),
      OptionalField(7, "decimal18", Type::Decimal(18, 4)),
      OptionalField(8, "decimal38", Type::Decimal(38, 10)),
      OptionalField(9, "date", TypeId::kDate),
      OptionalField(10, "time", TypeId::kTime),
      OptionalField(11, "timestamp", TypeId::kTimestamp),
      OptionalField(12, "timestamptz", TypeId::kTimestamptz),
      OptionalField(13, "string", TypeId::kString),
      OptionalField(14, "uuid", TypeId::kUuid),
      OptionalField(15, "fixed", Type::Fixed(3)),
      OptionalField(16, "binary", TypeId::kBinary),
      OptionalField(17, "struct",
                    Type::Struct({OptionalField(20, "city", TypeId::kString),
                                  RequiredField(21, "uuid", TypeId::kUuid)})),
      OptionalField(18, "list", Type::List(OptionalField(22, "element", TypeId::kUuid))),
      OptionalField(19, "map",
                    Type::Map(RequiredField(23, "key", TypeId::kString),
                              OptionalField(24, "value", TypeId::kDouble))),
  };
}

constexpr std::string_view kRowsOfEveryType = R"([
  [true, 7, 8, 1.5, 2.5, "1234567.89", "-12345678901234.5678", "1.0000000001",
   19000, 3600000000, 1500000000000000, 1500000000000001, "iceberg", "0123456789abcdef",
   "xyz", "bytes", {"city": "Ulm", "uuid": "fedcba9876543210"},
   ["0123456789abcdef", null], [["a", 1.5], ["b", null]]],
  [null, null, 9, null, null, null, null, null, null, null, null, null, null, null, null,
   null, null, null, null],
  [false, -7, -8, -1.5, -2.5, "-0.01", "0.0000", "-99999999999999999999999999.9999999999",
   -1, 0, -1, -1500000000000001, "", "ffffffffffffffff", "\u0000\u0001\u0002", "",
   {"city": null, "uuid": "0000000000000000"}, [], []]
])";

// A writer over a file system in memory.
class ParquetFileTest : public testing::Test {
 protected:
  std::unique_ptr<ParquetFile> Open(const TableMetadata& table,
                                    std::string location = "/f") {
    auto layout = ParquetLayout::Make(table);
    EXPECT_THAT(layout, IsOk());
    layout_ = *layout;
    auto file = ParquetFile::Open(layout_, *io_, std::move(location),
                                  std::vector<bool>(layout_->leaves().size(), true));
    EXPECT_THAT(file, IsOk());
    return *std::move(file);
  }

  void Write(ParquetFile& file, const std::shared_ptr<arrow::RecordBatch>& rows) {
    const auto adopted = layout_->Adopt(rows);
    ASSERT_THAT(adopted, IsOk());
    ASSERT_THAT(file.Write(**adopted), IsOk());
  }

  std::shared_ptr<FileIO> io_ = NewMemoryFileIO();
  std::shared_ptr<const ParquetLayout> layout_;
};

// The nullable columns that a source has, or required ones as a table may want them.
std::vector<SchemaField> NestedFields(bool required) {
  const auto member = [&](std::int32_t id, std::string name, Type type) {
    return SchemaField{id, std::move(name), std::move(type), required, ""};
  };
  const auto point = [&](std::int32_t id) {
    return Type::Struct(
        {member(id, "x", Type(TypeId::kInt)),
         member(id + 1, "y", Type::Struct({member(id + 2, "z", Type(TypeId::kUuid))}))});
  };
  return {
      OptionalField(1, "point", point(10)),
      OptionalField(2, "points", Type::List(OptionalField(20, "element", point(21)))),
      OptionalField(
          3, "lists",
          Type::Struct({member(30, "l", Type::List(member(31, "element", point(32))))})),
      OptionalField(4, "named",
                    Type::Map(RequiredField(40, "key", TypeId::kString),
                              OptionalField(41, "value", point(42)))),
  };
}

TEST_F(ParquetFileTest, ANullStructMayHaveRequiredMembers) {
  const auto rows = RowsFromJson(TableOf(NestedFields(false)).CurrentSchema(), R"([
    [{"x": 1, "y": {"z": "0123456789abcdef"}}, [{"x": 2, "y": {"z": "fedcba9876543210"}}, null],
     {"l": [{"x": 3, "y": {"z": "ffffffffffffffff"}}]}, [["k", null]]],
    [null, [], null, [["k", {"x": 4, "y": {"z": "0000000000000000"}}]]],
    [null, null, {"l": []}, null],
    [{"x": 5, "y": {"z": "0123456789abcdef"}}, [null], null, []]
  ])");
  auto file = Open(TableOf(NestedFields(true)));
  Write(*file, rows);

  const auto written = file->Finish();
  ASSERT_THAT(written, IsOk());
  EXPECT_EQ(written->null_value_counts.at(10), 2);
  const ReadFile read = ReadParquet(*io_, "/f");
  ASSERT_EQ(read.rows->num_columns(), rows->num_columns());
  for (int i = 0; i < read.rows->num_columns(); ++i) {
    const auto nullable = read.rows->column(i)->View(rows->column(i)->type());
    ASSERT_TRUE(nullable.ok()) << nullable.status().ToString();
    EXPECT_TRUE((*nullable)->Equals(rows->column(i))) << (*nullable)->ToString();
  }
}

TEST_F(ParquetFileTest, EveryTypeReadsBack) {
  const TableMetadata table = TableOf(FieldsOfEveryType());
  const auto rows = RowsFromJson(table.CurrentSchema(), kRowsOfEveryType);
  auto file = Open(table);
  Write(*file, rows);
  const auto written = file->Finish();

  ASSERT_THAT(written, IsOk());
  EXPECT_EQ(written->record_count, 3);
  EXPECT_EQ(written->file_path, "/f");
  const ReadFile read = ReadParquet(*io_, "/f");
  EXPECT_EQ(written->file_size_bytes, static_cast<std::int64_t>(io_->Read("/f")->size()));
  ASSERT_EQ(read.rows->num_columns(), rows->num_columns());
  for (int i = 0; i < read.rows->num_columns(); ++i) {
    SCOPED_TRACE(read.rows->schema()->field(i)->name());
    EXPECT_TRUE(read.rows->column(i)->Equals(rows->column(i)))
        << read.rows->column(i)->ToString();
  }
}

TEST_F(ParquetFileTest, TheFileHasTheTypesOfTheSpecification) {
  auto file = Open(TableOf(FieldsOfEveryType()));
  Write(*file, RowsFromJson(layout_->schema(), kRowsOfEveryType));
  ASSERT_THAT(file->Finish(), IsOk());

  const auto footer = ReadParquet(*io_, "/f").footer;
  const parquet::SchemaDescriptor& schema = *footer->schema();
  std::vector<std::string> columns;
  for (int i = 0; i < schema.num_columns(); ++i) {
    const auto& column = *schema.Column(i);
    columns.push_back(std::to_string(column.schema_node()->field_id()) + " " +
                      column.path()->ToDotString() + " " +
                      parquet::TypeToString(column.physical_type()) + " " +
                      column.logical_type()->ToString());
  }
  EXPECT_THAT(
      columns,
      ElementsAre(
          "1 boolean BOOLEAN None",
          AnyOf("2 int INT32 None", "2 int INT32 Int(bitWidth=32, isSigned=true)"),
          AnyOf("3 long INT64 None", "3 long INT64 Int(bitWidth=64, isSigned=true)"),
          "4 float FLOAT None", "5 double DOUBLE None",
          "6 decimal9 INT32 Decimal(precision=9, scale=2)",
          "7 decimal18 INT64 Decimal(precision=18, scale=4)",
          "8 decimal38 FIXED_LEN_BYTE_ARRAY Decimal(precision=38, scale=10)",
          "9 date INT32 Date",
          "10 time INT64 Time(isAdjustedToUTC=false, timeUnit=microseconds)",
          HasSubstr("11 timestamp INT64 Timestamp(isAdjustedToUTC=false, "
                    "timeUnit=microseconds"),
          HasSubstr("12 timestamptz INT64 Timestamp(isAdjustedToUTC=true, "
                    "timeUnit=microseconds"),
          "13 string BYTE_ARRAY String", "14 uuid FIXED_LEN_BYTE_ARRAY UUID",
          "15 fixed FIXED_LEN_BYTE_ARRAY None", "16 binary BYTE_ARRAY None",
          "20 struct.city BYTE_ARRAY String", "21 struct.uuid FIXED_LEN_BYTE_ARRAY UUID",
          "22 list.list.element FIXED_LEN_BYTE_ARRAY UUID",
          "23 map.key_value.key BYTE_ARRAY String",
          "24 map.key_value.value DOUBLE None"));
  const auto* root = schema.group_node();
  EXPECT_EQ(root->field(16)->field_id(), 17);
  EXPECT_EQ(root->field(17)->field_id(), 18);
  EXPECT_EQ(root->field(18)->field_id(), 19);
  EXPECT_EQ(root->field(2)->repetition(), parquet::Repetition::REQUIRED);
  EXPECT_EQ(root->field(1)->repetition(), parquet::Repetition::OPTIONAL);
}

// Java's library passes over row groups by such statistics, though the row is there.
TEST_F(ParquetFileTest, TheFooterHasNoStatisticsOfUuids) {
  auto file = Open(TableOf(
      {OptionalField(1, "u", TypeId::kUuid), OptionalField(2, "f", Type::Fixed(16))}));
  Write(*file,
        RowsFromJson(layout_->schema(), R"([["0123456789abcdef", "0123456789abcdef"]])"));
  ASSERT_THAT(file->Finish(), IsOk());

  const auto footer = ReadParquet(*io_, "/f").footer;
  const auto group = footer->RowGroup(0);
  EXPECT_EQ(group->ColumnChunk(0)->statistics(), nullptr);
  EXPECT_NE(group->ColumnChunk(1)->statistics(), nullptr);
}

TEST_F(ParquetFileTest, TheLeavesOfTheLayoutAreTheColumnsOfTheFile) {
  auto file = Open(TableOf(FieldsOfEveryType()));
  Write(*file, RowsFromJson(layout_->schema(), kRowsOfEveryType));
  ASSERT_THAT(file->Finish(), IsOk());
  const auto footer = ReadParquet(*io_, "/f").footer;
  ASSERT_EQ(static_cast<std::size_t>(footer->num_columns()), layout_->leaves().size());
  for (int i = 0; i < footer->num_columns(); ++i) {
    const LeafColumn& leaf = layout_->leaves()[static_cast<std::size_t>(i)];
    EXPECT_EQ(footer->schema()->Column(i)->path()->ToDotString(), leaf.parquet_path);
    EXPECT_EQ(footer->schema()->Column(i)->schema_node()->field_id(), leaf.field_id);
  }
}

TEST_F(ParquetFileTest, HonoursCodecAndPages) {
  auto file = Open(TableOf({RequiredField(1, "id", TypeId::kLong)}, {},
                           {{"write.parquet.compression-codec", "gzip"}}));
  Write(*file, RowsFromJson(layout_->schema(), "[[1], [2]]"));
  ASSERT_THAT(file->Finish(), IsOk());
  const auto footer = ReadParquet(*io_, "/f").footer;
  EXPECT_EQ(footer->RowGroup(0)->ColumnChunk(0)->compression(),
            parquet::Compression::GZIP);
}

TEST_F(ParquetFileTest, AColumnWithABloomFilterHasOne) {
  auto file = Open(
      TableOf({RequiredField(1, "id", TypeId::kLong),
               OptionalField(2, "geo",
                             Type::Struct({OptionalField(3, "city", TypeId::kString)}))},
              {}, {{"write.parquet.bloom-filter-enabled.column.geo.city", "true"}}));
  Write(*file, RowsFromJson(layout_->schema(), R"([[1, {"city": "Ulm"}], [2, null]])"));
  ASSERT_THAT(file->Finish(), IsOk());
  const auto footer = ReadParquet(*io_, "/f").footer;
  const auto group = footer->RowGroup(0);
  EXPECT_EQ(group->ColumnChunk(0)->bloom_filter_offset(), std::nullopt);
  EXPECT_NE(group->ColumnChunk(1)->bloom_filter_offset(), std::nullopt);
}

TEST_F(ParquetFileTest, AFlushedRowGroupIsWrittenAndItsMemoryFreed) {
  auto file = Open(TableOf({RequiredField(1, "id", TypeId::kLong)}));
  Write(*file, RowsFromJson(layout_->schema(), "[[1], [2]]"));
  EXPECT_EQ(file->BufferedRows(), 2);
  const std::int64_t memory_bytes = file->MemoryBytes();
  EXPECT_GT(memory_bytes, 0);

  ASSERT_THAT(file->FlushRowGroup(), IsOk());

  EXPECT_EQ(file->BufferedRows(), 0);
  EXPECT_LT(file->MemoryBytes(), memory_bytes);
  EXPECT_GT(file->EstimatedSizeBytes(), 16);
  Write(*file, RowsFromJson(layout_->schema(), "[[3]]"));
  const auto written = file->Finish();
  ASSERT_THAT(written, IsOk());
  EXPECT_EQ(written->record_count, 3);
  ASSERT_EQ(written->split_offsets.size(), 2U);
  EXPECT_EQ(written->split_offsets[0], 4);
  EXPECT_GT(written->split_offsets[1], 4);
  const ReadFile read = ReadParquet(*io_, "/f");
  EXPECT_EQ(read.footer->num_row_groups(), 2);
  EXPECT_EQ(read.rows->num_rows(), 3);
}

TEST_F(ParquetFileTest, AFullRowGroupIsFollowedByAnother) {
  auto file = Open(TableOf({RequiredField(1, "id", TypeId::kLong)}, {},
                           {{"write.parquet.row-group-size-bytes", "1"}}));
  for (const char* json : {"[[1]]", "[[2]]", "[[3]]"}) {
    Write(*file, RowsFromJson(layout_->schema(), json));
  }
  const auto written = file->Finish();
  ASSERT_THAT(written, IsOk());
  EXPECT_EQ(written->split_offsets.size(), 3U);
}

TEST_F(ParquetFileTest, AnUnfinishedFileLeavesNothing) {
  auto file = Open(TableOf({RequiredField(1, "id", TypeId::kLong)}));
  Write(*file, RowsFromJson(layout_->schema(), "[[1], [2]]"));
  ASSERT_THAT(file->FlushRowGroup(), IsOk());
  file.reset();
  EXPECT_THAT(io_->Exists("/f"), IsOkAnd(false));
}

TEST_F(ParquetFileTest, RowsOfAnotherSchemaAreRefused) {
  const auto layout =
      ParquetLayout::Make(TableOf({RequiredField(1, "id", TypeId::kLong)}));
  ASSERT_THAT(layout, IsOk());
  Schema other;
  other.fields = {RequiredField(1, "id", TypeId::kInt)};
  EXPECT_THAT(
      (*layout)->Adopt(RowsFromJson(other, "[[1]]")),
      FailsWith(ErrorKind::kInvalidArgument, HasSubstr("int32 instead of int64")));
  other.fields = {RequiredField(1, "id", TypeId::kLong),
                  OptionalField(2, "x", TypeId::kInt)};
  EXPECT_THAT((*layout)->Adopt(RowsFromJson(other, "[[1, 2]]")),
              FailsWith(ErrorKind::kInvalidArgument, HasSubstr("2 columns")));
  other.fields = {OptionalField(1, "id", TypeId::kLong)};
  EXPECT_THAT((*layout)->Adopt(RowsFromJson(other, "[[1]]")), IsOk());
  EXPECT_THAT((*layout)->Adopt(RowsFromJson(other, "[[null]]")),
              FailsWith(ErrorKind::kInvalidArgument, HasSubstr("required column id")));
}

}  // namespace
}  // namespace frazil
