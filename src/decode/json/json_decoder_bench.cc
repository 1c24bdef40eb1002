// Cost per record of decoding the event of the end-to-end benchmark: eight columns with a
// struct, a map and a list, about 250 bytes; and of its parts.

#include <cstring>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include "decode/decoder_fixture.h"
#include "decode/json/json_cursor.h"
#include "decode/json/json_decoder.h"
#include "decode/json/json_text.h"

namespace frazil {
namespace {

constexpr int kRecords = 10'000;

std::vector<SourceColumn> EventColumns() {
  const Type string(TypeId::kString);
  return {
      ValueColumn("id", Type(TypeId::kLong)),
      ValueColumn("user_id", string),
      ValueColumn("event_type", string),
      ValueColumn("ts", Type(TypeId::kTimestamptz)),
      ValueColumn("amount", Type(TypeId::kDouble)),
      ValueColumn("geo", Type::Struct({Member("country", string), Member("city", string),
                                       Member("device", string)})),
      ValueColumn("properties", MapOf(string, string)),
      ValueColumn("tags", ListOf(string)),
  };
}

std::string Event(int i) {
  return fmt::format(
      R"({{"id":{},"user_id":"user-{:05}","event_type":"{}","ts":"2024-03-{:02}T12:34:{:02}.{:03}Z",)"
      R"("amount":{}.{:02},"geo":{{"country":"DE","city":"Frankfurt","device":"mobile-{}"}},)"
      R"("properties":{{"page":"/items/{}","referrer":"search","campaign":"spring"}},)"
      R"("tags":["new","promo","tag{}"]}})",
      1'000'000 + i, i * 7919 % 100'000, i % 3 == 0 ? "purchase" : "page_view",
      i % 28 + 1, i % 60, i % 1000, i % 500, i % 100, i % 9, i % 1000, i % 50);
}

RawBatch EventBatch() {
  RawBatchBuilder builder;
  for (int i = 0; i < kRecords; ++i) builder.Add(Event(i));
  return builder.Build();
}

void Report(benchmark::State& state, const RawBatch& batch) {
  std::int64_t bytes = 0;
  for (const RawRecord& record : batch.records) {
    bytes += static_cast<std::int64_t>(record.value.size());
  }
  state.SetItemsProcessed(state.iterations() * kRecords);
  state.SetBytesProcessed(state.iterations() * bytes);
  state.counters["bytes/record"] = static_cast<double>(bytes) / kRecords;
  state.counters["ns/record"] =
      benchmark::Counter(static_cast<double>(state.iterations()) * kRecords * 1e-9,
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

void Decode(benchmark::State& state, std::vector<SourceColumn> columns,
            const JsonOptions& options = {}) {
  const RawBatch batch = EventBatch();
  auto decoder = MakeJsonDecoder(std::move(columns), options);
  for (auto _ : state) {
    auto decoded = (*decoder)->Decode(batch, 0);
    if (!decoded.has_value() || !decoded->failures.empty()) state.SkipWithError("failed");
    benchmark::DoNotOptimize(decoded);
  }
  Report(state, batch);
}

void BM_DecodeEvents(benchmark::State& state) { Decode(state, EventColumns()); }
BENCHMARK(BM_DecodeEvents);

// Three of the eight fields are read.
void BM_DecodeSomeFields(benchmark::State& state) {
  std::vector<SourceColumn> columns = EventColumns();
  columns = {columns[0], columns[3], columns[4]};
  Decode(state, std::move(columns));
}
BENCHMARK(BM_DecodeSomeFields);

void BM_DecodeWithMetadata(benchmark::State& state) {
  std::vector<SourceColumn> columns = EventColumns();
  columns.push_back(MetadataColumnOf("topic", Type(TypeId::kString)));
  columns.push_back(MetadataColumnOf("offset", Type(TypeId::kLong)));
  Decode(state, std::move(columns));
}
BENCHMARK(BM_DecodeWithMetadata);

// The floor: copy and index, without reading.
void BM_IndexOnly(benchmark::State& state) {
  const RawBatch batch = EventBatch();
  JsonText text;
  for (auto _ : state) {
    for (const RawRecord& record : batch.records) {
      benchmark::DoNotOptimize(text.Open(record.value));
    }
  }
  Report(state, batch);
}
BENCHMARK(BM_IndexOnly);

// Index and check every token, without columns.
void BM_WalkOnly(benchmark::State& state) {
  const RawBatch batch = EventBatch();
  JsonCursor cursor(/*max_depth=*/512);
  for (auto _ : state) {
    for (const RawRecord& record : batch.records) {
      benchmark::DoNotOptimize(cursor.Open(record.value));
      benchmark::DoNotOptimize(cursor.SkipValue());
    }
  }
  Report(state, batch);
}
BENCHMARK(BM_WalkOnly);

// The price of padding: one copy per record into a reused buffer ...
void BM_CopyEachRecord(benchmark::State& state) {
  const RawBatch batch = EventBatch();
  std::vector<char> buffer(4096);
  for (auto _ : state) {
    for (const RawRecord& record : batch.records) {
      std::memcpy(buffer.data(), record.value.data(), record.value.size());
      std::memset(buffer.data() + record.value.size(), 0, JsonText::kPadding);
      benchmark::ClobberMemory();
    }
  }
  Report(state, batch);
}
BENCHMARK(BM_CopyEachRecord);

// ... or all records of a batch into one.
void BM_CopyWholeBatch(benchmark::State& state) {
  const RawBatch batch = EventBatch();
  std::vector<char> buffer(std::size_t{kRecords} * 512);
  for (auto _ : state) {
    char* out = buffer.data();
    for (const RawRecord& record : batch.records) {
      std::memcpy(out, record.value.data(), record.value.size());
      out += record.value.size();
    }
    benchmark::ClobberMemory();
  }
  Report(state, batch);
}
BENCHMARK(BM_CopyWholeBatch);

}  // namespace
}  // namespace frazil
