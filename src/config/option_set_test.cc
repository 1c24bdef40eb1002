#include "config/option_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/result_matchers.h"

namespace frazil {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

const std::vector<OptionDeclaration>& Declarations() {
  static const std::vector<OptionDeclaration> declarations = {
      {.key = "topic", .is_required = true, .description = "what to read"},
      {.key = "properties.", .is_prefix = true},
      {.key = "scan.startup.mode",
       .type = OptionType::kEnum,
       .default_value = "earliest-offset",
       .allowed = "earliest-offset|latest-offset|timestamp"},
      {.key = "flag", .type = OptionType::kBool, .default_value = "true"},
      {.key = "count", .type = OptionType::kInt64, .default_value = "-7"},
      {.key = "size", .type = OptionType::kSize, .default_value = "64 MiB"},
      {.key = "wait", .type = OptionType::kDuration, .default_value = "10 s"},
  };
  return declarations;
}

const OptionDeclaration& Declaration(std::string_view key) {
  for (const OptionDeclaration& declaration : Declarations()) {
    if (declaration.key == key) return declaration;
  }
  ADD_FAILURE() << key;
  return Declarations().front();
}

PipelineSpec Spec() {
  PipelineSpec spec;
  spec.file = "p.sql";
  spec.text = "here";
  return spec;
}

Status Check(std::string key, std::string value) {
  Options options;
  EXPECT_THAT(options.Add({std::move(key), std::move(value), {1, 1}, {1, 3}}), IsOk());
  if (options.Find("topic") == nullptr) {
    EXPECT_THAT(options.Add({"topic", "t", {1, 1}, {1, 1}}), IsOk());
  }
  return CheckOptions(Spec(), options, {1, 2}, "connector 'kafka'", Declarations());
}

TEST(OptionsTest, TakeAKeyOnce) {
  Options options;
  EXPECT_THAT(options.Add({"a", "1", {}, {}}), IsOk());
  EXPECT_THAT(options.Add({"a", "2", {}, {}}),
              FailsWith(ErrorKind::kInvalidConfig, "option 'a' is given twice"));
  EXPECT_EQ(options.Get("a"), "1");
  EXPECT_EQ(options.Get("A"), std::nullopt);
}

TEST(CheckOptionsTest, TakesValuesOfEveryType) {
  const std::pair<const char*, const char*> good[] = {
      {"topic", ""},      {"properties.group.id", "g"},
      {"flag", "FALSE"},  {"scan.startup.mode", "timestamp"},
      {"count", "-12"},   {"size", "1gb"},
      {"wait", "250 ms"}, {"count", "9223372036854775807"},
  };
  for (const auto& [key, value] : good) {
    EXPECT_THAT(Check(key, value), IsOk()) << key << "=" << value;
  }
}

TEST(CheckOptionsTest, RefusesValuesOfAnotherForm) {
  const struct {
    const char* key;
    const char* value;
    const char* form;
  } bad[] = {
      {"flag", "yes", "takes 'true' or 'false'"},
      {"count", "1.5", "takes a whole number such as '42'"},
      {"count", "9223372036854775808", "takes a whole number such as '42'"},
      {"count", "", "takes a whole number such as '42'"},
      {"size", "big", "takes a size such as '64 MiB'"},
      {"wait", "soon", "takes a duration such as '10 s'"},
      {"scan.startup.mode", "latest",
       "takes 'earliest-offset', 'latest-offset' or 'timestamp'"},
  };
  for (const auto& [key, value, form] : bad) {
    EXPECT_THAT(Check(key, value),
                FailsWith(ErrorKind::kInvalidConfig,
                          AllOf(HasSubstr(form), HasSubstr("p.sql:1:3: "))))
        << key << "=" << value;
  }
}

TEST(CheckOptionsTest, SuggestsTheEnumValueThatWasMeant) {
  EXPECT_THAT(Check("scan.startup.mode", "earliest_offset"),
              FailsWith(ErrorKind::kInvalidConfig,
                        HasSubstr("hint: did you mean 'earliest-offset'?")));
}

TEST(CheckOptionsTest, SuggestsTheKeyThatWasMeant) {
  const std::pair<const char*, const char*> typos[] = {
      {"topci", "'topic'"},
      {"Flag", "'flag'"},
      {"scan.statup.mode", "'scan.startup.mode'"},
      {"startup.mode", "'scan.startup.mode'"},
      {"propertis.group.id", "'properties.group.id'"},
  };
  for (const auto& [typo, meant] : typos) {
    EXPECT_THAT(Check(typo, "x"),
                FailsWith(ErrorKind::kInvalidConfig,
                          AllOf(HasSubstr("p.sql:1:1: unknown option '" +
                                          std::string(typo) + "' of connector 'kafka'"),
                                HasSubstr("did you mean " + std::string(meant) + "?"))));
  }
}

TEST(CheckOptionsTest, SuggestsNothingForAKeyLikeNoOther) {
  EXPECT_THAT(Check("checkpoint", "x"),
              FailsWith(ErrorKind::kInvalidConfig, Not(HasSubstr("hint"))));
}

TEST(CheckOptionsTest, WantsSomethingBehindAPrefix) {
  EXPECT_THAT(Check("properties.", "x"), FailsWith(ErrorKind::kInvalidConfig));
}

TEST(CheckOptionsTest, NamesTheRequiredOptionThatIsMissing) {
  EXPECT_THAT(
      CheckOptions(Spec(), {}, {1, 2}, "connector 'kafka'", Declarations()),
      FailsWith(
          ErrorKind::kInvalidConfig,
          HasSubstr("p.sql:1:2: connector 'kafka' needs the option 'topic': what")));
}

TEST(CheckOptionsTest, NeverRepeatsAValue) {
  EXPECT_THAT(Check("count", "hunter2"),
              FailsWith(ErrorKind::kInvalidConfig, Not(HasSubstr("hunter2"))));
}

TEST(OptionValuesTest, ComeFromTheOptionsOrTheDeclaration) {
  Options options;
  const Options none;
  const std::pair<const char*, const char*> given[] = {{"topic", "t"},
                                                       {"flag", "False"},
                                                       {"count", "3"},
                                                       {"size", "2k"},
                                                       {"wait", "1 min"}};
  for (const auto& [key, value] : given) {
    EXPECT_THAT(options.Add({key, value, {}, {}}), IsOk());
  }
  EXPECT_EQ(StringOption(options, Declaration("topic")), "t");
  EXPECT_EQ(StringOption(none, Declaration("scan.startup.mode")), "earliest-offset");
  EXPECT_FALSE(BoolOption(options, Declaration("flag")));
  EXPECT_TRUE(BoolOption(none, Declaration("flag")));
  EXPECT_EQ(Int64Option(options, Declaration("count")), 3);
  EXPECT_EQ(Int64Option(none, Declaration("count")), -7);
  EXPECT_EQ(SizeOption(options, Declaration("size")), 2048);
  EXPECT_EQ(SizeOption(none, Declaration("size")), 64 * 1024 * 1024);
  EXPECT_EQ(DurationOption(options, Declaration("wait")), std::chrono::minutes(1));
  EXPECT_EQ(DurationOption(none, Declaration("wait")), std::chrono::seconds(10));
}

TEST(NearestTest, CountsASwapAsOneEditAndIgnoresCase) {
  EXPECT_EQ(Nearest("TABEL", {"CATALOG", "TABLE"}), "TABLE");
  EXPECT_EQ(Nearest("selct", {"SELECT", "SET"}), "SELECT");
  EXPECT_EQ(Nearest("ab", {"cd"}), "");
  EXPECT_EQ(Nearest("", {"a"}), "");
  EXPECT_EQ(Nearest("x", {"y"}), "");
  EXPECT_EQ(Nearest(std::string(100000, 'a'), {"a"}), "");
}

}  // namespace
}  // namespace frazil
