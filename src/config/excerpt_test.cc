#include "config/excerpt.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace frazil {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(PlaceAtTest, CountsLinesAndCodePointsFromOne) {
  const std::string_view text =
      "ab\nc\xC3\xBC"
      "d\n";
  EXPECT_EQ(PlaceAt(text, 0), (TextPlace{1, 1}));
  EXPECT_EQ(PlaceAt(text, 2), (TextPlace{1, 3}));
  EXPECT_EQ(PlaceAt(text, 3), (TextPlace{2, 1}));
  EXPECT_EQ(PlaceAt(text, 6), (TextPlace{2, 3}));
  EXPECT_EQ(PlaceAt(text, 100), (TextPlace{3, 1}));
}

TEST(ExcerptTest, PutsTheCaretBelowTheColumn) {
  EXPECT_EQ(Excerpt("one\ntwo three\r\n", {2, 5}),
            "  2 | two three\n"
            "    |     ^");
}

TEST(ExcerptTest, PutsTheCaretBehindTheLineAtItsEnd) {
  EXPECT_EQ(Excerpt("abc", {1, 4}),
            "  1 | abc\n"
            "    |    ^");
  EXPECT_EQ(Excerpt("", {1, 1}),
            "  1 | \n"
            "    | ^");
}

TEST(ExcerptTest, KeepsTabsAndCountsWideCharactersTwice) {
  EXPECT_EQ(Excerpt("\ta\tb", {1, 4}),
            "  1 | \ta\tb\n"
            "    | \t \t^");
  EXPECT_EQ(Excerpt("\xE5\x90\x8D x", {1, 3}),
            "  1 | \xE5\x90\x8D x\n"
            "    |    ^");
  // e and a combining accent stand in one column.
  EXPECT_EQ(Excerpt("e\xCC\x81 x", {1, 4}),
            "  1 | e\xCC\x81 x\n"
            "    |   ^");
}

TEST(ExcerptTest, ReplacesControlCharactersAndMalformedBytes) {
  EXPECT_EQ(Excerpt("a\x1B[31m\xFFz", {1, 8}),
            "  1 | a?[31m\xEF\xBF\xBDz\n"
            "    |        ^");
}

TEST(ExcerptTest, CutsALongLineAroundThePlace) {
  const std::string line = std::string(300, 'a') + "X" + std::string(300, 'b');
  const std::string excerpt = Excerpt(line, {1, 301});
  EXPECT_EQ(excerpt, "  1 | ..." + std::string(60, 'a') + "X" + std::string(59, 'b') +
                         "...\n    |    " + std::string(60, ' ') + "^");
}

TEST(ExcerptTest, LooksAtNoMoreOfALongLineThanItShows) {
  const std::string umlaut = "\xC3\xBC";
  std::string line;
  for (int i = 0; i < 5000; ++i) line += umlaut;
  const std::string excerpt = Excerpt(line, {1, 2501});
  EXPECT_THAT(excerpt, HasSubstr("  1 | ..." + umlaut));
  EXPECT_THAT(excerpt, HasSubstr(umlaut + "...\n"));
  EXPECT_THAT(excerpt, testing::EndsWith("    |    " + std::string(60, ' ') + "^"));
}

TEST(ExcerptTest, HidesSecretsAndKeepsTheCaretAtItsToken) {
  EXPECT_EQ(Excerpt("'sasl.password' = 'hunter2', x", {1, 30}),
            "  1 | 'sasl.password' = '***', x\n"
            "    |                          ^");
  // The place is inside the secret.
  EXPECT_EQ(Excerpt("'sasl.password' = 'hunter2'", {1, 22}),
            "  1 | 'sasl.password' = '***'\n"
            "    |                    ^");
}

TEST(ExcerptTest, HidesASecretThatBeganInAnEarlierLine) {
  EXPECT_THAT(Excerpt("'sasl.jaas.config' = 'x\npassword=hunter2'\n, y", {2, 1}),
              Not(HasSubstr("hunter2")));
}

TEST(ExcerptTest, IsEmptyForALineThatIsNotThere) {
  EXPECT_EQ(Excerpt("a\nb", {3, 1}), "");
}

TEST(FindInvalidUtf8Test, FindsTheFirstBadByte) {
  EXPECT_EQ(FindInvalidUtf8("a\xC3\xBC\xE5\x90\x8D\xF0\x9F\x98\x80"), std::string::npos);
  EXPECT_EQ(FindInvalidUtf8("ab\xC3"), 2U);            // cut
  EXPECT_EQ(FindInvalidUtf8("a\xC0\x80"), 1U);         // overlong
  EXPECT_EQ(FindInvalidUtf8("\xE0\x80\x80"), 0U);      // overlong
  EXPECT_EQ(FindInvalidUtf8("\xED\xA0\x80"), 0U);      // surrogate
  EXPECT_EQ(FindInvalidUtf8("\xF4\x90\x80\x80"), 0U);  // past U+10FFFF
  EXPECT_EQ(FindInvalidUtf8("x\x80"), 1U);             // continuation alone
}

}  // namespace
}  // namespace frazil
