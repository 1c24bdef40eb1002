#include "config/sql/token.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/result_matchers.h"

namespace frazil {
namespace {

using ::testing::ElementsAre;

// "w:SELECT s:*": kinds and texts of all tokens but the end.
std::vector<std::string> Split(std::string_view text) {
  const auto tokens = Tokenize(text);
  std::vector<std::string> shown;
  if (!tokens.has_value()) return {"error: " + tokens.error().message};
  for (const Token& token : *tokens) {
    constexpr std::string_view kKinds = "wqtnsh";
    if (token.kind == TokenKind::kEnd) continue;
    shown.push_back(std::string(1, kKinds[static_cast<std::size_t>(token.kind)]) + ":" +
                    std::string(token.text));
  }
  return shown;
}

TEST(TokenizeTest, SplitsWordsNumbersAndSymbols) {
  EXPECT_THAT(
      Split("SELECT a.b,1.5e-3 FROM t1"),
      ElementsAre("w:SELECT", "w:a", "s:.", "w:b", "s:,", "n:1.5e-3", "w:FROM", "w:t1"));
  EXPECT_THAT(Split("x::INT->>'a'<=.5||0xFF!=1_000"),
              ElementsAre("w:x", "s:::", "w:INT", "s:->>", "t:'a'", "s:<=", "n:.5",
                          "s:||", "n:0xFF", "s:!=", "n:1_000"));
}

TEST(TokenizeTest, KeepsTheClosingOfNestedTypesApart) {
  EXPECT_THAT(Split("ARRAY<ARRAY<INT>>"),
              ElementsAre("w:ARRAY", "s:<", "w:ARRAY", "s:<", "w:INT", "s:>", "s:>"));
}

TEST(TokenizeTest, LeavesCommentsOut) {
  EXPECT_THAT(Split("a -- b ' \n/* c /* d */ ' */ e--"), ElementsAre("w:a", "w:e"));
  EXPECT_THAT(Split("-- only"), ElementsAre());
  EXPECT_THAT(Split("1-- x\n-2"), ElementsAre("n:1", "s:-", "n:2"));
}

TEST(TokenizeTest, HandsHintsOut) {
  EXPECT_THAT(Split("t /*+ OPTIONS('a'='b') */ x"),
              ElementsAre("w:t", "h:/*+ OPTIONS('a'='b') */", "w:x"));
}

TEST(TokenizeTest, KnowsEveryKindOfQuote) {
  EXPECT_THAT(Split("'it''s;' \"a\"\"b\" `c``d` E'x\\'y' $$a;'b$$ $q$ $$ $q$"),
              ElementsAre("t:'it''s;'", "q:\"a\"\"b\"", "q:`c``d`", "t:E'x\\'y'",
                          "t:$$a;'b$$", "t:$q$ $$ $q$"));
  EXPECT_THAT(Split("$1 + $name"), ElementsAre("s:$1", "s:+", "s:$name"));
}

TEST(TokenizeTest, TellsWhatNamesAndStringsMean) {
  const auto tokens = Tokenize("'it''s' \"a\"\"b\" `c``d` E'x\\'y' $q$z$q$ Word $$$$ ''");
  ASSERT_THAT(tokens, IsOk());
  std::vector<std::string> values;
  for (const Token& token : *tokens) values.push_back(token.Value());
  EXPECT_THAT(values,
              ElementsAre("it's", "a\"b", "c`d", "x\\'y", "z", "Word", "", "", ""));
}

TEST(TokenizeTest, CountsPlacesInCodePointsAndOffsetsInBytes) {
  const auto tokens = Tokenize("'\xC3\xBC' a\n\n\t\xE5\x90\x8D b");
  ASSERT_THAT(tokens, IsOk());
  ASSERT_EQ(tokens->size(), 5U);
  EXPECT_EQ((*tokens)[1].place, (TextPlace{1, 5}));
  EXPECT_EQ((*tokens)[1].offset, 5U);
  EXPECT_EQ((*tokens)[2].place, (TextPlace{3, 2}));
  EXPECT_EQ((*tokens)[2].text, "\xE5\x90\x8D");
  EXPECT_EQ((*tokens)[3].place, (TextPlace{3, 4}));
  EXPECT_EQ((*tokens)[4].kind, TokenKind::kEnd);
  EXPECT_EQ((*tokens)[4].offset, 14U);
}

TEST(TokenizeTest, SaysWhereItCannotGoOn) {
  const std::pair<const char*, const char*> bad[] = {
      {"a\n 'b", "2:2: this string never ends: the closing ' is missing"},
      {"\"b", "1:1: this name never ends: the closing \" is missing"},
      {"`b``", "1:1: this name never ends: the closing ` is missing"},
      {"\"\"", "1:1: an empty name"},
      {"E'b\\'", "1:1: this string never ends: the closing ' is missing"},
      {"$a$ $$", "1:1: this string never ends: the closing $a$ is missing"},
      {"a /* /* */", "1:3: this comment never ends: '*/' is missing"},
      {"/*", "1:1: this comment never ends: '*/' is missing"},
      {"/*+", "1:1: this comment never ends: '*/' is missing"},
      {"a \x01", "1:3: a control character, U+0001"},
      {"a \\", "1:3: a backslash outside of quotes"},
      {"a\xC2\xA0"
       "b",
       "1:2: a no-break space; write a plain one"},
      {"\xE2\x80\x9C"
       "b",
       "1:1: a typographic quote; write \""},
  };
  for (const auto& [text, message] : bad) {
    EXPECT_THAT(Tokenize(text), FailsWith(ErrorKind::kInvalidConfig, message)) << text;
  }
}

TEST(TokenizeTest, GivesTheTokensBeforeAFailure) {
  const TokenizedText split = TokenizeUntilFailure("a b 'c");
  ASSERT_TRUE(split.failure.has_value());
  EXPECT_EQ(split.failure->offset, 4U);
  ASSERT_EQ(split.tokens.size(), 3U);
  EXPECT_EQ(split.tokens[2].kind, TokenKind::kEnd);
}

TEST(TokenTest, ComparesKeywordsInAnyCase) {
  const auto tokens = Tokenize("Select \"SELECT\" ;");
  ASSERT_THAT(tokens, IsOk());
  EXPECT_TRUE((*tokens)[0].IsWord("SELECT"));
  EXPECT_FALSE((*tokens)[0].IsWord("SELECTS"));
  EXPECT_FALSE((*tokens)[1].IsWord("SELECT"));
  EXPECT_TRUE((*tokens)[1].IsName());
  EXPECT_TRUE((*tokens)[2].IsSymbol(";"));
  EXPECT_FALSE((*tokens)[2].IsName());
}

TEST(QuoteSqlNameTest, DoublesQuotes) {
  EXPECT_EQ(QuoteSqlName("a"), "\"a\"");
  EXPECT_EQ(QuoteSqlName("a\"b"), "\"a\"\"b\"");
}

}  // namespace
}  // namespace frazil
