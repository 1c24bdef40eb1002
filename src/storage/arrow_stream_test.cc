#include "storage/arrow_stream.h"

#include <memory>
#include <string>
#include <utility>

#include <arrow/buffer.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/result_matchers.h"
#include "storage/memory/memory_file_io.h"

namespace frazil {
namespace {

using ::testing::HasSubstr;

// A disk that is full.
class FullFile : public OutputFile {
 public:
  Status Write(std::string_view /*bytes*/) override {
    return Fail(ErrorKind::kIoError, "no room");
  }
  Status Close() override { return Fail(ErrorKind::kAlreadyExists, "taken"); }
  [[nodiscard]] std::int64_t size_bytes() const override { return 0; }
};

class ArrowStreamTest : public testing::Test {
 protected:
  std::unique_ptr<ArrowOutputStream> Open(const std::string& location) {
    auto file = io_->NewOutput(location);
    EXPECT_THAT(file, IsOk());
    return std::make_unique<ArrowOutputStream>(std::move(*file));
  }

  std::shared_ptr<FileIO> io_ = NewMemoryFileIO();
};

TEST_F(ArrowStreamTest, ClosingPublishesWhatWasWritten) {
  const auto stream = Open("f");
  EXPECT_TRUE(stream->Write("abc", 3).ok());
  EXPECT_TRUE(stream->Write(arrow::Buffer::FromString("defg")).ok());
  EXPECT_EQ(stream->Tell().ValueOr(-1), 7);
  EXPECT_THAT(io_->Exists("f"), IsOkAnd(false));
  EXPECT_FALSE(stream->closed());
  EXPECT_TRUE(stream->Close().ok());
  EXPECT_TRUE(stream->Close().ok());
  EXPECT_TRUE(stream->closed());
  EXPECT_EQ(stream->Tell().ValueOr(-1), 7);
  EXPECT_THAT(io_->Read("f"), IsOkAnd("abcdefg"));
  EXPECT_FALSE(stream->Write("x", 1).ok());
}

TEST_F(ArrowStreamTest, AbortingOrForgettingPublishesNothing) {
  const auto aborted = Open("f");
  EXPECT_TRUE(aborted->Write("abc", 3).ok());
  EXPECT_TRUE(aborted->Abort().ok());
  EXPECT_TRUE(aborted->Close().ok());
  {
    EXPECT_TRUE(Open("f")->Write("abc", 3).ok());
  }
  EXPECT_THAT(io_->Exists("f"), IsOkAnd(false));
}

TEST_F(ArrowStreamTest, TheFirstErrorOfTheFileIsKept) {
  ArrowOutputStream stream(std::make_unique<FullFile>());
  EXPECT_FALSE(stream.file_error().has_value());
  const arrow::Status written = stream.Write("abc", 3);
  EXPECT_TRUE(written.IsIOError());
  EXPECT_THAT(written.message(), HasSubstr("no room"));
  EXPECT_EQ(stream.Tell().ValueOr(-1), 0);
  EXPECT_FALSE(stream.Close().ok());
  ASSERT_TRUE(stream.file_error().has_value());
  EXPECT_EQ(stream.file_error()->message, "no room");
  EXPECT_EQ(stream.file_error()->kind, ErrorKind::kIoError);
}

TEST_F(ArrowStreamTest, ArrowReadsOurFiles) {
  EXPECT_THAT(io_->Write("f", "0123456789"), IsOk());
  auto file = io_->NewInput("f");
  ASSERT_THAT(file, IsOk());
  const auto input = NewArrowInput(std::move(*file));
  EXPECT_EQ(input->GetSize().ValueOr(-1), 10);
  EXPECT_EQ((*input->ReadAt(7, 10))->ToString(), "789");
  EXPECT_EQ((*input->Read(2))->ToString(), "01");
  EXPECT_EQ((*input->Read(2))->ToString(), "23");
  EXPECT_TRUE(input->Seek(8).ok());
  std::string rest(5, '\0');
  EXPECT_EQ(input->Read(5, rest.data()).ValueOr(-1), 2);
  EXPECT_EQ(rest.substr(0, 2), "89");
  EXPECT_EQ(input->Tell().ValueOr(-1), 10);
  EXPECT_FALSE(input->Seek(-1).ok());
  EXPECT_FALSE(input->closed());
  EXPECT_TRUE(input->Close().ok());
  EXPECT_TRUE(input->closed());
}

}  // namespace
}  // namespace frazil
