#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <fstream>
#include <iostream>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/json.h"
#include "base/log.h"
#include "base/units.h"
#include "cli/commands.h"
#include "cli/output.h"
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

/// Gives one record after the other.
class RecordFeed {
 public:
  virtual ~RecordFeed() = default;
  /// \return false after the last one.
  virtual Result<bool> Next(std::string& key, std::string& value) = 0;
};

class ShapeFeed : public RecordFeed {
 public:
  ShapeFeed(EventShape shape, std::uint64_t seed, std::int64_t first)
      : shape_(shape), seed_(seed), next_(first) {}

  Result<bool> Next(std::string& key, std::string& value) override {
    AppendEventKey(shape_, seed_, next_, key);
    AppendEvent(shape_, seed_, next_, value);
    ++next_;
    return true;
  }

 private:
  EventShape shape_;
  std::uint64_t seed_;
  std::int64_t next_;
};

// A line is a record, whatever it holds; empty lines are passed over.
class FileFeed : public RecordFeed {
 public:
  static Result<std::unique_ptr<RecordFeed>> Open(const ProduceOptions& options) {
    auto feed = std::make_unique<FileFeed>(options.file, options.key_field);
    if (options.file != "-") {
      feed->file_.open(options.file, std::ios::binary);
      if (!feed->file_) {
        return Fail(ErrorKind::kNotFound, "cannot read the file: {}", options.file);
      }
      feed->input_ = &feed->file_;
    }
    return std::unique_ptr<RecordFeed>(std::move(feed));
  }

  FileFeed(std::string name, std::string key_field)
      : name_(std::move(name)), key_field_(std::move(key_field)) {}

  Result<bool> Next(std::string& key, std::string& value) override {
    do {
      if (!std::getline(*input_, value)) return false;
      ++line_;
      if (value.ends_with('\r')) value.pop_back();
    } while (value.empty());
    if (key_field_.empty()) return true;
    const auto json = ParseJson(value);
    if (!json.has_value() || !json->is_object() || !json->contains(key_field_)) {
      return Fail(ErrorKind::kInvalidArgument,
                  "{}:{}: no JSON object with a field '{}' for the key", name_, line_,
                  key_field_);
    }
    const Json& field = (*json)[key_field_];
    key = field.is_string() ? field.get<std::string>() : DumpJson(field);
    return true;
  }

 private:
  std::string name_;
  std::string key_field_;
  std::ifstream file_;
  std::istream* input_ = &std::cin;
  std::int64_t line_ = 0;
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

Status ProduceAll(const ProduceOptions& options, RecordFeed& feed,
                  KafkaProducer& producer, const std::atomic<bool>& is_stopping,
                  Produced& produced) {
  const bool is_endless = !options.file.empty() && options.count < 0;
  const std::int64_t count = is_endless ? std::numeric_limits<std::int64_t>::max()
                             : options.count < 0 ? kDefaultCount
                                                 : options.count;
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
    FRAZIL_TRY(producer.Produce(record));
    ++produced.records;
    produced.bytes += static_cast<std::int64_t>(value.size());
    if (options.rate > 0 || produced.records % kRecordsPerLook == 0) {
      const auto now = SteadyClock::now();
      progress.Show(produced.records, std::chrono::duration<double>(now - began).count(),
                    now);
    }
  }
  return producer.Flush(kFlushTime);
}

Result<JavaProperties> PropertiesOf(const ProduceOptions& options) {
  JavaProperties properties;
  for (const std::string& text : options.properties) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0) {
      return Fail(ErrorKind::kInvalidArgument,
                  "not a property: write --property key=value");
    }
    properties[text.substr(0, equals)] = text.substr(equals + 1);
  }
  if (!options.bootstrap_servers.empty()) {
    properties["bootstrap.servers"] = options.bootstrap_servers;
  }
  if (!properties.contains("bootstrap.servers")) {
    return Fail(ErrorKind::kInvalidArgument,
                "which broker? Give --bootstrap-servers host:port");
  }
  return properties;
}

Result<std::unique_ptr<RecordFeed>> OpenFeed(const ProduceOptions& options) {
  if (!options.file.empty()) return FileFeed::Open(options);
  FRAZIL_ASSIGN(const EventShape shape, ParseEventShape(options.shape));
  return std::unique_ptr<RecordFeed>(
      std::make_unique<ShapeFeed>(shape, options.seed, options.first));
}

Status Produce(const ProduceOptions& options) {
  FRAZIL_ASSIGN(const JavaProperties properties, PropertiesOf(options));
  FRAZIL_ASSIGN(const auto feed, OpenFeed(options));
  FRAZIL_ASSIGN(const auto producer, KafkaProducer::Create(properties));
  std::atomic<bool> is_stopping = false;
  const SignalWatch signals([&](int) { is_stopping = true; });
  if (options.create_partitions > 0) {
    const Status made = producer->CreateTopic(options.topic, options.create_partitions);
    if (!made.has_value() && made.error().kind != ErrorKind::kAlreadyExists) return made;
  }
  const auto began = SteadyClock::now();
  Produced produced;
  const Status status = ProduceAll(options, *feed, *producer, is_stopping, produced);
  const auto elapsed =
      std::chrono::duration_cast<std::chrono::milliseconds>(SteadyClock::now() - began);
  const double seconds = std::max(1e-3, static_cast<double>(elapsed.count()) / 1000);
  Print("{} {} records ({}) to topic '{}' in {}, {}/s{}\n",
        is_stopping ? "stopped: produced" : "produced", producer->delivered(),
        FormatSize(produced.bytes), options.topic, FormatDuration(elapsed),
        ShortCount(static_cast<std::int64_t>(static_cast<double>(producer->delivered()) /
                                             seconds)),
        status.has_value() ? "" : "; others were not acknowledged");
  return status;
}

void AddOptions(CLI::App& produce, ProduceOptions& options) {
  produce.add_option("--topic", options.topic, "The topic to fill")->required();
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
      ->check(CLI::PositiveNumber);
  auto* file = produce.add_option("--file", options.file,
                                  "Write the lines of this file instead; - reads stdin");
  file->excludes(shape)->excludes(seed)->excludes(first);
  produce
      .add_option("--key-field", options.key_field,
                  "With --file: this field of each line is the record's key")
      ->needs(file);
  produce.add_flag("--no-keys", options.no_keys,
                   "Records without keys, spread over partitions; otherwise the key "
                   "decides, as with Java's producer");
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
