#include "config/sql/variables.h"

#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/result_matchers.h"

namespace frazil {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

const std::map<std::string, std::string, std::less<>> kVariables = {
    {"TOPIC", "events"}, {"QUOTE", "it's"}, {"NAME", "a\"b`c"}, {"BACK", "a\\b'"},
    {"EMPTY", ""},       {"LIMIT", "10"},   {"BROKEN", "\xFF"}, {"_x1", "y"}};

Result<ExpandedText> Expand(std::string text) {
  PipelineSpec spec;
  spec.file = "p.sql";
  spec.text = std::move(text);
  return ExpandedText::Expand(spec, [](std::string_view name) {
    const auto found = kVariables.find(name);
    return found == kVariables.end() ? std::nullopt : std::optional(found->second);
  });
}

TEST(ExpandTest, ReplacesVariablesWhereTheyCount) {
  const std::pair<const char*, const char*> cases[] = {
      {"no variable, 'none', $$none$$", "no variable, 'none', $$none$$"},
      {"'${TOPIC}-x'", "'events-x'"},
      {"LIMIT ${LIMIT};", "LIMIT 10;"},
      {"a_${TOPIC}_b", "a_events_b"},
      {"${_x1}", "y"},
      {"'${EMPTY}'", "''"},
      // Quotes of a value stay inside the quotes around it.
      {"'${QUOTE}'", "'it''s'"},
      {"\"${NAME}\"", "\"a\"\"b`c\""},
      {"`${NAME}`", "`a\"b``c`"},
      {"E'${BACK}'", "E'a\\\\b'''"},
      {"'''${QUOTE}'", "'''it''s'"},
      {"E'\\'${QUOTE}'", "E'\\'it''s'"},
      {"type'${BACK}'", "type'a\\b'''"},
      // Defaults.
      {"'${NONE:-b}'", "'b'"},
      {"'${NONE:-}'", "''"},
      {"'${EMPTY:-b}'", "'b'"},
      {"'${TOPIC:-b}'", "'events'"},
      {"'${NONE:-it''s}'", "'it''s'"},
      {"'${NONE:-a:-b}'", "'a:-b'"},
      // Comments and dollar quotes stay.
      {"-- ${NONE}\n${TOPIC}", "-- ${NONE}\nevents"},
      {"/* ${NONE} /* */ ${NONE} */ ${TOPIC} -- ${NONE}",
       "/* ${NONE} /* */ ${NONE} */ events -- ${NONE}"},
      {"$$ ${NONE} $$ $a$ ${NONE} $a$ ${TOPIC}", "$$ ${NONE} $$ $a$ ${NONE} $a$ events"},
      {"'-- ${TOPIC}'", "'-- events'"},
      {"$1 ${TOPIC}", "$1 events"},
      // An escape.
      {"'$${TOPIC} ${TOPIC}'", "'${TOPIC} events'"},
  };
  for (const auto& [text, expanded] : cases) {
    const auto result = Expand(text);
    ASSERT_THAT(result, IsOk()) << text;
    EXPECT_EQ(result->text(), expanded) << text;
  }
}

TEST(ExpandTest, FindsTheWayBack) {
  const auto expanded = Expand("a '${TOPIC}' b ${LIMIT} c");
  ASSERT_THAT(expanded, IsOk());
  ASSERT_EQ(expanded->text(), "a 'events' b 10 c");
  EXPECT_FALSE(expanded->is_verbatim());
  EXPECT_EQ(expanded->OriginalOffset(0), 0U);
  EXPECT_EQ(expanded->OriginalOffset(3), 3U);
  EXPECT_EQ(expanded->OriginalOffset(7), 3U);   // inside the value
  EXPECT_EQ(expanded->OriginalOffset(9), 11U);  // the closing quote
  EXPECT_EQ(expanded->OriginalOffset(11), 13U);
  EXPECT_EQ(expanded->OriginalOffset(14), 15U);
  EXPECT_EQ(expanded->OriginalOffset(16), 24U);
  EXPECT_TRUE(expanded->TouchesVariable(2, 4));
  EXPECT_FALSE(expanded->TouchesVariable(0, 3));
  EXPECT_FALSE(expanded->TouchesVariable(9, 13));
}

TEST(ExpandTest, PointsAtAVariableItCannotReplace) {
  const struct {
    const char* text;
    const char* message;
  } bad[] = {
      {"a\n'${NONE}'", "p.sql:2:2: the environment variable NONE is not set"},
      {"'${TOPIC", "p.sql:1:2: this variable never ends: '}' is missing"},
      {"'${TOPIC\n}'", "p.sql:1:2: this variable never ends: '}' is missing"},
      {"${}", "'' is not the name of a variable"},
      {"${1A}", "'1A' is not the name of a variable"},
      {"${A-b}", "'A-b' is not the name of a variable"},
      {"${NONE:-${TOPIC}}", "a default cannot hold another variable"},
      {"'${BROKEN}'", "the value of BROKEN is not UTF-8"},
  };
  for (const auto& [text, message] : bad) {
    EXPECT_THAT(Expand(text), FailsWith(ErrorKind::kInvalidConfig, HasSubstr(message)))
        << text;
  }
}

TEST(ExpandTest, BoundsWhatVariablesMakeOfAScript) {
  PipelineSpec spec;
  for (int i = 0; i < 33; ++i)
    spec.text += "${BIG:-" + std::string(1U << 20U, 'x') + "} ";
  const auto unset = [](std::string_view) { return std::nullopt; };
  EXPECT_THAT(ExpandedText::Expand(spec, unset),
              FailsWith(ErrorKind::kInvalidConfig, HasSubstr("too long")));

  spec.text = "${BIG}";
  std::string big((std::size_t{32} << 20U) + 1, 'y');
  EXPECT_THAT(
      ExpandedText::Expand(spec, [&](std::string_view) { return big; }),
      FailsWith(ErrorKind::kInvalidConfig,
                AllOf(HasSubstr("the value of BIG is too long"), Not(HasSubstr("yy")))));
}

}  // namespace
}  // namespace frazil
