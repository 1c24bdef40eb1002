#include "base/visible_text.h"

#include <gtest/gtest.h>

#include "base/json.h"

namespace frazil {
namespace {

struct VisibleCase {
  std::string_view text;
  std::string_view visible;
};

TEST(VisibleTextTest, ShowsWhatWouldCommandATerminal) {
  const VisibleCase cases[] = {
      {"", ""},
      {"plain \"text\" \\ ", "plain \"text\" \\ "},
      {"\x1b[2J\x1b]0;title\x07", "\\u001b[2J\\u001b]0;title\\u0007"},
      {"a\nb\tc\rd", "a\\nb\\tc\\rd"},
      {std::string_view("\0", 1), "\\u0000"},
      {"\x7f", "\\u007f"},
      // C1: a CSI as one code point, and as a bare byte.
      {"\xc2\x9b", "\\u009b"},
      {"\x9b", "\\x9b"},
      {"\xc2\xa0", "\xc2\xa0"},
      {"\xe2\x80\xae", "\\u202e"},
      {"\xe2\x81\xa6", "\\u2066"},
      {"h\xc3\xa4user \xe2\x80\xa6 \xf0\x9f\xa7\x8a",
       "h\xc3\xa4user \xe2\x80\xa6 \xf0\x9f\xa7\x8a"},
      {"cut \xe2\x80", "cut \\xe2\\x80"},
      {"overlong \xc0\x9b", "overlong \\xc0\\x9b"},
  };
  for (const auto& [text, visible] : cases) EXPECT_EQ(VisibleText(text), visible);
}

TEST(VisibleTextTest, KeepsLinesWhereAsked) {
  EXPECT_EQ(VisibleLines("a\n\tb\r\n\x1b"), "a\n\tb\\r\n\\u001b");
}

TEST(VisibleTextTest, LeavesJsonTheSameDocument) {
  const Json value = "\x1b \x7f \xc2\x9b \xe2\x80\xae \n \\ \"";
  const auto again = ParseJson(VisibleText(DumpJson(value)));
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(*again, value);
}

}  // namespace
}  // namespace frazil
