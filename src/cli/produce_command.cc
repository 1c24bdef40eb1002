#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <chrono>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/log.h"
#include "base/units.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/record_feed.h"
#include "cli/signal_watch.h"
#include "cli/terminal_status.h"
#include "cli/usage.h"
#include "source/event_shapes.h"
#include "source/kafka/kafka_producer.h"

namespace frazil {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::int64_t kDefaultCount = 1'000'000;
constexpr std::chrono::seconds kFlushTime(30);
// Waiting happens in steps, so that a signal is answered soon.
constexpr std::chrono::milliseconds kStep(20);
constexpr std::chrono::milliseconds kRefresh(250);
// Without --rate, records between two looks at the time.
constexpr std::int64_t kRecordsPerLook = 256;

struct ProduceOptions {
  std::string topic;
  std::string bootstrap_servers;
  std::vector<std::string> properties;
  std::string shape = "events";
  std::int64_t count = -1;
  std::int64_t first = 0;
  std::uint64_t seed = 1;
  double rate = 0;
  std::string file;
  std::string key_field;
  bool no_keys = false;
  int create_partitions = 0;
};

// Shows how far it is, on a terminal only.
class Progress {
 public:
  explicit Progress(std::int64_t count) : count_(count) {}
  ~Progress() {
    if (is_shown_) PrintToStderr("\r\033[K");
  }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void Show(std::int64_t done, double seconds, SteadyClock::time_point now) {
    if (!is_terminal_ || now < next_) return;
    next_ = now + kRefresh;
    is_shown_ = true;
    const std::string of = count_ == std::numeric_limits<std::int64_t>::max()
                               ? ""
                               : " of " + ShortCount(count_);
    PrintToStderr("\r{}{} records  {}/s\033[K", ShortCount(done), of,
                  ShortCount(static_cast<std::int64_t>(static_cast<double>(done) /
                                                       std::max(seconds, 1e-3))));
  }

 private:
  std::int64_t count_;
  bool is_terminal_ = ::isatty(STDERR_FILENO) == 1;
  bool is_shown_ = false;
  SteadyClock::time_point next_ = SteadyClock::now();
};

// Lets `rate` records per second pass, counted from the first one.
class Throttle {
 public:
  Throttle(double rate, SteadyClock::time_point began) : rate_(rate), began_(began) {}

  /// Waits until record `index` is due, or a stop.
  void Await(std::int64_t index, const std::atomic<bool>& is_stopping) const {
    if (rate_ <= 0) return;
    const auto due =
        began_ + std::chrono::duration_cast<SteadyClock::duration>(
                     std::chrono::duration<double>(static_cast<double>(index) / rate_));
    while (!is_stopping) {
      const auto now = SteadyClock::now();
      if (now >= due) return;
      std::this_thread::sleep_for(std::min<SteadyClock::duration>(due - now, kStep));
    }
  }

 private:
  double rate_;
  SteadyClock::time_point began_;
};

struct Produced {
  std::int64_t records = 0;
  std::int64_t bytes = 0;
};

std::int64_t CountOf(const ProduceOptions& options) {
  if (options.count >= 0) return options.count;
  return options.file.empty() ? kDefaultCount : std::numeric_limits<std::int64_t>::max();
}

// Takes records into the producer's queue; it need not have sent them all.
Status Enqueue(const ProduceOptions& options, RecordFeed& feed, KafkaProducer& producer,
               const std::atomic<bool>& is_stopping, Produced& produced) {
  const std::int64_t count = CountOf(options);
  const bool has_keys =
      !options.no_keys && (options.file.empty() || !options.key_field.empty());
  const auto began = SteadyClock::now();
  const Throttle throttle(options.rate, began);
  Progress progress(count);
  std::string key;
  std::string value;
  while (produced.records < count && !is_stopping) {
    throttle.Await(produced.records, is_stopping);
    if (is_stopping) break;
    key.clear();
    value.clear();
    FRAZIL_ASSIGN(const bool is_there, feed.Next(key, value));
    if (!is_there) break;
    ProducerRecord record;
    record.topic = options.topic;
    if (has_keys) record.key = key;
    record.value = value;
    if (Status status = producer.Produce(record); !status.has_value()) {
      return Fail(std::move(status).error().Within(feed.Place()));
    }
    ++produced.records;
    produced.bytes += static_cast<std::int64_t>(value.size());
    if (options.rate > 0 || produced.records % kRecordsPerLook == 0) {
      const auto now = SteadyClock::now();
      progress.Show(produced.records, std::chrono::duration<double>(now - began).count(),
                    now);
    }
  }
  return {};
}

Status ProduceAll(const ProduceOptions& options, RecordFeed& feed,
                  KafkaProducer& producer, const std::atomic<bool>& is_stopping,
                  Produced& produced) {
  Status status = Enqueue(options, feed, producer, is_stopping, produced);
  // What came before a bad line is sent; a broker that is away is not waited for twice.
  const bool is_away =
      !status.has_value() && status.error().kind == ErrorKind::kUnavailable;
  const Status flushed = producer.Flush(is_away ? std::chrono::seconds(0) : kFlushTime);
  return status.has_value() ? flushed : status;
}

Status AddProperty(const std::string& text, JavaProperties& properties) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0) {
    return Fail(ErrorKind::kInvalidArgument,
                "not a property: write --property key=value");
  }
  const std::string key = text.substr(0, equals);
  if (!properties.emplace(key, text.substr(equals + 1)).second) {
    return Fail(ErrorKind::kInvalidArgument, "--property {} is given twice", key);
  }
  return {};
}

Result<JavaProperties> PropertiesOf(const ProduceOptions& options) {
  JavaProperties properties;
  for (const std::string& text : options.properties) {
    FRAZIL_TRY(AddProperty(text, properties));
  }
  if (!options.bootstrap_servers.empty() &&
      !properties.emplace("bootstrap.servers", options.bootstrap_servers).second) {
    return Fail(ErrorKind::kInvalidArgument,
                "--bootstrap-servers and --property bootstrap.servers: give one of them");
  }
  if (properties["bootstrap.servers"].empty()) {
    return Fail(ErrorKind::kInvalidArgument,
                "which broker? Give --bootstrap-servers host:port");
  }
  return properties;
}

Result<std::unique_ptr<RecordFeed>> OpenFeed(const ProduceOptions& options,
                                             const std::atomic<bool>& is_stopping) {
  if (!options.file.empty()) {
    return FeedOfLines(options.file, options.key_field, is_stopping);
  }
  if (options.first > std::numeric_limits<std::int64_t>::max() - CountOf(options)) {
    return Fail(ErrorKind::kInvalidArgument,
                "--first and --count: numbers of events end at {}",
                std::numeric_limits<std::int64_t>::max());
  }
  FRAZIL_ASSIGN(const EventShape shape, ParseEventShape(options.shape));
  return FeedOfShape(shape, options.seed, options.first);
}

// Told before anything is sent: of a missing topic the client speaks after half a minute.
Status PrepareTopic(const ProduceOptions& options, KafkaProducer& producer) {
  if (options.create_partitions > 0) {
    Status made = producer.CreateTopic(options.topic, options.create_partitions);
    if (made.has_value() || made.error().kind != ErrorKind::kAlreadyExists) return made;
    return {};
  }
  Status found = producer.RequireTopic(options.topic);
  if (found.has_value() || found.error().kind != ErrorKind::kNotFound) return found;
  return Fail(ErrorKind::kNotFound, "{}; --create-partitions N makes it",
              found.error().message);
}

Status Produce(const ProduceOptions& options) {
  FRAZIL_ASSIGN(const JavaProperties properties, PropertiesOf(options));
  std::atomic<bool> is_stopping = false;
  const SignalWatch signals([&](int seen) {
    is_stopping = true;
    if (seen > 1) QuitAtOnce(seen);
  });
  FRAZIL_ASSIGN(const auto feed, OpenFeed(options, is_stopping));
  FRAZIL_ASSIGN(const auto producer, KafkaProducer::Create(properties));
  FRAZIL_TRY(PrepareTopic(options, *producer));
  const auto began = SteadyClock::now();
  Produced produced;
  const Status status = ProduceAll(options, *feed, *producer, is_stopping, produced);
  const auto elapsed =
      std::chrono::duration_cast<std::chrono::milliseconds>(SteadyClock::now() - began);
  const double seconds = std::max(1e-3, static_cast<double>(elapsed.count()) / 1000);
  const std::int64_t delivered = producer->delivered();
  Print("{}produced {} records ({}) to topic '{}' in {}, {}/s{}\n",
        is_stopping ? "stopped: " : "", delivered, FormatSize(produced.bytes),
        options.topic, FormatDuration(elapsed),
        ShortCount(static_cast<std::int64_t>(static_cast<double>(delivered) / seconds)),
        delivered == produced.records ? ""
                                      : fmt::format("; {} more were not acknowledged",
                                                    produced.records - delivered));
  return status;
}

// Text that must say something.
CLI::Validator NotEmpty() {
  return CLI::Validator(
      [](const std::string& text) { return std::string(text.empty() ? "is empty" : ""); },
      "");
}

// Slower or faster than these means a slip, and the arithmetic ends there too.
CLI::Validator RecordsPerSecond() {
  return CLI::Validator(
      [](const std::string& text) {
        constexpr double kLeast = 0.001;
        constexpr double kMost = 1e9;
        double rate = 0;
        const char* const end = text.data() + text.size();
        const auto [at, error] = std::from_chars(text.data(), end, rate);
        // A NaN fails every comparison.
        if (error == std::errc() && at == end && rate >= kLeast && rate <= kMost) {
          return std::string();
        }
        return fmt::format("'{}' is not a number of records per second from 0.001 to 1e9",
                           text);
      },
      "0.001 to 1e9");
}

void AddOptions(CLI::App& produce, ProduceOptions& options) {
  produce.add_option("--topic", options.topic, "The topic to fill")
      ->required()
      ->check(NotEmpty());
  produce.add_option("--bootstrap-servers", options.bootstrap_servers,
                     "host:port of a broker; several with commas");
  produce
      .add_option("--property", options.properties,
                  "key=value for the Kafka client, such as security.protocol=SSL; "
                  "repeatable")
      ->allow_extra_args(false);
  produce
      .add_option("--create-partitions", options.create_partitions,
                  "Make the topic with so many partitions if it does not exist")
      ->check(CLI::Range(1, 100'000));
  auto* shape = produce.add_option("--shape", options.shape, "Kind of generated events")
                    ->check(CLI::IsMember(EventShapeNames()))
                    ->capture_default_str();
  auto* seed = produce
                   .add_option("--seed", options.seed,
                               "Events of the same shape, seed and number are the same")
                   ->capture_default_str();
  auto* first =
      produce.add_option("--first", options.first, "Number of the first generated event")
          ->check(NoLessThan(0))
          ->capture_default_str();
  produce
      .add_option("--count", options.count,
                  "Records to write; without it 1000000, or all lines of --file")
      ->check(NoLessThan(0));
  produce
      .add_option("--rate", options.rate, "Records per second; without it: all it can")
      ->check(RecordsPerSecond());
  auto* file = produce
                   .add_option("--file", options.file,
                               "Write the lines of this file instead; - reads stdin")
                   ->check(NotEmpty());
  file->excludes(shape)->excludes(seed)->excludes(first);
  auto* key_field =
      produce
          .add_option("--key-field", options.key_field,
                      "With --file: this field of each line is the record's key")
          ->needs(file)
          ->check(NotEmpty());
  produce
      .add_flag("--no-keys", options.no_keys,
                "Records without keys, spread over partitions; otherwise the key "
                "decides, as with Java's producer")
      ->excludes(key_field);
}

}  // namespace

void AddProduceCommand(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<ProduceOptions>();
  CLI::App* produce =
      app.add_subcommand("produce", "Fill a Kafka topic with generated events or a file");
  AddOptions(*produce, *options);
  produce->callback([options, &exit_code] {
    ConfigureLog(LogLevel::kWarning, LogFormat::kText);
    SignalWatch::BlockSignals();
    const Status status = Produce(*options);
    exit_code =
        status.has_value() ? static_cast<int>(kExitOk) : PrintError(status.error());
  });
}

}  // namespace frazil
