#include "storage/local/local_path.h"

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/result_matchers.h"
#include "base/unique_id.h"
#include "storage/file_io.h"

namespace frazil {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class LocalPathTest : public testing::Test {
 protected:
  ~LocalPathTest() override {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  std::string folder_ = testing::TempDir() + "frazil-" + RandomUuid();
};

TEST_F(LocalPathTest, EveryFormOfALocationNamesTheSamePlace) {
  for (const std::string_view location :
       {"/lake/x y%20z", "file:/lake/x y%20z", "file:///lake/x y%20z",
        "file://localhost/lake/x y%20z"}) {
    SCOPED_TRACE(location);
    EXPECT_THAT(LocalPath(location), IsOkAnd("/lake/x y%20z"));
  }
}

TEST_F(LocalPathTest, ARelativePathStartsAtTheWorkingFolder) {
  const std::string here = std::filesystem::current_path().string();
  EXPECT_THAT(LocalPath("lake/x"), IsOkAnd(here + "/lake/x"));
  EXPECT_THAT(LocalPath("./lake"), IsOkAnd(here + "/lake"));
  EXPECT_THAT(LocalPath("file:lake"), IsOkAnd(here + "/lake"));
  EXPECT_THAT(LocalPath("12:30/x"), IsOkAnd(here + "/12:30/x"));
}

TEST_F(LocalPathTest, OtherPlacesAreRefusedByName) {
  EXPECT_THAT(LocalPath("s3://bucket/x"),
              FailsWith(ErrorKind::kNotSupported, HasSubstr("s3://bucket/x")));
  EXPECT_THAT(LocalPath("file://lake/x"),
              FailsWith(ErrorKind::kInvalidArgument, HasSubstr("three slashes")));
  EXPECT_THAT(LocalPath(""), FailsWith(ErrorKind::kInvalidArgument));
  EXPECT_THAT(LocalPath("file:"), FailsWith(ErrorKind::kInvalidArgument));
}

TEST_F(LocalPathTest, AnAbsoluteLocationKeepsItsForm) {
  const std::string here = std::filesystem::current_path().string();
  EXPECT_THAT(AbsoluteLocation("/lake/"), IsOkAnd("/lake"));
  EXPECT_THAT(AbsoluteLocation("file:///lake//"), IsOkAnd("file:///lake"));
  EXPECT_THAT(AbsoluteLocation("file:/lake"), IsOkAnd("file:/lake"));
  EXPECT_THAT(AbsoluteLocation("lake/"), IsOkAnd(here + "/lake"));
  EXPECT_THAT(AbsoluteLocation("file:lake"), IsOkAnd("file:" + here + "/lake"));
}

TEST_F(LocalPathTest, AFolderListsItsVisibleEntriesInOrder) {
  EXPECT_THAT(MakeFolders(folder_ + "/b/deep"), IsOk());
  EXPECT_THAT(MakeFolders(folder_ + "/b"), IsOk());
  EXPECT_THAT(ReplaceFile(folder_ + "/c", "x"), IsOk());
  EXPECT_THAT(ReplaceFile(folder_ + "/.hidden", "x"), IsOk());
  EXPECT_THAT(ReplaceFile(folder_ + "/a", "x"), IsOk());
  EXPECT_THAT(ListFolder(folder_),
              IsOkAnd(ElementsAre(FolderEntry{"a", false}, FolderEntry{"b", true},
                                  FolderEntry{"c", false})));
  EXPECT_THAT(ListFolder(folder_ + "/no"), FailsWith(ErrorKind::kNotFound));
}

TEST_F(LocalPathTest, AFileIsReplacedWhole) {
  const auto io = NewLocalFileIO();
  EXPECT_THAT(ReplaceFile(folder_ + "/f", "first"), IsOk());
  EXPECT_THAT(ReplaceFile(folder_ + "/f", "2"), IsOk());
  EXPECT_THAT(io->Read(folder_ + "/f"), IsOkAnd("2"));
  EXPECT_THAT(ListFolder(folder_), IsOkAnd(ElementsAre(FolderEntry{"f", false})));
}

TEST_F(LocalPathTest, AFileWhereAFolderShouldBeIsSaid) {
  EXPECT_THAT(ReplaceFile(folder_ + "/f", "x"), IsOk());
  EXPECT_THAT(MakeFolders(folder_ + "/f"),
              FailsWith(ErrorKind::kIoError, HasSubstr("Not a directory")));
  EXPECT_THAT(MakeFolders(folder_ + "/f/g/h"),
              FailsWith(ErrorKind::kIoError, HasSubstr("Not a directory")));
}

TEST_F(LocalPathTest, TheFolderAboveIsFoundInTheText) {
  EXPECT_EQ(ParentFolder("/a/b"), "/a");
  EXPECT_EQ(ParentFolder("/a"), "/");
  EXPECT_EQ(ParentFolder("a"), ".");
}

}  // namespace
}  // namespace frazil
