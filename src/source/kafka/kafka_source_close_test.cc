// The end of a KafkaSource.

#include "source/kafka/kafka_source_fixture.h"

namespace frazil {
namespace {

TEST_F(KafkaSourceTest, ClosesWithoutWaitingForABrokerThatIsAway) {
  ASSERT_THAT(cluster_->CreateTopic("orders", 1), IsOk());
  Fill("orders", 0, 0, 5);
  for (const char* const assignment : {"static", "group"}) {
    SCOPED_TRACE(assignment);
    auto source = MakeSource({{"topic", "orders"}, {"scan.assignment", assignment}});
    ASSERT_THAT(source->Open(), IsOk());
    RecordingListener listener;
    Reading reading(listener);
    ASSERT_THAT(source->Start(listener), IsOk());
    reading.UntilCount(*source, 5);
    ASSERT_THAT(cluster_->SetBrokerUp(1, false), IsOk());
    source->ReportCommitted({{Part(0), {4, ""}}});
    const auto begin = std::chrono::steady_clock::now();
    source->Close();
    source.reset();
    EXPECT_LT(std::chrono::steady_clock::now() - begin, kTestPatience);
    ASSERT_THAT(cluster_->SetBrokerUp(1, true), IsOk());
  }
}

TEST_F(KafkaSourceTest, ClosesWithoutWaitingForABrokerThatHangs) {
  ASSERT_THAT(cluster_->CreateTopic("orders", 1), IsOk());
  Fill("orders", 0, 0, 5);
  for (const char* const assignment : {"static", "group"}) {
    SCOPED_TRACE(assignment);
    auto source = MakeSource({{"topic", "orders"}, {"scan.assignment", assignment}});
    ASSERT_THAT(source->Open(), IsOk());
    RecordingListener listener;
    Reading reading(listener);
    ASSERT_THAT(source->Start(listener), IsOk());
    reading.UntilCount(*source, 5);
    ASSERT_THAT(cluster_->SetDelay(1, std::chrono::hours(1)), IsOk());
    source->ReportCommitted({{Part(0), {4, ""}}});
    const auto begin = std::chrono::steady_clock::now();
    source->Close();
    source.reset();
    EXPECT_LT(std::chrono::steady_clock::now() - begin, kTestPatience);
    ASSERT_THAT(cluster_->SetDelay(1, std::chrono::hours(0)), IsOk());
  }
}

}  // namespace
}  // namespace frazil
