// What every FileIO must do, checked of each implementation.

#include <stdlib.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/result_matchers.h"
#include "base/unique_id.h"
#include "storage/file_io.h"
#include "storage/memory/memory_file_io.h"

namespace frazil {
namespace {

using ::testing::HasSubstr;

struct Implementation {
  std::string name;
  std::function<std::shared_ptr<FileIO>()> make;

  friend void PrintTo(const Implementation& implementation, std::ostream* out) {
    *out << implementation.name;
  }
};

class FileIoContractTest : public testing::TestWithParam<Implementation> {
 protected:
  FileIoContractTest()
      : folder_(testing::TempDir() + "frazil-" + RandomUuid()), io_(GetParam().make()) {}
  ~FileIoContractTest() override {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  [[nodiscard]] std::string At(std::string_view name) const {
    return fmt::format("{}/{}", folder_, name);
  }

  std::string folder_;
  std::shared_ptr<FileIO> io_;
};

TEST_P(FileIoContractTest, WhatIsWrittenIsRead) {
  const std::string bytes = std::string("a\0b", 3) + std::string(100'000, 'x');
  EXPECT_THAT(io_->Write(At("a/b/c"), bytes), IsOk());
  EXPECT_THAT(io_->Read(At("a/b/c")), IsOkAnd(bytes));
  EXPECT_THAT(io_->Exists(At("a/b/c")), IsOkAnd(true));
}

TEST_P(FileIoContractTest, AnEmptyFileIsAFile) {
  EXPECT_THAT(io_->Write(At("empty"), ""), IsOk());
  EXPECT_THAT(io_->Read(At("empty")), IsOkAnd(""));
}

TEST_P(FileIoContractTest, AFileIsSeenOnlyOnceItIsClosed) {
  auto file = io_->NewOutput(At("f"));
  ASSERT_THAT(file, IsOk());
  EXPECT_THAT((*file)->Write("one "), IsOk());
  EXPECT_THAT((*file)->Write("two"), IsOk());
  EXPECT_EQ((*file)->size_bytes(), 7);
  EXPECT_THAT(io_->Exists(At("f")), IsOkAnd(false));
  EXPECT_THAT((*file)->Close(), IsOk());
  EXPECT_EQ((*file)->size_bytes(), 7);
  EXPECT_THAT(io_->Read(At("f")), IsOkAnd("one two"));
}

TEST_P(FileIoContractTest, AFileThatIsNotClosedLeavesNothing) {
  {
    auto file = io_->NewOutput(At("f"));
    ASSERT_THAT(file, IsOk());
    EXPECT_THAT((*file)->Write("lost"), IsOk());
  }
  EXPECT_THAT(io_->Exists(At("f")), IsOkAnd(false));
  EXPECT_THAT(io_->NewInput(At("f")),
              FailsWith(ErrorKind::kNotFound, HasSubstr(At("f"))));
  EXPECT_THAT(io_->Write(At("f"), "free"), IsOk());
}

TEST_P(FileIoContractTest, ATakenNameIsRefusedAndKeepsItsBytes) {
  EXPECT_THAT(io_->Write(At("f"), "first"), IsOk());
  EXPECT_THAT(io_->Write(At("f"), "second"),
              FailsWith(ErrorKind::kAlreadyExists, HasSubstr(At("f"))));
  EXPECT_THAT(io_->NewOutput(At("f")), FailsWith(ErrorKind::kAlreadyExists));
  EXPECT_THAT(io_->Read(At("f")), IsOkAnd("first"));
}

TEST_P(FileIoContractTest, ANameTakenWhileTheFileWasOpenIsRefusedAtItsClose) {
  auto file = io_->NewOutput(At("f"));
  ASSERT_THAT(file, IsOk());
  EXPECT_THAT(io_->Write(At("f"), "first"), IsOk());
  EXPECT_THAT((*file)->Close(), FailsWith(ErrorKind::kAlreadyExists));
  EXPECT_THAT(io_->Read(At("f")), IsOkAnd("first"));
}

TEST_P(FileIoContractTest, OfWritersThatRaceOneWins) {
  constexpr int kWriters = 4;
  std::vector<Status> outcomes(kWriters);
  {
    std::vector<std::jthread> writers;
    for (int i = 0; i < kWriters; ++i) {
      writers.emplace_back([&, i] {
        outcomes[static_cast<std::size_t>(i)] = io_->Write(At("f"), std::to_string(i));
      });
    }
  }
  int winners = 0;
  for (int i = 0; i < kWriters; ++i) {
    const Status& outcome = outcomes[static_cast<std::size_t>(i)];
    if (!outcome.has_value()) {
      EXPECT_THAT(outcome, FailsWith(ErrorKind::kAlreadyExists));
      continue;
    }
    ++winners;
    EXPECT_THAT(io_->Read(At("f")), IsOkAnd(std::to_string(i)));
  }
  EXPECT_EQ(winners, 1);
}

TEST_P(FileIoContractTest, ReadsAtAnyPlace) {
  EXPECT_THAT(io_->Write(At("f"), "0123456789"), IsOk());
  const auto file = io_->NewInput(At("f"));
  ASSERT_THAT(file, IsOk());
  EXPECT_EQ((*file)->size_bytes(), 10);
  EXPECT_THAT((*file)->ReadAt(0, 3), IsOkAnd("012"));
  EXPECT_THAT((*file)->ReadAt(8, 100), IsOkAnd("89"));
  EXPECT_THAT((*file)->ReadAt(10, 1), IsOkAnd(""));
  EXPECT_THAT((*file)->ReadAt(50, INT64_MAX), IsOkAnd(""));
  EXPECT_THAT((*file)->ReadAt(3, 0), IsOkAnd(""));
  EXPECT_THAT((*file)->ReadAt(-1, 1), FailsWith(ErrorKind::kInvalidArgument));
  EXPECT_THAT((*file)->ReadAt(0, -1), FailsWith(ErrorKind::kInvalidArgument));
}

TEST_P(FileIoContractTest, AMissingFileIsNotFound) {
  EXPECT_THAT(io_->Read(At("no/such")),
              FailsWith(ErrorKind::kNotFound, HasSubstr("no/such")));
  EXPECT_THAT(io_->NewInput(At("no/such")), FailsWith(ErrorKind::kNotFound));
  EXPECT_THAT(io_->Exists(At("no/such")), IsOkAnd(false));
}

TEST_P(FileIoContractTest, DeletingWhatIsNotThereIsSuccess) {
  EXPECT_THAT(io_->Delete(At("no/such")), IsOk());
  EXPECT_THAT(io_->Write(At("f"), "x"), IsOk());
  EXPECT_THAT(io_->Delete(At("f")), IsOk());
  EXPECT_THAT(io_->Exists(At("f")), IsOkAnd(false));
  EXPECT_THAT(io_->Write(At("f"), "again"), IsOk());
}

INSTANTIATE_TEST_SUITE_P(All, FileIoContractTest,
                         testing::Values(Implementation{"local", NewLocalFileIO},
                                         Implementation{"memory", NewMemoryFileIO}),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace frazil
