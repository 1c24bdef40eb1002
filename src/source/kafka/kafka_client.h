#pragma once

/// \file source/kafka/kafka_client.h
/// \brief A handle of librdkafka: made from properties, with log lines, errors and
/// callbacks turned into ours.

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <librdkafka/rdkafka.h>

#include "base/result.h"
#include "source/kafka/client_properties.h"
#include "source/kafka/lasting_complaint.h"

namespace frazil {

/// \name Owners of librdkafka's objects
/// @{
template <auto Destroy>
struct KafkaDeleter {
  template <typename T>
  void operator()(T* object) const {
    Destroy(object);
  }
};
using KafkaConf = std::unique_ptr<rd_kafka_conf_t, KafkaDeleter<rd_kafka_conf_destroy>>;
using KafkaQueue =
    std::unique_ptr<rd_kafka_queue_t, KafkaDeleter<rd_kafka_queue_destroy>>;
using KafkaEvent =
    std::unique_ptr<rd_kafka_event_t, KafkaDeleter<rd_kafka_event_destroy>>;
using KafkaError =
    std::unique_ptr<rd_kafka_error_t, KafkaDeleter<rd_kafka_error_destroy>>;
using KafkaPartitions =
    std::unique_ptr<rd_kafka_topic_partition_list_t,
                    KafkaDeleter<rd_kafka_topic_partition_list_destroy>>;
/// @}

/// \brief A moment until which a call may block.
using KafkaDeadline = std::chrono::steady_clock::time_point;

/// \brief Milliseconds until then, at least 0.
int RemainingMs(KafkaDeadline deadline);

/// \brief A consumer or producer handle.
///
/// Shared by the source or producer and by every batch that points into its memory: the
/// handle is destroyed with its last owner, on whatever thread that is.
class KafkaClient {
 public:
  enum class Kind { kConsumer, kProducer };
  /// Called while polling. Must call one of librdkafka's assign functions.
  using RebalanceHook =
      std::function<void(rd_kafka_resp_err_t, rd_kafka_topic_partition_list_t*)>;
  /// Called while polling, once per produced message.
  using DeliveryHook = std::function<void(const rd_kafka_message_t*)>;

  /// \param properties as librdkafka takes them; "bootstrap.servers" among them.
  /// \return kInvalidConfig for what the library refuses.
  static Result<std::shared_ptr<KafkaClient>> Create(Kind kind,
                                                     const ClientProperties& properties);
  ~KafkaClient();
  KafkaClient(const KafkaClient&) = delete;
  KafkaClient& operator=(const KafkaClient&) = delete;

  [[nodiscard]] rd_kafka_t* get() const { return handle_; }
  [[nodiscard]] const std::string& bootstrap_servers() const {
    return bootstrap_servers_;
  }

  /// \name Hooks, both called on the thread that polls. Set before polling begins.
  /// @{
  void set_rebalance_hook(RebalanceHook hook) { on_rebalance_ = std::move(hook); }
  void set_delivery_hook(DeliveryHook hook) { on_delivery_ = std::move(hook); }
  /// @}

  /// \brief Serves errors and deliveries, without waiting. Rebalances come with the
  /// consumer's queue only.
  void ServeCallbacks() { rd_kafka_poll(handle_, 0); }

  /// \brief An error that waiting does not heal, such as wrong credentials, if one was
  /// reported before the first MarkAlive(). Thread-safe.
  [[nodiscard]] std::optional<Error> PermanentError() const;
  /// \brief When all brokers were last reported down; nullopt if not since MarkAlive().
  /// Thread-safe.
  [[nodiscard]] std::optional<std::chrono::steady_clock::time_point> DownSince() const;
  /// \brief An answer came: the brokers are there, and the settings right. Thread-safe.
  void MarkAlive();

  /// \brief Breaks all connections and lets none be made again, so that nothing waits for an
  /// answer any more: a broker that hangs would hold up the end for socket.timeout.ms.
  /// Thread-safe.
  void CutConnections();

  /// \brief The last thing the library complained about, for messages. Thread-safe.
  [[nodiscard]] std::string LastComplaint() const;

  /// \brief kUnavailable: names the servers and the last complaint.
  [[nodiscard]] Error Unreachable(std::string_view while_doing) const;

 private:
  KafkaClient() = default;
  static void OnLog(const rd_kafka_t* handle, int level, const char* facility,
                    const char* text);
  static void OnError(rd_kafka_t* handle, int code, const char* reason, void* opaque);
  static void OnRebalance(rd_kafka_t* handle, rd_kafka_resp_err_t code,
                          rd_kafka_topic_partition_list_t* partitions, void* opaque);
  static void OnDelivery(rd_kafka_t* handle, const rd_kafka_message_t* message,
                         void* opaque);
  static int OpenSocket(int domain, int type, int protocol, void* opaque);
  static int Connect(int socket, const sockaddr* address, int length, const char* name,
                     void* opaque);
  static int CloseSocket(int socket, void* opaque);

  rd_kafka_t* handle_ = nullptr;
  std::string bootstrap_servers_;
  RebalanceHook on_rebalance_;
  DeliveryHook on_delivery_;

  mutable std::mutex mutex_;  // guards what follows
  std::optional<Error> permanent_error_;
  std::optional<std::chrono::steady_clock::time_point> down_since_;
  std::string last_complaint_;
  LastingComplaint no_producer_id_;
  bool was_alive_ = false;
  std::set<int> sockets_;
  bool is_cut_ = false;
};

/// \brief Tests one setting without making a client.
/// \return kInvalidConfig with the library's reason, and for an unknown name the nearest
/// known one.
Status CheckClientSetting(const std::string& name, const std::string& value);

/// \brief Tests settings that may contradict each other. Makes a client that knows no broker
/// and no certificate: neither the network nor a file is asked.
/// \return kInvalidConfig with the library's reason.
Status CheckClientSettings(KafkaClient::Kind kind, ClientProperties properties);

/// \brief An error code of librdkafka or a broker as ours, with what to do where that is
/// known.
/// \param subject what it happened to: "topic 'orders'", "group 'g'".
Error ExplainKafkaError(rd_kafka_resp_err_t code, std::string_view reason,
                        std::string_view subject);

}  // namespace frazil
