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

DecodeError JsonCursor::SkipScalar() {
  const char c = Peek();
  bool is_valid = false;
  if (c == '"') {
    const std::string_view raw = RawString();
    is_valid = !HasEscapes(raw) || HasValidEscapes(raw);
  } else if (c == '-' || (c >= '0' && c <= '9')) {
    ScannedNumber number;
    is_valid = IsNumber(number);
  } else {
    is_valid = IsWord("true") || IsWord("false") || IsWord("null");
  }
  if (!is_valid) return DecodeError::kInvalidJson;
  ++token_;
  return DecodeError::kNone;
}

DecodeError JsonCursor::SkipKey() {
  if (Peek() != '"') return DecodeError::kInvalidJson;
  const DecodeError error = SkipScalar();
  if (error != DecodeError::kNone || Peek() != ':') return DecodeError::kInvalidJson;
  ++token_;
  return DecodeError::kNone;
}

DecodeError JsonCursor::SkipValue() {
  int opened = 0;
  while (true) {
    // Here a value begins.
    const char c = Peek();
    bool is_closed = true;
    if (c == '{' || c == '[') {
      if (depth_ + opened >= max_depth_) return DecodeError::kTooDeep;
      open_[static_cast<std::size_t>(opened++)] = c;
      ++token_;
      is_closed = Peek() == (c == '{' ? '}' : ']');
      if (!is_closed) {
        if (c == '{' && SkipKey() != DecodeError::kNone) return DecodeError::kInvalidJson;
        continue;
      }
    } else if (SkipScalar() != DecodeError::kNone) {
      return DecodeError::kInvalidJson;
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
    if (open_[static_cast<std::size_t>(opened - 1)] == '{' &&
        SkipKey() != DecodeError::kNone) {
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
