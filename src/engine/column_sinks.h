#pragma once

/// \file engine/column_sinks.h
/// \brief The sinks of values of one width. Included by the other sinks only.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <utility>
#include <vector>

#include <arrow/array/data.h>
#include <arrow/buffer_builder.h>
#include <arrow/type.h>
#include <duckdb.h>

#include "base/result.h"
#include "engine/arrow_status.h"
#include "engine/duck_error.h"
#include "engine/duck_to_arrow.h"
#include "engine/validity_sink.h"

namespace frazil {

// What all sinks share.
class SinkBase : public ColumnSink {
 public:
  explicit SinkBase(std::shared_ptr<arrow::DataType> type) : type_(std::move(type)) {}

 protected:
  // Appends the validity and returns its words, from row 0 of the vector; null: all valid.
  Result<const std::uint64_t*> AppendValidity(duckdb_vector vector, std::int64_t start,
                                              std::int64_t count) {
    const std::uint64_t* words = duckdb_vector_get_validity(vector);
    FRAZIL_TRY(validity_.Append(words, start, count));
    return words;
  }

  Result<std::shared_ptr<arrow::ArrayData>> Make(
      std::vector<std::shared_ptr<arrow::Buffer>> buffers,
      std::vector<std::shared_ptr<arrow::ArrayData>> children = {}) {
    const std::int64_t length = validity_.length();
    const std::int64_t nulls = validity_.null_count();
    FRAZIL_ASSIGN(std::shared_ptr<arrow::Buffer> bitmap, validity_.Finish());
    buffers.insert(buffers.begin(), std::move(bitmap));
    return arrow::ArrayData::Make(type_, length, std::move(buffers), std::move(children),
                                  nulls);
  }

  [[nodiscard]] const std::shared_ptr<arrow::DataType>& type() const { return type_; }

 private:
  std::shared_ptr<arrow::DataType> type_;
  ValiditySink validity_;
};

inline Result<std::shared_ptr<arrow::Buffer>> FinishBuffer(
    arrow::BufferBuilder& builder) {
  // Giving the rest back costs a copy at worst; keep a little slack instead.
  const bool shrink = builder.capacity() > builder.length() + builder.length() / 4;
  return FromArrow(builder.Finish(shrink));
}

// Values of one fixed width. Convert::Apply(From, To*) is false where the value has no To.
template <typename From, typename To, typename Convert>
class FixedSink : public SinkBase {
 public:
  using SinkBase::SinkBase;

  Status Reserve(std::int64_t count) override {
    return FromArrow(values_.Reserve(count * static_cast<std::int64_t>(sizeof(To))));
  }

  Status Append(duckdb_vector vector, std::int64_t start, std::int64_t count) override {
    FRAZIL_ASSIGN(const std::uint64_t* validity, AppendValidity(vector, start, count));
    FRAZIL_TRY(Reserve(count));
    const From* in = static_cast<const From*>(duckdb_vector_get_data(vector)) + start;
    auto* out = reinterpret_cast<To*>(values_.mutable_data() + values_.length());
    if constexpr (Convert::kIdentity) {
      std::memcpy(out, in, static_cast<std::size_t>(count) * sizeof(To));
    } else {
      for (std::int64_t i = 0; i < count; ++i) {
        if (!Convert::Apply(in[i], out + i) && IsValidAt(validity, start + i))
            [[unlikely]] {
          return Fail(
              DuckRunError("Out of Range Error: a value has no " + type()->ToString()));
        }
      }
    }
    values_.UnsafeAdvance(count * static_cast<std::int64_t>(sizeof(To)));
    return {};
  }

  Result<std::shared_ptr<arrow::ArrayData>> Finish() override {
    FRAZIL_ASSIGN(std::shared_ptr<arrow::Buffer> values, FinishBuffer(values_));
    return Make({std::move(values)});
  }

 private:
  arrow::BufferBuilder values_;
};

struct Identity {
  static constexpr bool kIdentity = true;
};
struct Widen {
  static constexpr bool kIdentity = false;
  template <typename From, typename To>
  static bool Apply(From from, To* to) {
    *to = static_cast<To>(from);
    return true;
  }
};
template <std::int64_t kFactor>
struct Multiply {
  static constexpr bool kIdentity = false;
  static bool Apply(std::int64_t from, std::int64_t* to) {
    return !__builtin_mul_overflow(from, kFactor, to);
  }
};
struct FromUuid {
  static constexpr bool kIdentity = false;
  struct Bytes {
    std::uint64_t high;
    std::uint64_t low;
  };
  static bool Apply(const duckdb_hugeint& from, Bytes* to) {
    to->high = __builtin_bswap64(static_cast<std::uint64_t>(from.upper) ^ (1ULL << 63));
    to->low = __builtin_bswap64(from.lower);
    return true;
  }
};

class BooleanSink : public SinkBase {
 public:
  using SinkBase::SinkBase;

  Status Reserve(std::int64_t count) override { return FromArrow(bits_.Reserve(count)); }

  Status Append(duckdb_vector vector, std::int64_t start, std::int64_t count) override {
    FRAZIL_TRY(AppendValidity(vector, start, count).map([](auto) {}));
    const auto* in = static_cast<const std::uint8_t*>(duckdb_vector_get_data(vector));
    FRAZIL_TRY(Reserve(count));
    for (std::int64_t i = 0; i < count; ++i) bits_.UnsafeAppend(in[start + i] == 1);
    return {};
  }

  Result<std::shared_ptr<arrow::ArrayData>> Finish() override {
    std::shared_ptr<arrow::Buffer> bits;
    FRAZIL_TRY(FromArrow(bits_.Finish(&bits)));
    return Make({std::move(bits)});
  }

 private:
  arrow::TypedBufferBuilder<bool> bits_;
};

}  // namespace frazil
