#include "iceberg/snapshot_summary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/json.h"

namespace frazil {
namespace {

using ::testing::Eq;
using ::testing::IsEmpty;
using ::testing::Optional;

TEST(SnapshotSummaryTest, ItsTextIsOrderedByNameAndWithoutBlanks) {
  const SnapshotSummary summary = {{"operation", "append"}, {"added-records", "5"}};
  EXPECT_EQ(summary.json(), R"({"added-records":"5","operation":"append"})");
  EXPECT_FALSE(summary.empty());
}

TEST(SnapshotSummaryTest, AnEmptyOneHasNothing) {
  const SnapshotSummary summary;
  EXPECT_TRUE(summary.empty());
  EXPECT_EQ(summary.json(), "{}");
  EXPECT_EQ(summary.Find("operation"), std::nullopt);
  EXPECT_THAT(summary.ToMap(), IsEmpty());
  EXPECT_EQ(summary, SnapshotSummary(SnapshotSummary::Map{}));
}

TEST(SnapshotSummaryTest, AValueThatLooksLikeEntriesIsAValue) {
  const SnapshotSummary summary = {{"a", R"(","b":"1","c":"2)"}, {"d", R"({"e":"\"}"})"}};
  EXPECT_EQ(summary.Find("b"), std::nullopt);
  EXPECT_EQ(summary.Find("e"), std::nullopt);
  EXPECT_THAT(summary.Find("a"), Optional(Eq(R"(","b":"1","c":"2)")));
  EXPECT_THAT(summary.Find("d"), Optional(Eq(R"({"e":"\"}"})")));
}

TEST(SnapshotSummaryTest, WhatIsNoUtf8IsReplaced) {
  const SnapshotSummary summary = {{"name", "a\xff"}};
  EXPECT_THAT(summary.Find("name"), Optional(Eq("a\xef\xbf\xbd")));
}

// A string of characters that JSON writes in all its ways.
rc::Gen<std::string> Texts() {
  return rc::gen::map(rc::gen::container<std::vector<std::string>>(rc::gen::elementOf(
                          std::vector<std::string>{"a",
                                                   "Z",
                                                   "\"",
                                                   "\\",
                                                   "/",
                                                   ",",
                                                   ":",
                                                   "{",
                                                   "}",
                                                   "\b",
                                                   "\f",
                                                   "\n",
                                                   "\r",
                                                   "\t",
                                                   std::string(1, '\0'),
                                                   "\x01",
                                                   "\x1f",
                                                   "\x7f",
                                                   "\xc3\xbc",
                                                   "\xe2\x82\xac",
                                                   "\xf0\x9f\x98\x80",
                                                   "u0041",
                                                   "\\u0041"})),
                      [](const std::vector<std::string>& parts) {
                        std::string text;
                        for (const std::string& part : parts) text += part;
                        return text;
                      });
}

RC_GTEST_PROP(SnapshotSummaryProperty, WhatGoesInComesOut, ()) {
  const auto entries = *rc::gen::container<SnapshotSummary::Map>(Texts(), Texts());
  const SnapshotSummary summary(entries);
  RC_ASSERT(summary.ToMap() == entries);
  for (const auto& [name, value] : entries) RC_ASSERT(summary.Find(name) == value);
  // The text is JSON for others too.
  const Result<Json> json = ParseJson(summary.json());
  RC_ASSERT(json.has_value());
  RC_ASSERT((json->get<std::map<std::string, std::string>>()) == entries);
}

}  // namespace
}  // namespace frazil
