#include "model/split.h"

#include <gtest/gtest.h>

namespace frazil {
namespace {

TEST(IsOtherStream, TellsATopicMadeAgainFromTheOldOne) {
  EXPECT_FALSE(IsOtherStream({"cluster", "topic"}, {"cluster", "topic"}));
  EXPECT_TRUE(IsOtherStream({"cluster", "topic"}, {"cluster", "made-again"}));
  EXPECT_TRUE(IsOtherStream({"cluster", "topic"}, {"elsewhere", "topic"}));
}

TEST(IsOtherStream, TakesAnIdThatIsNotToldForAny) {
  // Brokers before 2.8 have no topic ids; one upgraded while it is read tells them then.
  EXPECT_FALSE(IsOtherStream({"cluster", ""}, {"cluster", "topic"}));
  EXPECT_FALSE(IsOtherStream({"cluster", "topic"}, {"", ""}));
  EXPECT_FALSE(IsOtherStream({"", "topic"}, {"cluster", "topic"}));
  EXPECT_TRUE(IsOtherStream({"", "topic"}, {"cluster", "made-again"}));
}

}  // namespace
}  // namespace frazil
