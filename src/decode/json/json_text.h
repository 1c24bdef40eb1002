#pragma once

/// \file decode/json/json_text.h
/// \brief One JSON text with an index of its structure.
///
/// simdjson's first stage finds, 64 bytes at a time, where every bracket, comma, colon,
/// string and scalar begins, and checks that the bytes are UTF-8 and strings are closed.
/// What this index says is all that reading needs: a token reaches to the next entry.
/// The index comes from simdjson's dom_parser_implementation, the layer below its On-Demand
/// interface, which hides it: with the index at hand a walk checks to the last character
/// what it skips, and goes back to any token. A bare walk by On-Demand over the benchmark's
/// events takes as long as one by JsonCursor, 0.19 us. The version is pinned.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "decode/decode_error.h"

namespace simdjson::internal {
class dom_parser_implementation;  // NOLINT(readability-identifier-naming): simdjson's
}  // namespace simdjson::internal

namespace frazil {

/// \brief True if the bytes are UTF-8.
bool IsUtf8(std::string_view bytes);

/// \brief Reused from record to record: allocates only for a record longer than any before.
/// Not thread-safe.
class JsonText {
 public:
  /// Bytes that may be read behind the text; they are zero.
  static constexpr std::size_t kPadding = 64;

  JsonText();
  JsonText(const JsonText&) = delete;
  JsonText& operator=(const JsonText&) = delete;
  ~JsonText();

  /// \brief Copies and indexes a record.
  /// \return kInvalidJson, kInvalidUtf8 or kOutOfMemory.
  DecodeError Open(std::string_view record);

  /// \brief The bytes, with kPadding zeros behind.
  [[nodiscard]] const char* data() const { return buffer_.get(); }
  [[nodiscard]] std::size_t size() const { return size_; }
  /// \brief Where tokens begin, in order; followed by size() at least once.
  [[nodiscard]] const std::uint32_t* tokens() const { return tokens_; }
  [[nodiscard]] std::size_t token_count() const { return token_count_; }
  /// False: no string of the text has an escape sequence.
  [[nodiscard]] bool has_backslash() const { return has_backslash_; }

  /// \brief Replaces the escape sequences of a string.
  /// \param content the string's first character, in data(); its closing quote is found.
  /// \param out has room for the string as written and kPadding bytes.
  /// \return the end of what was written; nullptr if a sequence is invalid or names half of
  /// a surrogate pair.
  std::uint8_t* Unescape(const char* content, std::uint8_t* out) const;

  /// \brief Gives memory back if a record needed more than `bytes`.
  void ShrinkTo(std::size_t bytes);

 private:
  bool Reserve(std::size_t size);

  std::unique_ptr<char[]> buffer_;
  std::size_t capacity_ = 0;
  std::size_t size_ = 0;
  const std::uint32_t* tokens_ = nullptr;
  std::size_t token_count_ = 0;
  bool has_backslash_ = false;
  std::unique_ptr<simdjson::internal::dom_parser_implementation> index_;
};

}  // namespace frazil
