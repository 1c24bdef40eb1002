#include "storage/arrow_stream.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include <arrow/buffer.h>

namespace frazil {
namespace {

arrow::Status ArrowIoError(const Error& error) {
  return arrow::Status::IOError(error.message);
}

// Arrow's sequential interface keeps a position; everything else reads at a given place.
class ArrowInputFile : public arrow::io::RandomAccessFile {
 public:
  explicit ArrowInputFile(std::unique_ptr<InputFile> file) : file_(std::move(file)) {}

  arrow::Status Close() override {
    is_closed_ = true;
    return arrow::Status::OK();
  }
  [[nodiscard]] bool closed() const override { return is_closed_; }
  arrow::Result<std::int64_t> GetSize() override { return file_->size_bytes(); }
  arrow::Result<std::int64_t> Tell() const override { return position_; }
  arrow::Status Seek(std::int64_t position) override {
    if (position < 0) return arrow::Status::Invalid("seek before the file's start");
    position_ = position;
    return arrow::Status::OK();
  }

  arrow::Result<std::int64_t> ReadAt(std::int64_t position, std::int64_t size_bytes,
                                     void* out) override {
    auto bytes = file_->ReadAt(position, size_bytes);
    if (!bytes.has_value()) return ArrowIoError(bytes.error());
    std::memcpy(out, bytes->data(), bytes->size());
    return static_cast<std::int64_t>(bytes->size());
  }
  arrow::Result<std::shared_ptr<arrow::Buffer>> ReadAt(std::int64_t position,
                                                       std::int64_t size_bytes) override {
    auto bytes = file_->ReadAt(position, size_bytes);
    if (!bytes.has_value()) return ArrowIoError(bytes.error());
    return arrow::Buffer::FromString(std::move(*bytes));
  }
  arrow::Result<std::int64_t> Read(std::int64_t size_bytes, void* out) override {
    arrow::Result<std::int64_t> count = ReadAt(position_, size_bytes, out);
    if (count.ok()) position_ += *count;
    return count;
  }
  arrow::Result<std::shared_ptr<arrow::Buffer>> Read(std::int64_t size_bytes) override {
    arrow::Result<std::shared_ptr<arrow::Buffer>> buffer = ReadAt(position_, size_bytes);
    if (buffer.ok()) position_ += (*buffer)->size();
    return buffer;
  }

 private:
  std::unique_ptr<InputFile> file_;
  std::int64_t position_ = 0;
  bool is_closed_ = false;
};

}  // namespace

ArrowOutputStream::ArrowOutputStream(std::unique_ptr<OutputFile> file)
    : file_(std::move(file)) {}

ArrowOutputStream::~ArrowOutputStream() = default;

arrow::Status ArrowOutputStream::ToArrow(const Status& status) {
  if (status.has_value()) return arrow::Status::OK();
  if (!file_error_.has_value()) file_error_ = status.error();
  return ArrowIoError(status.error());
}

arrow::Status ArrowOutputStream::Write(const void* data, std::int64_t size_bytes) {
  if (file_ == nullptr) return arrow::Status::Invalid("write to a closed stream");
  const Status written = file_->Write(std::string_view(
      static_cast<const char*>(data), static_cast<std::size_t>(size_bytes)));
  if (written.has_value()) size_bytes_ += size_bytes;
  return ToArrow(written);
}

arrow::Status ArrowOutputStream::Close() {
  if (file_ == nullptr) return arrow::Status::OK();
  const std::unique_ptr<OutputFile> file = std::move(file_);
  return ToArrow(file->Close());
}

arrow::Status ArrowOutputStream::Abort() {
  file_.reset();
  return arrow::Status::OK();
}

arrow::Result<std::int64_t> ArrowOutputStream::Tell() const { return size_bytes_; }

bool ArrowOutputStream::closed() const { return file_ == nullptr; }

std::shared_ptr<arrow::io::RandomAccessFile> NewArrowInput(
    std::unique_ptr<InputFile> file) {
  return std::make_shared<ArrowInputFile>(std::move(file));
}

}  // namespace frazil
