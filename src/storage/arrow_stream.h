#pragma once

/// \file storage/arrow_stream.h
/// \brief Our files as the streams that Arrow and Parquet take.

#include <cstdint>
#include <memory>
#include <optional>

#include <arrow/io/interfaces.h>
#include <arrow/result.h>
#include <arrow/status.h>

#include "base/result.h"
#include "storage/file_io.h"

namespace frazil {

/// \brief An OutputFile as an Arrow stream. Not thread-safe.
///
/// Close() publishes the file; Abort(), or destruction without Close(), leaves nothing
/// visible. Parquet's writer never closes its sink: the owner calls Close() after it.
class ArrowOutputStream : public arrow::io::OutputStream {
 public:
  explicit ArrowOutputStream(std::unique_ptr<OutputFile> file);
  ~ArrowOutputStream() override;
  ArrowOutputStream(const ArrowOutputStream&) = delete;
  ArrowOutputStream& operator=(const ArrowOutputStream&) = delete;

  using arrow::io::Writable::Write;
  arrow::Status Write(const void* data, std::int64_t size_bytes) override;
  arrow::Status Close() override;
  arrow::Status Abort() override;
  arrow::Result<std::int64_t> Tell() const override;
  [[nodiscard]] bool closed() const override;

  /// \brief The first error of the file, with the kind and the words that an arrow::Status
  /// cannot carry; nullopt while all went well.
  [[nodiscard]] const std::optional<Error>& file_error() const { return file_error_; }

 private:
  // Remembers a failure and says it in Arrow's words.
  arrow::Status ToArrow(const Status& status);

  std::unique_ptr<OutputFile> file_;
  std::int64_t size_bytes_ = 0;
  std::optional<Error> file_error_;
};

/// \brief An InputFile as Arrow's file for random access. Its ReadAt is thread-safe.
std::shared_ptr<arrow::io::RandomAccessFile> NewArrowInput(
    std::unique_ptr<InputFile> file);

}  // namespace frazil
