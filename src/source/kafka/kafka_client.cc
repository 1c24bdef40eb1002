#include "source/kafka/kafka_client.h"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include <sys/socket.h>

#include "base/log.h"
#include "config/option_set.h"

namespace frazil {
namespace {

// librdkafka uses syslog's levels. Its "errors" are mostly connections that it will open
// again by itself.
LogLevel LevelOf(int syslog_level) {
  if (syslog_level <= 2) return LogLevel::kError;
  if (syslog_level <= 4) return LogLevel::kWarning;
  return syslog_level <= 6 ? LogLevel::kInfo : LogLevel::kDebug;
}

void OnOffsetCommit(rd_kafka_t* /*handle*/, rd_kafka_resp_err_t code,
                    rd_kafka_topic_partition_list_t* /*offsets*/, void* /*opaque*/) {
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR || code == RD_KAFKA_RESP_ERR__NO_OFFSET) return;
  Log(LogLevel::kDebug, "cannot report offsets to the consumer group",
      {{"error", rd_kafka_err2str(code)}});
}

Status Set(rd_kafka_conf_t* conf, const std::string& name, const std::string& value) {
  std::array<char, 512> reason{};
  if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), reason.data(),
                        reason.size()) == RD_KAFKA_CONF_OK) {
    return {};
  }
  return Fail(ErrorKind::kInvalidConfig, "{}", reason.data());
}

std::vector<std::string> KnownSettings() {
  const KafkaConf conf(rd_kafka_conf_new());
  std::size_t count = 0;
  const char** const pairs = rd_kafka_conf_dump(conf.get(), &count);
  std::vector<std::string> names;
  for (std::size_t i = 0; i + 1 < count; i += 2) names.emplace_back(pairs[i]);
  rd_kafka_conf_dump_free(pairs, count);
  return names;
}

// Codes that no waiting heals, reported for the client as a whole.
bool IsPermanent(rd_kafka_resp_err_t code) {
  return code == RD_KAFKA_RESP_ERR__AUTHENTICATION || code == RD_KAFKA_RESP_ERR__SSL ||
         code == RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED ||
         code == RD_KAFKA_RESP_ERR_UNSUPPORTED_SASL_MECHANISM ||
         code == RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED;
}

struct Explanation {
  rd_kafka_resp_err_t code;
  ErrorKind kind;
  std::string_view advice;
};

constexpr std::array kExplanations = {
    Explanation{RD_KAFKA_RESP_ERR__AUTHENTICATION, ErrorKind::kInvalidConfig,
                "the broker refused the credentials: check properties.security.protocol, "
                "properties.sasl.mechanism and the user and password"},
    Explanation{
        RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED, ErrorKind::kInvalidConfig,
        "the broker refused the credentials: check properties.sasl.mechanism and the "
        "user and password"},
    Explanation{RD_KAFKA_RESP_ERR_UNSUPPORTED_SASL_MECHANISM, ErrorKind::kInvalidConfig,
                "the broker does not offer this properties.sasl.mechanism"},
    Explanation{
        RD_KAFKA_RESP_ERR__SSL, ErrorKind::kInvalidConfig,
        "TLS failed: check properties.ssl.ca.location (the authority that signed the "
        "broker's certificate) and that this port speaks TLS"},
    Explanation{RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, ErrorKind::kInvalidConfig,
                "the user may not read it: grant it the operations Describe and Read"},
    Explanation{
        RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED, ErrorKind::kInvalidConfig,
        "the user may not use the consumer group: grant it the operation Read on the "
        "group, or set 'scan.assignment' to 'static' to do without one"},
    Explanation{RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, ErrorKind::kInvalidConfig,
                "the user lacks permissions on the cluster"},
    Explanation{
        RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID, ErrorKind::kInvalidConfig,
        "another worker joined the group under the same group.instance.id: give each "
        "worker its own properties.group.instance.id, or leave the property out; "
        "workers in containers need host names that differ"},
    Explanation{RD_KAFKA_RESP_ERR_INCONSISTENT_GROUP_PROTOCOL, ErrorKind::kInvalidConfig,
                "other consumers of the group use another assignment strategy: choose a "
                "properties.group.id that only this pipeline uses"},
    Explanation{RD_KAFKA_RESP_ERR_INVALID_SESSION_TIMEOUT, ErrorKind::kInvalidConfig,
                "the broker does not allow this properties.session.timeout.ms; see its "
                "group.min.session.timeout.ms and group.max.session.timeout.ms"},
    Explanation{RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, ErrorKind::kNotFound,
                "the broker has no such topic"},
    Explanation{RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, ErrorKind::kNotFound,
                "the broker has no such topic"},
    Explanation{RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION, ErrorKind::kNotFound,
                "the broker has no such partition"},
    Explanation{RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION, ErrorKind::kInvalidConfig,
                "this cannot be the name of a topic"},
    Explanation{RD_KAFKA_RESP_ERR__BAD_MSG, ErrorKind::kCorruptData,
                "a record on the broker is damaged"},
    Explanation{RD_KAFKA_RESP_ERR__BAD_COMPRESSION, ErrorKind::kCorruptData,
                "a record on the broker is damaged"},
    Explanation{RD_KAFKA_RESP_ERR_INVALID_MSG, ErrorKind::kCorruptData,
                "a record on the broker is damaged"},
    Explanation{RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, ErrorKind::kInvalidConfig,
                "the message is larger than the client or the topic allows: raise "
                "properties.message.max.bytes here or max.message.bytes of the topic"},
    Explanation{RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE, ErrorKind::kNotSupported,
                "the broker is too old for this"},
};

}  // namespace

int RemainingMs(KafkaDeadline deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(
      deadline - std::chrono::steady_clock::now());
  return left.count() > 0 ? static_cast<int>(left.count()) : 0;
}

Result<std::shared_ptr<KafkaClient>> KafkaClient::Create(
    Kind kind, const ClientProperties& properties) {
  KafkaConf conf(rd_kafka_conf_new());
  for (const auto& [name, value] : properties.values) {
    FRAZIL_TRY(Set(conf.get(), name, value));
  }
  std::shared_ptr<KafkaClient> client(new KafkaClient());
  rd_kafka_conf_set_opaque(conf.get(), client.get());
  rd_kafka_conf_set_log_cb(conf.get(), &KafkaClient::OnLog);
  rd_kafka_conf_set_error_cb(conf.get(), &KafkaClient::OnError);
  rd_kafka_conf_set_socket_cb(conf.get(), &KafkaClient::OpenSocket);
  rd_kafka_conf_set_connect_cb(conf.get(), &KafkaClient::Connect);
  rd_kafka_conf_set_closesocket_cb(conf.get(), &KafkaClient::CloseSocket);
  if (kind == Kind::kConsumer) {
    rd_kafka_conf_set_rebalance_cb(conf.get(), &KafkaClient::OnRebalance);
    rd_kafka_conf_set_offset_commit_cb(conf.get(), &OnOffsetCommit);
  } else {
    rd_kafka_conf_set_dr_msg_cb(conf.get(), &KafkaClient::OnDelivery);
  }
  const auto servers = properties.values.find("bootstrap.servers");
  if (servers != properties.values.end()) client->bootstrap_servers_ = servers->second;
  std::array<char, 512> reason{};
  client->handle_ =
      rd_kafka_new(kind == Kind::kConsumer ? RD_KAFKA_CONSUMER : RD_KAFKA_PRODUCER,
                   conf.get(), reason.data(), reason.size());
  if (client->handle_ == nullptr) {
    return Fail(ErrorKind::kInvalidConfig, "the Kafka client refuses its properties: {}",
                reason.data());
  }
  (void)conf.release();  // rd_kafka_new took it
  return client;
}

KafkaClient::~KafkaClient() {
  if (handle_ == nullptr) return;
  // Who read from a consumer has closed it: a broker that is away is not waited for again.
  rd_kafka_destroy_flags(handle_, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
}

void KafkaClient::OnLog(const rd_kafka_t* handle, int level, const char* facility,
                        const char* text) {
  LogLevel ours = LevelOf(level);
  // A cluster that has just started has no producer ids to give yet: the library asks again.
  if (handle != nullptr && std::string_view(facility) == "GETPID") {
    auto& client = *static_cast<KafkaClient*>(rd_kafka_opaque(handle));
    const std::scoped_lock lock(client.mutex_);
    const bool lasts = client.no_producer_id_.Note(std::chrono::steady_clock::now());
    if (!lasts) ours = LogLevel::kDebug;
  }
  Log(ours, "kafka", {{"facility", facility}, {"text", text}});
}

void KafkaClient::OnError(rd_kafka_t* handle, int code, const char* reason,
                          void* opaque) {
  auto& client = *static_cast<KafkaClient*>(opaque);
  auto kind = static_cast<rd_kafka_resp_err_t>(code);
  std::string text = reason == nullptr ? "" : reason;
  if (kind == RD_KAFKA_RESP_ERR__FATAL) {
    std::array<char, 512> fatal{};
    kind = rd_kafka_fatal_error(handle, fatal.data(), fatal.size());
    text = fatal.data();
    const std::scoped_lock lock(client.mutex_);
    client.permanent_error_ = ExplainKafkaError(kind, text, "the Kafka client");
    return;
  }
  const std::scoped_lock lock(client.mutex_);
  if (kind == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) {
    if (!client.down_since_) client.down_since_ = std::chrono::steady_clock::now();
    return;
  }
  client.last_complaint_ = text;
  // Later, a broker that stops looks like one that does not speak TLS.
  if (IsPermanent(kind) && !client.was_alive_ && !client.permanent_error_) {
    client.permanent_error_ = ExplainKafkaError(
        kind, text, fmt::format("Kafka at {}", client.bootstrap_servers_));
  }
}

void KafkaClient::OnRebalance(rd_kafka_t* /*handle*/, rd_kafka_resp_err_t code,
                              rd_kafka_topic_partition_list_t* partitions, void* opaque) {
  auto& client = *static_cast<KafkaClient*>(opaque);
  if (client.on_rebalance_) client.on_rebalance_(code, partitions);
}

void KafkaClient::OnDelivery(rd_kafka_t* /*handle*/, const rd_kafka_message_t* message,
                             void* opaque) {
  auto& client = *static_cast<KafkaClient*>(opaque);
  if (client.on_delivery_) client.on_delivery_(message);
}

int KafkaClient::OpenSocket(int domain, int type, int protocol, void* opaque) {
  auto& client = *static_cast<KafkaClient*>(opaque);
  const int opened = socket(domain, type | SOCK_CLOEXEC, protocol);
  if (opened < 0) return opened;
  const std::scoped_lock lock(client.mutex_);
  client.sockets_.insert(opened);
  return opened;
}

// The socket does not block: a connection on its way is as good as one.
int KafkaClient::Connect(int socket, const sockaddr* address, int length,
                         const char* /*name*/, void* opaque) {
  auto& client = *static_cast<KafkaClient*>(opaque);
  const std::scoped_lock lock(client.mutex_);
  if (client.is_cut_) return ECONNREFUSED;
  const int result = connect(socket, address, static_cast<socklen_t>(length));
  return result == 0 || errno == EINPROGRESS ? 0 : errno;
}

int KafkaClient::CloseSocket(int socket, void* opaque) {
  auto& client = *static_cast<KafkaClient*>(opaque);
  {
    const std::scoped_lock lock(client.mutex_);
    client.sockets_.erase(socket);
  }
  return close(socket);
}

void KafkaClient::CutConnections() {
  const std::scoped_lock lock(mutex_);
  is_cut_ = true;
  for (const int socket : sockets_) shutdown(socket, SHUT_RDWR);
}

std::optional<Error> KafkaClient::PermanentError() const {
  const std::scoped_lock lock(mutex_);
  return permanent_error_;
}

std::optional<std::chrono::steady_clock::time_point> KafkaClient::DownSince() const {
  const std::scoped_lock lock(mutex_);
  return down_since_;
}

void KafkaClient::MarkAlive() {
  const std::scoped_lock lock(mutex_);
  down_since_.reset();
  was_alive_ = true;
}

std::string KafkaClient::LastComplaint() const {
  const std::scoped_lock lock(mutex_);
  return last_complaint_;
}

Error KafkaClient::Unreachable(std::string_view while_doing) const {
  const std::string complaint = LastComplaint();
  return {ErrorKind::kUnavailable,
          fmt::format(
              "no Kafka broker answers at {} (properties.bootstrap.servers) while {}{}{}",
              bootstrap_servers_, while_doing, complaint.empty() ? "" : ": ", complaint)};
}

Status CheckClientSetting(const std::string& name, const std::string& value) {
  const KafkaConf conf(rd_kafka_conf_new());
  std::array<char, 512> reason{};
  const rd_kafka_conf_res_t result = rd_kafka_conf_set(
      conf.get(), name.c_str(), value.c_str(), reason.data(), reason.size());
  if (result == RD_KAFKA_CONF_OK) return {};
  if (result == RD_KAFKA_CONF_UNKNOWN) {
    const std::string near = Nearest(name, KnownSettings());
    return Fail(ErrorKind::kInvalidConfig, "no such property of a Kafka client: '{}'{}",
                name, near.empty() ? "" : fmt::format("; did you mean '{}'?", near));
  }
  return Fail(ErrorKind::kInvalidConfig, "the Kafka client refuses the value: {}",
              reason.data());
}

Status CheckClientSettings(KafkaClient::Kind kind, ClientProperties properties) {
  auto& values = properties.values;
  values.erase("bootstrap.servers");
  values.erase("metadata.broker.list");
  values.erase("debug");
  values["log_level"] = "0";
  std::erase_if(values, [](const auto& one) { return one.first.starts_with("ssl."); });
  if (const auto protocol = values.find("security.protocol"); protocol != values.end()) {
    if (protocol->second == "ssl") protocol->second = "plaintext";
    if (protocol->second == "sasl_ssl") protocol->second = "sasl_plaintext";
  }
  // Such a client asks for a token as soon as it is there.
  const auto method = values.find("sasl.oauthbearer.method");
  if (method != values.end() && method->second == "oidc") return {};
  const auto client = KafkaClient::Create(kind, properties);
  if (!client.has_value()) return Fail(client.error());
  return {};
}

Error ExplainKafkaError(rd_kafka_resp_err_t code, std::string_view reason,
                        std::string_view subject) {
  for (const Explanation& explanation : kExplanations) {
    if (explanation.code != code) continue;
    return {explanation.kind,
            fmt::format("{}: {} ({})", subject, explanation.advice,
                        reason.empty() ? rd_kafka_err2str(code) : reason)};
  }
  return {
      ErrorKind::kUnavailable,
      fmt::format("{}: {}", subject, reason.empty() ? rd_kafka_err2str(code) : reason)};
}

}  // namespace frazil
