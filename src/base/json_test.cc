#include "base/json.h"

#include <limits>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/result_matchers.h"

namespace frazil {
namespace {

using ::testing::HasSubstr;

TEST(JsonTest, KeepsTheOrderOfKeys) {
  const auto json = ParseJson(R"({"b": 1, "a": [true, null], "c": "x"})");
  ASSERT_THAT(json, IsOk());
  EXPECT_EQ(DumpJson(*json), R"({"b":1,"a":[true,null],"c":"x"})");
}

TEST(JsonTest, RefusesWhatIsNotOneDocument) {
  for (const std::string_view text :
       {"", "{", "{} {}", "[1,]", "nul", "{\"a\":1,}", "\"\xFF\"", "1e999"}) {
    SCOPED_TRACE(text);
    EXPECT_THAT(ParseJson(text), FailsWith(ErrorKind::kCorruptData));
  }
}

TEST(JsonTest, RefusesDeepNestingBeforeItRecurses) {
  EXPECT_THAT(ParseJson(std::string(500, '[') + std::string(500, ']')), IsOk());
  EXPECT_THAT(ParseJson(std::string(1'000'000, '[')),
              FailsWith(ErrorKind::kCorruptData, HasSubstr("500 levels")));
}

TEST(JsonTest, BracketsInsideStringsDoNotNest) {
  const std::string text = "\"\\\"" + std::string(1000, '[') + "\"";
  EXPECT_THAT(ParseJson(text), IsOk());
}

TEST(JsonTest, InvalidUtf8IsReplacedWhenWritten) {
  EXPECT_EQ(QuoteJson("a\xFF"), "\"a\xEF\xBF\xBD\"");
  EXPECT_EQ(QuoteJson("say \"hi\"\n"), R"("say \"hi\"\n")");
}

TEST(JsonTest, MembersAreCheckedForTheirType) {
  const auto parsed = ParseJson(
      R"({"long": 9223372036854775807, "int": -5, "text": "x", "flag": true,
          "list": [1], "object": {}, "nothing": null, "half": 0.5,
          "huge": 9223372036854775808})");
  ASSERT_THAT(parsed, IsOk());
  const Json& json = *parsed;
  EXPECT_THAT(GetInt64(json, "long"), IsOkAnd(std::numeric_limits<std::int64_t>::max()));
  EXPECT_THAT(GetInt32(json, "int"), IsOkAnd(-5));
  EXPECT_THAT(GetString(json, "text"), IsOkAnd("x"));
  EXPECT_THAT(GetBool(json, "flag"), IsOkAnd(true));
  EXPECT_THAT(GetArray(json, "list"), IsOk());
  EXPECT_THAT(GetObject(json, "object"), IsOk());

  EXPECT_THAT(GetInt64(json, "half"), FailsWith(ErrorKind::kCorruptData));
  EXPECT_THAT(GetInt64(json, "huge"),
              FailsWith(ErrorKind::kCorruptData, HasSubstr("huge")));
  EXPECT_THAT(GetInt32(json, "long"), FailsWith(ErrorKind::kCorruptData));
  EXPECT_THAT(GetString(json, "int"), FailsWith(ErrorKind::kCorruptData));
  EXPECT_THAT(GetBool(json, "int"), FailsWith(ErrorKind::kCorruptData));
  EXPECT_THAT(GetArray(json, "object"), FailsWith(ErrorKind::kCorruptData));
  EXPECT_THAT(GetObject(json, "list"), FailsWith(ErrorKind::kCorruptData));
}

TEST(JsonTest, NullCountsAsAbsent) {
  const auto json = ParseJson(R"({"nothing": null})");
  ASSERT_THAT(json, IsOk());
  EXPECT_EQ(FindMember(*json, "nothing"), nullptr);
  EXPECT_EQ(FindMember(*json, "other"), nullptr);
  EXPECT_EQ(FindMember(Json::array(), "other"), nullptr);
  EXPECT_THAT(GetMember(*json, "nothing"),
              FailsWith(ErrorKind::kCorruptData, HasSubstr("nothing")));
}

RC_GTEST_PROP(JsonProperty, AQuotedStringParsesBackToItself, ()) {
  // Any bytes below 128; what lies above is replaced where it is not UTF-8.
  const auto text = *rc::gen::container<std::string>(
      rc::gen::map(rc::gen::inRange(0, 128), [](int c) { return static_cast<char>(c); }));
  const auto json = ParseJson(QuoteJson(text));
  RC_ASSERT(json.has_value());
  RC_ASSERT(json->get<std::string>() == text);
}

}  // namespace
}  // namespace frazil
