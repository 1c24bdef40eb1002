#include "config/settings.h"

#include <string_view>
#include <utility>

namespace frazil {
namespace {

constexpr std::string_view kTopicPrefix = "topic:";
constexpr std::size_t kMaxTopicBytes = 249;
constexpr std::size_t kMaxPipelineNameBytes = 200;
constexpr std::int64_t kMinMemoryBytes = std::int64_t{64} * 1024 * 1024;
constexpr std::chrono::milliseconds kMinCommitInterval{10};

constexpr OptionDeclaration kCommitInterval = {
    .key = "commit.interval",
    .type = OptionType::kDuration,
    .default_value = "10 s",
    .description = "the time between two commits, if anything came"};
// Flink's name of it.
constexpr OptionDeclaration kCheckpointInterval = {
    .key = "execution.checkpointing.interval",
    .type = OptionType::kDuration,
    .description = "Flink's name of commit.interval"};
constexpr OptionDeclaration kCommitMaxBytes = {
    .key = "commit.max-bytes",
    .type = OptionType::kSize,
    .description = "commit early after so many bytes of input"};
constexpr OptionDeclaration kCommitMaxRows = {
    .key = "commit.max-rows",
    .type = OptionType::kInt64,
    .description = "commit early after so many rows of input"};
constexpr OptionDeclaration kMemoryLimit = {
    .key = "memory.limit",
    .type = OptionType::kSize,
    .default_value = "256 MiB",
    .description = "the memory of the whole process"};
constexpr OptionDeclaration kPipelineName = {
    .key = "pipeline.name",
    .description =
        "whose ledger the tables carry; by default the group id of the source, "
        "else the name of the first table"};
constexpr OptionDeclaration kDeadLetters = {
    .key = "dead-letters",
    .default_value = "table",
    .description =
        "where records go that cannot be written: 'table', 'topic:<name>' or "
        "'fail'"};
constexpr OptionDeclaration kOnRollback = {
    .key = "on-rollback",
    .type = OptionType::kEnum,
    .default_value = "replay",
    .allowed = "replay|stop",
    .description = "what to do when the owner of a table rolled it back"};
constexpr OptionDeclaration kOnDataLoss = {
    .key = "on-data-loss",
    .type = OptionType::kEnum,
    .default_value = "fail",
    .allowed = "fail|continue",
    .description = "what to do when the source no longer holds the next records"};

constexpr OptionDeclaration kAllowSharedTopics = {
    .key = "allow-shared-topics",
    .type = OptionType::kBool,
    .default_value = "false",
    .description =
        "write a topic into a table that another pipeline writes it into as well"};
constexpr OptionDeclaration kWorkers = {
    .key = "pipeline.workers",
    .type = OptionType::kInt64,
    .default_value = "0",
    .description =
        "threads that decode and transform, per source; 0: by the machine's cores"};
constexpr std::int64_t kMaxWorkers = 256;

// A legal name of a Kafka topic: org.apache.kafka.common.internals.Topic.
bool IsTopicName(std::string_view name) {
  constexpr std::string_view kCharacters =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
  return !name.empty() && name.size() <= kMaxTopicBytes && name != "." && name != ".." &&
         name.find_first_not_of(kCharacters) == std::string_view::npos;
}

class SettingsParser {
 public:
  explicit SettingsParser(const PipelineSpec& spec)
      : spec_(spec), options_(spec.settings) {}

  Result<PipelineSettings> Parse() {
    FRAZIL_TRY(CheckOptions(spec_, options_, {}, "the pipeline", SettingDeclarations()));
    FRAZIL_TRY(ParseInterval());
    FRAZIL_TRY(ParseBounds());
    FRAZIL_TRY(ParseMemory());
    FRAZIL_TRY(ParseName());
    FRAZIL_TRY(ParseDeadLetters());
    if (StringOption(options_, kOnRollback) == "stop") {
      settings_.on_rollback = OnRollback::kStop;
    }
    if (StringOption(options_, kOnDataLoss) == "continue") {
      settings_.on_data_loss = OnDataLoss::kContinue;
    }
    settings_.allow_shared_topics = BoolOption(options_, kAllowSharedTopics);
    FRAZIL_TRY(ParseWorkers());
    return std::move(settings_);
  }

 private:
  [[nodiscard]] tl::unexpected<Error> FailAt(const Option& option,
                                             std::string_view message,
                                             std::string_view hint = {}) const {
    return Fail(ErrorAt(spec_, option.value_place, message, hint));
  }

  Status ParseInterval() {
    const Option* const ours = options_.Find(kCommitInterval.key);
    const Option* const theirs = options_.Find(kCheckpointInterval.key);
    if (ours != nullptr && theirs != nullptr) {
      return FailAt(*theirs, fmt::format("'{}' is another name of '{}', set in line {}",
                                         theirs->key, ours->key, ours->key_place.line));
    }
    const bool is_theirs = theirs != nullptr;
    settings_.commit_interval =
        DurationOption(options_, is_theirs ? kCheckpointInterval : kCommitInterval);
    const Option* const given = is_theirs ? theirs : ours;
    if (given != nullptr && settings_.commit_interval < kMinCommitInterval) {
      return FailAt(*given, fmt::format("'{}' is at least 10 ms", given->key),
                    "a number without a unit counts milliseconds");
    }
    return {};
  }

  Status ParseBounds() {
    if (const Option* const given = options_.Find(kCommitMaxBytes.key)) {
      settings_.commit_max_bytes = SizeOption(options_, kCommitMaxBytes);
      if (*settings_.commit_max_bytes < 1) {
        return FailAt(*given, "'commit.max-bytes' is at least 1");
      }
    }
    if (const Option* const given = options_.Find(kCommitMaxRows.key)) {
      settings_.commit_max_rows = Int64Option(options_, kCommitMaxRows);
      if (*settings_.commit_max_rows < 1) {
        return FailAt(*given, "'commit.max-rows' is at least 1");
      }
    }
    return {};
  }

  Status ParseMemory() {
    settings_.memory_limit_bytes = SizeOption(options_, kMemoryLimit);
    const Option* const given = options_.Find(kMemoryLimit.key);
    if (given != nullptr && settings_.memory_limit_bytes < kMinMemoryBytes) {
      return FailAt(*given, "'memory.limit' is at least 64 MiB",
                    "a number without a unit counts bytes");
    }
    return {};
  }

  Status ParseName() {
    settings_.pipeline_name = StringOption(options_, kPipelineName);
    const Option* const given = options_.Find(kPipelineName.key);
    if (given == nullptr) return {};
    if (given->value.empty()) return FailAt(*given, "'pipeline.name' is empty");
    if (given->value.size() > kMaxPipelineNameBytes) {
      return FailAt(*given, "'pipeline.name' is longer than 200 bytes");
    }
    return {};
  }

  Status ParseDeadLetters() {
    const std::string value = StringOption(options_, kDeadLetters);
    if (value == "table") return {};
    if (value == "fail") {
      settings_.dead_letters = DeadLetterPolicy::kFail;
      return {};
    }
    const Option& given = *options_.Find(kDeadLetters.key);
    if (!value.starts_with(kTopicPrefix)) {
      return FailAt(given, "'dead-letters' takes 'table', 'topic:<name>' or 'fail'");
    }
    settings_.dead_letters = DeadLetterPolicy::kTopic;
    settings_.dead_letter_topic = value.substr(kTopicPrefix.size());
    if (IsTopicName(settings_.dead_letter_topic)) return {};
    return FailAt(given, "this is not a name of a topic",
                  "a topic has 1 to 249 letters, digits, '.', '_' and '-'");
  }

  Status ParseWorkers() {
    settings_.workers = Int64Option(options_, kWorkers);
    if (settings_.workers >= 0 && settings_.workers <= kMaxWorkers) return {};
    return FailAt(*options_.Find(kWorkers.key), "'pipeline.workers' is 0 to 256");
  }

  const PipelineSpec& spec_;
  const Options& options_;
  PipelineSettings settings_;
};

}  // namespace

const std::vector<OptionDeclaration>& SettingDeclarations() {
  static const std::vector<OptionDeclaration> declarations = {
      kCommitInterval, kCheckpointInterval, kCommitMaxBytes, kCommitMaxRows,
      kMemoryLimit,    kPipelineName,       kDeadLetters,    kOnRollback,
      kOnDataLoss,     kAllowSharedTopics,  kWorkers};
  return declarations;
}

Result<PipelineSettings> ParseSettings(const PipelineSpec& spec) {
  return SettingsParser(spec).Parse();
}

}  // namespace frazil
