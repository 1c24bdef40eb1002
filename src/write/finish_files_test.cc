#include "write/finish_files.h"

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/result_matchers.h"

namespace frazil {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

// Lets nobody through before `count` are here.
class Gate {
 public:
  explicit Gate(std::size_t count) : missing_(count) {}
  // False if they do not come in time.
  bool Pass() {
    std::unique_lock lock(mutex_);
    if (missing_ > 0) --missing_;
    open_.notify_all();
    return open_.wait_for(lock, std::chrono::seconds(60), [&] { return missing_ == 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable open_;
  std::size_t missing_;
};

class GatedFile : public ParquetFile {
 public:
  GatedFile(Gate& gate, std::string location, bool fails)
      : gate_(gate), location_(std::move(location)), fails_(fails) {}

  Status Write(const arrow::RecordBatch& /*rows*/) override { return {}; }
  Status FlushRowGroup() override { return {}; }
  Result<DataFile> Finish() override {
    if (!gate_.Pass()) return Fail(ErrorKind::kInternal, "alone");
    if (fails_) return Fail(ErrorKind::kIoError, "{}: disk full", location_);
    DataFile file;
    file.file_path = location_;
    return file;
  }
  [[nodiscard]] std::int64_t EstimatedSizeBytes() const override { return 0; }
  [[nodiscard]] std::int64_t MemoryBytes() const override { return 0; }
  [[nodiscard]] std::int64_t BufferedRows() const override { return 0; }
  [[nodiscard]] const std::string& location() const override { return location_; }

 private:
  Gate& gate_;
  std::string location_;
  bool fails_;
};

TEST(FinishFilesTest, SeveralFilesAreOnTheirWayToTheDiskAtOnce) {
  Gate gate(4);  // One after the other they would wait for ever.
  std::vector<std::unique_ptr<GatedFile>> owners;
  std::vector<ParquetFile*> files;
  for (int i = 0; i < 40; ++i) {
    owners.push_back(std::make_unique<GatedFile>(gate, std::to_string(i), i == 7));
    files.push_back(owners.back().get());
  }
  const auto finished = FinishFiles(files);
  ASSERT_THAT(finished, SizeIs(40));
  for (std::size_t i = 0; i < finished.size(); ++i) {
    SCOPED_TRACE(i);
    if (i == 7) {
      EXPECT_THAT(finished[i], FailsWith(ErrorKind::kIoError, "7: disk full"));
    } else {
      ASSERT_THAT(finished[i], IsOk());
      EXPECT_EQ(finished[i]->file_path, std::to_string(i));
    }
  }
}

TEST(FinishFilesTest, NoFilesAreFinishedAtOnce) {
  EXPECT_THAT(FinishFiles({}), IsEmpty());
}

}  // namespace
}  // namespace frazil
