#include "decode/json/json_options.h"

#include <initializer_list>
#include <set>
#include <string>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/result_matchers.h"

namespace frazil {
namespace {

using ::testing::HasSubstr;

Result<JsonOptions> Parse(
    std::initializer_list<std::pair<std::string, std::string>> key_values) {
  PipelineSpec spec;
  Options options;
  for (const auto& [key, value] : key_values) {
    FRAZIL_TRY(options.Add({key, value, {}, {}}));
  }
  FRAZIL_TRY(CheckOptions(spec, options, {}, "format 'json'", JsonOptionDeclarations()));
  return ParseJsonOptions(spec, options);
}

TEST(JsonOptionsTest, DefaultsAreThoseOfFlink) {
  const auto options = Parse({});
  ASSERT_THAT(options, IsOk());
  EXPECT_FALSE(options->value.ignore_parse_errors);
  EXPECT_FALSE(options->value.fail_on_missing_field);
  EXPECT_EQ(options->value.timestamp_standard, TimestampStandard::kSql);
  EXPECT_FALSE(options->value.is_timestamp_strict);
  EXPECT_EQ(options->value.epoch_unit, EpochUnit::kNone);
  EXPECT_EQ(options->max_record_bytes, 16 * 1024 * 1024);
  EXPECT_EQ(options->max_depth, 512);
}

TEST(JsonOptionsTest, TheValuesOptionsHaveEitherPrefixAndTheKeysTheirOwn) {
  const auto options = Parse({{"json.ignore-parse-errors", "true"},
                              {"value.json.timestamp-format.standard", "ISO-8601"},
                              {"json.timestamp-format.strict", "true"},
                              {"value.json.epoch-unit", "ms"},
                              {"json.max-record-size", "1 MiB"},
                              {"json.max-depth", "7"},
                              {"json.map-null-key.mode", "DROP"},
                              {"key.json.fail-on-missing-field", "true"},
                              {"key.json.epoch-unit", "ns"}});
  ASSERT_THAT(options, IsOk());
  EXPECT_TRUE(options->value.ignore_parse_errors);
  EXPECT_FALSE(options->value.fail_on_missing_field);
  EXPECT_EQ(options->value.timestamp_standard, TimestampStandard::kIso8601);
  EXPECT_TRUE(options->value.is_timestamp_strict);
  EXPECT_EQ(options->value.epoch_unit, EpochUnit::kMilliseconds);
  EXPECT_EQ(options->max_record_bytes, 1024 * 1024);
  EXPECT_EQ(options->max_depth, 7);
  EXPECT_FALSE(options->key.ignore_parse_errors);
  EXPECT_TRUE(options->key.fail_on_missing_field);
  EXPECT_EQ(options->key.epoch_unit, EpochUnit::kNanoseconds);
}

TEST(JsonOptionsTest, TheKeyFormatAndPrefixAreTheConnectorsToDeclare) {
  Options options;
  ASSERT_THAT(options.Add({"key.format", "raw", {}, {}}), IsOk());
  ASSERT_THAT(options.Add({"key.fields-prefix", "k_", {}, {}}), IsOk());
  const auto parsed = ParseJsonOptions({}, options);
  ASSERT_THAT(parsed, IsOk());
  EXPECT_EQ(parsed->key_format, KeyFormat::kRaw);
  EXPECT_EQ(parsed->key_fields_prefix, "k_");
}

TEST(JsonOptionsTest, WhatMeansNothingIsRefused) {
  EXPECT_THAT(Parse({{"json.ignore-parse-errors", "true"},
                     {"json.fail-on-missing-field", "true"}}),
              FailsWith(ErrorKind::kInvalidConfig, HasSubstr("cannot both be true")));
  EXPECT_THAT(Parse({{"json.epoch-unit", "ms"}, {"value.json.epoch-unit", "ms"}}),
              FailsWith(ErrorKind::kInvalidConfig, HasSubstr("twice")));
  EXPECT_THAT(Parse({{"json.epoch-unit", "min"}}), FailsWith(ErrorKind::kInvalidConfig));
  EXPECT_THAT(Parse({{"json.max-depth", "0"}}),
              FailsWith(ErrorKind::kInvalidConfig, HasSubstr("from 1 to")));
  EXPECT_THAT(Parse({{"json.max-record-size", "8 GiB"}}),
              FailsWith(ErrorKind::kInvalidConfig));
  EXPECT_THAT(Parse({{"json.ignore-errors", "true"}}),
              FailsWith(ErrorKind::kInvalidConfig));
}

TEST(JsonOptionsTest, EveryDeclarationHasItsOwnKeyAndSaysWhatItIsFor) {
  std::set<std::string_view> keys;
  for (const OptionDeclaration& declaration : JsonOptionDeclarations()) {
    EXPECT_TRUE(keys.insert(declaration.key).second) << declaration.key;
    EXPECT_FALSE(declaration.description.empty()) << declaration.key;
  }
}

}  // namespace
}  // namespace frazil
