// Cost of a commit without its I/O: files become a manifest, the list of manifests and the
// whole metadata are written again. Both grow with the snapshots that are kept.

#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include <benchmark/benchmark.h>

#include "iceberg/append.h"
#include "iceberg/single_value.h"

namespace frazil {
namespace {

constexpr std::int32_t kColumns = 8;
constexpr std::int64_t kFirstMs = 1'700'000'000'000;

[[noreturn]] void Stop(const Error& error) {
  fmt::print(stderr, "{}\n", error.message);
  std::abort();
}

template <typename T>
T ValueOf(Result<T> result) {
  if (!result.has_value()) Stop(result.error());
  return *std::move(result);
}

// A data file with the metrics of all columns.
DataFile FileNumber(std::int64_t number) {
  DataFile file;
  file.file_path = fmt::format(
      "/warehouse/db/events/data/00000-1-0b7c7f1e-2f0f-4c5e-9f0e-{:012}.parquet", number);
  file.record_count = 100'000;
  file.file_size_bytes = 20'000'000;
  const Type type(TypeId::kLong);
  for (std::int32_t id = 1; id <= kColumns; ++id) {
    file.column_sizes[id] = 2'500'000;
    file.value_counts[id] = 100'000;
    file.null_value_counts[id] = 0;
    file.lower_bounds[id] = EncodeSingleValue(number, type);
    file.upper_bounds[id] = EncodeSingleValue(number + 1, type);
  }
  file.split_offsets = {4};
  return file;
}

struct Table {
  TableMetadata metadata;
  std::vector<ManifestFile> manifests;
};

Table EmptyTable() {
  NewTable table;
  for (std::int32_t id = 1; id <= kColumns; ++id) {
    SchemaField column;
    column.field_id = id;
    column.name = fmt::format("column_{}", id);
    column.type = Type(TypeId::kLong);
    table.schema.fields.push_back(std::move(column));
  }
  table.location = "/warehouse/db/events";
  return {ValueOf(MakeTableMetadata(table, kFirstMs)), {}};
}

// What a pipeline of one topic with four partitions adds to each snapshot.
const std::map<std::string, std::string>& LedgerSummary() {
  static const std::map<std::string, std::string> summary = {
      {"engine-name", "frazil"},
      {"frazil.ledger.events",
       R"({"epoch":123456,"writer":"6f1c9a3e","anchor":true,"sources":{"events":{"events":)"
       R"({"id":"Zk2uJfHqQ0O7Yw3k1m5n8A","next":{"0":123456789,"1":123456789,)"
       R"("2":123456789,"3":123456789}}}}})"}};
  return summary;
}

struct Commit {
  TableMetadata metadata;
  std::string manifest_list;
};

Commit CommitFiles(const Table& table, std::int64_t count, std::int64_t snapshot_id) {
  std::vector<DataFile> files;
  for (std::int64_t i = 0; i < count; ++i) files.push_back(FileNumber(i));
  const FastAppend append =
      ValueOf(FastAppend::Make(table.metadata, std::move(files), snapshot_id));
  FastAppend::Attempt attempt =
      append.Build(table.metadata, table.manifests, LedgerSummary(), 1, kFirstMs);
  return {ValueOf(ApplyUpdates(table.metadata, MetadataFileLocation(table.metadata, 1),
                               attempt.updates, kFirstMs)),
          std::move(attempt.manifest_list.bytes)};
}

// A table after so many commits of one file.
Table TableOf(std::int64_t snapshots) {
  Table table = EmptyTable();
  Commit first = CommitFiles(table, 1, 1);
  Snapshot snapshot = first.metadata.snapshots[0];
  const auto manifests = ValueOf(DecodeManifestList(first.manifest_list));
  table.metadata = std::move(first.metadata);
  table.manifests.assign(static_cast<std::size_t>(snapshots), manifests.front());
  for (std::int64_t id = 2; id <= snapshots; ++id) {
    snapshot.snapshot_id = id;
    snapshot.parent_snapshot_id = id - 1;
    snapshot.sequence_number = id;
    table.metadata.snapshots.Add(snapshot);
    table.metadata.snapshot_log.push_back({kFirstMs, id});
  }
  table.metadata.last_sequence_number = snapshots;
  table.metadata.current_snapshot_id = snapshots;
  table.metadata.refs["main"].snapshot_id = snapshots;
  return table;
}

void BM_Commit(benchmark::State& state) {
  const Table table = TableOf(state.range(1));
  std::size_t list_bytes = 0;
  std::size_t metadata_bytes = 0;
  for (auto _ : state) {
    const Commit commit = CommitFiles(table, state.range(0), state.range(1) + 1);
    list_bytes = commit.manifest_list.size();
    metadata_bytes = SerializeTableMetadata(commit.metadata).size();
  }
  state.counters["list_bytes"] = static_cast<double>(list_bytes);
  state.counters["metadata_bytes"] = static_cast<double>(metadata_bytes);
}
BENCHMARK(BM_Commit)
    ->ArgNames({"files", "snapshots"})
    ->ArgsProduct({{1, 100}, {10, 1000, 5000}})
    ->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace frazil
