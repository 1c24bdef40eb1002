#include "source/kafka/kafka_producer.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "base/log.h"
#include "source/kafka/kafka_metadata.h"
#include "source/kafka/missing_topic.h"

namespace frazil {
namespace {

// How long Produce waits for room in a full queue.
constexpr std::chrono::seconds kFullQueueTime(60);
constexpr std::chrono::seconds kAdminTime(10);
// By then every broker has heard of a topic that was just made.
constexpr std::chrono::seconds kNewTopicTime(5);
// Records between two looks at what came back.
constexpr std::int64_t kServeEvery = 64;

// librdkafka's C interface takes what it only reads as void*.
void* Mutable(std::string_view text) {
  return const_cast<char*>(text.data() == nullptr ? "" : text.data());
}

rd_kafka_vu_t Part(rd_kafka_vtype_t type) {
  rd_kafka_vu_t part{};
  part.vtype = type;
  return part;
}

rd_kafka_vu_t Memory(rd_kafka_vtype_t type, const std::optional<std::string_view>& text) {
  rd_kafka_vu_t part = Part(type);
  part.u.mem.ptr = text ? Mutable(*text) : nullptr;
  part.u.mem.size = text ? text->size() : 0;
  return part;
}

Result<ClientProperties> ProducerProperties(const JavaProperties& properties) {
  FRAZIL_ASSIGN(ClientProperties client_properties, TranslateProperties(properties));
  auto& values = client_properties.values;
  values["enable.idempotence"] = "true";
  values.try_emplace("client.id", "frazil");
  values.try_emplace("linger.ms", "5");
  values.try_emplace("compression.type", "lz4");
  values.try_emplace("partitioner", "murmur2_random");
  values.try_emplace("log.connection.close", "false");
  // A script's properties are those of its consumer too.
  for (const char* const consumer_only :
       {"group.id", "group.instance.id", "group.protocol", "session.timeout.ms",
        "heartbeat.interval.ms", "max.poll.interval.ms", "fetch.wait.max.ms",
        "fetch.message.max.bytes", "fetch.min.bytes", "fetch.max.bytes",
        "isolation.level", "check.crcs", "queued.min.messages",
        "queued.max.messages.kbytes", "fetch.queue.backoff.ms"}) {
    values.erase(consumer_only);
  }
  for (const auto& [name, value] : values) FRAZIL_TRY(CheckClientSetting(name, value));
  return client_properties;
}

}  // namespace

Status KafkaProducer::Check(const JavaProperties& properties) {
  FRAZIL_ASSIGN(ClientProperties client_properties, ProducerProperties(properties));
  return CheckClientSettings(KafkaClient::Kind::kProducer, std::move(client_properties));
}

Result<std::unique_ptr<KafkaProducer>> KafkaProducer::Create(
    const JavaProperties& properties) {
  FRAZIL_ASSIGN(const ClientProperties client_properties, ProducerProperties(properties));
  FRAZIL_ASSIGN(std::shared_ptr<KafkaClient> client,
                KafkaClient::Create(KafkaClient::Kind::kProducer, client_properties));
  return std::unique_ptr<KafkaProducer>(new KafkaProducer(std::move(client)));
}

KafkaProducer::KafkaProducer(std::shared_ptr<KafkaClient> client)
    : client_(std::move(client)) {
  client_->set_delivery_hook(
      [this](const rd_kafka_message_t* message) { OnDelivery(*message); });
}

KafkaProducer::~KafkaProducer() {
  // What was not flushed is given up: whoever needs it delivered calls Flush.
  rd_kafka_purge(client_->get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
  rd_kafka_flush(client_->get(), 0);
  client_->set_delivery_hook(nullptr);
  for (const auto& [name, topic] : topics_) rd_kafka_topic_destroy(topic);
}

void KafkaProducer::OnDelivery(const rd_kafka_message_t& message) {
  if (message.err == RD_KAFKA_RESP_ERR_NO_ERROR) {
    ++delivered_;
    return;
  }
  if (failure_) return;
  failure_ =
      ExplainKafkaError(message.err, rd_kafka_err2str(message.err),
                        fmt::format("topic '{}'", rd_kafka_topic_name(message.rkt)));
}

Result<rd_kafka_topic_t*> KafkaProducer::TopicOf(std::string_view name) {
  const auto known = topics_.find(name);
  if (known != topics_.end()) return known->second;
  std::string text(name);
  rd_kafka_topic_t* const topic =
      rd_kafka_topic_new(client_->get(), text.c_str(), nullptr);
  if (topic == nullptr) {
    return Fail(
        ExplainKafkaError(rd_kafka_last_error(), "", fmt::format("topic '{}'", name)));
  }
  topics_.emplace(std::move(text), topic);
  return topic;
}

Status KafkaProducer::CreateTopic(const std::string& name, int partition_count) {
  return frazil::CreateTopic(*client_, name, partition_count,
                             std::chrono::steady_clock::now() + kAdminTime);
}

Status KafkaProducer::RequireTopic(const std::string& name) {
  const KafkaDeadline deadline = std::chrono::steady_clock::now() + kAdminTime;
  FRAZIL_ASSIGN(const auto topics, DescribeTopics(*client_, {name}, deadline));
  if (topics.contains(name)) return {};
  const Result<bool> is_made = MakesTopics(*client_, deadline);
  if (!is_made.has_value()) {
    Log(LogLevel::kWarning,
        "a topic is missing, and nobody tells whether it would be made",
        {{"topic", name}, {"reason", is_made.error().message}});
    return {};
  }
  if (*is_made) return {};
  return AwaitTopic(*client_, name, std::chrono::steady_clock::now() + kNewTopicTime,
                    kAdminTime);
}

rd_kafka_resp_err_t KafkaProducer::TryProduce(rd_kafka_topic_t* topic,
                                              const ProducerRecord& record) {
  std::vector<rd_kafka_vu_t> parts;
  parts.reserve(6 + (record.headers == nullptr ? 0 : record.headers->size()));
  parts.push_back(Part(RD_KAFKA_VTYPE_RKT));
  parts.back().u.rkt = topic;
  parts.push_back(Part(RD_KAFKA_VTYPE_PARTITION));
  parts.back().u.i32 = record.partition;
  parts.push_back(Part(RD_KAFKA_VTYPE_MSGFLAGS));
  parts.back().u.i = RD_KAFKA_MSG_F_COPY;
  parts.push_back(Part(RD_KAFKA_VTYPE_TIMESTAMP));
  parts.back().u.i64 = record.timestamp_ms;
  parts.push_back(Memory(RD_KAFKA_VTYPE_KEY, record.key));
  parts.push_back(Memory(RD_KAFKA_VTYPE_VALUE, record.value));
  if (record.headers != nullptr) {
    for (const auto& [name, value] : *record.headers) {
      parts.push_back(Part(RD_KAFKA_VTYPE_HEADER));
      parts.back().u.header.name = name.c_str();
      parts.back().u.header.val = value ? value->data() : nullptr;
      parts.back().u.header.size = value ? static_cast<ssize_t>(value->size()) : 0;
    }
  }
  const KafkaError error(rd_kafka_produceva(client_->get(), parts.data(), parts.size()));
  return rd_kafka_error_code(error.get());
}

Status KafkaProducer::Produce(const ProducerRecord& record) {
  FRAZIL_ASSIGN(rd_kafka_topic_t * topic, TopicOf(record.topic));
  const KafkaDeadline deadline = std::chrono::steady_clock::now() + kFullQueueTime;
  const bool is_plain = record.headers == nullptr && record.timestamp_ms == 0;
  while (true) {
    rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR_NO_ERROR;
    if (!is_plain) {
      code = TryProduce(topic, record);
    } else if (rd_kafka_produce(topic, record.partition, RD_KAFKA_MSG_F_COPY,
                                record.value ? Mutable(*record.value) : nullptr,
                                record.value ? record.value->size() : 0,
                                record.key ? Mutable(*record.key) : nullptr,
                                record.key ? record.key->size() : 0, nullptr) != 0) {
      code = rd_kafka_last_error();
    }
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) break;
    if (code != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
      return Fail(ExplainKafkaError(code, "", fmt::format("topic '{}'", record.topic)));
    }
    const int left_ms = RemainingMs(deadline);
    if (left_ms == 0) return Fail(client_->Unreachable("producing"));
    rd_kafka_poll(client_->get(), std::min(left_ms, 100));
    FRAZIL_TRY(TakeFailure());
  }
  if (++produced_ % kServeEvery == 0) client_->ServeCallbacks();
  return TakeFailure();
}

Status KafkaProducer::Flush(std::chrono::milliseconds timeout) {
  const rd_kafka_resp_err_t code =
      rd_kafka_flush(client_->get(), static_cast<int>(timeout.count()));
  FRAZIL_TRY(TakeFailure());
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return {};
  if (auto error = client_->PermanentError()) return Fail(*std::move(error));
  return Fail(client_->Unreachable("waiting for acknowledgements"));
}

Status KafkaProducer::TakeFailure() {
  if (!failure_) return {};
  Error error = *std::move(failure_);
  failure_.reset();
  return Fail(std::move(error));
}

std::int64_t KafkaProducer::in_flight() const {
  return rd_kafka_outq_len(client_->get());
}

}  // namespace frazil
