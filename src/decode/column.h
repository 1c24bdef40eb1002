#pragma once

/// \file decode/column.h
/// \brief Arrow arrays under construction that can be cut back to a row.
///
/// A record that fails midway has appended to some columns and not to others; Truncate
/// makes them even again at no cost for the records that do not fail. Arrow's own builders
/// cannot take back what they have.
///
/// Appending checks capacity and writes; nothing is allocated while a batch stays within
/// what Reserve foresaw from the batches before it. Not thread-safe.

#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <string_view>
#include <vector>

#include <arrow/buffer.h>
#include <arrow/type_fwd.h>

#include "model/type.h"

namespace frazil {

/// \brief Memory that grows, and becomes an Arrow buffer without a copy.
class GrowableBuffer {
 public:
  /// \brief Makes room for `extra` bytes behind size(). \return false: memory ran out.
  [[nodiscard]] bool Ensure(std::int64_t extra) {
    if (size_ + extra <= capacity_) [[likely]]
      return true;
    return Grow(size_ + extra);
  }
  [[nodiscard]] std::uint8_t* data() { return data_; }
  [[nodiscard]] const std::uint8_t* data() const { return data_; }
  [[nodiscard]] std::uint8_t* end() { return data_ + size_; }
  [[nodiscard]] std::int64_t size() const { return size_; }
  [[nodiscard]] std::int64_t capacity() const { return capacity_; }
  /// \pre Ensure made room, or it is a cut.
  void SetSize(std::int64_t size) { size_ = size; }

  /// \pre Ensure(sizeof(T)).
  template <typename T>
  void UnsafeAppend(T value) {
    std::memcpy(end(), &value, sizeof(T));
    size_ += static_cast<std::int64_t>(sizeof(T));
  }

  /// \brief Hands the bytes over and starts anew with nothing. Never null.
  std::shared_ptr<arrow::Buffer> Release();

 private:
  bool Grow(std::int64_t needed);

  std::uint8_t* data_ = nullptr;
  std::int64_t size_ = 0;
  std::int64_t capacity_ = 0;
  std::unique_ptr<arrow::ResizableBuffer> buffer_;
};

/// \brief One column of rows, nested columns included.
///
/// Every append returns false if memory ran out, or a batch has more than 2 GiB of text in
/// one column; the column is then good for destruction only.
class Column {
 public:
  /// Bytes that AppendPadded reads, however few it is given.
  static constexpr std::int64_t kOverrun = 32;

  /// \param is_required a null of the enclosing struct leaves a zero here, not a null.
  Column(const Type& type, bool is_required);

  /// \brief Prepares for a batch of `rows` rows; what texts and lists need is taken from
  /// the batch before.
  [[nodiscard]] bool Reserve(std::int64_t rows);

  /// Values so far.
  [[nodiscard]] std::int64_t length() const { return length_; }
  /// Of a struct: its fields. Of a list: the element. Of a map: key and value.
  [[nodiscard]] std::vector<Column>& children() { return children_; }
  /// Bytes of a fixed-width value.
  [[nodiscard]] int width() const { return width_; }

  /// \name Appending a value
  /// @{
  /// \pre sizeof(T) is the column's width.
  template <typename T>
  [[nodiscard]] bool Append(T value) {
    if (!values_.Ensure(static_cast<std::int64_t>(sizeof(T)))) [[unlikely]]
      return false;
    values_.UnsafeAppend(value);
    return MarkValid();
  }
  [[nodiscard]] bool AppendBoolean(bool value);
  /// To a string, binary, fixed or uuid column; the latter two take their width exactly.
  [[nodiscard]] bool AppendBytes(std::string_view bytes);
  /// To a string or binary column; kOverrun bytes behind `bytes` are readable. Short texts,
  /// which most are, are copied without a call.
  [[nodiscard]] bool AppendPadded(std::string_view bytes) {
    const auto size = static_cast<std::int64_t>(bytes.size());
    if (!values_.Ensure(size + kOverrun)) [[unlikely]]
      return false;
    std::uint8_t* const out = values_.end();
    std::memcpy(out, bytes.data(), kOverrun);
    if (size > kOverrun) std::memcpy(out, bytes.data(), bytes.size());
    return CommitBytes(size);
  }
  /// Room for `bound` bytes to be written in place, or nullptr. CommitBytes then says how
  /// many there are in a string or binary column; CommitFixed that there are width() in a
  /// fixed one. Without a commit nothing was appended.
  [[nodiscard]] std::uint8_t* BytesToFill(std::int64_t bound);
  [[nodiscard]] bool CommitBytes(std::int64_t size) {
    values_.SetSize(values_.size() + size);
    return AppendOffset(values_.size()) && MarkValid();
  }
  [[nodiscard]] bool CommitFixed() {
    values_.SetSize(values_.size() + width_);
    return MarkValid();
  }
  /// Ends a list or map whose entries were appended to children(), or a struct likewise.
  [[nodiscard]] bool EndList() {
    return AppendOffset(children_[0].length()) && MarkValid();
  }
  [[nodiscard]] bool EndStruct() { return MarkValid(); }
  [[nodiscard]] bool AppendNull();
  /// @}

  /// \brief Forgets all values from `length` on.
  void Truncate(std::int64_t length);

  /// \name The values so far, at any index below length() or, in children, below theirs
  /// @{
  /// Of a string or binary column.
  [[nodiscard]] std::string_view BytesAt(std::int64_t index) const {
    const std::int32_t begin = OffsetAt(index);
    return {reinterpret_cast<const char*>(values_.data()) + begin,
            static_cast<std::size_t>(OffsetAt(index + 1) - begin)};
  }
  /// The bytes of a value of any primitive column but boolean.
  [[nodiscard]] std::string_view RawAt(std::int64_t index) const {
    if (layout_ == Layout::kBytes) return BytesAt(index);
    return {reinterpret_cast<const char*>(values_.data()) + index * width_,
            static_cast<std::size_t>(width_)};
  }
  /// First entry of list or map `index`, which may be length(): the one under construction.
  [[nodiscard]] std::int64_t ListStart(std::int64_t index) const {
    return OffsetAt(index);
  }
  /// @}

  /// \brief The values as an Arrow array of `type`; the column starts anew.
  std::shared_ptr<arrow::ArrayData> Finish(const std::shared_ptr<arrow::DataType>& type);

 private:
  enum class Layout : std::uint8_t { kBits, kFixed, kBytes, kList, kStruct };

  [[nodiscard]] bool MarkValid() {
    if (has_nulls_) [[unlikely]]
      return MarkValidity(true);
    ++length_;
    return true;
  }
  [[nodiscard]] bool MarkValidity(bool is_valid);
  [[nodiscard]] bool StartValidity();
  [[nodiscard]] bool AppendPlaceholder();
  [[nodiscard]] bool AppendOffset(std::int64_t offset) {
    if (offset > std::numeric_limits<std::int32_t>::max() || !offsets_.Ensure(4)) {
      return false;
    }
    offsets_.UnsafeAppend(static_cast<std::int32_t>(offset));
    return true;
  }
  [[nodiscard]] std::int32_t OffsetAt(std::int64_t index) const {
    std::int32_t offset = 0;
    std::memcpy(&offset, offsets_.data() + index * 4, sizeof(offset));
    return offset;
  }

  Layout layout_;
  bool is_map_ = false;
  bool is_required_;
  bool has_nulls_ = false;  // then validity_ has a bit for each value
  int width_ = 0;
  std::int64_t length_ = 0;
  std::int64_t null_count_ = 0;
  std::int64_t reserved_rows_ = 0;
  GrowableBuffer values_;       // bits, fixed-width values or bytes
  GrowableBuffer offsets_;      // length_ + 1 of them, 32 bit
  GrowableBuffer validity_;     // bits
  double entries_per_row_ = 0;  // bytes or list entries, of the batch before
  std::vector<Column> children_;
};

}  // namespace frazil
