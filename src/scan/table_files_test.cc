#include "scan/table_files.h"

#include <memory>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/result_matchers.h"
#include "iceberg/append.h"
#include "storage/memory/memory_file_io.h"

namespace frazil {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

class TableFilesTest : public ::testing::Test {
 protected:
  TableFilesTest() : io_(NewMemoryFileIO()) {
    NewTable table;
    SchemaField id;
    id.field_id = 1;
    id.name = "id";
    id.type = Type(TypeId::kLong);
    table.schema.fields = {id};
    table.location = "memory:/t";
    metadata_ = *MakeTableMetadata(table, 1000);
  }

  void Append(const std::string& path, std::int64_t snapshot_id) {
    DataFile file;
    file.file_path = path;
    file.record_count = 3;
    file.file_size_bytes = 10;
    std::vector<ManifestFile> parents;
    if (const Snapshot* current = metadata_.CurrentSnapshot()) {
      parents = *DecodeManifestList(*io_->Read(current->manifest_list));
    }
    const FastAppend append = *FastAppend::Make(metadata_, {file}, snapshot_id);
    for (const PendingFile& manifest : append.manifests()) {
      ASSERT_THAT(io_->Write(manifest.location, manifest.bytes), IsOk());
    }
    const auto attempt = append.Build(metadata_, parents, {}, 1, 2000);
    ASSERT_THAT(io_->Write(attempt.manifest_list.location, attempt.manifest_list.bytes),
                IsOk());
    metadata_ = *ApplyUpdates(metadata_, "memory:/t/v1", attempt.updates, 2000);
  }

  // Makes a snapshot of one manifest that holds these entries.
  void Commit(const std::vector<ManifestEntry>& entries) {
    auto manifest =
        *EncodeManifest(metadata_.CurrentSchema(), metadata_.DefaultSpec(), 2, entries);
    manifest.file.manifest_path = "memory:/t/manifest";
    manifest.file.min_sequence_number = 1;
    Snapshot snapshot;
    snapshot.snapshot_id = 7;
    snapshot.sequence_number = 1;
    snapshot.timestamp_ms = 2000;
    snapshot.manifest_list = "memory:/t/list";
    ASSERT_THAT(io_->Write(manifest.file.manifest_path, manifest.bytes), IsOk());
    ASSERT_THAT(io_->Write(snapshot.manifest_list,
                           EncodeManifestList({manifest.file}, snapshot, 2)),
                IsOk());
    SnapshotRef main;
    main.snapshot_id = snapshot.snapshot_id;
    metadata_ =
        *ApplyUpdates(metadata_, "memory:/t/v1",
                      {AddSnapshot{snapshot}, SetSnapshotRef{"main", main}}, 2000);
  }

  std::shared_ptr<FileIO> io_;
  TableMetadata metadata_;
};

ManifestEntry EntryOf(const std::string& path, EntryStatus status,
                      FileContent content = FileContent::kData) {
  ManifestEntry entry;
  entry.status = status;
  entry.snapshot_id = 7;
  entry.sequence_number = 1;
  entry.file_sequence_number = 1;
  entry.data_file.content = content;
  entry.data_file.file_path = path;
  return entry;
}

TEST_F(TableFilesTest, AnEmptyTableHasNone) {
  EXPECT_THAT(LiveDataFiles(metadata_, *io_), IsOkAnd(IsEmpty()));
}

TEST_F(TableFilesTest, ASnapshotHasItsFilesAndThoseBeforeIt) {
  Append("memory:/t/a", 1);
  Append("memory:/t/b", 2);
  const auto now = LiveDataFiles(metadata_, *io_);
  ASSERT_THAT(now, IsOk());
  EXPECT_EQ(now->size(), 2U);
  const auto before = LiveDataFiles(metadata_, *io_, 1);
  ASSERT_THAT(before, IsOk());
  ASSERT_EQ(before->size(), 1U);
  EXPECT_EQ(before->front().file_path, "memory:/t/a");
}

TEST_F(TableFilesTest, ASnapshotThatIsNotThereIsNamed) {
  EXPECT_THAT(LiveDataFiles(metadata_, *io_, 77),
              FailsWith(ErrorKind::kNotFound, HasSubstr("77")));
}

TEST_F(TableFilesTest, ABrokenManifestIsNamed) {
  Append("memory:/t/a", 1);
  const Snapshot* snapshot = metadata_.CurrentSnapshot();
  const auto manifests = *DecodeManifestList(*io_->Read(snapshot->manifest_list));
  const std::string& path = manifests.front().manifest_path;
  ASSERT_THAT(io_->Delete(path), IsOk());
  ASSERT_THAT(io_->Write(path, "no Avro"), IsOk());
  EXPECT_THAT(LiveDataFiles(metadata_, *io_),
              FailsWith(ErrorKind::kCorruptData, HasSubstr(path)));
}

TEST_F(TableFilesTest, AFileThatWasDeletedIsNotThere) {
  Commit({EntryOf("memory:/t/a", EntryStatus::kExisting),
          EntryOf("memory:/t/b", EntryStatus::kDeleted),
          EntryOf("memory:/t/c", EntryStatus::kAdded)});
  const auto files = LiveDataFiles(metadata_, *io_);
  ASSERT_THAT(files, IsOk());
  ASSERT_EQ(files->size(), 2U);
  EXPECT_EQ((*files)[0].file_path, "memory:/t/a");
  EXPECT_EQ((*files)[1].file_path, "memory:/t/c");
}

TEST_F(TableFilesTest, ASnapshotThatAddsDeleteFilesIsRefused) {
  Commit({EntryOf("memory:/t/a", EntryStatus::kAdded, FileContent::kPositionDeletes)});
  EXPECT_THAT(LiveDataFiles(metadata_, *io_),
              FailsWith(ErrorKind::kNotSupported, HasSubstr("memory:/t/manifest")));
}

TEST_F(TableFilesTest, ASnapshotThatKeepsDeleteFilesIsRefused) {
  Commit({EntryOf("memory:/t/a", EntryStatus::kExisting, FileContent::kEqualityDeletes)});
  EXPECT_THAT(LiveDataFiles(metadata_, *io_),
              FailsWith(ErrorKind::kNotSupported, HasSubstr("memory:/t/manifest")));
}

TEST_F(TableFilesTest, DeleteFilesThatAreGoneDoNotMatter) {
  Commit({EntryOf("memory:/t/a", EntryStatus::kDeleted, FileContent::kEqualityDeletes)});
  EXPECT_THAT(LiveDataFiles(metadata_, *io_), IsOkAnd(IsEmpty()));
}

TEST_F(TableFilesTest, ABrokenManifestListIsNamed) {
  Append("memory:/t/a", 1);
  const std::string path = metadata_.CurrentSnapshot()->manifest_list;
  ASSERT_THAT(io_->Delete(path), IsOk());
  ASSERT_THAT(io_->Write(path, "no Avro"), IsOk());
  EXPECT_THAT(LiveDataFiles(metadata_, *io_),
              FailsWith(ErrorKind::kCorruptData, HasSubstr(path)));
}

// Not kNotFound, which says that there is no such snapshot.
TEST_F(TableFilesTest, AMissingManifestOrListIsADamage) {
  Append("memory:/t/a", 1);
  const std::string list = metadata_.CurrentSnapshot()->manifest_list;
  const auto manifests = *DecodeManifestList(*io_->Read(list));
  for (const std::string& path : {manifests.front().manifest_path, list}) {
    SCOPED_TRACE(path);
    ASSERT_THAT(io_->Delete(path), IsOk());
    EXPECT_THAT(LiveDataFiles(metadata_, *io_),
                FailsWith(ErrorKind::kCorruptData, HasSubstr(path)));
  }
}

}  // namespace
}  // namespace frazil
