#include "storage/home_folder.h"

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/result_matchers.h"
#include "base/unique_id.h"
#include "storage/memory/memory_file_io.h"

namespace frazil {
namespace {

using ::testing::HasSubstr;

class HomeFolderTest : public testing::Test {
 protected:
  HomeFolderTest() { std::filesystem::create_directories(table_ + "/metadata"); }
  ~HomeFolderTest() override {
    std::error_code ignored;
    std::filesystem::remove_all(disk_, ignored);
  }

  std::string disk_ = testing::TempDir() + "frazil-" + RandomUuid();
  std::string table_ = disk_ + "/warehouse/t";
  std::shared_ptr<FileIO> io_ = NewLocalFileIO();
};

TEST_F(HomeFolderTest, AFolderThatGoesIsMissedUntilItIsBack) {
  const HomeFolder home(*io_, table_);
  EXPECT_THAT(home.Check(), IsOk());
  std::filesystem::rename(table_, table_ + ".away");
  EXPECT_THAT(home.Check(),
              FailsWith(ErrorKind::kUnavailable, HasSubstr(table_ + "/metadata")));
  std::filesystem::rename(table_ + ".away", table_);
  EXPECT_THAT(home.Check(), IsOk());
}

// The table's own folder may be the mount point.
TEST_F(HomeFolderTest, AnEmptyFolderInItsPlaceIsNotTheTable) {
  const HomeFolder home(*io_, table_);
  std::filesystem::rename(table_ + "/metadata", disk_ + "/away");
  EXPECT_THAT(home.Check(), FailsWith(ErrorKind::kUnavailable));
}

TEST_F(HomeFolderTest, ATableWithItsMetadataElsewhereHasItsOwnFolder) {
  std::filesystem::remove(table_ + "/metadata");
  const HomeFolder home(*io_, table_);
  EXPECT_THAT(home.Check(), IsOk());
  std::filesystem::remove(table_);
  EXPECT_THAT(home.Check(), FailsWith(ErrorKind::kUnavailable));
}

TEST_F(HomeFolderTest, AStoreWithoutFoldersMissesNone) {
  const std::shared_ptr<FileIO> io = NewMemoryFileIO();
  EXPECT_THAT(HomeFolder(*io, "memory:/t").Check(), IsOk());
}

}  // namespace
}  // namespace frazil
