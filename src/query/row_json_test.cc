#include "query/row_json.h"

#include <limits>

#include <arrow/api.h>
#include <arrow/json/from_string.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.h"
#include "base/result_matchers.h"

namespace frazil {
namespace {

std::shared_ptr<arrow::Array> ColumnOf(const std::shared_ptr<arrow::DataType>& type,
                                       const std::string& json) {
  return arrow::json::ArrayFromJSONString(type, json).ValueOrDie();
}

// Every value of a column, one after the other.
std::vector<std::string> TextsOf(const std::shared_ptr<arrow::Array>& column) {
  std::vector<std::string> texts;
  for (std::int64_t i = 0; i < column->length(); ++i) {
    std::string text;
    EXPECT_THAT(AppendJsonValue(*column, i, text), IsOk());
    EXPECT_THAT(ParseJson(text), IsOk()) << text;
    texts.push_back(text);
  }
  return texts;
}

std::vector<std::string> TextsOf(const std::shared_ptr<arrow::DataType>& type,
                                 const std::string& json) {
  return TextsOf(ColumnOf(type, json));
}

using ::testing::ElementsAre;

TEST(RowJson, NumbersKeepEveryDigit) {
  EXPECT_THAT(TextsOf(arrow::int64(), "[9223372036854775807, -9007199254740993, null]"),
              ElementsAre("9223372036854775807", "-9007199254740993", "null"));
  EXPECT_THAT(TextsOf(arrow::int32(), "[-2147483648, 0]"),
              ElementsAre("-2147483648", "0"));
  EXPECT_THAT(TextsOf(arrow::decimal128(38, 2),
                      R"(["123456789012345678901234567890123456.70", "-0.05", "1.00"])"),
              ElementsAre("123456789012345678901234567890123456.70", "-0.05", "1.00"));
  EXPECT_THAT(TextsOf(arrow::float64(), "[0.1, 1e300, -2, 5e-324]"),
              ElementsAre("0.1", "1e+300", "-2.0", "5e-324"));
  EXPECT_THAT(TextsOf(arrow::float32(), "[0.1]"), ElementsAre("0.1"));
}

TEST(RowJson, WhatJsonHasNoNumberForIsText) {
  arrow::DoubleBuilder builder;
  for (const double value :
       {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity(),
        -std::numeric_limits<double>::infinity()}) {
    ASSERT_TRUE(builder.Append(value).ok());
  }
  EXPECT_THAT(TextsOf(builder.Finish().ValueOrDie()),
              ElementsAre("\"NaN\"", "\"Infinity\"", "\"-Infinity\""));
}

TEST(RowJson, TimesAreIso8601) {
  EXPECT_THAT(TextsOf(arrow::date32(), "[0, -1]"),
              ElementsAre("\"1970-01-01\"", "\"1969-12-31\""));
  EXPECT_THAT(TextsOf(arrow::time64(arrow::TimeUnit::MICRO), "[3723000001]"),
              ElementsAre("\"01:02:03.000001\""));
  EXPECT_THAT(TextsOf(arrow::timestamp(arrow::TimeUnit::MICRO), "[1500000]"),
              ElementsAre("\"1970-01-01T00:00:01.500\""));
  EXPECT_THAT(TextsOf(arrow::timestamp(arrow::TimeUnit::MICRO, "UTC"), "[0]"),
              ElementsAre("\"1970-01-01T00:00:00Z\""));
}

TEST(RowJson, TextIsEscapedAndBytesAreBase64) {
  EXPECT_THAT(TextsOf(arrow::utf8(), R"(["a\"b\n", "é"])"),
              ElementsAre(R"("a\"b\n")", "\"é\""));
  // RFC 4648, section 10.
  EXPECT_THAT(TextsOf(arrow::binary(), R"(["", "f", "fo", "foo", "foobar"])"),
              ElementsAre("\"\"", "\"Zg==\"", "\"Zm8=\"", "\"Zm9v\"", "\"Zm9vYmFy\""));
  EXPECT_THAT(TextsOf(arrow::binary(), R"(["ÿþ"])"), ElementsAre("\"w7/Dvg==\""));
  EXPECT_THAT(TextsOf(arrow::fixed_size_binary(16), R"(["0123456789abcdef"])"),
              ElementsAre("\"30313233-3435-3637-3839-616263646566\""));
}

TEST(RowJson, NestedValuesAreObjectsAndArrays) {
  const auto geo = arrow::struct_({arrow::field("x", arrow::int32()),
                                   arrow::field("on", arrow::boolean()),
                                   arrow::field("names", arrow::list(arrow::utf8()))});
  EXPECT_THAT(TextsOf(geo, R"([[1, true, ["a", null]], null, [null, false, []]])"),
              ElementsAre(R"({"x":1,"on":true,"names":["a",null]})", "null",
                          R"({"x":null,"on":false,"names":[]})"));
}

TEST(RowJson, MapsAreObjectsWhoseNamesAreTheKeysTexts) {
  EXPECT_THAT(TextsOf(arrow::map(arrow::utf8(), arrow::int64()),
                      R"([[["a", 1], ["b\"", null]], []])"),
              ElementsAre(R"({"a":1,"b\"":null})", "{}"));
  EXPECT_THAT(TextsOf(arrow::map(arrow::int32(), arrow::utf8()), R"([[[7, "x"]]])"),
              ElementsAre(R"({"7":"x"})"));
  EXPECT_THAT(TextsOf(arrow::map(arrow::date32(), arrow::utf8()), R"([[[0, "x"]]])"),
              ElementsAre(R"({"1970-01-01":"x"})"));
}

TEST(RowJson, SlicesAreReadFromWhereTheyBegin) {
  const auto column =
      ColumnOf(arrow::list(arrow::struct_({arrow::field("x", arrow::int32())})),
               "[[[1]], [[2], [3]], null]");
  EXPECT_THAT(TextsOf(column->Slice(1)), ElementsAre(R"([{"x":2},{"x":3}])", "null"));
}

TEST(RowJson, ARowHasItsColumnsInOrder) {
  const auto rows = arrow::RecordBatch::Make(
      arrow::schema(
          {arrow::field("z", arrow::int32()), arrow::field("a", arrow::utf8())}),
      1, {ColumnOf(arrow::int32(), "[1]"), ColumnOf(arrow::utf8(), R"(["t"])")});
  std::string text;
  EXPECT_THAT(AppendJsonRow(*rows, 0, text), IsOk());
  EXPECT_EQ(text, R"({"z":1,"a":"t"})");
}

TEST(RowJson, RefusesTypesThatNoTableHas) {
  std::string text;
  EXPECT_THAT(AppendJsonValue(*ColumnOf(arrow::int8(), "[1]"), 0, text),
              FailsWith(ErrorKind::kNotSupported));
}

}  // namespace
}  // namespace frazil
