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

  std::shared_ptr<FileIO> io_;
  TableMetadata metadata_;
};

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

}  // namespace
}  // namespace frazil
