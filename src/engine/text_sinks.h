#pragma once

/// \file engine/text_sinks.h
/// \brief The sinks of text and binary. Included by duck_to_arrow.cc only.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <arrow/buffer_builder.h>
#include <duckdb.h>

#include "engine/column_sinks.h"
#include "engine/duck_handle.h"

namespace frazil {

// Text and binary. Offsets are 32 bit: a column of one batch holds at most 2 GiB.
class StringSink : public SinkBase {
 public:
  using SinkBase::SinkBase;

  Status Reserve(std::int64_t count) override {
    if (offsets_.length() == 0) FRAZIL_TRY(FromArrow(offsets_.Append(0)));
    return FromArrow(offsets_.Reserve(count));
  }

  Status Append(duckdb_vector vector, std::int64_t start, std::int64_t count) override {
    FRAZIL_ASSIGN(const std::uint64_t* validity, AppendValidity(vector, start, count));
    auto* in = static_cast<duckdb_string_t*>(duckdb_vector_get_data(vector)) + start;
    std::int64_t size = 0;
    for (std::int64_t i = 0; i < count; ++i) {
      if (IsValidAt(validity, start + i)) size += in[i].value.inlined.length;
    }
    FRAZIL_TRY(Grow(count, size));
    char* const begin = reinterpret_cast<char*>(bytes_.mutable_data());
    std::int64_t end = bytes_.length();
    for (std::int64_t i = 0; i < count; ++i) {
      if (IsValidAt(validity, start + i)) {
        const std::uint32_t length = in[i].value.inlined.length;
        if (length <= kInlined) {
          std::memcpy(begin + end, in[i].value.inlined.inlined, kInlined);
        } else {
          std::memcpy(begin + end, in[i].value.pointer.ptr, length);
        }
        end += length;
      }
      offsets_.UnsafeAppend(static_cast<std::int32_t>(end));
    }
    bytes_.UnsafeAdvance(end - bytes_.length());
    return {};
  }

  Status AppendText(std::string_view text) {
    FRAZIL_TRY(Grow(1, static_cast<std::int64_t>(text.size())));
    bytes_.UnsafeAppend(text);
    offsets_.UnsafeAppend(static_cast<std::int32_t>(bytes_.length()));
    return {};
  }

  Result<std::shared_ptr<arrow::ArrayData>> Finish() override {
    FRAZIL_TRY(Reserve(0));
    std::shared_ptr<arrow::Buffer> offsets;
    FRAZIL_TRY(FromArrow(offsets_.Finish(&offsets)));
    FRAZIL_ASSIGN(std::shared_ptr<arrow::Buffer> bytes, FinishBuffer(bytes_));
    return Make({std::move(offsets), std::move(bytes)});
  }

 private:
  Status Grow(std::int64_t count, std::int64_t size) {
    if (bytes_.length() + size > std::numeric_limits<std::int32_t>::max()) {
      return Fail(ErrorKind::kInternal,
                  "a column of one batch has more than 2 GiB of text");
    }
    FRAZIL_TRY(Reserve(count));
    return FromArrow(bytes_.Reserve(size + kInlined));
  }

  /// The bytes a duckdb_string_t holds itself. They are copied whole, which saves a call of
  /// memcpy of a varying length; what is too much is written over by the next.
  static constexpr std::int64_t kInlined =
      sizeof(duckdb_string_t{}.value.inlined.inlined);

  arrow::TypedBufferBuilder<std::int32_t> offsets_;
  arrow::BufferBuilder bytes_;
};

// The texts of an ENUM.
class EnumSink : public StringSink {
 public:
  EnumSink(std::shared_ptr<arrow::DataType> type, duckdb_logical_type handle)
      : StringSink(std::move(type)), index_type_(duckdb_enum_internal_type(handle)) {
    const std::uint32_t size = duckdb_enum_dictionary_size(handle);
    for (std::uint32_t i = 0; i < size; ++i) {
      texts_.push_back(TakeDuckText(duckdb_enum_dictionary_value(handle, i)));
    }
  }

  Status Append(duckdb_vector vector, std::int64_t start, std::int64_t count) override {
    FRAZIL_ASSIGN(const std::uint64_t* validity, AppendValidity(vector, start, count));
    const void* data = duckdb_vector_get_data(vector);
    for (std::int64_t i = start; i < start + count; ++i) {
      FRAZIL_TRY(AppendText(IsValidAt(validity, i)
                                ? std::string_view(texts_.at(IndexAt(data, i)))
                                : std::string_view("")));
    }
    return {};
  }

 private:
  [[nodiscard]] std::size_t IndexAt(const void* data, std::int64_t row) const {
    if (index_type_ == DUCKDB_TYPE_UTINYINT)
      return static_cast<const std::uint8_t*>(data)[row];
    if (index_type_ == DUCKDB_TYPE_USMALLINT) {
      return static_cast<const std::uint16_t*>(data)[row];
    }
    return static_cast<const std::uint32_t*>(data)[row];
  }

  duckdb_type index_type_;
  std::vector<std::string> texts_;
};

}  // namespace frazil
