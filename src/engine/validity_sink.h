#pragma once

/// \file engine/validity_sink.h
/// \brief The validity bitmap of an Arrow column in the making. Included by sinks only.

#include <cstdint>
#include <memory>

#include <arrow/buffer_builder.h>
#include <arrow/util/bit_util.h>
#include <arrow/util/bitmap_ops.h>

#include "base/result.h"
#include "engine/arrow_status.h"

namespace frazil {

inline bool IsValidAt(const std::uint64_t* validity, std::int64_t row) {
  return validity == nullptr || ((validity[row / 64] >> (row % 64)) & 1) != 0;
}

// The validity of a column. Without a null it costs nothing.
class ValiditySink {
 public:
  Status Append(const std::uint64_t* words, std::int64_t start, std::int64_t count) {
    std::int64_t nulls = 0;
    if (words != nullptr) {
      nulls = count - arrow::internal::CountSetBits(Bytes(words), start, count);
    }
    if (nulls != 0 || bits_.length() != 0) FRAZIL_TRY(Write(words, start, count));
    null_count_ += nulls;
    length_ += count;
    return {};
  }

  [[nodiscard]] std::int64_t length() const { return length_; }
  [[nodiscard]] std::int64_t null_count() const { return null_count_; }

  Result<std::shared_ptr<arrow::Buffer>> Finish() {
    std::shared_ptr<arrow::Buffer> result;
    if (null_count_ > 0) FRAZIL_TRY(FromArrow(bits_.Finish(&result)));
    bits_.Reset();
    length_ = 0;
    null_count_ = 0;
    return result;
  }

 private:
  static const std::uint8_t* Bytes(const std::uint64_t* words) {
    return reinterpret_cast<const std::uint8_t*>(words);
  }

  Status Write(const std::uint64_t* words, std::int64_t start, std::int64_t count) {
    const std::int64_t end = length_ + count;
    const std::int64_t grown = arrow::bit_util::BytesForBits(end) - bits_.length();
    if (grown > 0)
      FRAZIL_TRY(FromArrow(bits_.Append(grown, 0xFF)));  // Valid until known.
    if (words != nullptr) {
      arrow::internal::CopyBitmap(Bytes(words), start, count, bits_.mutable_data(),
                                  length_);
    } else {
      arrow::bit_util::SetBitsTo(bits_.mutable_data(), length_, count, true);
    }
    return {};
  }

  arrow::BufferBuilder bits_;
  std::int64_t length_ = 0;
  std::int64_t null_count_ = 0;
};

}  // namespace frazil
