// What becomes of records, and of the rows beside them, when something is wrong.

#include <string>
#include <vector>

#include <arrow/record_batch.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/result_matchers.h"
#include "decode/array_text.h"
#include "decode/decoder_fixture.h"
#include "decode/json/json_decoder.h"

namespace frazil {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

const Type kInt(TypeId::kInt);
const Type kString(TypeId::kString);

DecodedBatch Decode(std::vector<SourceColumn> columns, const RawBatch& batch,
                    const JsonOptions& options = {}) {
  auto decoder = MakeJsonDecoder(std::move(columns), options);
  EXPECT_THAT(decoder, IsOk());
  auto decoded = (*decoder)->Decode(batch, 0);
  EXPECT_THAT(decoded, IsOk());
  EXPECT_TRUE(decoded->rows->ValidateFull().ok());
  for (const auto& column : decoded->rows->columns()) {
    EXPECT_TRUE(HidesNothing(*column->data()));
  }
  return *std::move(decoded);
}

// Each row as "a|b".
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

// Each failure as "record class".
std::vector<std::string> FailuresOf(const DecodedBatch& decoded) {
  std::vector<std::string> failures;
  for (const RecordFailure& failure : decoded.failures) {
    EXPECT_EQ(failure.stage, "decode");
    EXPECT_THAT(failure.message, Not(IsEmpty()));
    failures.push_back(std::to_string(failure.record_index) + " " + failure.error_class);
  }
  return failures;
}

JsonOptions Ignoring() {
  JsonOptions options;
  options.value.ignore_parse_errors = true;
  options.key.ignore_parse_errors = true;
  return options;
}

std::vector<SourceColumn> TwoColumns() {
  return {ValueColumn("a", kInt), ValueColumn("s", kString)};
}

struct Case {
  std::string record;
  std::string error_class;  // "" if there is none
};

const std::vector<Case>& BadRecords() {
  static const std::vector<Case> cases = {
      {"", "InvalidJson"},
      {"   ", "InvalidJson"},
      {"{", "InvalidJson"},
      {"{\"a\":1", "InvalidJson"},
      {"{\"a\":1}}", "InvalidJson"},
      {"{\"a\":1} {\"a\":2}", "InvalidJson"},
      {"{\"a\":1} x", "InvalidJson"},
      {"{\"a\" 1}", "InvalidJson"},
      {"{\"a\":}", "InvalidJson"},
      {"{\"a\":1,}", "InvalidJson"},
      {"{,\"a\":1}", "InvalidJson"},
      {"{a:1}", "InvalidJson"},
      {"{\"a\":1]", "InvalidJson"},
      {"{\"z\":[1}", "InvalidJson"},
      {"{\"z\":[1},\"a\":1}", "InvalidJson"},
      {"{\"z\":nope}", "InvalidJson"},
      {"{\"z\":01}", "InvalidJson"},
      {"{\"z\":\"\\q\"}", "InvalidJson"},
      {"{\"z\":{\"y\"}}", "InvalidJson"},
      {"{\"z\":\"open}", "InvalidJson"},
      {"{'a':1}", "InvalidJson"},
      {"not json", "InvalidJson"},
      {std::string("{\"a\":\0}", 7), "InvalidJson"},
      {std::string("{\"a\":1}\0", 8), "InvalidJson"},
      {"{\"s\":\"\xC3\x28\"}", "InvalidUtf8"},
      {"{\"z\":\"\xFF\"}", "InvalidUtf8"},
      {"1", "NotAnObject"},
      {"\"text\"", "NotAnObject"},
      {"[1]", "NotAnObject"},
      {"[{\"a\":1},null]", "NotAnObject"},
      {"[{\"a\":1}", "InvalidJson"},
      {"[{\"a\":1},]", "InvalidJson"},
      {"{\"a\":[1]}", "WrongType"},
      {"{\"a\":3000000000}", "OutOfRange"},
  };
  return cases;
}

TEST(JsonFailuresTest, ABadRecordFailsAloneAndLeavesNoTrace) {
  for (const Case& c : BadRecords()) {
    SCOPED_TRACE(c.record);
    const RawBatch batch = RawBatchBuilder()
                               .Add(R"({"a":1,"s":"x"})")
                               .Add(c.record)
                               .Add(R"({"a":2,"s":"y"})")
                               .Build();
    const DecodedBatch decoded = Decode(TwoColumns(), batch);
    EXPECT_THAT(RowsOf(decoded), ElementsAre("1|\"x\"", "2|\"y\""));
    EXPECT_THAT(decoded.record_of_row, ElementsAre(0, 2));
    EXPECT_THAT(FailuresOf(decoded), ElementsAre("1 " + c.error_class));
  }
}

TEST(JsonFailuresTest, IgnoredABadRecordIsNothingAndABadValueIsNull) {
  for (const Case& c : BadRecords()) {
    SCOPED_TRACE(c.record);
    const RawBatch batch = RawBatchBuilder().Add(c.record).Add(R"({"a":2})").Build();
    const DecodedBatch decoded = Decode(TwoColumns(), batch, Ignoring());
    EXPECT_THAT(decoded.failures, IsEmpty());
    const bool is_value = c.error_class == "WrongType" || c.error_class == "OutOfRange";
    if (is_value) {
      EXPECT_THAT(RowsOf(decoded), ElementsAre("null|null", "2|null"));
    } else if (c.record == "[{\"a\":1},null]") {
      EXPECT_THAT(RowsOf(decoded), ElementsAre("1|null", "2|null"));
    } else {
      EXPECT_THAT(RowsOf(decoded), ElementsAre("2|null"));
      EXPECT_THAT(decoded.record_of_row, ElementsAre(1));
    }
  }
}

TEST(JsonFailuresTest, ATombstoneAndNullAreNoRowAndNoFailure) {
  const RawBatch batch = RawBatchBuilder()
                             .Add(std::nullopt)
                             .Add("null")
                             .Add(R"({"a":1})")
                             .Add(" null ")
                             .Build();
  const DecodedBatch decoded = Decode(TwoColumns(), batch);
  EXPECT_THAT(RowsOf(decoded), ElementsAre("1|null"));
  EXPECT_THAT(decoded.record_of_row, ElementsAre(2));
  EXPECT_THAT(decoded.failures, IsEmpty());
}

TEST(JsonFailuresTest, AnArrayIsAsManyRows) {
  const RawBatch batch = RawBatchBuilder()
                             .Add(R"([{"a":1},{"a":2,"s":"x"}])")
                             .Add("[]")
                             .Add(R"({"a":3})")
                             .Build();
  const DecodedBatch decoded = Decode(TwoColumns(), batch);
  EXPECT_THAT(RowsOf(decoded), ElementsAre("1|null", "2|\"x\"", "3|null"));
  EXPECT_THAT(decoded.record_of_row, ElementsAre(0, 0, 2));
}

TEST(JsonFailuresTest, AnArrayFailsAsAWholeUnlessErrorsAreIgnored) {
  const std::string array = R"([{"a":1},{"a":"x"},7,{"a":4}])";
  const RawBatch batch = RawBatchBuilder().Add(array).Build();
  const DecodedBatch failed = Decode(TwoColumns(), batch);
  EXPECT_THAT(RowsOf(failed), IsEmpty());
  EXPECT_THAT(FailuresOf(failed), ElementsAre("0 InvalidValue"));
  const std::vector<SourceColumn> required = {
      ValueColumn("z", kInt), ValueColumn("a", kInt, /*is_required=*/true)};
  EXPECT_THAT(RowsOf(Decode(required, batch, Ignoring())),
              ElementsAre("null|1", "null|4"));
  const RawBatch half_good =
      RawBatchBuilder().Add(R"([{"z":1,"a":1},{"z":2,"a":"x"},{"a":3}])").Build();
  EXPECT_THAT(RowsOf(Decode(required, half_good, Ignoring())),
              ElementsAre("1|1", "null|3"));
}

TEST(JsonFailuresTest, NullInARequiredColumnIsAFailure) {
  const std::vector<SourceColumn> columns = {ValueColumn("a", kInt, /*is_required=*/true),
                                             ValueColumn("s", kString)};
  const RawBatch batch = RawBatchBuilder()
                             .Add(R"({"s":"missing"})")
                             .Add(R"({"a":null})")
                             .Add(R"({"a":"bad"})")
                             .Add(R"({"a":1})")
                             .Build();
  const DecodedBatch decoded = Decode(columns, batch);
  EXPECT_THAT(FailuresOf(decoded),
              ElementsAre("0 NullInRequired", "1 NullInRequired", "2 InvalidValue"));
  EXPECT_THAT(RowsOf(decoded), ElementsAre("1|null"));
  const DecodedBatch ignored = Decode(columns, batch, Ignoring());
  EXPECT_THAT(RowsOf(ignored), ElementsAre("1|null"));
  EXPECT_THAT(ignored.failures, IsEmpty());
}

TEST(JsonFailuresTest, ABadValueIsNullAtTheInnermostPlaceThatMayBeNull) {
  const Type point =
      Type::Struct({Member("x", kInt, /*is_required=*/true), Member("y", kInt)});
  const std::vector<SourceColumn> columns = {
      ValueColumn("p", point), ValueColumn("l", ListOf(kInt, /*is_required=*/true)),
      ValueColumn("m", MapOf(kInt, ListOf(kInt)))};
  const RawBatch batch =
      RawBatchBuilder()
          .Add(R"({"p":{"x":1,"y":[]},"l":[1,2],"m":{"1":[1,"x"],"2":7}})")
          .Add(R"({"p":{"x":{"deep":[1]},"y":1},"l":[1,null],"m":{"k":[1]}})")
          .Add(R"({"p":{"y":1},"l":[1,"x",2],"m":{"1":[]}})")
          .Add(R"({"p":{"x":7,"y":8},"l":[9],"m":{"5":[6]}})")
          .Build();
  EXPECT_THAT(
      RowsOf(Decode(columns, batch, Ignoring())),
      ElementsAre("(x: 1, y: null)|[1, 2]|{1: [1, null], 2: null}", "null|null|null",
                  "null|null|{1: []}", "(x: 7, y: 8)|[9]|{5: [6]}"));
}

TEST(JsonFailuresTest, AnAbsentFieldIsAFailureIfAskedFor) {
  JsonOptions options;
  options.value.fail_on_missing_field = true;
  const RawBatch batch =
      RawBatchBuilder().Add(R"({"a":1})").Add(R"({"a":null,"s":null})").Build();
  const DecodedBatch decoded = Decode(TwoColumns(), batch, options);
  EXPECT_THAT(FailuresOf(decoded), ElementsAre("0 MissingField"));
  EXPECT_THAT(RowsOf(decoded), ElementsAre("null|null"));
}

TEST(JsonFailuresTest, ARecordBeyondTheLimitIsTooLarge) {
  JsonOptions options;
  options.max_record_bytes = 20;
  const RawBatch batch = RawBatchBuilder()
                             .Add(R"({"a":1,"s":"1234567"})")
                             .Add(R"({"a":1,"s":"12345"})")
                             .Build();
  EXPECT_THAT(FailuresOf(Decode(TwoColumns(), batch, options)),
              ElementsAre("0 TooLarge"));
}

TEST(JsonFailuresTest, ALargeRecordIsReadInFull) {
  const std::string text(3'000'000, 'x');
  const RawBatch batch = RawBatchBuilder()
                             .Add(R"({"a":1})")
                             .Add("{\"s\":\"" + text + "\",\"a\":2}")
                             .Add(R"({"a":3})")
                             .Build();
  EXPECT_THAT(RowsOf(Decode(TwoColumns(), batch)),
              ElementsAre("1|null", "2|\"" + text + "\"", "3|null"));
}

std::string Nested(int depth) {
  const auto count = static_cast<std::size_t>(depth);
  return std::string(count, '[') + std::string(count, ']');
}

TEST(JsonFailuresTest, NestingDeeperThanTheLimitIsTooDeepWhereverItIs) {
  JsonOptions options;
  options.max_depth = 10;
  RawBatchBuilder builder;
  builder.Add("{\"a\":1,\"z\":" + Nested(9) + "}");
  builder.Add("{\"a\":1,\"z\":" + Nested(10) + "}");
  builder.Add("{\"s\":" + Nested(10) + "}");
  builder.Add(Nested(11));
  builder.Add("{\"a\":" + Nested(10) + "}");
  const RawBatch batch = builder.Build();
  EXPECT_THAT(FailuresOf(Decode(TwoColumns(), batch, options)),
              ElementsAre("1 TooDeep", "2 TooDeep", "3 TooDeep", "4 TooDeep"));
  EXPECT_THAT(Decode(TwoColumns(), batch, Ignoring()).failures, IsEmpty());
}

TEST(JsonFailuresTest, AMillionBracketsAreAFailureToo) {
  const RawBatch batch = RawBatchBuilder()
                             .Add("{\"z\":" + Nested(1'000'000) + "}")
                             .Add(Nested(1'000'000))
                             .Build();
  EXPECT_THAT(FailuresOf(Decode(TwoColumns(), batch)),
              ElementsAre("0 TooDeep", "1 TooDeep"));
}

TEST(JsonFailuresTest, AMessageNamesTheColumnThePlaceAndAnExcerpt) {
  const Type geo = Type::Struct({Member("city", kInt)});
  const RawBatch batch = RawBatchBuilder()
                             .Add("{\"geo\":{\"city\":\"K\xC3\xB6ln\"}}")
                             .Add("{\"geo\":{\"city\":\xFF}}")
                             .Build();
  const DecodedBatch decoded = Decode({ValueColumn("geo", geo)}, batch);
  ASSERT_EQ(decoded.failures.size(), 2U);
  EXPECT_THAT(decoded.failures[0].message,
              AllOf(HasSubstr("value: column 'geo.city'"), HasSubstr("at byte 15"),
                    HasSubstr("\"K??ln\"")));
  EXPECT_THAT(decoded.failures[1].message, HasSubstr("not UTF-8"));
}

TEST(JsonFailuresTest, UnknownFieldsAndWhiteSpaceDoNotMatter) {
  const RawBatch batch =
      RawBatchBuilder()
          .Add(
              "\xEF\xBB\xBF { \"z\" : { \"a\" : 7 , \"b\" : [ ] } ,\r\n\t\"s\" : \"x\" , "
              "\"a\" : 1 , \"\" : null } \n")
          .Add(R"({"\u0061":5,"\ud800":1})")
          .Build();
  EXPECT_THAT(RowsOf(Decode(TwoColumns(), batch)), ElementsAre("1|\"x\"", "5|null"));
}

TEST(JsonFailuresTest, FieldsAreFoundInAnyOrderAndWhateverTheirNamesAre) {
  std::vector<SourceColumn> columns;
  std::string forward = "{";
  std::string backward = "}";
  for (int i = 0; i < 200; ++i) {
    const std::string name(static_cast<std::size_t>(i % 20),
                           static_cast<char>('a' + i / 20));
    const std::string unique = i % 20 == 0 ? "n" + std::to_string(i) : name;
    columns.push_back(ValueColumn(unique, kInt));
    const std::string member = fmt::format("\"{}\":{}", unique, i);
    const std::string_view separator = i > 0 ? "," : "";
    forward += fmt::format("{}{}", separator, member);
    backward = fmt::format("{}{}{}", member, separator, backward);
  }
  forward += '}';
  const RawBatch batch =
      RawBatchBuilder().Add(forward).Add("{" + backward).Add(forward).Build();
  const DecodedBatch decoded = Decode(columns, batch);
  ASSERT_THAT(FailuresOf(decoded), IsEmpty());
  for (int i = 0; i < 200; ++i) {
    for (std::int64_t row = 0; row < 3; ++row) {
      EXPECT_EQ(ArrayText(*decoded.rows->column(i), row), std::to_string(i));
    }
  }
}

TEST(JsonFailuresTest, NamesAreComparedWithoutTheirEscapeSequences) {
  const RawBatch batch = RawBatchBuilder()
                             .Add(R"({"a\\u0062":1,"ab":2})")
                             .Add(R"({"a\u0062":3})")
                             .Add(R"({"a\\u0062":4,"a\u0062":5})")
                             .Build();
  const DecodedBatch decoded =
      Decode({ValueColumn("a\\u0062", kInt), ValueColumn("ab", kInt)}, batch);
  EXPECT_THAT(RowsOf(decoded), ElementsAre("1|2", "null|3", "4|5"));
}

TEST(JsonFailuresTest, DecodingMayStartAtAnyRecord) {
  auto decoder = MakeJsonDecoder(TwoColumns(), {});
  ASSERT_THAT(decoder, IsOk());
  const RawBatch batch =
      RawBatchBuilder().Add("x").Add(R"({"a":1})").Add(R"({"a":2})").Add("y").Build();
  auto decoded = (*decoder)->Decode(batch, 2);
  ASSERT_THAT(decoded, IsOk());
  EXPECT_THAT(RowsOf(*decoded), ElementsAre("2|null"));
  EXPECT_THAT(FailuresOf(*decoded), ElementsAre("3 InvalidJson"));
  EXPECT_THAT(decoded->record_of_row, ElementsAre(2));
  auto all_good =
      (*decoder)->Decode(RawBatchBuilder().Add("x").Add(R"({"a":1})").Build(), 1);
  ASSERT_THAT(all_good, IsOk());
  EXPECT_THAT(all_good->record_of_row, IsEmpty());
  EXPECT_EQ(all_good->rows->num_rows(), 1);
}

}  // namespace
}  // namespace frazil
