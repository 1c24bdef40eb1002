#include "source/kafka/kafka_metadata.h"

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "source/kafka/missing_topic.h"

namespace frazil {
namespace {

using AdminOptions =
    std::unique_ptr<rd_kafka_AdminOptions_t, KafkaDeleter<rd_kafka_AdminOptions_destroy>>;
using TopicCollection = std::unique_ptr<rd_kafka_TopicCollection_t,
                                        KafkaDeleter<rd_kafka_TopicCollection_destroy>>;

using ConfigResource = std::unique_ptr<rd_kafka_ConfigResource_t,
                                       KafkaDeleter<rd_kafka_ConfigResource_destroy>>;

// How often a waiting call looks whether the client reported a lasting error.
constexpr int kSliceMs = 100;

AdminOptions MakeOptions(KafkaClient& client, rd_kafka_admin_op_t operation,
                         KafkaDeadline deadline) {
  AdminOptions options(rd_kafka_AdminOptions_new(client.get(), operation));
  std::array<char, 256> ignored{};
  rd_kafka_AdminOptions_set_request_timeout(
      options.get(), std::max(RemainingMs(deadline), 1), ignored.data(), ignored.size());
  return options;
}

// Waits for the answer of an admin call.
Result<KafkaEvent> Await(KafkaClient& client, rd_kafka_queue_t* queue,
                         std::string_view doing, KafkaDeadline deadline) {
  while (true) {
    const int left_ms = RemainingMs(deadline);
    KafkaEvent event(rd_kafka_queue_poll(queue, std::min(left_ms, kSliceMs)));
    if (event == nullptr) {
      client.ServeCallbacks();
      if (auto error = client.PermanentError()) return Fail(*std::move(error));
      if (left_ms == 0) return Fail(client.Unreachable(doing));
      continue;
    }
    const rd_kafka_resp_err_t code = rd_kafka_event_error(event.get());
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
      client.MarkAlive();
      return event;
    }
    client.ServeCallbacks();
    if (auto error = client.PermanentError()) return Fail(*std::move(error));
    if (code == RD_KAFKA_RESP_ERR__TIMED_OUT || code == RD_KAFKA_RESP_ERR__TRANSPORT) {
      return Fail(client.Unreachable(doing));
    }
    return Fail(ExplainKafkaError(code, rd_kafka_event_error_string(event.get()), doing));
  }
}

// Asks again, until the deadline, where a broker does not know of a new topic or leader yet,
// or a connection broke.
template <typename Ask>
auto AskAgain(KafkaClient& client, KafkaDeadline deadline, const Ask& ask)
    -> decltype(ask()) {
  const KafkaQueue pause(rd_kafka_queue_new(client.get()));
  while (true) {
    auto answer = ask();
    if (answer.has_value()) return answer;
    const ErrorKind kind = answer.error().kind;
    const bool may_heal = kind == ErrorKind::kUnavailable || kind == ErrorKind::kNotFound;
    const int left_ms = RemainingMs(deadline);
    if (!may_heal || left_ms == 0) return answer;
    // Nothing ever comes by this queue.
    const KafkaEvent none(rd_kafka_queue_poll(pause.get(), std::min(left_ms, kSliceMs)));
    client.ServeCallbacks();
    if (auto error = client.PermanentError()) return Fail(*std::move(error));
  }
}

bool IsMissing(rd_kafka_resp_err_t code) {
  return code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
         code == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC ||
         code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_ID;
}

TopicInfo InfoOf(const rd_kafka_TopicDescription_t* topic) {
  TopicInfo info;
  const rd_kafka_Uuid_t* const id = rd_kafka_TopicDescription_topic_id(topic);
  const bool has_id = id != nullptr && (rd_kafka_Uuid_most_significant_bits(id) != 0 ||
                                        rd_kafka_Uuid_least_significant_bits(id) != 0);
  if (has_id) info.id = rd_kafka_Uuid_base64str(id);
  std::size_t count = 0;
  const rd_kafka_TopicPartitionInfo_t** const partitions =
      rd_kafka_TopicDescription_partitions(topic, &count);
  for (std::size_t i = 0; i < count; ++i) {
    info.partitions.push_back(rd_kafka_TopicPartitionInfo_partition(partitions[i]));
  }
  std::sort(info.partitions.begin(), info.partitions.end());
  return info;
}

bool IsCompacted(const rd_kafka_ConfigResource_t* topic) {
  std::size_t count = 0;
  const rd_kafka_ConfigEntry_t** const entries =
      rd_kafka_ConfigResource_configs(topic, &count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::string_view name = rd_kafka_ConfigEntry_name(entries[i]);
    const char* const value = rd_kafka_ConfigEntry_value(entries[i]);
    if (name != "cleanup.policy" || value == nullptr) continue;
    return std::string_view(value).find("compact") != std::string_view::npos;
  }
  return false;
}

Result<std::map<std::string, TopicInfo>> DescribeTopicsOnce(
    KafkaClient& client, const std::vector<std::string>& names, KafkaDeadline deadline) {
  std::map<std::string, TopicInfo> topics;
  std::vector<const char*> texts;
  texts.reserve(names.size());
  for (const std::string& name : names) texts.push_back(name.c_str());
  const TopicCollection collection(
      rd_kafka_TopicCollection_of_topic_names(texts.data(), texts.size()));
  const KafkaQueue queue(rd_kafka_queue_new(client.get()));
  const AdminOptions options =
      MakeOptions(client, RD_KAFKA_ADMIN_OP_DESCRIBETOPICS, deadline);
  rd_kafka_DescribeTopics(client.get(), collection.get(), options.get(), queue.get());
  FRAZIL_ASSIGN(const KafkaEvent event,
                Await(client, queue.get(), "describing topics", deadline));
  std::size_t count = 0;
  const rd_kafka_TopicDescription_t** const results =
      rd_kafka_DescribeTopics_result_topics(
          rd_kafka_event_DescribeTopics_result(event.get()), &count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::string name = rd_kafka_TopicDescription_name(results[i]);
    const rd_kafka_error_t* const error = rd_kafka_TopicDescription_error(results[i]);
    const rd_kafka_resp_err_t code = rd_kafka_error_code(error);
    if (IsMissing(code)) continue;
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return Fail(ExplainKafkaError(code, rd_kafka_error_string(error),
                                    fmt::format("topic '{}'", name)));
    }
    topics.emplace(name, InfoOf(results[i]));
  }
  return topics;
}

// The id of any broker; nullopt if none is known yet.
std::optional<std::int32_t> AnyBroker(KafkaClient& client, KafkaDeadline deadline) {
  const rd_kafka_metadata_t* metadata = nullptr;
  const rd_kafka_resp_err_t code = rd_kafka_metadata(client.get(), 0, nullptr, &metadata,
                                                     std::max(RemainingMs(deadline), 1));
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return std::nullopt;
  std::optional<std::int32_t> broker;
  if (metadata->broker_cnt > 0) broker = metadata->brokers[0].id;
  rd_kafka_metadata_destroy(metadata);
  return broker;
}

Result<SplitOffsets> ListOffsetsOnce(KafkaClient& client, const SplitOffsets& asked,
                                     rd_kafka_IsolationLevel_t isolation,
                                     KafkaDeadline deadline) {
  SplitOffsets offsets;
  const std::string source = asked.begin()->first.source;
  KafkaPartitions partitions(
      rd_kafka_topic_partition_list_new(static_cast<int>(asked.size())));
  for (const auto& [split, spec] : asked) {
    rd_kafka_topic_partition_list_add(partitions.get(), split.stream.c_str(),
                                      split.partition)
        ->offset = spec;
  }
  const KafkaQueue queue(rd_kafka_queue_new(client.get()));
  const AdminOptions options =
      MakeOptions(client, RD_KAFKA_ADMIN_OP_LISTOFFSETS, deadline);
  const KafkaError refused(
      rd_kafka_AdminOptions_set_isolation_level(options.get(), isolation));
  if (refused != nullptr) {
    return Fail(ErrorKind::kInternal, "isolation level: {}",
                rd_kafka_error_string(refused.get()));
  }
  rd_kafka_ListOffsets(client.get(), partitions.get(), options.get(), queue.get());
  FRAZIL_ASSIGN(const KafkaEvent event,
                Await(client, queue.get(), "asking for offsets", deadline));
  std::size_t count = 0;
  const rd_kafka_ListOffsetsResultInfo_t** const infos =
      rd_kafka_ListOffsets_result_infos(rd_kafka_event_ListOffsets_result(event.get()),
                                        &count);
  for (std::size_t i = 0; i < count; ++i) {
    const rd_kafka_topic_partition_t* const info =
        rd_kafka_ListOffsetsResultInfo_topic_partition(infos[i]);
    Split split{source, info->topic, info->partition};
    if (info->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return Fail(ExplainKafkaError(info->err, "", split.ToString()));
    }
    offsets.emplace(std::move(split), info->offset);
  }
  return offsets;
}

}  // namespace

Result<std::vector<std::string>> ListTopics(KafkaClient& client, KafkaDeadline deadline) {
  const rd_kafka_metadata_t* metadata = nullptr;
  rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR__TIMED_OUT;
  while (true) {
    const int left_ms = RemainingMs(deadline);
    code = rd_kafka_metadata(client.get(), 1, nullptr, &metadata,
                             std::clamp(left_ms, 1, 10 * kSliceMs));
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) break;
    client.ServeCallbacks();
    if (auto error = client.PermanentError()) return Fail(*std::move(error));
    if (left_ms == 0) return Fail(client.Unreachable("listing topics"));
  }
  client.MarkAlive();
  std::vector<std::string> names;
  for (int i = 0; i < metadata->topic_cnt; ++i) {
    std::string name = metadata->topics[i].topic;
    if (!name.starts_with("__")) names.push_back(std::move(name));
  }
  rd_kafka_metadata_destroy(metadata);
  std::sort(names.begin(), names.end());
  return names;
}

Result<std::map<std::string, TopicInfo>> DescribeTopics(
    KafkaClient& client, const std::vector<std::string>& names, KafkaDeadline deadline) {
  if (names.empty()) return std::map<std::string, TopicInfo>();
  return AskAgain(client, deadline,
                  [&] { return DescribeTopicsOnce(client, names, deadline); });
}

std::set<std::string> CompactedTopics(KafkaClient& client,
                                      const std::set<std::string>& names,
                                      KafkaDeadline deadline) {
  std::vector<ConfigResource> resources;
  std::vector<rd_kafka_ConfigResource_t*> pointers;
  for (const std::string& name : names) {
    resources.emplace_back(
        rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, name.c_str()));
    pointers.push_back(resources.back().get());
  }
  const KafkaQueue queue(rd_kafka_queue_new(client.get()));
  const AdminOptions options =
      MakeOptions(client, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, deadline);
  rd_kafka_DescribeConfigs(client.get(), pointers.data(), pointers.size(), options.get(),
                           queue.get());
  const auto event = Await(client, queue.get(), "describing settings", deadline);
  std::set<std::string> compacted;
  if (!event.has_value()) return compacted;
  std::size_t count = 0;
  const rd_kafka_ConfigResource_t** const answers =
      rd_kafka_DescribeConfigs_result_resources(
          rd_kafka_event_DescribeConfigs_result(event->get()), &count);
  for (std::size_t i = 0; i < count; ++i) {
    if (IsCompacted(answers[i])) {
      compacted.emplace(rd_kafka_ConfigResource_name(answers[i]));
    }
  }
  return compacted;
}

Status AwaitTopic(KafkaClient& client, const std::string& name, KafkaDeadline deadline,
                  std::chrono::milliseconds answer_time) {
  const Status found = AskAgain(client, deadline, [&]() -> Status {
    const KafkaDeadline answer = std::chrono::steady_clock::now() + answer_time;
    FRAZIL_ASSIGN(const auto topics, DescribeTopicsOnce(client, {name}, answer));
    if (topics.contains(name)) return {};
    return Fail(ErrorKind::kNotFound, "no topic '{}'", name);
  });
  if (found.has_value() || found.error().kind != ErrorKind::kNotFound) return found;
  return Fail(NoSuchTopic(client, name));
}

Status CreateTopic(KafkaClient& client, const std::string& name, int partition_count,
                   KafkaDeadline deadline) {
  std::array<char, 256> reason{};
  const std::unique_ptr<rd_kafka_NewTopic_t, KafkaDeleter<rd_kafka_NewTopic_destroy>>
      topic(rd_kafka_NewTopic_new(name.c_str(), partition_count, -1, reason.data(),
                                  reason.size()));
  if (topic == nullptr) {
    return Fail(ErrorKind::kInvalidConfig, "topic '{}': {}", name, reason.data());
  }
  const KafkaQueue queue(rd_kafka_queue_new(client.get()));
  const AdminOptions options =
      MakeOptions(client, RD_KAFKA_ADMIN_OP_CREATETOPICS, deadline);
  rd_kafka_NewTopic_t* const asked = topic.get();
  std::array<rd_kafka_NewTopic_t*, 1> topics{asked};
  rd_kafka_CreateTopics(client.get(), topics.data(), topics.size(), options.get(),
                        queue.get());
  FRAZIL_ASSIGN(const KafkaEvent event,
                Await(client, queue.get(), "creating a topic", deadline));
  std::size_t count = 0;
  const rd_kafka_topic_result_t** const results = rd_kafka_CreateTopics_result_topics(
      rd_kafka_event_CreateTopics_result(event.get()), &count);
  for (std::size_t i = 0; i < count; ++i) {
    const rd_kafka_resp_err_t code = rd_kafka_topic_result_error(results[i]);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) continue;
    if (code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) {
      return Fail(ErrorKind::kAlreadyExists, "there is a topic '{}' already", name);
    }
    const char* const text = rd_kafka_topic_result_error_string(results[i]);
    return Fail(ExplainKafkaError(code, text == nullptr ? "" : text,
                                  fmt::format("topic '{}'", name)));
  }
  return {};
}

Result<std::string> BrokerSetting(KafkaClient& client, const std::string& name,
                                  KafkaDeadline deadline) {
  constexpr std::string_view kDoing = "asking for the broker's settings";
  const std::optional<std::int32_t> broker = AnyBroker(client, deadline);
  if (!broker.has_value()) return Fail(client.Unreachable(kDoing));
  const std::unique_ptr<rd_kafka_ConfigResource_t,
                        KafkaDeleter<rd_kafka_ConfigResource_destroy>>
      asked(rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_BROKER,
                                        std::to_string(*broker).c_str()));
  const KafkaQueue queue(rd_kafka_queue_new(client.get()));
  const AdminOptions options =
      MakeOptions(client, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, deadline);
  rd_kafka_ConfigResource_t* const resource = asked.get();
  std::array<rd_kafka_ConfigResource_t*, 1> resources{resource};
  rd_kafka_DescribeConfigs(client.get(), resources.data(), resources.size(),
                           options.get(), queue.get());
  FRAZIL_ASSIGN(const KafkaEvent event, Await(client, queue.get(), kDoing, deadline));
  std::size_t count = 0;
  const rd_kafka_ConfigResource_t** const answers =
      rd_kafka_DescribeConfigs_result_resources(
          rd_kafka_event_DescribeConfigs_result(event.get()), &count);
  for (std::size_t i = 0; i < count; ++i) {
    const rd_kafka_resp_err_t code = rd_kafka_ConfigResource_error(answers[i]);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return Fail(ExplainKafkaError(code, "", kDoing));
    }
    std::size_t entry_count = 0;
    const rd_kafka_ConfigEntry_t** const entries =
        rd_kafka_ConfigResource_configs(answers[i], &entry_count);
    for (std::size_t k = 0; k < entry_count; ++k) {
      if (name != rd_kafka_ConfigEntry_name(entries[k])) continue;
      const char* const value = rd_kafka_ConfigEntry_value(entries[k]);
      return std::string(value == nullptr ? "" : value);
    }
  }
  return Fail(ErrorKind::kNotFound, "the broker tells no setting '{}'", name);
}

std::string ClusterId(KafkaClient& client, KafkaDeadline deadline) {
  char* const id = rd_kafka_clusterid(client.get(), RemainingMs(deadline));
  if (id == nullptr) return "";
  std::string text = id;
  rd_kafka_mem_free(client.get(), id);
  return text;
}

Result<SplitOffsets> ListOffsets(KafkaClient& client, const SplitOffsets& asked,
                                 rd_kafka_IsolationLevel_t isolation,
                                 KafkaDeadline deadline) {
  if (asked.empty()) return SplitOffsets();
  return AskAgain(client, deadline,
                  [&] { return ListOffsetsOnce(client, asked, isolation, deadline); });
}

Result<SplitOffsets> CommittedOffsets(KafkaClient& client,
                                      const std::vector<Split>& splits,
                                      KafkaDeadline deadline) {
  SplitOffsets offsets;
  if (splits.empty()) return offsets;
  const KafkaPartitions partitions = ToPartitions(splits);
  const rd_kafka_resp_err_t code =
      rd_kafka_committed(client.get(), partitions.get(), RemainingMs(deadline));
  if (code == RD_KAFKA_RESP_ERR__TIMED_OUT || code == RD_KAFKA_RESP_ERR__TRANSPORT ||
      code == RD_KAFKA_RESP_ERR__WAIT_COORD) {
    return Fail(client.Unreachable("reading the group's offsets"));
  }
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return Fail(ExplainKafkaError(code, "", "the group's offsets"));
  }
  for (int i = 0; i < partitions->cnt; ++i) {
    const rd_kafka_topic_partition_t& partition = partitions->elems[i];
    const std::string& source = splits.front().source;
    if (partition.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return Fail(ExplainKafkaError(partition.err, "", "the group's offsets"));
    }
    if (partition.offset < 0) continue;
    offsets.emplace(Split{source, partition.topic, partition.partition},
                    partition.offset);
  }
  return offsets;
}

KafkaPartitions ToPartitions(const std::vector<Split>& splits,
                             const SplitOffsets* offsets) {
  KafkaPartitions partitions(
      rd_kafka_topic_partition_list_new(static_cast<int>(splits.size())));
  for (const Split& split : splits) {
    rd_kafka_topic_partition_t* const partition = rd_kafka_topic_partition_list_add(
        partitions.get(), split.stream.c_str(), split.partition);
    if (offsets == nullptr) continue;
    const auto found = offsets->find(split);
    if (found != offsets->end()) partition->offset = found->second;
  }
  return partitions;
}

std::vector<Split> ToSplits(const rd_kafka_topic_partition_list_t& partitions,
                            const std::string& source) {
  std::vector<Split> splits;
  splits.reserve(static_cast<std::size_t>(partitions.cnt));
  for (int i = 0; i < partitions.cnt; ++i) {
    splits.push_back(
        Split{source, partitions.elems[i].topic, partitions.elems[i].partition});
  }
  return splits;
}

}  // namespace frazil
