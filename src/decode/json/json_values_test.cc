// What each JSON value becomes in a column of each type.

#include <string>
#include <vector>

#include <arrow/record_batch.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/result_matchers.h"
#include "decode/array_text.h"
#include "decode/decoder_fixture.h"
#include "decode/json/json_decoder.h"

namespace frazil {
namespace {

// The value of column "v" of one record, or "!" and the class of its failure.
std::string Decoded(const Type& type, const std::string& json,
                    const JsonOptions& options = {}) {
  auto decoder = MakeJsonDecoder({ValueColumn("v", type)}, options);
  if (!decoder.has_value()) return decoder.error().message;
  const RawBatch batch = RawBatchBuilder().Add("{\"v\":" + json + "}").Build();
  auto decoded = (*decoder)->Decode(batch, 0);
  if (!decoded.has_value()) return decoded.error().message;
  EXPECT_TRUE(decoded->rows->ValidateFull().ok()) << json;
  if (!decoded->failures.empty()) {
    EXPECT_EQ(decoded->rows->num_rows(), 0);
    return "!" + decoded->failures[0].error_class;
  }
  return ArrayText(*decoded->rows->column(0), 0);
}

struct Case {
  std::string json;
  std::string expected;
};

void Check(const Type& type, const std::vector<Case>& cases,
           const JsonOptions& options = {}) {
  for (const Case& c : cases) {
    SCOPED_TRACE(type.ToString() + " from " + c.json);
    EXPECT_EQ(Decoded(type, c.json, options), c.expected);
  }
}

JsonOptions WithEpochUnit(EpochUnit unit) {
  JsonOptions options;
  options.value.epoch_unit = unit;
  return options;
}

TEST(JsonValuesTest, Boolean) {
  Check(Type(TypeId::kBoolean), {{"true", "true"},
                                 {"false", "false"},
                                 {"null", "null"},
                                 {"\"TRUE\"", "true"},
                                 {"\" false \"", "false"},
                                 {"\"yes\"", "!InvalidValue"},
                                 {"1", "!WrongType"},
                                 {"{}", "!WrongType"},
                                 {"[true]", "!WrongType"},
                                 {"tru", "!InvalidJson"},
                                 {"truex", "!InvalidJson"}});
}

TEST(JsonValuesTest, Int) {
  Check(Type(TypeId::kInt), {{"2147483647", "2147483647"},
                             {"-2147483648", "-2147483648"},
                             {"2147483648", "!OutOfRange"},
                             {"-2147483649", "!OutOfRange"},
                             {"1.0", "1"},
                             {"1e3", "1000"},
                             {"1.5", "!InvalidValue"},
                             {"\"12\"", "12"},
                             {"\" +12 \"", "12"},
                             {"\"\"", "!InvalidValue"},
                             {"\"+-1\"", "!InvalidValue"},
                             {"\"12x\"", "!InvalidValue"},
                             {"true", "!WrongType"},
                             {"01", "!InvalidJson"},
                             {"1x", "!InvalidJson"},
                             {"1\xC3\xA9", "!InvalidJson"},
                             {"+1", "!InvalidJson"}});
}

TEST(JsonValuesTest, Long) {
  Check(Type(TypeId::kLong), {{"9223372036854775807", "9223372036854775807"},
                              {"-9223372036854775808", "-9223372036854775808"},
                              {"9223372036854775808", "!OutOfRange"},
                              {"1e400", "!OutOfRange"},
                              {"\"9007199254740993\"", "9007199254740993"},
                              {"[]", "!WrongType"}});
}

TEST(JsonValuesTest, FloatAndDouble) {
  Check(Type(TypeId::kFloat), {{"1.5", "1.5"},
                               {"3.4028235e38", "3.4028235e+38"},
                               {"3.5e38", "!OutOfRange"},
                               {"\"-Infinity\"", "-inf"},
                               {"\"0.5\"", "0.5"}});
  Check(Type(TypeId::kDouble), {{"0.1", "0.1"},
                                {"-0.0", "-0"},
                                {"123", "123"},
                                {"1e309", "!OutOfRange"},
                                {"1e-400", "0"},
                                {"\"NaN\"", "nan"},
                                {"\"Infinity\"", "inf"},
                                {"\"+Infinity\"", "inf"},
                                {"\"nan\"", "!InvalidValue"},
                                {"NaN", "!InvalidJson"},
                                {"Infinity", "!InvalidJson"},
                                {"-Infinity", "!InvalidJson"}});
}

TEST(JsonValuesTest, DecimalIsReadFromTheDigitsAsWritten) {
  Check(Type::Decimal(9, 2), {{"12.34", "12.34"},
                              {"12.345", "12.35"},
                              {"\"-12.34\"", "-12.34"},
                              {"10000000", "!OutOfRange"},
                              {"true", "!WrongType"}});
  Check(Type::Decimal(38, 10), {{"1234567890123456789012345678.0123456789",
                                 "1234567890123456789012345678.0123456789"}});
}

TEST(JsonValuesTest, DateAndTime) {
  Check(Type(TypeId::kDate), {{"\"2024-02-29\"", "2024-02-29"},
                              {"\"2023-02-29\"", "!InvalidValue"},
                              {"19782", "!WrongType"}});
  Check(Type(TypeId::kTime), {{"\"12:34:56.789\"", "12:34:56.789"},
                              {"\"25:00:00\"", "!InvalidValue"},
                              {"45296", "!WrongType"}});
}

TEST(JsonValuesTest, Timestamps) {
  Check(Type(TypeId::kTimestamp),
        {{"\"2024-02-29T12:34:56.789\"", "2024-02-29T12:34:56.789"},
         {"\"2024-02-29 12:34:56\"", "2024-02-29T12:34:56"},
         {"\"2024-02-29T12:34:56+01:00\"", "2024-02-29T11:34:56"},
         {"\"2024-02-29T12:34:56.123456789\"", "2024-02-29T12:34:56.123456"},
         {"\"soon\"", "!InvalidValue"},
         {"1700000000", "!WrongType"}});
  Check(Type(TypeId::kTimestamptz),
        {{"\"2024-02-29T12:34:56Z\"", "2024-02-29T12:34:56Z"},
         {"\"2024-02-29 12:34:56\"", "2024-02-29T12:34:56Z"},
         {"\"2024-02-29T12:34:56-08:00\"", "2024-02-29T20:34:56Z"}});
}

TEST(JsonValuesTest, StrictTimestampsHaveTheFormOfTheirStandard) {
  JsonOptions sql;
  sql.value.is_timestamp_strict = true;
  Check(Type(TypeId::kTimestamp),
        {{"\"2024-02-29 12:34:56\"", "2024-02-29T12:34:56"},
         {"\"2024-02-29T12:34:56\"", "!InvalidValue"},
         {"\"2024-02-29 12:34:56Z\"", "!InvalidValue"}},
        sql);
  Check(Type(TypeId::kTimestamptz),
        {{"\"2024-02-29 12:34:56Z\"", "2024-02-29T12:34:56Z"},
         {"\"2024-02-29 12:34:56\"", "!InvalidValue"}},
        sql);
  JsonOptions iso = sql;
  iso.value.timestamp_standard = TimestampStandard::kIso8601;
  Check(Type(TypeId::kTimestamp),
        {{"\"2024-02-29T12:34:56\"", "2024-02-29T12:34:56"},
         {"\"2024-02-29 12:34:56\"", "!InvalidValue"}},
        iso);
}

TEST(JsonValuesTest, EpochNumbersCountTheDeclaredUnit) {
  const Type timestamp(TypeId::kTimestamptz);
  Check(timestamp,
        {{"1709210096", "2024-02-29T12:34:56Z"},
         {"1709210096.7891239", "2024-02-29T12:34:56.789123Z"},
         {"-0.0000001", "1969-12-31T23:59:59.999999Z"},
         {"9223372036855", "!OutOfRange"},
         {"1e30", "!OutOfRange"}},
        WithEpochUnit(EpochUnit::kSeconds));
  Check(timestamp,
        {{"1709210096789", "2024-02-29T12:34:56.789Z"},
         {"1.709210096789e12", "2024-02-29T12:34:56.789Z"},
         {"-1", "1969-12-31T23:59:59.999Z"}},
        WithEpochUnit(EpochUnit::kMilliseconds));
  Check(timestamp,
        {{"1709210096789123", "2024-02-29T12:34:56.789123Z"},
         {"0.5", "1970-01-01T00:00:00Z"}},
        WithEpochUnit(EpochUnit::kMicroseconds));
  Check(timestamp,
        {{"1709210096789123999", "2024-02-29T12:34:56.789123Z"},
         {"-1", "1969-12-31T23:59:59.999999Z"}},
        WithEpochUnit(EpochUnit::kNanoseconds));
  Check(
      Type(TypeId::kTime),
      {{"45296789", "12:34:56.789"}, {"86400000", "!OutOfRange"}, {"-1", "!OutOfRange"}},
      WithEpochUnit(EpochUnit::kMilliseconds));
  Check(Type(TypeId::kDate), {{"19782", "2024-02-29"}, {"1709210096789", "!OutOfRange"}},
        WithEpochUnit(EpochUnit::kMilliseconds));
}

TEST(JsonValuesTest, StringTakesAnyScalarAsItsTextAndContainersAsJson) {
  Check(Type(TypeId::kString),
        {{"\"abc\"", "\"abc\""},
         {"\"\"", "\"\""},
         {"\"a\\n\\\"\\u00e9\\ud83d\\ude00\"", "\"a\n\"\u00e9\U0001F600\""},
         {"\"\\ud83d\"", "!InvalidValue"},
         {"\"\\q\"", "!InvalidJson"},
         {"\"\\u12G4\"", "!InvalidJson"},
         {"12.50", "\"12.50\""},
         {"true", "\"true\""},
         {"null", "null"},
         {"{ \"a\" : [ 1 , \"x \\\" y\" ] }", "\"{\"a\":[1,\"x \\\" y\"]}\""},
         {"[]", "\"[]\""},
         {"[1,]", "!InvalidJson"},
         {"nul", "!InvalidJson"},
         {"\"a\tb\"", "!InvalidJson"}});
}

TEST(JsonValuesTest, UuidBinaryAndFixed) {
  Check(Type(TypeId::kUuid), {{"\"f79c3e09-677c-4bbd-a479-3f349cb785e7\"",
                               "x'F79C3E09677C4BBDA4793F349CB785E7'"},
                              {"\"f79c3e09\"", "!InvalidValue"},
                              {"7", "!WrongType"}});
  Check(Type(TypeId::kBinary), {{"\"AP8=\"", "x'00FF'"},
                                {"\"\"", "x''"},
                                {"\"\\u0041P8=\"", "x'00FF'"},
                                {"\"?\"", "!InvalidValue"},
                                {"12", "!WrongType"}});
  Check(Type::Fixed(2), {{"\"AP8=\"", "x'00FF'"},
                         {"\"AP8A\"", "!InvalidValue"},
                         {"\"AA==\"", "!InvalidValue"}});
}

TEST(JsonValuesTest, Nested) {
  const Type integer(TypeId::kInt);
  const Type point = Type::Struct({Member("x", integer), Member("y", integer)});
  Check(point, {{R"({"x":1,"y":2})", "(x: 1, y: 2)"},
                {R"({"y":2,"z":[{}],"x":1})", "(x: 1, y: 2)"},
                {"{}", "(x: null, y: null)"},
                {"null", "null"},
                {"[]", "!WrongType"},
                {R"({"x":1 "y":2})", "!InvalidJson"}});
  Check(ListOf(integer), {{"[1,null,3]", "[1, null, 3]"},
                          {"[]", "[]"},
                          {"[ ]", "[]"},
                          {"[[1]]", "!WrongType"},
                          {"1", "!WrongType"},
                          {"[1 2]", "!InvalidJson"},
                          {"[1,]", "!InvalidJson"}});
  Check(MapOf(Type(TypeId::kString), ListOf(point)),
        {{R"({"a":[{"x":1}],"b":null})", "{\"a\": [(x: 1, y: null)], \"b\": null}"},
         {"{}", "{}"},
         {R"({"\u0061":[]})", "{\"a\": []}"}});
  Check(MapOf(integer, integer),
        {{R"({"1":2,"-3":4})", "{1: 2, -3: 4}"}, {R"({"x":2})", "!InvalidValue"}});
  Check(ListOf(ListOf(point)),
        {{R"([[],[{"x":1},null],null])", "[[], [(x: 1, y: null), null], null]"}});
}

TEST(JsonValuesTest, OfARepeatedNameTheLastOneCounts) {
  const Type integer(TypeId::kInt);
  const Type row = Type::Struct({Member("a", integer), Member("b", ListOf(integer))});
  Check(row, {{R"({"a":1,"b":[1,2],"a":3,"b":[4]})", "(a: 3, b: [4])"},
              {R"({"b":[1,2],"b":null})", "(a: null, b: null)"}});
  const Type map = MapOf(Type(TypeId::kString), MapOf(integer, integer));
  Check(map, {{R"({"k":{"1":1,"1":2},"j":{},"k":{"5":5,"5":6,"5":7}})",
               "{\"j\": {}, \"k\": {5: 7}}"}});
}

TEST(JsonValuesTest, AMapOfManyKeysAlsoKeepsTheLastOfEach) {
  std::string json = "{";
  std::string expected = "{";
  for (int i = 0; i < 100; ++i)
    json += "\"" + std::to_string(i % 70) + "\":" + std::to_string(i) + ",";
  json.back() = '}';
  for (int i = 30; i < 100; ++i) {
    expected += (i > 30 ? ", " : "") + std::to_string(i % 70) + ": " + std::to_string(i);
  }
  Check(MapOf(Type(TypeId::kLong), Type(TypeId::kInt)), {{json, expected + "}"}});
}

}  // namespace
}  // namespace frazil
