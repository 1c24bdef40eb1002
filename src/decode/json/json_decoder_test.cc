// Keys, metadata and what a decoder refuses to be made for.

#include "decode/json/json_decoder.h"

#include <string>
#include <vector>

#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/result_matchers.h"
#include "decode/array_text.h"
#include "decode/decoder_fixture.h"

namespace frazil {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const Type kInt(TypeId::kInt);
const Type kLong(TypeId::kLong);
const Type kString(TypeId::kString);
const Type kBinary(TypeId::kBinary);
const Type kTimestamptz(TypeId::kTimestamptz);

DecodedBatch Decode(std::vector<SourceColumn> columns, const RawBatch& batch,
                    const JsonOptions& options = {}) {
  auto decoder = MakeJsonDecoder(std::move(columns), options);
  EXPECT_THAT(decoder, IsOk());
  auto decoded = (*decoder)->Decode(batch, 0);
  EXPECT_THAT(decoded, IsOk());
  EXPECT_TRUE(decoded->rows->ValidateFull().ok());
  return *std::move(decoded);
}

std::vector<std::string> RowsOf(const DecodedBatch& decoded) {
  std::vector<std::string> rows;
  for (std::int64_t row = 0; row < decoded.rows->num_rows(); ++row) {
    std::string text;
    for (int i = 0; i < decoded.rows->num_columns(); ++i) {
      text += (i > 0 ? "|" : "") + ArrayText(*decoded.rows->column(i), row);
    }
    rows.push_back(text);
  }
  return rows;
}

TEST(JsonDecoderTest, TheSchemaIsThatOfTheColumns) {
  const DecodedBatch decoded =
      Decode({ValueColumn("a", kInt, /*is_required=*/true),
              MetadataColumnOf("offset", kLong), ValueColumn("l", ListOf(kString))},
             RawBatchBuilder().Build());
  EXPECT_EQ(decoded.rows->schema()->ToString(),
            "a: int32 not null\noffset: int64\nl: list<element: string>");
  EXPECT_EQ(decoded.rows->num_rows(), 0);
}

TEST(JsonDecoderTest, MetadataTellsOfTheRecordOfEachRow) {
  const std::vector<SourceColumn> columns = {
      ValueColumn("a", kInt),
      MetadataColumnOf("topic", kString),
      MetadataColumnOf("partition", kInt),
      MetadataColumnOf("offset", kLong),
      MetadataColumnOf("timestamp", kTimestamptz),
      MetadataColumnOf("timestamp-type", kString),
      MetadataColumnOf("headers", MapOf(kString, kBinary))};
  RawBatchBuilder builder;
  builder.Add({}, R"({"a":1})", {{"h", "1"}, {"g", std::nullopt}, {"h", "2"}});
  builder.Add("bad");
  builder.Add(R"([{"a":2},{"a":3}])");
  builder.last().timestamp_type = TimestampType::kLogAppendTime;
  builder.Add(R"({"a":4})");
  builder.last().timestamp_type = TimestampType::kNone;
  const DecodedBatch decoded = Decode(columns, builder.Build());
  EXPECT_THAT(
      RowsOf(decoded),
      ElementsAre("1|\"events\"|3|100|2023-11-14T22:13:20.100Z|\"CreateTime\"|"
                  "{\"g\": null, \"h\": x'32'}",
                  "2|\"events\"|3|102|2023-11-14T22:13:20.102Z|\"LogAppendTime\"|{}",
                  "3|\"events\"|3|102|2023-11-14T22:13:20.102Z|\"LogAppendTime\"|{}",
                  "4|\"events\"|3|103|null|\"NoTimestampType\"|{}"));
}

TEST(JsonDecoderTest, WithoutColumnsOfTheValueItIsNotReadAndATombstoneIsARow) {
  const DecodedBatch decoded =
      Decode({MetadataColumnOf("offset", kLong), MetadataColumnOf("partition", kLong)},
             RawBatchBuilder().Add("not json").Add(std::nullopt).Build());
  EXPECT_THAT(RowsOf(decoded), ElementsAre("100|3", "101|3"));
  EXPECT_THAT(decoded.record_of_row, IsEmpty());
}

TEST(JsonDecoderTest, ARequiredTimestampThatIsNotThereIsAFailure) {
  RawBatchBuilder builder;
  builder.Add(R"({"a":1})");
  builder.Add(R"({"a":2})");
  builder.last().timestamp_type = TimestampType::kNone;
  const DecodedBatch decoded =
      Decode({ValueColumn("a", kInt),
              MetadataColumnOf("timestamp", kTimestamptz, /*is_required=*/true)},
             builder.Build());
  EXPECT_THAT(RowsOf(decoded), ElementsAre("1|2023-11-14T22:13:20.100Z"));
  ASSERT_THAT(decoded.failures, SizeIs(1));
  EXPECT_EQ(decoded.failures[0].error_class, "NullInRequired");
  EXPECT_THAT(decoded.failures[0].message, HasSubstr("timestamp"));
}

TEST(JsonDecoderTest, ATimestampThatMicrosecondsCannotCountIsAFailure) {
  constexpr std::int64_t kLatestMs = 9'223'372'036'854'775;
  RawBatchBuilder builder;
  builder.Add(R"({"a":1})");
  builder.last().timestamp_ms = kLatestMs + 1;
  builder.Add(R"({"a":2})");
  builder.last().timestamp_ms = -kLatestMs - 1;
  builder.Add(R"({"a":3})");
  builder.last().timestamp_ms = kLatestMs;
  const RawBatch batch = builder.Build();
  for (const bool is_required : {false, true}) {
    const std::vector<SourceColumn> columns = {
        ValueColumn("a", kInt), MetadataColumnOf("timestamp", kTimestamptz, is_required)};
    const DecodedBatch decoded = Decode(columns, batch);
    ASSERT_THAT(decoded.failures, SizeIs(2));
    EXPECT_EQ(decoded.failures[0].error_class, "OutOfRange");
    EXPECT_THAT(decoded.failures[0].message, HasSubstr("9223372036854776 ms"));
    EXPECT_THAT(RowsOf(decoded), SizeIs(1));

    JsonOptions ignoring;
    ignoring.value.ignore_parse_errors = true;
    const DecodedBatch ignored = Decode(columns, batch, ignoring);
    EXPECT_THAT(ignored.failures, IsEmpty());
    EXPECT_THAT(RowsOf(ignored), SizeIs(is_required ? 1 : 3));
    EXPECT_EQ(RowsOf(ignored)[0] == "1|null", !is_required);
  }
}

TEST(JsonDecoderTest, AJsonKeyGivesItsColumnsToEveryRowOfTheRecord) {
  JsonOptions options;
  options.key_fields_prefix = "key_";
  const std::vector<SourceColumn> columns = {
      KeyColumn("key_id", kLong), KeyColumn("kind", kString), ValueColumn("a", kInt)};
  const RawBatch batch = RawBatchBuilder()
                             .Add(R"({"id":7,"kind":"x"})", R"([{"a":1},{"a":2}])")
                             .Add(std::nullopt, R"({"a":3})")
                             .Add("7", R"({"a":4})")
                             .Add("{", R"({"a":5})")
                             .Add(R"({"id":"x"})", R"({"a":6})")
                             .Add(R"({"id":8} )", R"({"a":7})")
                             .Add(R"({"id":8})", std::nullopt)
                             .Build();
  const DecodedBatch decoded = Decode(columns, batch, options);
  EXPECT_THAT(RowsOf(decoded),
              ElementsAre("7|\"x\"|1", "7|\"x\"|2", "null|null|3", "8|null|7"));
  ASSERT_THAT(decoded.failures, SizeIs(3));
  EXPECT_EQ(decoded.failures[0].error_class, "NotAnObject");
  EXPECT_EQ(decoded.failures[1].error_class, "InvalidJson");
  EXPECT_EQ(decoded.failures[2].error_class, "InvalidValue");
  EXPECT_THAT(decoded.failures[2].message, HasSubstr("key: column 'id'"));

  options.key.ignore_parse_errors = true;
  EXPECT_THAT(RowsOf(Decode(columns, batch, options)),
              ElementsAre("7|\"x\"|1", "7|\"x\"|2", "null|null|3", "null|null|4",
                          "null|null|5", "null|null|6", "8|null|7"));
}

TEST(JsonDecoderTest, ARequiredKeyColumnNeedsAKey) {
  const RawBatch batch =
      RawBatchBuilder().Add(std::nullopt, R"({"a":3})").Add("{}", R"({"a":3})").Build();
  for (const KeyFormat format : {KeyFormat::kJson, KeyFormat::kRaw}) {
    JsonOptions options;
    options.key_format = format;
    const DecodedBatch decoded =
        Decode({KeyColumn("id", kString, /*is_required=*/true), ValueColumn("a", kInt)},
               batch, options);
    ASSERT_THAT(decoded.failures, SizeIs(format == KeyFormat::kJson ? 2 : 1));
    EXPECT_EQ(decoded.failures[0].error_class, "NullInRequired");
    EXPECT_THAT(decoded.failures[0].message, HasSubstr("key"));
  }
}

TEST(JsonDecoderTest, ARawKeyIsTheWholeKey) {
  JsonOptions options;
  options.key_format = KeyFormat::kRaw;
  const RawBatch batch = RawBatchBuilder()
                             .Add("k1", R"([{"a":1},{"a":2}])")
                             .Add(std::nullopt, R"({"a":3})")
                             .Add("\xFF", R"({"a":4})")
                             .Add("", R"({"a":5})")
                             .Build();
  const std::vector<SourceColumn> text = {KeyColumn("k", kString),
                                          ValueColumn("a", kInt)};
  const DecodedBatch decoded = Decode(text, batch, options);
  EXPECT_THAT(RowsOf(decoded), ElementsAre("\"k1\"|1", "\"k1\"|2", "null|3", "\"\"|5"));
  ASSERT_THAT(decoded.failures, SizeIs(1));
  EXPECT_EQ(decoded.failures[0].error_class, "InvalidUtf8");
  const std::vector<SourceColumn> bytes = {KeyColumn("k", kBinary),
                                           ValueColumn("a", kInt)};
  EXPECT_THAT(RowsOf(Decode(bytes, batch, options)),
              ElementsAre("x'6B31'|1", "x'6B31'|2", "null|3", "x'FF'|4", "x''|5"));
  options.key.ignore_parse_errors = true;
  EXPECT_THAT(RowsOf(Decode(text, batch, options)),
              ElementsAre("\"k1\"|1", "\"k1\"|2", "null|3", "null|4", "\"\"|5"));
}

TEST(JsonDecoderTest, ColumnsThatCannotBeReadAreRefused) {
  JsonOptions raw;
  raw.key_format = KeyFormat::kRaw;
  EXPECT_THAT(MakeJsonDecoder({ValueColumn("a", kInt), ValueColumn("a", kLong)}, {}),
              FailsWith(ErrorKind::kInvalidConfig, HasSubstr("'a'")));
  EXPECT_THAT(MakeJsonDecoder({MetadataColumnOf("ofset", kLong)}, {}),
              FailsWith(ErrorKind::kInvalidConfig, HasSubstr("'ofset'")));
  EXPECT_THAT(MakeJsonDecoder({MetadataColumnOf("offset", kInt)}, {}),
              FailsWith(ErrorKind::kInvalidConfig, HasSubstr("int")));
  EXPECT_THAT(MakeJsonDecoder({MetadataColumnOf("headers", MapOf(kString, kString))}, {}),
              FailsWith(ErrorKind::kInvalidConfig));
  EXPECT_THAT(MakeJsonDecoder({KeyColumn("a", kInt)}, raw),
              FailsWith(ErrorKind::kInvalidConfig, HasSubstr("raw key")));
  EXPECT_THAT(MakeJsonDecoder({KeyColumn("a", kString), KeyColumn("b", kString)}, raw),
              FailsWith(ErrorKind::kInvalidConfig, HasSubstr("raw key")));
  EXPECT_THAT(MakeJsonDecoder({ValueColumn("a", ListOf(MapOf(ListOf(kInt), kInt)))}, {}),
              FailsWith(ErrorKind::kNotSupported, HasSubstr("list<int>")));
  EXPECT_THAT(MakeJsonDecoder({ValueColumn("a", kInt), KeyColumn("a", kInt)}, {}),
              IsOk());
}

}  // namespace
}  // namespace frazil
