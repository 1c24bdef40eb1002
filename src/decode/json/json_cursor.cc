#include "decode/json/json_cursor.h"

#include <algorithm>
#include <new>

namespace frazil {
namespace {

bool IsWhiteSpace(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

bool IsHex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

// True if every backslash begins a sequence of RFC 8259.
bool HasValidEscapes(std::string_view raw) {
  for (std::size_t i = 0; i < raw.size(); ++i) {
    if (raw[i] != '\\') continue;
    ++i;
    if (i == raw.size()) return false;
    if (raw[i] != 'u') {
      if (std::string_view("\"\\/bfnrt").find(raw[i]) == std::string_view::npos)
        return false;
      continue;
    }
    const std::string_view digits = raw.substr(i + 1, 4);
    if (digits.size() < 4 || !std::all_of(digits.begin(), digits.end(), IsHex))
      return false;
    i += 4;
  }
  return true;
}

}  // namespace

bool JsonCursor::IsWord(std::string_view word) const {
  const std::string_view token = Token();
  return token.starts_with(word) &&
         (token.size() == word.size() || IsWhiteSpace(token[word.size()]));
}

bool JsonCursor::IsNumber(ScannedNumber& number) const {
  const std::string_view token = Token();
  return ScanNumber(token, number) &&
         (number.text.size() == token.size() || IsWhiteSpace(token[number.text.size()]));
}

DecodeError JsonCursor::UnescapeTo(std::string_view raw, std::uint8_t* out,
                                   std::int64_t& size) const {
  const std::uint8_t* const end = text_.Unescape(raw.data(), out);
  if (end == nullptr) {
    return HasValidEscapes(raw) ? DecodeError::kInvalidValue : DecodeError::kInvalidJson;
  }
  size = end - out;
  return DecodeError::kNone;
}

DecodeError JsonCursor::Unescaped(std::string_view raw, std::string_view& content) {
  content = raw;
  if (!HasEscapes(raw)) [[likely]]
    return DecodeError::kNone;
  const std::size_t needed = raw.size() + JsonText::kPadding;
  if (needed > scratch_size_) {
    scratch_.reset(new (std::nothrow) std::uint8_t[needed * 2]);
    scratch_size_ = scratch_ == nullptr ? 0 : needed * 2;
    if (scratch_ == nullptr) return DecodeError::kOutOfMemory;
  }
  std::int64_t size = 0;
  const DecodeError error = UnescapeTo(raw, scratch_.get(), size);
  content = {reinterpret_cast<const char*>(scratch_.get()),
             static_cast<std::size_t>(size)};
  return error;
}

bool JsonCursor::IsScalar() const {
  const char c = Peek();
  if (c == '"') return !text_.has_backslash() || HasValidEscapes(RawString());
  if (c == '-' || (c >= '0' && c <= '9')) {
    ScannedNumber number;
    return IsNumber(number);
  }
  return IsWord("true") || IsWord("false") || IsWord("null");
}

bool JsonCursor::SkipKey() {
  if (!IsAtName() || !IsScalar()) return false;
  NextAfterName();
  return true;
}

DecodeError JsonCursor::SkipValue() {
  int opened = 0;
  while (true) {
    // Here a value begins.
    const char c = Peek();
    if (c == '{' || c == '[') {
      if (depth_ + opened >= max_depth_) return DecodeError::kTooDeep;
      open_[static_cast<std::size_t>(opened++)] = c;
      ++token_;
      const bool is_empty = Peek() == (c == '{' ? '}' : ']');
      if (!is_empty) {
        if (c == '{' && !SkipKey()) return DecodeError::kInvalidJson;
        continue;
      }
    } else {
      if (!IsScalar()) return DecodeError::kInvalidJson;
      ++token_;
    }
    // Here a value has ended, or an empty container is about to.
    while (opened > 0) {
      const bool is_object = open_[static_cast<std::size_t>(opened - 1)] == '{';
      const char after = Peek();
      if (after == ',') break;
      if (after != (is_object ? '}' : ']')) return DecodeError::kInvalidJson;
      ++token_;
      --opened;
    }
    if (opened == 0) return DecodeError::kNone;
    ++token_;  // the comma
    if (open_[static_cast<std::size_t>(opened - 1)] == '{' && !SkipKey()) {
      return DecodeError::kInvalidJson;
    }
  }
}

void JsonCursor::ShrinkTo(std::size_t bytes) {
  text_.ShrinkTo(bytes);
  token_ = nullptr;
  if (scratch_size_ > bytes) {
    scratch_.reset();
    scratch_size_ = 0;
  }
}

}  // namespace frazil
