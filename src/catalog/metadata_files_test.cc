#include "catalog/metadata_files.h"

#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/result_matchers.h"
#include "storage/memory/memory_file_io.h"

namespace frazil {
namespace {

using ::testing::HasSubstr;

class MetadataFilesTest : public testing::Test {
 protected:
  static std::shared_ptr<const TableMetadata> Metadata() {
    NewTable table;
    table.location = "/lake/t";
    table.schema.fields = {{1, "id", Type(TypeId::kLong), false, ""}};
    auto metadata = MakeTableMetadata(table, 1000);
    EXPECT_THAT(metadata, IsOk());
    return std::make_shared<const TableMetadata>(std::move(*metadata));
  }

  std::shared_ptr<FileIO> io_ = NewMemoryFileIO();
};

TEST_F(MetadataFilesTest, TheFilesOfTheTablesUsedLastStayParsed) {
  MetadataFiles files(io_, /*capacity=*/2);
  for (const char* location : {"a", "b", "c"}) files.Keep(location, Metadata());
  EXPECT_THAT(files.Read("b"), IsOk());
  EXPECT_THAT(files.Read("c"), IsOk());
  EXPECT_THAT(files.Read("a"), FailsWith(ErrorKind::kCorruptData, HasSubstr("missing")));
}

TEST_F(MetadataFilesTest, ReadingKeepsAFileFresh) {
  EXPECT_THAT(io_->Write("a", SerializeTableMetadata(*Metadata())), IsOk());
  MetadataFiles files(io_, /*capacity=*/2);
  const auto first = files.Read("a");
  ASSERT_THAT(first, IsOk());
  files.Keep("b", Metadata());
  EXPECT_THAT(files.Read("a"), IsOkAnd(*first));
  files.Keep("c", Metadata());
  EXPECT_THAT(files.Read("a"), IsOkAnd(*first));
}

TEST_F(MetadataFilesTest, OfATableOnlyTheNewestFileIsHeld) {
  MetadataFiles files(io_);
  auto former = Metadata();
  auto other = Metadata();
  const std::weak_ptr<const TableMetadata> held = former;
  files.Keep("other", other);
  files.Keep("v1", former);
  auto next = std::make_shared<const TableMetadata>(*former);
  files.Keep("v2", next);
  former.reset();
  EXPECT_TRUE(held.expired());
  EXPECT_THAT(files.Read("v2"), IsOkAnd(next));
  EXPECT_THAT(files.Read("other"), IsOkAnd(other));
}

TEST_F(MetadataFilesTest, AFileThatIsThereIsNotWrittenOver) {
  EXPECT_THAT(io_->Write("a", "x"), IsOk());
  MetadataFiles files(io_);
  EXPECT_THAT(files.Write("a", *Metadata()), FailsWith(ErrorKind::kAlreadyExists));
  EXPECT_THAT(io_->Read("a"), IsOkAnd("x"));
}

}  // namespace
}  // namespace frazil
