#include "source/kafka/group_watch.h"

#include <memory>
#include <optional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/result_matchers.h"
#include "source/kafka/mock_cluster.h"
#include "source/source_test_kit.h"

namespace frazil {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::Eq;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Split Part(std::int32_t partition) { return Split{"events", "orders", partition}; }

class GapJudgeTest : public ::testing::Test {
 protected:
  // What member "b" does when it sees this so long after the beginning.
  std::vector<Split> At(seconds time, const GroupPicture& picture) {
    return judge_.Judge(picture, {Part(0), Part(1), Part(2)}, "b",
                        GapJudge::Clock::time_point(time));
  }

  GroupPicture whole_{.is_stable = true,
                      .members = {{"a", "", {Part(0), Part(2)}}, {"b", "", {Part(1)}}}};
  GroupPicture gap_{.is_stable = true,
                    .members = {{"a", "", {Part(0)}}, {"b", "", {Part(1)}}}};
  GroupPicture gap_of_ours_{.is_stable = true,
                            .members = {{"a", "", {Part(0), Part(2)}}, {"b", "", {}}}};
  GapJudge judge_;
};

TEST_F(GapJudgeTest, LeavesAGroupAloneThatReadsEverything) {
  for (int i = 0; i < 100; ++i) EXPECT_THAT(At(seconds(i * 5), whole_), IsEmpty());
}

TEST_F(GapJudgeTest, ClosesAGapThatStays) {
  EXPECT_THAT(At(seconds(0), gap_of_ours_), IsEmpty());
  EXPECT_THAT(At(seconds(14), gap_of_ours_), IsEmpty());
  EXPECT_THAT(At(seconds(15), gap_of_ours_), ElementsAre(Part(1)));
}

TEST_F(GapJudgeTest, LetsTheMemberThatReadsLessGoFirstButDoesNotRelyOnIt) {
  EXPECT_THAT(At(seconds(0), gap_), IsEmpty());  // as much as "a" has
  EXPECT_THAT(At(seconds(29), gap_), IsEmpty());
  EXPECT_THAT(At(seconds(30), gap_), ElementsAre(Part(2)));
}

TEST_F(GapJudgeTest, WaitsAgainWhenTheGroupMoves) {
  GroupPicture moving = gap_of_ours_;
  moving.is_stable = false;
  GroupPicture others = gap_of_ours_;
  others.members[0].id = "c";
  EXPECT_THAT(At(seconds(0), gap_of_ours_), IsEmpty());
  EXPECT_THAT(At(seconds(10), moving), IsEmpty());
  EXPECT_THAT(At(seconds(20), gap_of_ours_), IsEmpty());
  EXPECT_THAT(At(seconds(30), others), IsEmpty());
  EXPECT_THAT(At(seconds(44), others), IsEmpty());
  EXPECT_THAT(At(seconds(45), others), ElementsAre(Part(1)));
}

TEST_F(GapJudgeTest, DoesNothingWhereItIsNoMember) {
  GroupPicture without{.is_stable = true, .members = {{"a", "", {Part(0)}}}};
  EXPECT_THAT(At(seconds(0), without), IsEmpty());
  EXPECT_THAT(At(seconds(100), without), IsEmpty());
}

TEST_F(GapJudgeTest, WaitsLongerEachTimeUntilTheGapIsClosed) {
  const auto closes_after = [&](seconds start) {
    seconds time = start;
    while (At(time, gap_of_ours_).empty()) time += seconds(1);
    return (time - start).count();
  };
  EXPECT_EQ(closes_after(seconds(0)), 15);
  EXPECT_EQ(closes_after(seconds(1000)), 30);
  EXPECT_EQ(closes_after(seconds(2000)), 60);
  EXPECT_THAT(At(seconds(3000), whole_), IsEmpty());
  EXPECT_EQ(closes_after(seconds(4000)), 15);
}

class GroupWatchTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto cluster = MockCluster::Start();
    ASSERT_THAT(cluster, IsOk());
    cluster_ = *std::move(cluster);
    ClientProperties properties;
    properties.values = {{"bootstrap.servers", cluster_->bootstrap_servers()},
                         {"group.id", "g"}};
    auto client = KafkaClient::Create(KafkaClient::Kind::kConsumer, properties);
    ASSERT_THAT(client, IsOk());
    client_ = *std::move(client);
  }

  std::unique_ptr<MockCluster> cluster_;
  std::shared_ptr<KafkaClient> client_;
};

// The mock cluster answers no such questions.
TEST_F(GroupWatchTest, SaysOnceThatTheBrokerDoesNotTell) {
  GroupWatch watch(client_, "g", "events");
  const auto deadline = std::chrono::steady_clock::now() + kTestPatience;
  const auto now = GroupWatch::Clock::now();
  EXPECT_THAT(watch.Look(now), IsOkAnd(Eq(std::nullopt)));  // it asks
  auto seen = watch.Look(now, seconds(1));
  while (seen.has_value()) {
    ASSERT_LT(std::chrono::steady_clock::now(), deadline);
    seen = watch.Look(now, seconds(1));
  }
  EXPECT_THAT(seen, FailsWith(ErrorKind::kNotSupported, HasSubstr("group 'g'")));
  EXPECT_THAT(watch.Look(now + seconds(60)), IsOkAnd(Eq(std::nullopt)));
}

}  // namespace
}  // namespace frazil
