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

TEST_F(MetadataFilesTest, TheNewestFilesStayParsed) {
  MetadataFiles files(io_, /*capacity=*/2);
  for (const char* location : {"a", "b", "c"}) {
    EXPECT_THAT(files.Write(location, Metadata()), IsOk());
    EXPECT_THAT(io_->Delete(location), IsOk());
  }
  EXPECT_THAT(files.Read("b"), IsOk());
  EXPECT_THAT(files.Read("c"), IsOk());
  EXPECT_THAT(files.Read("a"), FailsWith(ErrorKind::kCorruptData, HasSubstr("missing")));
}

TEST_F(MetadataFilesTest, ReadingKeepsAFileFresh) {
  EXPECT_THAT(io_->Write("a", SerializeTableMetadata(*Metadata())), IsOk());
  MetadataFiles files(io_, /*capacity=*/2);
  const auto first = files.Read("a");
  ASSERT_THAT(first, IsOk());
  EXPECT_THAT(files.Write("b", Metadata()), IsOk());
  EXPECT_THAT(files.Read("a"), IsOkAnd(*first));
  EXPECT_THAT(files.Write("c", Metadata()), IsOk());
  EXPECT_THAT(files.Read("a"), IsOkAnd(*first));
}

TEST_F(MetadataFilesTest, AFileThatIsThereIsNotWrittenOver) {
  EXPECT_THAT(io_->Write("a", "x"), IsOk());
  MetadataFiles files(io_);
  EXPECT_THAT(files.Write("a", Metadata()), FailsWith(ErrorKind::kAlreadyExists));
  EXPECT_THAT(io_->Read("a"), IsOkAnd("x"));
}

}  // namespace
}  // namespace frazil
