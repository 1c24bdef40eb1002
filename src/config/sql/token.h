#pragma once

/// \file config/sql/token.h
/// \brief SQL text in tokens, as DuckDB's own scanner splits it.
///
/// Also for backticks, which DuckDB does not know. Comments (`--`, nested `/* */`) and
/// blanks fall away; offsets let a caller get at what stands between two tokens.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/pipeline_spec.h"

namespace frazil {

enum class TokenKind {
  kWord,        ///< keyword or plain identifier: SELECT, user_id
  kQuotedName,  ///< "name" or `name`
  kString,      ///< 'text', E'text', $$text$$
  kNumber,      ///< 42, 1.5e3, 0x1F
  kSymbol,      ///< ( ) , ; . and operators, one to three characters
  kHint,        ///< /*+ ... */
  kEnd,         ///< after the last one; its text is empty
};

/// \brief One token. Borrows from the text that was split.
struct Token {
  TokenKind kind = TokenKind::kEnd;
  /// As written, quotes included.
  std::string_view text;
  /// Where it begins, in lines and columns.
  TextPlace place;
  /// Where it begins, in bytes.
  std::size_t offset = 0;

  [[nodiscard]] std::size_t end_offset() const { return offset + text.size(); }
  /// \brief True for this keyword in any case; `upper` is in upper case.
  [[nodiscard]] bool IsWord(std::string_view upper) const;
  [[nodiscard]] bool IsSymbol(std::string_view symbol) const;
  /// \brief True for what can name something: a word or a quoted name.
  [[nodiscard]] bool IsName() const;
  /// \brief What a name or a literal means: quotes gone, doubled quotes single. Of an
  /// E'...' string the text between the quotes as written; of others the text.
  [[nodiscard]] std::string Value() const;
};

/// \brief Why a text could not be split further.
struct TokenFailure {
  std::string message;
  TextPlace place;
  std::size_t offset = 0;
};

/// \brief Tokens up to the end, or up to the failure. The last one is kEnd either way.
struct TokenizedText {
  std::vector<Token> tokens;
  std::optional<TokenFailure> failure;
};

/// \brief Splits as far as it goes. Any bytes are safe.
TokenizedText TokenizeUntilFailure(std::string_view text);

/// \brief Splits a text; the last token is kEnd.
/// \return kInvalidConfig as "line:column: message": a quote or comment that never ends, a
/// character that SQL does not have.
Result<std::vector<Token>> Tokenize(std::string_view text);

/// \brief `name` in double quotes, for DuckDB.
std::string QuoteSqlName(std::string_view name);

}  // namespace frazil
