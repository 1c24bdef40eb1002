#pragma once

/// \file engine/nested_sinks.h
/// \brief The sinks of structs, lists and maps. Included by duck_to_arrow.cc only.

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include <arrow/buffer_builder.h>
#include <duckdb.h>

#include "engine/column_sinks.h"

namespace frazil {

class StructSink : public SinkBase {
 public:
  StructSink(std::shared_ptr<arrow::DataType> type,
             std::vector<std::unique_ptr<ColumnSink>> children)
      : SinkBase(std::move(type)), children_(std::move(children)) {}

  Status Reserve(std::int64_t count) override {
    for (auto& child : children_) FRAZIL_TRY(child->Reserve(count));
    return {};
  }

  Status Append(duckdb_vector vector, std::int64_t start, std::int64_t count) override {
    FRAZIL_TRY(AppendValidity(vector, start, count).map([](auto) {}));
    for (std::size_t i = 0; i < children_.size(); ++i) {
      FRAZIL_TRY(
          children_[i]->Append(duckdb_struct_vector_get_child(vector, i), start, count));
    }
    return {};
  }

  Result<std::shared_ptr<arrow::ArrayData>> Finish() override {
    std::vector<std::shared_ptr<arrow::ArrayData>> children;
    for (auto& child : children_) {
      FRAZIL_ASSIGN(children.emplace_back(), child->Finish());
    }
    return Make({}, std::move(children));
  }

 private:
  std::vector<std::unique_ptr<ColumnSink>> children_;
};

// Lists and maps, and with `array_size` the ARRAYs of DuckDB, as lists.
class ListSink : public SinkBase {
 public:
  ListSink(std::shared_ptr<arrow::DataType> type, std::unique_ptr<ColumnSink> element,
           int array_size)
      : SinkBase(std::move(type)),
        element_(std::move(element)),
        array_size_(array_size) {}

  Status Reserve(std::int64_t count) override {
    if (offsets_.length() == 0) FRAZIL_TRY(FromArrow(offsets_.Append(0)));
    return FromArrow(offsets_.Reserve(count));
  }

  Status Append(duckdb_vector vector, std::int64_t start, std::int64_t count) override {
    FRAZIL_ASSIGN(const std::uint64_t* validity, AppendValidity(vector, start, count));
    FRAZIL_TRY(Reserve(count));
    const auto* entries =
        array_size_ > 0
            ? nullptr
            : static_cast<const duckdb_list_entry*>(duckdb_vector_get_data(vector));
    const duckdb_vector child = array_size_ > 0 ? duckdb_array_vector_get_child(vector)
                                                : duckdb_list_vector_get_child(vector);
    // Elements mostly lie one list after the other: append them by the longest run.
    std::int64_t run_begin = 0;
    std::int64_t run_end = 0;
    for (std::int64_t i = start; i < start + count; ++i) {
      if (IsValidAt(validity, i)) {
        const std::int64_t begin = entries == nullptr
                                       ? i * array_size_
                                       : static_cast<std::int64_t>(entries[i].offset);
        const std::int64_t length = entries == nullptr
                                        ? array_size_
                                        : static_cast<std::int64_t>(entries[i].length);
        if (begin != run_end && length > 0) {
          FRAZIL_TRY(AppendElements(child, run_begin, run_end));
          run_begin = begin;
          run_end = begin;
        }
        run_end += length;
        element_count_ += length;
      }
      if (element_count_ > std::numeric_limits<std::int32_t>::max()) {
        return Fail(ErrorKind::kInternal,
                    "the lists of one batch have more than 2^31 elements");
      }
      offsets_.UnsafeAppend(static_cast<std::int32_t>(element_count_));
    }
    return AppendElements(child, run_begin, run_end);
  }

  Result<std::shared_ptr<arrow::ArrayData>> Finish() override {
    FRAZIL_TRY(Reserve(0));
    element_count_ = 0;
    std::shared_ptr<arrow::Buffer> offsets;
    FRAZIL_TRY(FromArrow(offsets_.Finish(&offsets)));
    FRAZIL_ASSIGN(std::shared_ptr<arrow::ArrayData> elements, element_->Finish());
    return Make({std::move(offsets)}, {std::move(elements)});
  }

 private:
  Status AppendElements(duckdb_vector child, std::int64_t begin, std::int64_t end) {
    return begin == end ? Status{} : element_->Append(child, begin, end - begin);
  }

  std::unique_ptr<ColumnSink> element_;
  int array_size_;
  std::int64_t element_count_ = 0;
  arrow::TypedBufferBuilder<std::int32_t> offsets_;
};

}  // namespace frazil
