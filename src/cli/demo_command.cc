#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/units.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/signal_watch.h"
#include "cli/terminal_status.h"
#include "config/sql/sql_script.h"
#include "pipeline/pipeline.h"
#include "query/table_query.h"
#include "source/event_shapes.h"
#include "source/kafka/kafka_producer.h"
#include "source/kafka/mock_cluster.h"

namespace frazil {
namespace {

namespace fs = std::filesystem;
using SteadyClock = std::chrono::steady_clock;

constexpr int kPartitions = 8;
// The broker keeps 100,000 records or 5 MiB of a partition. So many events per partition
// may be in it without being committed: compressed 2 MB (78 bytes each, measured with lz4).
constexpr std::int64_t kMaxUncommitted = 25'000 * std::int64_t{kPartitions};
constexpr std::chrono::seconds kFlushTime(30);
constexpr std::uint64_t kSeed = 1;
constexpr std::int64_t kQueryMemoryBytes = 512LL << 20;
constexpr std::string_view kScriptName = "pipeline.sql";
constexpr std::string_view kScriptMark = "-- The pipeline of `frazil demo`.";

struct DemoOptions {
  std::string folder = "./frazil-demo";
  std::int64_t events = 1'000'000;
};

std::string ReadText(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// A folder of an earlier demo is gone on with; one that holds anything else is left alone.
// \return true for one of an earlier demo.
Result<bool> PrepareFolder(const fs::path& folder) {
  std::error_code error;
  if (ReadText(folder / kScriptName).starts_with(kScriptMark)) return true;
  if (fs::exists(folder, error)) {
    const bool is_empty = fs::is_directory(folder, error) && fs::is_empty(folder, error);
    if (!is_empty || error) {
      return Fail(
          ErrorKind::kAlreadyExists,
          "{} exists and is not of an earlier demo: name another folder with --dir",
          folder.string());
    }
    return false;
  }
  fs::create_directories(folder, error);
  if (error) {
    return Fail(ErrorKind::kIoError, "cannot make the folder {}: {}", folder.string(),
                error.message());
  }
  return false;
}

// A value between single quotes.
std::string QuoteValue(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'') quoted += '\'';
    quoted += c;
  }
  return quoted + "'";
}

std::string ScriptText(const fs::path& folder, const std::string& bootstrap_servers,
                       const std::string& topic) {
  return fmt::format(
      R"({}
-- Its broker lived inside that command and is gone; the tables are here to stay.
SET 'pipeline.name' = 'demo';
SET 'commit.interval' = '500 ms';

CREATE CATALOG lake WITH (
  'type' = 'iceberg', 'catalog-type' = 'sql',
  'uri' = {},
  'warehouse' = {});
CREATE DATABASE IF NOT EXISTS lake.db;

CREATE TABLE events (
  {},
  part INT METADATA FROM 'partition', pos BIGINT METADATA FROM 'offset'
) WITH (
  'connector' = 'kafka', 'topic' = '{}', 'properties.bootstrap.servers' = '{}',
  'scan.startup.mode' = 'earliest-offset', 'scan.assignment' = 'static',
  'format' = 'json');

CREATE TABLE IF NOT EXISTS lake.db.events (
  {},
  part INT, pos BIGINT
) PARTITIONED BY (event_type);

INSERT INTO lake.db.events SELECT * FROM events;
)",
      kScriptMark, QuoteValue("sqlite:///" + (folder / "catalog.db").string()),
      QuoteValue((folder / "warehouse").string()), EventShapeColumns(EventShape::kEvents),
      topic, bootstrap_servers, EventShapeColumns(EventShape::kEvents));
}

Result<PipelinePlan> PlanDemo(const fs::path& folder, const std::string& script) {
  const std::string path = (folder / kScriptName).string();
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << script;
  file.close();
  if (!file) return Fail(ErrorKind::kIoError, "cannot write {}", path);
  FRAZIL_ASSIGN(PipelineSpec spec, ParseSqlScript(path, script, [](std::string_view) {
                  return std::optional<std::string>();
                }));
  FRAZIL_ASSIGN(PipelinePlan plan, PlanPipeline(std::move(spec)));
  // It looks at the table before the pipeline starts.
  FRAZIL_TRY(CreateMissing(plan));
  return plan;
}

// Fills the topic, no faster than events are committed.
class DemoProducer {
 public:
  DemoProducer(KafkaProducer& producer, std::string topic, std::int64_t first,
               std::int64_t count, Pipeline& pipeline)
      : producer_(producer),
        topic_(std::move(topic)),
        first_(first),
        count_(count),
        pipeline_(pipeline) {}

  // Until all is committed, or `stop`; then the pipeline drains.
  Status Run(const std::stop_token& stop) {
    Status status = Fill(stop);
    if (status.has_value()) committed().Await(count_, stop);
    pipeline_.Drain();
    return status;
  }

 private:
  [[nodiscard]] const AwaitedCount& committed() const {
    return pipeline_.status().rows_committed;
  }

  // Waits until enough is committed for event `i` to go in.
  Status AwaitRoom(std::int64_t i, const std::stop_token& stop) {
    if (i - committed().load() < kMaxUncommitted) return {};
    FRAZIL_TRY(producer_.Flush(kFlushTime));
    committed().Await(i + 1 - kMaxUncommitted, stop);
    return {};
  }

  Status Fill(const std::stop_token& stop) {
    std::string key;
    std::string value;
    for (std::int64_t i = 0; i < count_; ++i) {
      FRAZIL_TRY(AwaitRoom(i, stop));
      if (stop.stop_requested()) return {};
      key.clear();
      value.clear();
      AppendEventKey(EventShape::kEvents, kSeed, first_ + i, key);
      AppendEvent(EventShape::kEvents, kSeed, first_ + i, value);
      ProducerRecord record;
      record.topic = topic_;
      record.key = key;
      record.value = value;
      record.partition = static_cast<std::int32_t>(i % kPartitions);
      FRAZIL_TRY(producer_.Produce(record));
    }
    return producer_.Flush(kFlushTime);
  }

  KafkaProducer& producer_;
  std::string topic_;
  std::int64_t first_;
  std::int64_t count_;
  Pipeline& pipeline_;
};

using Row = std::vector<std::string>;

Result<std::vector<Row>> Ask(TableQuery& query, const std::string& sql) {
  std::vector<Row> rows;
  FRAZIL_TRY(query.Run(sql, [&](const std::vector<const std::string_view*>& values) {
    Row row;
    for (const std::string_view* value : values) {
      row.emplace_back(value == nullptr ? "0" : *value);
    }
    rows.push_back(std::move(row));
    return true;
  }));
  return rows;
}

Result<std::unique_ptr<TableQuery>> QueryOf(const PipelinePlan& plan) {
  std::map<std::string, Catalog*> catalogs;
  for (const auto& [name, catalog] : plan.catalogs) catalogs[name] = catalog.get();
  return TableQuery::Make(std::move(catalogs), *plan.io, kQueryMemoryBytes);
}

// The number of the first event that the table does not have: runs add to each other.
Result<std::int64_t> NextEvent(const PipelinePlan& plan) {
  FRAZIL_ASSIGN(const auto query, QueryOf(plan));
  FRAZIL_ASSIGN(const auto rows, Ask(*query, "SELECT max(id) + 1 FROM lake.db.events"));
  std::int64_t next = 0;
  const std::string& text = rows.at(0).at(0);
  std::from_chars(text.data(), text.data() + text.size(), next);
  return next;
}

// What this run was to add.
struct DemoRun {
  std::string folder;  // as the user wrote it
  std::int64_t first = 0;
  std::int64_t events = 0;
  std::chrono::milliseconds elapsed{0};
};

// A number of the newest snapshot's summary.
std::int64_t SummaryNumber(const Snapshot& snapshot, const std::string& key) {
  std::int64_t number = 0;
  const std::string text = snapshot.summary.Find(key).value_or("");
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

Status PrintFiles(const PipelinePlan& plan) {
  const TargetPlan& target = plan.targets.front();
  FRAZIL_ASSIGN(const LoadedTable table, target.catalog->LoadTable(target.identifier));
  const Snapshot* const snapshot = table.metadata->CurrentSnapshot();
  if (snapshot == nullptr) return {};
  Print("lake.db.events has {} Parquet files, {}\n\n",
        SummaryNumber(*snapshot, "total-data-files"),
        FormatSize(SummaryNumber(*snapshot, "total-files-size")));
  return {};
}

Status PrintRows(const PipelinePlan& plan, const DemoRun& run) {
  FRAZIL_ASSIGN(const auto query, QueryOf(plan));
  FRAZIL_ASSIGN(
      const auto totals,
      Ask(*query,
          fmt::format("SELECT count(*), count(DISTINCT id), min(ts), max(ts), count(*) "
                      "FILTER (id >= {0}), count(DISTINCT id) FILTER (id >= {0}) FROM "
                      "lake.db.events",
                      run.first)));
  const Row& total = totals.at(0);
  const std::string wanted = std::to_string(run.events);
  Print("rows          {}\ndistinct ids  {}\nfrom          {}\nto            {}\n",
        total.at(0), total.at(1), total.at(2), total.at(3));
  if (total.at(4) == wanted && total.at(5) == wanted) {
    Print("Each of the {} events of this run is there exactly once.\n", wanted);
  }
  FRAZIL_ASSIGN(const auto types,
                Ask(*query,
                    "SELECT event_type, count(*), CAST(sum(amount) AS "
                    "DECIMAL(18, 2)) FROM lake.db.events GROUP BY 1 ORDER BY "
                    "count(*) DESC, 1"));
  Print("\n{:<14}{:>10}{:>16}\n", "event_type", "rows", "amount");
  for (const Row& row : types) {
    Print("{:<14}{:>10}{:>16}\n", row.at(0), row.at(1), row.at(2));
  }
  return {};
}

Status PrintReport(const Pipeline& pipeline, const DemoRun& run) {
  const PipelineStatus& status = pipeline.status();
  const double seconds = std::max(1e-3, static_cast<double>(run.elapsed.count()) / 1000);
  Print("{} events in {}: {} rows/s from Kafka into Iceberg, {} snapshots\n",
        status.rows_committed.load(), FormatDuration(run.elapsed),
        ShortCount(static_cast<std::int64_t>(
            static_cast<double>(status.rows_committed.load()) / seconds)),
        status.snapshots_committed.load());
  FRAZIL_TRY(PrintFiles(pipeline.plan()));
  FRAZIL_TRY(PrintRows(pipeline.plan(), run));
  Print(
      R"(
Next:
  frazil query --script {0}/{1} "SELECT geo.country, count(*) FROM lake.db.events GROUP BY 1"
  frazil ledger show {0}/{1}   # how far the pipeline has read, kept in the table
  frazil check {0}/{1}         # the pipeline's plan
Copy {0}/{1}, point it to a broker of yours, and `frazil run` it.
The table is in {0}/warehouse, its catalog {0}/catalog.db: PyIceberg, DuckDB and Spark read it.
)",
      run.folder, kScriptName);
  return {};
}

// The stage that fills the topic beside the pipeline that reads it.
Status RunBoth(Pipeline& pipeline, DemoProducer& producer) {
  Status filled;
  Status status;
  {
    std::jthread filling(
        [&](const std::stop_token& stop) { filled = producer.Run(stop); });
    const SignalWatch signals([&](int seen) {
      filling.request_stop();
      if (seen == 1) {
        pipeline.Drain();
      } else {
        pipeline.Abort();
      }
    });
    std::optional<TerminalStatus> line;
    if (::isatty(STDERR_FILENO) == 1) line.emplace(pipeline.status());
    status = pipeline.Run();
    filling.request_stop();
  }
  FRAZIL_TRY(status);
  return filled;
}

Status Demo(const DemoOptions& options) {
  std::error_code error;
  const fs::path folder = fs::absolute(options.folder, error).lexically_normal();
  FRAZIL_ASSIGN(const bool is_again, PrepareFolder(folder));
  FRAZIL_ASSIGN(const auto cluster, MockCluster::Start());
  // The broker begins empty each time, so each time it is another topic.
  const std::string topic = fmt::format("events-{}", Clock::System().NowMs());
  FRAZIL_TRY(cluster->CreateTopic(topic, kPartitions));
  FRAZIL_ASSIGN(
      PipelinePlan plan,
      PlanDemo(folder, ScriptText(folder, cluster->bootstrap_servers(), topic)));
  FRAZIL_ASSIGN(const std::int64_t first, NextEvent(plan));
  if (is_again) {
    Print("{} is there already, with events up to number {}: adding to it\n",
          options.folder, first - 1);
  }
  Print("{} events -> embedded Kafka broker ({} partitions) -> lake.db.events in {}\n",
        options.events, kPartitions, options.folder);
  (void)std::fflush(stdout);
  FRAZIL_ASSIGN(
      const auto producer,
      KafkaProducer::Create({{"bootstrap.servers", cluster->bootstrap_servers()},
                             {"compression.type", "lz4"},
                             {"linger.ms", "10"}}));
  Pipeline pipeline(std::move(plan), Clock::System());
  DemoProducer filling(*producer, topic, first, options.events, pipeline);
  const auto began = SteadyClock::now();
  FRAZIL_TRY(RunBoth(pipeline, filling));
  const auto elapsed =
      std::chrono::duration_cast<std::chrono::milliseconds>(SteadyClock::now() - began);
  return PrintReport(pipeline, {options.folder, first, options.events, elapsed});
}

}  // namespace

void AddDemoCommand(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<DemoOptions>();
  CLI::App* demo = app.add_subcommand(
      "demo", "Show it all: events, a Kafka broker in this process, an Iceberg table");
  demo->add_option("--dir", options->folder, "Where the table goes")
      ->capture_default_str();
  demo->add_option("--events", options->events, "How many events")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{1'000'000'000}))
      ->capture_default_str();
  demo->callback([options, &exit_code] {
    ConfigureLog(LogLevel::kWarning, LogFormat::kText);
    SignalWatch::BlockSignals();
    const Status status = Demo(*options);
    exit_code =
        status.has_value() ? static_cast<int>(kExitOk) : PrintError(status.error());
  });
}

}  // namespace frazil
