#include "decode/column.h"

#include <algorithm>
#include <utility>

#include <arrow/array/data.h>
#include <arrow/memory_pool.h>
#include <arrow/type.h>

namespace frazil {
namespace {

constexpr std::int64_t kMinCapacity = 256;
constexpr double kFirstGuessBytes = 16;
constexpr double kFirstGuessEntries = 2;
constexpr double kHeadroom = 1.125;

unsigned MaskOf(std::int64_t index) { return 1U << (static_cast<unsigned>(index) % 8U); }

void SetBit(std::uint8_t* bits, std::int64_t index, bool value) {
  std::uint8_t& byte = bits[index / 8];
  byte = static_cast<std::uint8_t>(value ? byte | MaskOf(index) : byte & ~MaskOf(index));
}

bool BitAt(const std::uint8_t* bits, std::int64_t index) {
  return (bits[index / 8] & MaskOf(index)) != 0;
}

std::int64_t BytesOfBits(std::int64_t bits) { return (bits + 7) / 8; }

int WidthOf(const Type& type) {
  switch (type.id()) {
    case TypeId::kInt:
    case TypeId::kFloat:
    case TypeId::kDate:
      return 4;
    case TypeId::kLong:
    case TypeId::kDouble:
    case TypeId::kTime:
    case TypeId::kTimestamp:
    case TypeId::kTimestamptz:
      return 8;
    case TypeId::kDecimal:
    case TypeId::kUuid:
      return 16;
    case TypeId::kFixed:
      return type.length();
    default:
      return 0;
  }
}

}  // namespace

bool GrowableBuffer::Grow(std::int64_t needed) {
  const std::int64_t capacity = std::max({needed, capacity_ * 2, kMinCapacity});
  if (buffer_ == nullptr) {
    auto made = arrow::AllocateResizableBuffer(capacity);
    if (!made.ok()) return false;
    buffer_ = std::move(made).ValueUnsafe();
  } else if (!buffer_->Reserve(capacity).ok()) {
    return false;
  }
  data_ = buffer_->mutable_data();
  capacity_ = buffer_->capacity();
  return true;
}

std::shared_ptr<arrow::Buffer> GrowableBuffer::Release() {
  std::shared_ptr<arrow::Buffer> released;
  if (buffer_ == nullptr) {
    released =
        std::make_shared<arrow::Buffer>(static_cast<const std::uint8_t*>(nullptr), 0);
  } else {
    // Below the capacity, so that nothing is moved and nothing can fail.
    static_cast<void>(buffer_->Resize(size_, /*shrink_to_fit=*/false));
    released = std::move(buffer_);
  }
  data_ = nullptr;
  size_ = 0;
  capacity_ = 0;
  return released;
}

Column::Column(const Type& type, bool is_required)
    : is_map_(type.id() == TypeId::kMap),
      is_required_(is_required),
      width_(WidthOf(type)) {
  switch (type.id()) {
    case TypeId::kBoolean:
      layout_ = Layout::kBits;
      break;
    case TypeId::kString:
    case TypeId::kBinary:
      layout_ = Layout::kBytes;
      entries_per_row_ = kFirstGuessBytes;
      break;
    case TypeId::kStruct:
      layout_ = Layout::kStruct;
      break;
    case TypeId::kList:
    case TypeId::kMap:
      layout_ = Layout::kList;
      entries_per_row_ = kFirstGuessEntries;
      break;
    default:
      layout_ = Layout::kFixed;
  }
  if (!type.is_nested()) return;
  children_.reserve(type.fields().size());
  for (const SchemaField& field : type.fields()) {
    children_.emplace_back(field.type, field.required);
  }
}

bool Column::Reserve(std::int64_t rows) {
  reserved_rows_ = rows;
  const auto entries = static_cast<std::int64_t>(static_cast<double>(rows) *
                                                 entries_per_row_ * kHeadroom) +
                       64;
  switch (layout_) {
    case Layout::kBits:
      return values_.Ensure(BytesOfBits(rows));
    case Layout::kFixed:
      return values_.Ensure(rows * width_);
    case Layout::kBytes:
      if (!values_.Ensure(entries)) return false;
      break;
    case Layout::kList:
    case Layout::kStruct:
      for (Column& child : children_) {
        if (!child.Reserve(layout_ == Layout::kList ? entries : rows)) return false;
      }
      if (layout_ == Layout::kStruct) return true;
      break;
  }
  if (!offsets_.Ensure((rows + 1) * 4)) return false;
  if (offsets_.size() == 0) offsets_.UnsafeAppend(std::int32_t{0});
  return true;
}

bool Column::StartValidity() {
  if (!validity_.Ensure(BytesOfBits(std::max(length_ + 1, reserved_rows_)))) return false;
  std::memset(validity_.data(), 0xFF, static_cast<std::size_t>(BytesOfBits(length_)));
  has_nulls_ = true;
  return true;
}

bool Column::MarkValidity(bool is_valid) {
  if (!has_nulls_ && !StartValidity()) return false;
  const std::int64_t bytes = BytesOfBits(length_ + 1);
  if (bytes > validity_.capacity()) {
    validity_.SetSize(BytesOfBits(length_));
    if (!validity_.Ensure(1)) return false;
  }
  SetBit(validity_.data(), length_, is_valid);
  ++length_;
  null_count_ += is_valid ? 0 : 1;
  return true;
}

bool Column::AppendBoolean(bool value) {
  values_.SetSize(BytesOfBits(length_));
  if (!values_.Ensure(1)) return false;
  SetBit(values_.data(), length_, value);
  return MarkValid();
}

bool Column::AppendBytes(std::string_view bytes) {
  const auto size = static_cast<std::int64_t>(bytes.size());
  if (!values_.Ensure(size)) return false;
  if (size > 0) std::memcpy(values_.end(), bytes.data(), bytes.size());
  values_.SetSize(values_.size() + size);
  if (layout_ == Layout::kBytes && !AppendOffset(values_.size())) return false;
  return MarkValid();
}

std::uint8_t* Column::BytesToFill(std::int64_t bound) {
  return values_.Ensure(bound) ? values_.end() : nullptr;
}

// What stands where there is no value: zeros, an empty text or list.
bool Column::AppendPlaceholder() {
  switch (layout_) {
    case Layout::kBits:
      values_.SetSize(BytesOfBits(length_));
      if (!values_.Ensure(1)) return false;
      SetBit(values_.data(), length_, false);
      return true;
    case Layout::kFixed:
      if (!values_.Ensure(width_)) return false;
      std::memset(values_.end(), 0, static_cast<std::size_t>(width_));
      values_.SetSize(values_.size() + width_);
      return true;
    case Layout::kBytes:
      return AppendOffset(values_.size());
    case Layout::kList:
      return AppendOffset(children_[0].length());
    case Layout::kStruct:
      for (Column& child : children_) {
        if (!child.AppendNull()) return false;
      }
      return true;
  }
  return true;
}

bool Column::AppendNull() {
  return AppendPlaceholder() && (is_required_ ? MarkValid() : MarkValidity(false));
}

void Column::Truncate(std::int64_t length) {
  if (length >= length_ && layout_ != Layout::kStruct && layout_ != Layout::kList) return;
  if (has_nulls_) {
    for (std::int64_t i = length; i < length_; ++i) {
      null_count_ -= BitAt(validity_.data(), i) ? 0 : 1;
    }
  }
  length_ = std::min(length_, length);
  switch (layout_) {
    case Layout::kBits:
      break;
    case Layout::kFixed:
      values_.SetSize(length * width_);
      break;
    case Layout::kBytes:
      offsets_.SetSize((length + 1) * 4);
      values_.SetSize(OffsetAt(length));
      break;
    case Layout::kList:
      offsets_.SetSize((length_ + 1) * 4);
      for (Column& child : children_) child.Truncate(OffsetAt(length_));
      break;
    case Layout::kStruct:
      for (Column& child : children_) child.Truncate(length_);
      break;
  }
}

std::shared_ptr<arrow::ArrayData> Column::Finish(
    const std::shared_ptr<arrow::DataType>& type) {
  std::vector<std::shared_ptr<arrow::Buffer>> buffers(1);
  if (has_nulls_) {
    validity_.SetSize(BytesOfBits(length_));
    buffers[0] = validity_.Release();
  }
  if (layout_ == Layout::kBits) values_.SetSize(BytesOfBits(length_));
  const std::int64_t entries =
      layout_ == Layout::kList ? children_[0].length() : values_.size();
  if (length_ > 0) {
    entries_per_row_ = static_cast<double>(entries) / static_cast<double>(length_);
  }
  if (layout_ == Layout::kBytes || layout_ == Layout::kList) {
    buffers.push_back(offsets_.Release());
  }
  if (layout_ != Layout::kList && layout_ != Layout::kStruct) {
    buffers.push_back(values_.Release());
  }
  std::vector<std::shared_ptr<arrow::ArrayData>> children;
  children.reserve(children_.size());
  const arrow::FieldVector& fields =
      is_map_ ? type->field(0)->type()->fields() : type->fields();
  for (std::size_t i = 0; i < children_.size(); ++i) {
    children.push_back(children_[i].Finish(fields[i]->type()));
  }
  if (is_map_) {
    const std::int64_t count = children[0]->length;
    children = {arrow::ArrayData::Make(type->field(0)->type(), count, {nullptr},
                                       std::move(children), /*null_count=*/0)};
  }
  auto array = arrow::ArrayData::Make(type, length_, std::move(buffers),
                                      std::move(children), null_count_);
  length_ = 0;
  null_count_ = 0;
  has_nulls_ = false;
  return array;
}

}  // namespace frazil
