// Cost of a record until it leaves its source. CPU time of the polling thread; what
// librdkafka's own threads and the embedded broker spend beside it is in wall time only.

#include <memory>
#include <string>

#include <benchmark/benchmark.h>

#include "source/event_shapes.h"
#include "source/kafka/kafka_producer.h"
#include "source/kafka/mock_cluster.h"
#include "source/source_factory.h"

namespace frazil {
namespace {

// Starts every split at 0.
class FromZero : public SplitListener {
 public:
  Result<Positions> OnAssigned(const std::vector<Split>& splits) override {
    Positions positions;
    for (const Split& split : splits) positions[split] = Position();
    return positions;
  }
  void OnRevoked(const std::vector<Split>&) override {}
  void OnLost(const std::vector<Split>&) override {}
};

struct Table {
  PipelineSpec script;
  SourceSpec spec;

  void Set(const std::string& key, const std::string& value) {
    (void)spec.options.Add({key, value, {}, {}});
  }
  void AddColumn(const std::string& name, TypeId type) {
    ColumnSpec column;
    column.name = name;
    column.type = Type(type);
    spec.columns.push_back(std::move(column));
  }
};

struct Totals {
  std::int64_t records = 0;
  std::int64_t bytes = 0;
};

Status ReadToEnd(const Table& table, Totals& totals) {
  FRAZIL_ASSIGN(const std::unique_ptr<Source> source,
                OpenSource(table.spec, {.script = &table.script, .group_id = "bench"}));
  FromZero listener;
  FRAZIL_TRY(source->Open());
  FRAZIL_TRY(source->Start(listener));
  while (!source->IsAtEnd()) {
    FRAZIL_ASSIGN(const auto batches, source->Poll(std::chrono::milliseconds(20)));
    for (const RawBatch& batch : batches) {
      totals.records += static_cast<std::int64_t>(batch.records.size());
      totals.bytes += batch.size_bytes;
    }
  }
  return {};
}

void Report(benchmark::State& state, const Totals& totals) {
  state.SetItemsProcessed(totals.records);
  state.SetBytesProcessed(totals.bytes);
}

void BM_Datagen(benchmark::State& state) {
  Table table;
  table.spec.name = "gen";
  table.spec.connector = "datagen";
  table.Set("rows-per-second", "0");
  table.Set("number-of-rows", "1000000");
  table.Set("fields.id.kind", "sequence");
  table.Set("fields.id.start", "0");
  table.Set("fields.id.end", "999999");
  table.Set("fields.user_id.length", "12");
  table.Set("fields.amount.min", "0");
  table.Set("fields.amount.max", "1000");
  table.AddColumn("id", TypeId::kLong);
  table.AddColumn("user_id", TypeId::kString);
  table.AddColumn("ts", TypeId::kTimestamptz);
  table.AddColumn("amount", TypeId::kDouble);
  table.AddColumn("is_new", TypeId::kBoolean);
  Totals totals;
  for (auto _ : state) {
    const Status status = ReadToEnd(table, totals);
    if (!status.has_value()) state.SkipWithError(status.error().message.c_str());
  }
  Report(state, totals);
}
BENCHMARK(BM_Datagen)->Unit(benchmark::kMillisecond);

void BM_EventShape(benchmark::State& state) {
  const auto shape = static_cast<EventShape>(state.range(0));
  std::string text;
  std::int64_t index = 0;
  std::int64_t bytes = 0;
  for (auto _ : state) {
    text.clear();
    AppendEvent(shape, /*seed=*/1, index++, text);
    bytes += static_cast<std::int64_t>(text.size());
    benchmark::DoNotOptimize(text.data());
  }
  state.SetItemsProcessed(index);
  state.SetBytesProcessed(bytes);
}
BENCHMARK(BM_EventShape)->DenseRange(0, 2);

// 4 partitions of web events, lz4, from the embedded broker.
void BM_KafkaFromMock(benchmark::State& state) {
  constexpr std::int64_t kEvents = 200'000;
  auto cluster = MockCluster::Start();
  if (!cluster.has_value() || !(*cluster)->CreateTopic("events", 4).has_value()) {
    state.SkipWithError("no embedded broker");
    return;
  }
  const std::string& servers = (*cluster)->bootstrap_servers();
  auto producer = KafkaProducer::Create({{"bootstrap.servers", servers}});
  std::string value;
  for (std::int64_t i = 0; i < kEvents; ++i) {
    value.clear();
    AppendEvent(EventShape::kEvents, /*seed=*/1, i, value);
    (void)(*producer)->Produce({.topic = "events",
                                .value = value,
                                .partition = static_cast<std::int32_t>(i % 4)});
  }
  if (!(*producer)->Flush(std::chrono::seconds(30)).has_value()) {
    state.SkipWithError("the topic cannot be filled");
    return;
  }
  Table table;
  table.spec.name = "events";
  table.spec.connector = "kafka";
  table.Set("topic", "events");
  table.Set("format", "json");
  table.Set("properties.bootstrap.servers", servers);
  table.Set("scan.startup.mode", "earliest-offset");
  table.Set("scan.bounded.mode", "latest-offset");
  Totals totals;
  for (auto _ : state) {
    const Status status = ReadToEnd(table, totals);
    if (!status.has_value()) state.SkipWithError(status.error().message.c_str());
  }
  Report(state, totals);
}
BENCHMARK(BM_KafkaFromMock)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace frazil
