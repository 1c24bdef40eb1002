#include "source/kafka/lasting_complaint.h"

#include <gtest/gtest.h>

namespace frazil {
namespace {

using std::chrono::milliseconds;

class LastingComplaintTest : public ::testing::Test {
 protected:
  // Whether it is told of at some moment of so many retries, half a second apart.
  int TellingsOf(int retries) {
    int told = 0;
    for (int i = 0; i < retries; ++i) {
      now_ += milliseconds(500);
      told += complaint_.Note(now_) ? 1 : 0;
    }
    return told;
  }

  LastingComplaint complaint_;
  LastingComplaint::TimePoint now_;
};

TEST_F(LastingComplaintTest, WhatPassesIsNotToldOf) { EXPECT_EQ(TellingsOf(10), 0); }

TEST_F(LastingComplaintTest, WhatLastsIsToldOfNowAndThen) {
  EXPECT_EQ(TellingsOf(11), 1);
  EXPECT_EQ(TellingsOf(20), 2);
}

TEST_F(LastingComplaintTest, AnotherOneAfterAPauseBeginsAnew) {
  EXPECT_EQ(TellingsOf(10), 0);
  now_ += milliseconds(10'000);
  EXPECT_EQ(TellingsOf(10), 0);
  EXPECT_EQ(TellingsOf(1), 1);
}

}  // namespace
}  // namespace frazil
