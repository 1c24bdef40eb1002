#include "source/kafka/member_name.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace frazil {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;

constexpr const char* kSlot = "frazil-host-0";
constexpr const char* kTopics = "0badcafe";

GroupPicture GroupOf(std::vector<std::string> names) {
  GroupPicture picture;
  for (std::string& name : names) picture.members.push_back({"id", std::move(name), {}});
  return picture;
}

TEST(MemberName, EndsInMarksOfTheTopicsAndThePipeline) {
  EXPECT_THAT(MemberName(kSlot, kTopics, "uuid"),
              MatchesRegex("frazil-host-0-0badcafe-[0-9a-f]{8}"));
  EXPECT_EQ(MemberName(kSlot, kTopics, ""), "frazil-host-0-0badcafe");
}

TEST(StrangersIn, AreWorkersOfOtherPipelines) {
  const std::string ours = MemberName("frazil-other-host-1", "11111111", "uuid");
  const std::string theirs = MemberName("frazil-my-host-1", kTopics, "uuid 2");
  EXPECT_THAT(StrangersIn(GroupOf({ours, theirs}), "uuid"), ElementsAre(theirs));
  EXPECT_THAT(StrangersIn(GroupOf({ours, theirs}), "uuid 2"), ElementsAre(ours));
  EXPECT_THAT(StrangersIn(GroupOf({ours}), "uuid"), IsEmpty());
}

TEST(StrangersIn, AreNotThoseOfWhomNothingIsKnown) {
  const std::string theirs = MemberName(kSlot, kTopics, "uuid 2");
  EXPECT_THAT(
      StrangersIn(GroupOf({"", "worker-1", "frazil-host-0-0badcafe",
                           "flink-0badcafe-0badcafe", "frazil-0badcafe", "-", "frazil-"}),
                  "uuid"),
      IsEmpty());
  EXPECT_THAT(StrangersIn(GroupOf({theirs}), ""), IsEmpty());
}

}  // namespace
}  // namespace frazil
