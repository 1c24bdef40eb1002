#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "base/result_matchers.h"
#include "base/unique_id.h"
#include "storage/file_io.h"
#include "storage/local/local_path.h"

namespace frazil {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class LocalFileIoTest : public testing::Test {
 protected:
  LocalFileIoTest() { std::filesystem::create_directories(folder_); }
  ~LocalFileIoTest() override {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  // All names in the folder, hidden ones too.
  [[nodiscard]] std::vector<std::string> Names() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
      names.push_back(entry.path().filename().string());
    }
    return names;
  }

  std::string folder_ = testing::TempDir() + "frazil-" + RandomUuid();
  std::shared_ptr<FileIO> io_ = NewLocalFileIO();
};

// The system treats this process as an ordinary user while it lives.
class OrdinaryUser {
 public:
  OrdinaryUser() {
    if (was_root_) {
      EXPECT_EQ(::seteuid(65534), 0);
    }
  }
  ~OrdinaryUser() {
    if (was_root_) {
      EXPECT_EQ(::seteuid(0), 0);
    }
  }
  OrdinaryUser(const OrdinaryUser&) = delete;
  OrdinaryUser& operator=(const OrdinaryUser&) = delete;

 private:
  bool was_root_ = ::geteuid() == 0;
};

// No file of this process may grow past `bytes` while it lives: the nearest to a full disk
// that needs no rights.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : old_handler_(::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &old_);
    const rlimit limit{bytes, old_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &old_);
    ::signal(SIGXFSZ, old_handler_);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  sighandler_t old_handler_;
  rlimit old_{};
};

TEST_F(LocalFileIoTest, AnOpenFileHidesFromReadersOfTheFolder) {
  auto file = io_->NewOutput(folder_ + "/f.parquet");
  ASSERT_THAT(file, IsOk());
  EXPECT_THAT(ListFolder(folder_), IsOkAnd(IsEmpty()));
  EXPECT_THAT(Names(), SizeIs(1));
  EXPECT_EQ(Names().front().substr(0, 8), ".frazil-");
  file->reset();
  EXPECT_THAT(Names(), IsEmpty());
}

TEST_F(LocalFileIoTest, ALargeFileArrivesWhole) {
  std::string piece(1 << 20, '\0');
  for (std::size_t i = 0; i < piece.size(); ++i) piece[i] = static_cast<char>(i * 7);
  auto file = io_->NewOutput(folder_ + "/large");
  ASSERT_THAT(file, IsOk());
  for (int i = 0; i < 20; ++i) EXPECT_THAT((*file)->Write(piece), IsOk());
  EXPECT_THAT((*file)->Close(), IsOk());
  const auto input = io_->NewInput(folder_ + "/large");
  ASSERT_THAT(input, IsOk());
  EXPECT_EQ((*input)->size_bytes(), 20 << 20);
  EXPECT_THAT((*input)->ReadAt(19 << 20, 1 << 20), IsOkAnd(piece));
}

TEST_F(LocalFileIoTest, TheSameFileIsReachedByUriAndByPath) {
  EXPECT_THAT(io_->Write("file://" + folder_ + "/f", "x"), IsOk());
  EXPECT_THAT(io_->Read(folder_ + "/f"), IsOkAnd("x"));
  EXPECT_THAT(io_->Read("file:" + folder_ + "/f"), IsOkAnd("x"));
  EXPECT_EQ(io_->ReadablePath("file://" + folder_ + "/f"), folder_ + "/f");
}

TEST_F(LocalFileIoTest, AFolderWithoutPermissionIsNamedWithTheReason) {
  ASSERT_EQ(::chmod(folder_.c_str(), 0555), 0);
  {
    const OrdinaryUser ordinary;
    EXPECT_THAT(io_->Write(folder_ + "/f", "x"),
                FailsWith(ErrorKind::kIoError,
                          AllOf(HasSubstr(folder_), HasSubstr("Permission denied"),
                                HasSubstr("runs as uid"))));
    EXPECT_THAT(io_->NewOutput(folder_ + "/new/f"),
                FailsWith(ErrorKind::kIoError, HasSubstr("Permission denied")));
  }
  ASSERT_EQ(::chmod(folder_.c_str(), 0755), 0);
}

TEST_F(LocalFileIoTest, AFileWithoutPermissionIsAnErrorNotAnAbsence) {
  EXPECT_THAT(io_->Write(folder_ + "/closed/f", "x"), IsOk());
  ASSERT_EQ(::chmod((folder_ + "/closed").c_str(), 0000), 0);
  {
    const OrdinaryUser ordinary;
    EXPECT_THAT(io_->Read(folder_ + "/closed/f"), FailsWith(ErrorKind::kIoError));
    EXPECT_THAT(io_->Exists(folder_ + "/closed/f"), FailsWith(ErrorKind::kIoError));
    EXPECT_THAT(io_->Delete(folder_ + "/closed/f"), FailsWith(ErrorKind::kIoError));
  }
  ASSERT_EQ(::chmod((folder_ + "/closed").c_str(), 0755), 0);
}

TEST_F(LocalFileIoTest, BytesThatFindNoRoomAreAnErrorThatLeavesNothing) {
  {
    const FileSizeLimit limit(4096);
    auto file = io_->NewOutput(folder_ + "/f");
    ASSERT_THAT(file, IsOk());
    EXPECT_THAT((*file)->Write(std::string(10'000, 'x')),
                FailsWith(ErrorKind::kIoError,
                          AllOf(HasSubstr(folder_ + "/f"), HasSubstr("File too large"))));
    EXPECT_THAT(io_->Write(folder_ + "/g", std::string(10'000, 'x')),
                FailsWith(ErrorKind::kIoError));
  }
  EXPECT_THAT(Names(), IsEmpty());
}

TEST_F(LocalFileIoTest, AFullDiskSaysWhatToDo) {
  const Error error = FileError("write the file", "/lake/f", ENOSPC);
  EXPECT_EQ(error.kind, ErrorKind::kIoError);
  EXPECT_EQ(
      error.message,
      "cannot write the file: /lake/f: No space left on device (free some space there; "
      "nothing is lost meanwhile)");
}

TEST_F(LocalFileIoTest, AFolderIsNoFile) {
  EXPECT_THAT(io_->Read(folder_), FailsWith(ErrorKind::kIoError, HasSubstr("directory")));
  EXPECT_THAT(io_->NewOutput(folder_), FailsWith(ErrorKind::kAlreadyExists));
}

#ifdef FRAZIL_ENABLE_FAULTS

// Faults are armed once per process: each of these runs in a fresh one.
class LocalFileFaultTest : public LocalFileIoTest {
 protected:
  LocalFileFaultTest() {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    // The fresh process inherits the folder, which the first one removes.
    if (const char* inherited = ::getenv("FRAZIL_TEST_FOLDER"); inherited != nullptr) {
      std::filesystem::remove(folder_);
      folder_ = inherited;
    }
    ::setenv("FRAZIL_TEST_FOLDER", folder_.c_str(), /*overwrite=*/1);
  }
  ~LocalFileFaultTest() override { ::unsetenv("FRAZIL_TEST_FOLDER"); }

  [[nodiscard]] std::string File() const { return folder_ + "/f"; }

  // Writes a file with faults armed; exits with 0 if the close went well.
  void WriteWith(const char* faults) {
    ::setenv("FRAZIL_FAULTS", faults, /*overwrite=*/1);
    auto file = io_->NewOutput(File());
    const bool is_good = (*file)->Write("x").has_value() && (*file)->Close().has_value();
    file->reset();
    ::_exit(is_good ? 0 : 1);
  }
};

TEST_F(LocalFileFaultTest, AnErrorBeforeTheCloseLeavesNoFile) {
  EXPECT_EXIT(WriteWith("file.close.before=error"), testing::ExitedWithCode(1), "");
  EXPECT_THAT(io_->Exists(File()), IsOkAnd(false));
}

TEST_F(LocalFileFaultTest, AKillBeforeTheCloseLeavesNoFile) {
  EXPECT_EXIT(WriteWith("file.close.before=kill"), testing::KilledBySignal(SIGKILL), "");
  EXPECT_THAT(io_->Exists(File()), IsOkAnd(false));
}

TEST_F(LocalFileFaultTest, AKillAfterTheCloseLeavesTheFile) {
  EXPECT_EXIT(WriteWith("file.close.after=kill"), testing::KilledBySignal(SIGKILL), "");
  EXPECT_THAT(io_->Read(File()), IsOkAnd("x"));
}

#endif

}  // namespace
}  // namespace frazil
