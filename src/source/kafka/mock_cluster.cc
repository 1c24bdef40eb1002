#include "source/kafka/mock_cluster.h"

#include <utility>
#include <vector>

#include <librdkafka/rdkafka_mock.h>

namespace frazil {
namespace {

Status ToStatus(rd_kafka_resp_err_t code, const std::string& topic) {
  switch (code) {
    case RD_KAFKA_RESP_ERR_NO_ERROR:
      return {};
    case RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS:
      return Fail(ErrorKind::kAlreadyExists, "there is a topic '{}' already", topic);
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
      return Fail(ErrorKind::kNotFound, "there is no topic '{}'", topic);
    default:
      return Fail(ErrorKind::kInternal, "{}: {}", topic, rd_kafka_err2str(code));
  }
}

}  // namespace

Result<std::unique_ptr<MockCluster>> MockCluster::Start(int broker_count) {
  ClientProperties properties;
  properties.values["client.id"] = "frazil-mock";
  properties.values["log_level"] = "3";
  std::unique_ptr<MockCluster> mock(new MockCluster());
  FRAZIL_ASSIGN(mock->client_,
                KafkaClient::Create(KafkaClient::Kind::kProducer, properties));
  mock->cluster_ = rd_kafka_mock_cluster_new(mock->client_->get(), broker_count);
  if (mock->cluster_ == nullptr) {
    return Fail(ErrorKind::kIoError, "no embedded Kafka broker can be started");
  }
  mock->bootstrap_servers_ = rd_kafka_mock_cluster_bootstraps(mock->cluster_);
  // Topics are described by the controller; without this there is none.
  rd_kafka_mock_set_controller_id(mock->cluster_, 1);
  // A real broker waits for more members of a new group; here that only costs time.
  rd_kafka_mock_group_initial_rebalance_delay_ms(mock->cluster_, 0);
  return mock;
}

MockCluster::~MockCluster() {
  if (cluster_ != nullptr) rd_kafka_mock_cluster_destroy(cluster_);
}

Status MockCluster::CreateTopic(const std::string& name, int partition_count) {
  return ToStatus(
      rd_kafka_mock_topic_create(cluster_, name.c_str(), partition_count, /*replicas=*/1),
      name);
}

Status MockCluster::DeleteTopic(const std::string& name) {
  return ToStatus(rd_kafka_mock_topic_delete(cluster_, name.c_str()), name);
}

Status MockCluster::DeleteRecords(const std::string& topic, std::int32_t partition,
                                  std::int64_t offset) {
  return ToStatus(
      rd_kafka_mock_partition_delete_records(cluster_, topic.c_str(), partition, offset),
      topic);
}

Status MockCluster::SetBrokerUp(std::int32_t broker_id, bool is_up) {
  return ToStatus(is_up ? rd_kafka_mock_broker_set_up(cluster_, broker_id)
                        : rd_kafka_mock_broker_set_down(cluster_, broker_id),
                  "");
}

Status MockCluster::SetDelay(std::int32_t broker_id, std::chrono::milliseconds delay) {
  return ToStatus(
      rd_kafka_mock_broker_set_rtt(cluster_, broker_id, static_cast<int>(delay.count())),
      "");
}

void MockCluster::FailNext(std::int16_t api_key, rd_kafka_resp_err_t code, int count) {
  const std::vector<rd_kafka_resp_err_t> codes(static_cast<std::size_t>(count), code);
  rd_kafka_mock_push_request_errors_array(cluster_, api_key, codes.size(), codes.data());
}

}  // namespace frazil
