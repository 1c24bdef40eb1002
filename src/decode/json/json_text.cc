#include "decode/json/json_text.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <new>
#include <utility>

#include <simdjson.h>

namespace frazil {
namespace {

constexpr std::size_t kMinCapacity = 4096;
// The second stage is never run, but simdjson wants a stack for it.
constexpr std::size_t kUnusedDepth = 1;

}  // namespace

bool IsUtf8(std::string_view bytes) {
  return simdjson::validate_utf8(bytes.data(), bytes.size());
}

JsonText::JsonText() = default;
JsonText::~JsonText() = default;

bool JsonText::Reserve(std::size_t size) {
  if (size <= capacity_ && index_ != nullptr) [[likely]]
    return true;
  const std::size_t capacity = std::bit_ceil(std::max(size, kMinCapacity));
  std::unique_ptr<char[]> buffer(new (std::nothrow) char[capacity + kPadding]);
  if (buffer == nullptr) return false;
  std::unique_ptr<simdjson::internal::dom_parser_implementation> index;
  if (simdjson::get_active_implementation()->create_dom_parser_implementation(
          capacity, kUnusedDepth, index) != simdjson::SUCCESS) {
    return false;
  }
  buffer_ = std::move(buffer);
  index_ = std::move(index);
  capacity_ = capacity;
  return true;
}

DecodeError JsonText::Open(std::string_view record) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (record.starts_with(kByteOrderMark)) record.remove_prefix(kByteOrderMark.size());
  size_ = 0;
  token_count_ = 0;
  if (!Reserve(record.size())) return DecodeError::kOutOfMemory;
  size_ = record.size();
  if (size_ > 0) std::memcpy(buffer_.get(), record.data(), size_);
  std::memset(buffer_.get() + size_, 0, kPadding);
  has_backslash_ = std::memchr(buffer_.get(), '\\', size_) != nullptr;
  const simdjson::error_code error =
      index_->stage1(reinterpret_cast<const std::uint8_t*>(buffer_.get()), size_,
                     simdjson::stage1_mode::regular);
  tokens_ = index_->structural_indexes.get();
  if (error == simdjson::SUCCESS) [[likely]] {
    token_count_ = index_->n_structural_indexes;
    return DecodeError::kNone;
  }
  return error == simdjson::UTF8_ERROR ? DecodeError::kInvalidUtf8
                                       : DecodeError::kInvalidJson;
}

std::uint8_t* JsonText::Unescape(const char* content, std::uint8_t* out) const {
  return index_->parse_string(reinterpret_cast<const std::uint8_t*>(content), out,
                              /*allow_replacement=*/false);
}

void JsonText::ShrinkTo(std::size_t bytes) {
  if (capacity_ <= bytes) return;
  buffer_.reset();
  index_.reset();
  capacity_ = 0;
  size_ = 0;
  token_count_ = 0;
}

}  // namespace frazil
