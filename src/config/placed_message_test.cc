#include "config/placed_message.h"

#include <gtest/gtest.h>

namespace frazil {
namespace {

TEST(PlacedMessageTest, GivesBackWhatErrorAtWasGiven) {
  PipelineSpec spec;
  spec.file = "dir:1:1/p.sql";
  spec.text = "SET 'a' = '1';\n\tSET | 'b' ^ = '2';\nEND";
  for (const char* const hint : {"", "write c"}) {
    for (const TextPlace place : {TextPlace{2, 6}, TextPlace{1, 1}, TextPlace{3, 4}}) {
      const auto error = ErrorAt(spec, place, "no such key: 'b:7:8: x'", hint);
      const PlacedMessage parts = SplitPlacedMessage(error.message);
      EXPECT_EQ(parts.file, spec.file);
      EXPECT_EQ(parts.place.line, place.line);
      EXPECT_EQ(parts.place.column, place.column);
      EXPECT_EQ(parts.message, "no such key: 'b:7:8: x'");
      EXPECT_EQ(parts.hint, hint);
    }
  }
}

TEST(PlacedMessageTest, TakesAnyOtherTextWhole) {
  for (const char* const text :
       {"", "no such table: t", "a:1:2: b", "a:1:2: b\n  2 | x\n    | ^",
        "a:1:2: b\n  1 | x", "a:0:0: b\n  0 | x\n    | ^", "a:99999999999:1: b", ":"}) {
    const PlacedMessage parts = SplitPlacedMessage(text);
    EXPECT_EQ(parts.message, text);
    EXPECT_EQ(parts.file, "");
    EXPECT_EQ(parts.place.line, 0);
  }
  const PlacedMessage parts = SplitPlacedMessage("wrong\n  hint: right");
  EXPECT_EQ(parts.message, "wrong");
  EXPECT_EQ(parts.hint, "right");
}

}  // namespace
}  // namespace frazil
