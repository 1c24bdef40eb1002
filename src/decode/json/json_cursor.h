#pragma once

/// \file decode/json/json_cursor.h
/// \brief A walk over the tokens of one JSON text.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

#include "decode/decode_error.h"
#include "decode/json/json_text.h"
#include "decode/number_text.h"

namespace frazil {

/// \brief Stands on a token of the text opened last. Behind the last token Peek() is '\0',
/// which no rule of the grammar accepts: a walk that checks what it sees never goes astray.
class JsonCursor {
 public:
  /// \param max_depth objects and arrays within one another.
  explicit JsonCursor(int max_depth)
      : max_depth_(max_depth), open_(static_cast<std::size_t>(max_depth) + 1) {}

  /// \brief Copies and indexes a record; stands on its first token then.
  DecodeError Open(std::string_view record) {
    const DecodeError error = text_.Open(record);
    Rewind();
    return error;
  }

  /// \brief Back to the first token.
  void Rewind() {
    token_ = text_.tokens();
    depth_ = 0;
  }

  /// \name Moving
  /// @{
  [[nodiscard]] const std::uint32_t* position() const { return token_; }
  [[nodiscard]] int depth() const { return depth_; }
  /// \brief Back to where position() and depth() were.
  void ReturnTo(const std::uint32_t* position, int depth) {
    token_ = position;
    depth_ = depth;
  }
  void Next() { ++token_; }
  /// \brief Over a name and its colon. \pre IsAtName().
  void NextAfterName() { token_ += 2; }
  /// \brief Over a '{' or '['. \return false: deeper than max_depth.
  [[nodiscard]] bool Enter() {
    ++token_;
    return ++depth_ <= max_depth_;
  }
  /// \brief After the bracket that ends what Enter began.
  void Leave() { --depth_; }
  [[nodiscard]] bool IsAtEnd() const {
    return token_ == text_.tokens() + text_.token_count();
  }
  /// @}

  /// \name What stands here
  /// @{
  [[nodiscard]] char Peek() const { return text_.data()[*token_]; }
  /// Bytes before this token.
  [[nodiscard]] std::size_t offset() const { return *token_; }
  /// \brief The token and the white space behind it.
  [[nodiscard]] std::string_view Token() const {
    return {text_.data() + token_[0], token_[1] - token_[0]};
  }
  /// \brief What stands between the quotes, as written. \pre Peek() == '"'.
  [[nodiscard]] std::string_view RawString() const {
    // Between the closing quote and the next token there is only white space.
    const char* const begin = text_.data() + token_[0] + 1;
    const char* end = text_.data() + token_[1] - 1;
    while (*end != '"') --end;
    return {begin, static_cast<std::size_t>(end - begin)};
  }
  /// \brief True for a string with a colon behind it.
  [[nodiscard]] bool IsAtName() const {
    return text_.data()[token_[0]] == '"' && text_.data()[token_[1]] == ':';
  }
  /// \brief True for a string that surely has no escape sequence.
  [[nodiscard]] bool IsPlainString() const {
    return Peek() == '"' && !text_.has_backslash();
  }
  [[nodiscard]] bool HasEscapes(std::string_view raw) const {
    return text_.has_backslash() && !raw.empty() &&
           std::memchr(raw.data(), '\\', raw.size()) != nullptr;
  }
  /// \brief True if the token is `word` and nothing more.
  [[nodiscard]] bool IsWord(std::string_view word) const;
  /// \brief True if the token is a number and nothing more.
  [[nodiscard]] bool IsNumber(ScannedNumber& number) const;
  /// @}

  /// \brief A string without its escape sequences: the raw text if it has none, else a copy
  /// that is good until the next call.
  /// \return kInvalidValue for half of a surrogate pair, kInvalidJson for no known sequence.
  DecodeError Unescaped(std::string_view raw, std::string_view& content);

  /// \brief Unescapes into `out`, which has room for raw.size() + JsonText::kPadding.
  DecodeError UnescapeTo(std::string_view raw, std::uint8_t* out,
                         std::int64_t& size) const;

  /// \brief Goes over one value, checking that it is JSON.
  DecodeError SkipValue();

  /// \brief The text of the container or scalar that begins at `position` and ends before
  /// this token.
  [[nodiscard]] std::string_view TextSince(const std::uint32_t* position) const {
    const char* const begin = text_.data() + *position;
    return {begin, static_cast<std::size_t>(text_.data() + token_[-1] + 1 - begin)};
  }

  [[nodiscard]] const JsonText& text() const { return text_; }
  void ShrinkTo(std::size_t bytes);

 private:
  [[nodiscard]] bool IsScalar() const;
  [[nodiscard]] bool SkipKey();

  JsonText text_;
  const std::uint32_t* token_ = nullptr;
  int depth_ = 0;
  int max_depth_;
  std::vector<char> open_;  // brackets that SkipValue has to close
  std::unique_ptr<std::uint8_t[]> scratch_;
  std::size_t scratch_size_ = 0;
};

}  // namespace frazil
