#pragma once

/// \file pipeline/pipeline_fixture.h
/// \brief Tables in memory and a scripted source, for the tests of this room.

#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/result_matchers.h"
#include "catalog/memory/memory_catalog.h"
#include "commit/table_committer.h"
#include "pipeline/start_up.h"
#include "source/source.h"
#include "storage/memory/memory_file_io.h"

namespace frazil {

/// \brief Tables "db.t0", "db.t1", ... of one pipeline; t0 is the anchor.
class MemoryTables {
 public:
  explicit MemoryTables(std::size_t count)
      : io_(NewMemoryFileIO()), catalog_(NewMemoryCatalog("lake", "memory:/lake", io_)) {
    EXPECT_THAT(catalog_->CreateNamespace({"db"}, {}), IsOk());
    for (std::size_t i = 0; i < count; ++i) Create(i);
    for (std::size_t i = 0; i < count; ++i)
      committers_.push_back(NewCommitter(i, "writer"));
  }

  static TableIdentifier Identifier(std::size_t index) {
    return {{"db"}, "t" + std::to_string(index)};
  }

  /// \param remember makes the metadata that the committer knows from what there is now.
  std::unique_ptr<TableCommitter> NewCommitter(
      std::size_t index, CommitterOptions options,
      const std::function<void(TableMetadata&)>& remember = [](TableMetadata&) {}) {
    LoadedTable known = *catalog_->LoadTable(Identifier(index));
    auto metadata = std::make_shared<TableMetadata>(*known.metadata);
    remember(*metadata);
    known.metadata = std::move(metadata);
    options.engine_version = "test";
    return std::make_unique<TableCommitter>(*catalog_, *io_, Clock::System(),
                                            Identifier(index), known, std::move(options));
  }
  std::unique_ptr<TableCommitter> NewCommitter(std::size_t index,
                                               const std::string& writer,
                                               const std::string& pipeline = "p") {
    CommitterOptions options;
    options.pipeline = pipeline;
    options.writer_id = writer;
    options.is_anchor = index == 0;
    return NewCommitter(index, std::move(options));
  }

  /// \brief Drops a table and makes an empty one of its name.
  void Replace(std::size_t index) {
    EXPECT_THAT(catalog_->DropTable(Identifier(index)), IsOk());
    Create(index);
  }

  std::string UuidOf(std::size_t index) {
    return catalog_->LoadTable(Identifier(index))->metadata->table_uuid;
  }

  std::vector<StartUpTable> start_up_tables() {
    std::vector<StartUpTable> tables;
    for (const auto& committer : committers_) {
      tables.push_back({committer.get(), catalog_.get(), "", false});
    }
    return tables;
  }

  /// \brief Ordinal of a split in a table's ledger; -1 if unknown.
  std::int64_t At(std::size_t index, const Split& split) {
    const auto lookup = committers_[index]->ReadLedger();
    if (!lookup.has_value() || !lookup->ledger.has_value()) return -1;
    const Position* position = lookup->ledger->Find(split);
    return position == nullptr ? -1 : position->ordinal;
  }

  /// \brief A table's ledger; an empty one if it has none.
  Ledger LedgerOf(std::size_t index) {
    const auto lookup = committers_[index]->ReadLedger();
    EXPECT_THAT(lookup, IsOk());
    return lookup->ledger.value_or(Ledger{});
  }

  /// \brief What an owner does who rolls a table back to its n-th snapshot.
  void RollBack(std::size_t index, std::size_t snapshot) {
    const LoadedTable table = *catalog_->LoadTable(Identifier(index));
    SnapshotRef ref = table.metadata->refs.at("main");
    ref.snapshot_id = table.metadata->snapshots[snapshot].snapshot_id;
    EXPECT_THAT(catalog_->CommitTable(Identifier(index), {},
                                      {SetSnapshotRef{"main", std::move(ref)}}),
                IsOk());
  }

  /// \brief Others' commits and expiry took every trace of our ledgers.
  void LoseLedger(std::size_t index) {
    const LoadedTable table = *catalog_->LoadTable(Identifier(index));
    Snapshot snapshot = *table.metadata->CurrentSnapshot();
    snapshot.snapshot_id = snapshot.snapshot_id / 2 + 1;
    snapshot.parent_snapshot_id = snapshot.snapshot_id + 1;
    snapshot.sequence_number = table.metadata->last_sequence_number + 1;
    auto summary = snapshot.summary.ToMap();
    summary.erase(LedgerKey("p"));
    snapshot.summary = summary;
    SnapshotRef ref = table.metadata->refs.at("main");
    ref.snapshot_id = snapshot.snapshot_id;
    EXPECT_THAT(catalog_->CommitTable(
                    Identifier(index), {},
                    {AddSnapshot{snapshot}, SetSnapshotRef{"main", std::move(ref)},
                     RemoveProperties{{LedgerKey("p")}}}),
                IsOk());
  }

  std::size_t SnapshotCount(std::size_t index) {
    return catalog_->LoadTable(Identifier(index))->metadata->snapshots.size();
  }

  /// \brief Paths of a table's live data files, each as often as it is listed.
  std::vector<std::string> LiveFiles(std::size_t index) {
    std::vector<std::string> paths;
    const LoadedTable table = *catalog_->LoadTable(Identifier(index));
    const Snapshot* snapshot = table.metadata->CurrentSnapshot();
    if (snapshot == nullptr) return paths;
    const std::string list = *io_->Read(snapshot->manifest_list);
    const std::vector<ManifestFile> manifests = *DecodeManifestList(list);
    for (const ManifestFile& manifest : manifests) {
      const std::string bytes = *io_->Read(manifest.manifest_path);
      const auto entries = DecodeManifest(bytes, manifest, *table.metadata);
      EXPECT_THAT(entries, IsOk());
      for (const ManifestEntry& entry : *entries) {
        if (entry.status != EntryStatus::kDeleted) {
          paths.push_back(entry.data_file.file_path);
        }
      }
    }
    return paths;
  }

  /// \brief A file that the memory store holds.
  DataFile NewFile(const std::string& name, std::int64_t rows) {
    DataFile file;
    file.file_path = "memory:/lake/data/" + name;
    file.record_count = rows;
    file.file_size_bytes = 4;
    EXPECT_THAT(io_->Write(file.file_path, "PAR1"), IsOk());
    return file;
  }

  FileIO& io() { return *io_; }
  Catalog& catalog() { return *catalog_; }
  TableCommitter& committer(std::size_t index) { return *committers_[index]; }

 private:
  void Create(std::size_t index) {
    NewTable table;
    SchemaField id;
    id.field_id = 1;
    id.name = "id";
    id.type = Type(TypeId::kLong);
    table.schema.fields = {id};
    EXPECT_THAT(catalog_->CreateTable(Identifier(index), std::move(table)), IsOk());
  }

  std::shared_ptr<FileIO> io_;
  std::unique_ptr<Catalog> catalog_;
  std::vector<std::unique_ptr<TableCommitter>> committers_;
};

/// \brief A source whose splits, start and batches the test scripts.
class ScriptedSource : public Source {
 public:
  explicit ScriptedSource(std::string name) : name_(std::move(name)) {}

  const std::string& name() const override { return name_; }
  Status Open() override { return {}; }
  std::map<Split, StreamIdentity> Splits() const override { return splits; }
  Result<Positions> ResolveStartup() override {
    ++resolved;
    return startup;
  }
  Result<Positions> Beginnings(const std::vector<Split>& asked) override {
    Positions positions;
    for (const Split& split : asked) positions[split] = {beginning, ""};
    return positions;
  }
  Result<Positions> HeldUntil(const std::vector<Split>& asked) override {
    Positions positions;
    for (const Split& split : asked) positions[split] = {end, ""};
    return positions;
  }
  Status Start(SplitListener& listener) override {
    listener_ = &listener;
    return {};
  }
  Result<std::vector<RawBatch>> Poll(std::chrono::milliseconds) override {
    if (on_poll) return on_poll(*listener_);
    return std::vector<RawBatch>{};
  }
  Status KeepAlive() override {
    if (on_keep_alive) on_keep_alive(*listener_);
    return {};
  }
  bool IsAtEnd() const override { return false; }
  void ReportCommitted(const Positions&) override {}
  std::int64_t Lag() const override { return -1; }
  void Close() override { is_closed = true; }

  std::map<Split, StreamIdentity> splits;
  Positions startup;
  std::int64_t beginning = 0;
  std::int64_t end = std::numeric_limits<std::int64_t>::max();
  int resolved = 0;
  std::function<Result<std::vector<RawBatch>>(SplitListener&)> on_poll;
  std::function<void(SplitListener&)> on_keep_alive;
  bool is_closed = false;

 private:
  std::string name_;
  SplitListener* listener_ = nullptr;
};

}  // namespace frazil
