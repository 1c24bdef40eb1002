#include "source/kafka/kafka_options.h"

#include <algorithm>
#include <charconv>
#include <string_view>
#include <utility>

#include "base/text_list.h"
#include "base/units.h"
#include "source/kafka/kafka_client.h"
#include "source/kafka/shared_group.h"

namespace frazil {
namespace {

using Mode = KafkaOffsetChoice::Mode;

constexpr std::string_view kPrefix = "properties.";

// The script, the table and its options, and how to point at one of them.
struct Reader {
  const PipelineSpec& script;
  const SourceSpec& table;

  [[nodiscard]] std::string Get(std::string_view key) const {
    return table.options.Get(key).value_or("");
  }
  [[nodiscard]] bool Has(std::string_view key) const {
    return table.options.Find(key) != nullptr;
  }
  // An error at the option's value, or at the table if the option is absent.
  [[nodiscard]] tl::unexpected<Error> Refuse(std::string_view key,
                                             std::string_view message,
                                             std::string_view suggestion = {}) const {
    const Option* const option = table.options.Find(key);
    return Fail(ErrorAt(script, option == nullptr ? table.place : option->value_place,
                        message, suggestion));
  }
};

template <typename T>
std::optional<T> ParseNumber(std::string_view text) {
  T number = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<std::regex> CompilePattern(const std::string& text) {
  try {
    return std::regex(text, std::regex::ECMAScript);
  } catch (const std::regex_error&) {
    return std::nullopt;
  }
}

Status ReadTopics(const Reader& reader, KafkaSourceConfig& config) {
  const bool has_pattern = reader.Has("topic-pattern");
  if (reader.Has("topic") == has_pattern) {
    return reader.Refuse(has_pattern ? "topic-pattern" : "connector",
                         has_pattern
                             ? "'topic' and 'topic-pattern' exclude each other"
                             : "connector 'kafka' needs 'topic' or 'topic-pattern'");
  }
  if (has_pattern) {
    config.topic_pattern_text = reader.Get("topic-pattern");
    config.topic_pattern = CompilePattern(config.topic_pattern_text);
    if (!config.topic_pattern) {
      return reader.Refuse("topic-pattern", "'topic-pattern' is no regular expression",
                           "it has to match whole names: 'orders-.*'");
    }
    return {};
  }
  config.topics = SplitList(reader.Get("topic"), ';');
  if (config.topics.empty()) return reader.Refuse("topic", "'topic' names no topic");
  std::sort(config.topics.begin(), config.topics.end());
  const auto twice = std::adjacent_find(config.topics.begin(), config.topics.end());
  if (twice != config.topics.end()) {
    return reader.Refuse("topic", fmt::format("'topic' names '{}' twice", *twice));
  }
  return {};
}

// `stem` is "scan.startup" or "scan.bounded".
Result<KafkaOffsetChoice> ReadChoice(const Reader& reader, const std::string& stem,
                                     std::string_view default_mode, bool is_one_topic) {
  static const std::map<std::string, Mode, std::less<>> kModes = {
      {"unbounded", Mode::kUnbounded},  {"earliest-offset", Mode::kEarliest},
      {"latest-offset", Mode::kLatest}, {"group-offsets", Mode::kGroup},
      {"timestamp", Mode::kTimestamp},  {"specific-offsets", Mode::kSpecific},
  };
  const std::string mode_key = stem + ".mode";
  const std::string timestamp_key = stem + ".timestamp-millis";
  const std::string offsets_key = stem + ".specific-offsets";
  KafkaOffsetChoice choice;
  const auto mode = kModes.find(reader.Has(mode_key) ? reader.Get(mode_key)
                                                     : std::string(default_mode));
  if (mode == kModes.end()) return reader.Refuse(mode_key, "unknown mode");
  choice.mode = mode->second;
  for (const auto& [key, owner] : {std::pair(timestamp_key, Mode::kTimestamp),
                                   std::pair(offsets_key, Mode::kSpecific)}) {
    if (reader.Has(key) == (choice.mode == owner)) continue;
    return reader.Refuse(
        reader.Has(key) ? key : mode_key,
        fmt::format("'{}' and '{}' = '{}' need each other", key, mode_key,
                    owner == Mode::kTimestamp ? "timestamp" : "specific-offsets"));
  }
  if (choice.mode == Mode::kTimestamp) {
    const auto timestamp = ParseNumber<std::int64_t>(reader.Get(timestamp_key));
    if (!timestamp || *timestamp < 0) {
      return reader.Refuse(timestamp_key, "takes milliseconds since 1970-01-01 UTC");
    }
    choice.timestamp_ms = *timestamp;
  }
  if (choice.mode == Mode::kSpecific) {
    if (!is_one_topic) {
      return reader.Refuse(mode_key, "'specific-offsets' needs a 'topic' of one name");
    }
    auto offsets = ParseSpecificOffsets(reader.Get(offsets_key));
    if (!offsets.has_value()) return reader.Refuse(offsets_key, offsets.error().message);
    choice.offsets = *std::move(offsets);
  }
  return choice;
}

Status ReadKeyOptions(const Reader& reader) {
  const bool has_fields = !SplitList(reader.Get("key.fields"), ';').empty();
  if (reader.Has("key.format") && !has_fields) {
    return reader.Refuse(
        "key.format", "'key.format' needs 'key.fields'",
        "name the columns that are read from the key: 'key.fields' = 'id'");
  }
  if (has_fields && !reader.Has("key.format")) {
    return reader.Refuse("key.fields", "'key.fields' needs 'key.format'");
  }
  if (!reader.Get("key.fields-prefix").empty() &&
      reader.Get("value.fields-include") != "EXCEPT_KEY") {
    return reader.Refuse(
        "key.fields-prefix",
        "'key.fields-prefix' needs 'value.fields-include' = 'EXCEPT_KEY'");
  }
  if (reader.Has("format") == reader.Has("value.format")) {
    return reader.Refuse("format",
                         reader.Has("format")
                             ? "'format' and 'value.format' exclude each other"
                             : "connector 'kafka' needs 'format' or 'value.format'");
  }
  return {};
}

JavaProperties PropertiesOf(const Reader& reader) {
  JavaProperties all;
  for (const Option& option : reader.table.options.all()) {
    if (!option.key.starts_with(kPrefix)) continue;
    all.emplace(option.key.substr(kPrefix.size()), option.value);
  }
  return all;
}

// Translates properties.* one by one, so that a refusal points at its line.
Status ReadProperties(const Reader& reader, ClientProperties& client) {
  const JavaProperties all = PropertiesOf(reader);
  for (const auto& [key, value] : all) {
    const std::string option = std::string(kPrefix) + key;
    ClientProperties one;
    Status status = TranslateProperty(all, key, one);
    for (const auto& [name, translated] : one.values) {
      if (status.has_value()) status = CheckClientSetting(name, translated);
    }
    if (!status.has_value()) {
      return reader.Refuse(option,
                           fmt::format("'{}': {}", option, status.error().message));
    }
    FRAZIL_TRY(TranslateProperty(all, key, client));
  }
  return {};
}

// message.max.bytes, or 0. A fetch must have room for it: a larger one raises our default.
std::int64_t LargestMessage(const std::map<std::string, std::string>& values) {
  const auto largest = values.find("message.max.bytes");
  if (largest == values.end()) return 0;
  return ParseNumber<std::int64_t>(largest->second).value_or(0);
}

// The option of the script that gives the first setting, `like.this`, that a message of the
// client names; "connector" where none does.
std::string OptionIn(const Reader& reader, std::string_view message) {
  const JavaProperties all = PropertiesOf(reader);
  std::string option = "connector";
  std::size_t first = std::string_view::npos;
  for (const auto& [key, value] : all) {
    ClientProperties one;
    if (!TranslateProperty(all, key, one).has_value()) continue;
    for (const auto& [name, translated] : one.values) {
      const std::size_t at = message.find("`" + name + "`");
      if (at >= first) continue;
      first = at;
      option = std::string(kPrefix) + key;
    }
  }
  return option;
}

// Each may be right alone and wrong beside another one, or beside what we set.
Status CheckTogether(const Reader& reader, const ClientProperties& client) {
  const Status status = CheckClientSettings(KafkaClient::Kind::kConsumer, client);
  if (status.has_value()) return {};
  const std::string& message = status.error().message;
  const bool is_fetch = message.find("`message.max.bytes`") != std::string::npos &&
                        !reader.Has("properties.message.max.bytes");
  return reader.Refuse(OptionIn(reader, message), message,
                       is_fetch
                           ? "'properties.message.max.bytes' is 1000000 unless it is "
                             "set: a fetch has room for such a message"
                           : "");
}

// What correctness asks for, whatever the user says, and defaults that suit a table.
void SetOurProperties(const KafkaSourceDefaults& defaults, KafkaSourceConfig& config) {
  auto& values = config.client.values;
  values["enable.auto.commit"] = "false";
  values["enable.auto.offset.store"] = "false";
  values["auto.offset.reset"] = "error";
  values["enable.partition.eof"] = "true";
  values["group.id"] = config.group_id;
  const std::int64_t discovery_ms = config.discovery_interval.count();
  if (discovery_ms > 0) {
    values.try_emplace("topic.metadata.refresh.interval.ms",
                       std::to_string(discovery_ms));
  }
  if (!config.is_static && values["group.protocol"] != "consumer") {
    values["partition.assignment.strategy"] = "cooperative-sticky";
    values.try_emplace("session.timeout.ms", "10000");
  }
  if (config.is_static) {
    // Nothing is joined: this only bounds how long closing waits for offsets that no
    // coordinator takes.
    values["session.timeout.ms"] = "1000";
    values["group.protocol"].clear();
  }
  if (values["group.protocol"].empty()) values.erase("group.protocol");
  // The end of a split behind control records shows only when a waiting fetch returns.
  if (config.is_bounded()) values.try_emplace("fetch.wait.max.ms", "50");
  values.try_emplace("client.id", "frazil");
  values.try_emplace("isolation.level", "read_committed");
  values.try_emplace(
      "queued.max.messages.kbytes",
      std::to_string(std::max<std::int64_t>(defaults.queue_bytes >> 10, 1024)));
  // A fetch is unpacked as a whole, whatever the queue holds: what is 512 KiB on the way may
  // be 100 MiB here. At most 250 times as much with lz4; zstd knows no bound.
  values.try_emplace("fetch.message.max.bytes",
                     std::to_string(std::clamp<std::int64_t>(defaults.queue_bytes / 64,
                                                             128 << 10, 1 << 20)));
  values.try_emplace("fetch.max.bytes",
                     std::to_string(std::max<std::int64_t>(
                         {defaults.queue_bytes / 16, 1 << 20, LargestMessage(values)})));
  values.try_emplace("fetch.queue.backoff.ms", "5");
  values.try_emplace("reconnect.backoff.max.ms", "2000");
  values.try_emplace("socket.keepalive.enable", "true");
  values.try_emplace("log.connection.close", "false");
}

}  // namespace

const std::vector<OptionDeclaration>& KafkaSourceOptions() {
  static const std::vector<OptionDeclaration> kOptions = {
      {.key = "connector", .is_required = true, .description = "'kafka'"},
      {.key = "topic", .description = "topics to read, separated by ';'"},
      {.key = "topic-pattern",
       .description = "regular expression that names of topics match as a whole"},
      {.key = "properties.bootstrap.servers",
       .is_required = true,
       .description = "brokers to ask first: 'host:9092,host2:9092'"},
      {.key = "properties.",
       .is_prefix = true,
       .description =
           "any property of a Kafka client, under Java's or librdkafka's name"},
      {.key = "format", .description = "how values are encoded: 'json'"},
      {.key = "value.format", .description = "the same as 'format'"},
      {.key = "key.format", .description = "how keys are encoded"},
      {.key = "key.fields", .description = "columns read from the key, separated by ';'"},
      {.key = "key.fields-prefix", .description = "what those columns' names begin with"},
      {.key = "value.fields-include",
       .type = OptionType::kEnum,
       .default_value = "ALL",
       .allowed = "ALL|EXCEPT_KEY",
       .description = "whether values hold the key's columns too"},
      {.key = "scan.startup.mode",
       .type = OptionType::kEnum,
       .default_value = "group-offsets",
       .allowed =
           "earliest-offset|latest-offset|group-offsets|timestamp|specific-offsets",
       .description = "where the first start begins; later ones go on from the table"},
      {.key = "scan.startup.timestamp-millis", .type = OptionType::kInt64},
      {.key = "scan.startup.specific-offsets",
       .description = "'partition:0,offset:42;partition:1,offset:300'"},
      {.key = "scan.bounded.mode",
       .type = OptionType::kEnum,
       .default_value = "unbounded",
       .allowed = "unbounded|latest-offset|group-offsets|timestamp|specific-offsets",
       .description = "where reading ends"},
      {.key = "scan.bounded.timestamp-millis", .type = OptionType::kInt64},
      {.key = "scan.bounded.specific-offsets"},
      {.key = "scan.topic-partition-discovery.interval",
       .type = OptionType::kDuration,
       .default_value = "5 min",
       .description = "how often to look for new partitions and topics; '0' never"},
      {.key = "scan.assignment",
       .type = OptionType::kEnum,
       .allowed = "group|static",
       .description =
           "'group': workers share the partitions in a consumer group; 'static': "
           "this worker reads all of them. Default: static if bounded"},
      {.key = "scan.parallelism",
       .type = OptionType::kInt64,
       .description = "taken and without effect: one consumer reads all partitions"},
      {.key = "scan.watermark.",
       .is_prefix = true,
       .description = "taken and without effect: there are no watermarks"},
  };
  return kOptions;
}

bool KafkaSourceConfig::is_read_committed() const {
  const auto level = client.values.find("isolation.level");
  return level == client.values.end() || level->second == "read_committed";
}

bool ReadsTopic(const KafkaSourceConfig& config, const std::string& topic) {
  if (!config.topic_pattern) {
    return std::binary_search(config.topics.begin(), config.topics.end(), topic);
  }
  try {
    return std::regex_match(topic, *config.topic_pattern);
  } catch (const std::regex_error&) {
    return false;  // too complex for this name
  }
}

Result<std::map<std::int32_t, std::int64_t>> ParseSpecificOffsets(std::string_view text) {
  std::map<std::int32_t, std::int64_t> offsets;
  for (const std::string& item : SplitList(text, ';')) {
    constexpr std::string_view kPartition = "partition:";
    constexpr std::string_view kOffset = "offset:";
    const std::vector<std::string> parts = SplitList(item, ',');
    const bool has_form = parts.size() == 2 && parts[0].starts_with(kPartition) &&
                          parts[1].starts_with(kOffset);
    const auto partition = has_form
                               ? ParseNumber<std::int32_t>(
                                     std::string_view(parts[0]).substr(kPartition.size()))
                               : std::nullopt;
    const auto offset =
        has_form
            ? ParseNumber<std::int64_t>(std::string_view(parts[1]).substr(kOffset.size()))
            : std::nullopt;
    if (!partition || !offset || *partition < 0 || *offset < 0) {
      return Fail(ErrorKind::kInvalidConfig,
                  "takes 'partition:0,offset:42;partition:1,offset:300', not '{}'", item);
    }
    if (!offsets.emplace(*partition, *offset).second) {
      return Fail(ErrorKind::kInvalidConfig, "partition {} stands twice", *partition);
    }
  }
  if (offsets.empty()) return Fail(ErrorKind::kInvalidConfig, "names no partition");
  return offsets;
}

Result<KafkaSourceConfig> ParseKafkaSource(const PipelineSpec& script,
                                           const SourceSpec& table,
                                           const KafkaSourceDefaults& defaults) {
  const Reader reader{script, table};
  KafkaSourceConfig config;
  config.name = table.name;
  FRAZIL_TRY(ReadTopics(reader, config));
  const bool is_one_topic = config.topics.size() == 1;
  FRAZIL_ASSIGN(config.startup,
                ReadChoice(reader, "scan.startup", "group-offsets", is_one_topic));
  FRAZIL_ASSIGN(config.bounded,
                ReadChoice(reader, "scan.bounded", "unbounded", is_one_topic));
  FRAZIL_TRY(ReadKeyOptions(reader));
  FRAZIL_TRY(ReadProperties(reader, config.client));
  const std::string interval = reader.Get("scan.topic-partition-discovery.interval");
  FRAZIL_ASSIGN(config.discovery_interval,
                ParseDuration(interval.empty() ? "5 min" : interval));
  const std::string assignment = reader.Get("scan.assignment");
  config.is_static = assignment.empty() ? config.is_bounded() : assignment == "static";
  auto& values = config.client.values;
  config.group_id = values.contains("group.id") ? values["group.id"] : defaults.group_id;
  if (config.group_id.empty()) {
    return reader.Refuse("connector", "connector 'kafka' needs 'properties.group.id'");
  }
  config.joined_group = GroupToJoin(script, table, config.group_id);
  if (const auto id = values.find("group.instance.id"); id != values.end()) {
    config.group_instance_id = id->second;
    values.erase(id);
  }
  SetOurProperties(defaults, config);
  FRAZIL_TRY(CheckTogether(reader, config.client));
  return config;
}

}  // namespace frazil
