// Cost per row of the way from Arrow rows to a finished Parquet file. Figures are CPU time;
// see docs/benchmarks.md for the machine.

#include <algorithm>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <arrow/memory_pool.h>
#include <benchmark/benchmark.h>

#include "base/memory_budget.h"
#include "write/bench_events.h"
#include "write/dictionary_choice.h"
#include "write/parquet_file.h"
#include "write/table_writer.h"

namespace frazil {
namespace {

using Batches = std::vector<std::shared_ptr<arrow::RecordBatch>>;

constexpr std::int64_t kRowsPerBatch = 16'384;

const Batches& Events() {
  static const Batches kBatches = [] {
    Batches batches;
    EventGenerator generator(/*seed=*/1);
    for (int i = 0; i < 32; ++i) batches.push_back(generator.Next(kRowsPerBatch));
    return batches;
  }();
  return kBatches;
}

// Half a million events into one file.
void WriteEvents(benchmark::State& state, std::map<std::string, std::string> properties) {
  const Batches& batches = Events();
  ForgetfulFileIO io;
  const auto layout = ParquetLayout::Make(EventTable({}, std::move(properties)));
  std::int64_t rows = 0;
  std::int64_t file_bytes = 0;
  std::int64_t memory_bytes = 0;
  for (auto _ : state) {
    auto file = ParquetFile::Open(*layout, io, "/f",
                                  ChooseDictionaries(**layout, *batches.front()));
    for (const auto& batch : batches) {
      const auto adopted = (*layout)->Adopt(batch);
      if (const auto written = (*file)->Write(**adopted); !written.has_value()) {
        state.SkipWithError(written.error().message.c_str());
      }
      rows += batch->num_rows();
    }
    memory_bytes = (*file)->MemoryBytes();
    const auto finished = (*file)->Finish();
    file_bytes = finished->file_size_bytes;
    benchmark::DoNotOptimize(finished);
  }
  state.SetItemsProcessed(rows);
  state.counters["ns_per_row"] =
      benchmark::Counter(static_cast<double>(rows) / 1e9,
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
  state.counters["bytes_per_row"] =
      static_cast<double>(file_bytes) / static_cast<double>(32 * kRowsPerBatch);
  state.counters["memory_mb"] = static_cast<double>(memory_bytes) / 1e6;
}

void BM_ParquetFile(benchmark::State& state) { WriteEvents(state, {}); }
BENCHMARK(BM_ParquetFile)->Unit(benchmark::kMillisecond);

void BM_ParquetFileZstdLevel(benchmark::State& state) {
  WriteEvents(state,
              {{"write.parquet.compression-level", std::to_string(state.range(0))}});
}
BENCHMARK(BM_ParquetFileZstdLevel)->Arg(1)->Arg(3)->Unit(benchmark::kMillisecond);

void BM_ParquetFileCodec(benchmark::State& state, const char* codec) {
  WriteEvents(state, {{"write.parquet.compression-codec", codec}});
}
BENCHMARK_CAPTURE(BM_ParquetFileCodec, snappy, "snappy")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(BM_ParquetFileCodec, none, "none")->Unit(benchmark::kMillisecond);

// One column at a time: where the time goes.
void BM_ParquetColumn(benchmark::State& state) {
  const auto column = static_cast<int>(state.range(0));
  const Schema all = EventSchema();
  TableMetadata table = EventTable({}, {});
  table.schemas.front().fields = {all.fields[static_cast<std::size_t>(column)]};
  const auto layout = ParquetLayout::Make(table);
  ForgetfulFileIO io;
  Batches batches;
  for (const auto& batch : Events()) {
    batches.push_back(*(*layout)->Adopt(batch->SelectColumns({column}).ValueOrDie()));
  }
  std::int64_t rows = 0;
  for (auto _ : state) {
    auto file = ParquetFile::Open(*layout, io, "/f",
                                  ChooseDictionaries(**layout, *batches.front()));
    for (const auto& batch : batches) {
      if (!(*file)->Write(*batch).has_value()) state.SkipWithError("write");
      rows += batch->num_rows();
    }
    benchmark::DoNotOptimize((*file)->Finish());
  }
  state.counters["ns_per_row"] =
      benchmark::Counter(static_cast<double>(rows) / 1e9,
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
  state.SetLabel(all.fields[static_cast<std::size_t>(column)].name);
}
BENCHMARK(BM_ParquetColumn)->DenseRange(0, 7)->Unit(benchmark::kMillisecond);

// Half a million events, partitioned into as many buckets, through the table writer.
void BM_TableWriter(benchmark::State& state) {
  PartitionSpec spec;
  if (state.range(0) > 1) {
    spec.fields = {{2, 1000, "user_id_bucket",
                    Transform(TransformKind::kBucket, static_cast<int>(state.range(0)))}};
  }
  const auto table = std::make_shared<TableMetadata>(EventTable(spec, {}));
  ForgetfulFileIO io;
  std::int64_t rows = 0;
  std::size_t files = 0;
  for (auto _ : state) {
    MemoryBudget budget(std::int64_t{160} << 20);
    auto writer = TableWriter::Make(table, io, budget);
    for (const auto& batch : Events()) {
      if (!(*writer)->Write(1, batch).has_value()) state.SkipWithError("write");
      rows += batch->num_rows();
    }
    files = (*writer)->Finish(1)->size();
  }
  state.counters["ns_per_row"] =
      benchmark::Counter(static_cast<double>(rows) / 1e9,
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
  state.counters["files"] = static_cast<double>(files);
}
BENCHMARK(BM_TableWriter)
    ->Arg(1)
    ->Arg(16)
    ->Arg(256)
    ->Arg(1000)
    ->Unit(benchmark::kMillisecond);

// Kilobytes of a line of /proc/self/status, such as "VmHWM:".
std::int64_t StatusKilobytes(const std::string& name) {
  std::ifstream status("/proc/self/status");
  std::string word;
  while (status >> word) {
    std::int64_t kilobytes = 0;
    if (word == name && status >> kilobytes) return kilobytes;
  }
  return 0;
}

// A million events over many partitions within a small budget: how far memory goes beyond
// it, and how many files that costs. Events are made on the fly.
void BM_ManyPartitions(benchmark::State& state) {
  PartitionSpec spec;
  spec.fields = {{2, 1000, "user_id_bucket",
                  Transform(TransformKind::kBucket, static_cast<int>(state.range(0)))}};
  const auto table = std::make_shared<TableMetadata>(EventTable(spec, {}));
  const std::int64_t budget_bytes = state.range(1) << 20;
  ForgetfulFileIO io;
  std::int64_t rows = 0;
  for (auto _ : state) {
    state.PauseTiming();
    arrow::default_memory_pool()->ReleaseUnused();
    arrow::system_memory_pool()->ReleaseUnused();
    std::ofstream("/proc/self/clear_refs") << "5";  // resets VmHWM
    const std::int64_t before = StatusKilobytes("VmRSS:");
    EventGenerator generator(/*seed=*/2);
    MemoryBudget budget(budget_bytes);
    auto writer = TableWriter::Make(table, io, budget);
    std::int64_t reserved = 0;
    for (int i = 0; i < 64; ++i) {
      const auto batch = generator.Next(kRowsPerBatch);
      state.ResumeTiming();
      if (!(*writer)->Write(1, batch).has_value()) state.SkipWithError("write");
      state.PauseTiming();
      reserved = std::max(reserved, budget.used_bytes());
      rows += batch->num_rows();
    }
    state.ResumeTiming();
    const auto files = (*writer)->Finish(1);
    state.counters["files"] = static_cast<double>(files->size());
    state.counters["rss_growth_mb"] =
        static_cast<double>(StatusKilobytes("VmHWM:") - before) / 1024;
    state.counters["reserved_mb"] = static_cast<double>(reserved >> 20);
  }
  state.counters["ns_per_row"] =
      benchmark::Counter(static_cast<double>(rows) / 1e9,
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}
BENCHMARK(BM_ManyPartitions)
    ->ArgNames({"partitions", "budget_mb"})
    ->Args({1, 32})
    ->Args({50, 32})
    ->Args({500, 32})
    ->Args({500, 160})
    ->Args({2000, 160})
    ->Iterations(1)
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace frazil
