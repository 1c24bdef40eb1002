#pragma once

/// \file config/sql/token_cursor.h
/// \brief Walks over the tokens of a script and words what it did not expect.

#include <cstddef>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/pipeline_spec.h"
#include "config/sql/token.h"
#include "config/sql/variables.h"

namespace frazil {

/// \brief More columns, fields or names in one list are refused.
inline constexpr std::size_t kMaxListed = 10'000;

/// \brief A name of one or more parts: `lake`.db.events.
struct QualifiedName {
  std::vector<std::string> parts;
  TextPlace place;

  /// \brief The parts, joined by dots.
  [[nodiscard]] std::string ToString() const;
};

/// \brief A name that is not qualified.
struct PlacedName {
  std::string name;
  TextPlace place;
};

/// \brief Tokens with a position. Places of its tokens are those of the script.
///
/// Every error is kInvalidConfig in the form of ErrorAt and repeats no value.
class TokenCursor {
 public:
  /// Both outlive the cursor.
  TokenCursor(const PipelineSpec& spec, const ExpandedText& text);

  /// \brief The token `ahead` of the next one; kEnd past the end.
  [[nodiscard]] const Token& Peek(std::size_t ahead = 0) const;
  /// \brief The next token, which is taken. kEnd is never passed.
  const Token& Take();
  [[nodiscard]] bool AtEnd() const { return Peek().kind == TokenKind::kEnd; }

  /// \name Take what is there, or nothing
  /// @{
  bool AcceptWord(std::string_view upper);
  /// \brief All of these words in a row, or none.
  bool AcceptWords(std::initializer_list<std::string_view> upper);
  bool AcceptSymbol(std::string_view symbol);
  /// @}

  /// \name Take what has to be there
  /// @{
  Status ExpectWord(std::string_view upper);
  Status ExpectWords(std::initializer_list<std::string_view> upper);
  Status ExpectSymbol(std::string_view symbol);
  /// \param what for the message: "the name of a column".
  Result<PlacedName> ExpectName(std::string_view what);
  Result<QualifiedName> ExpectQualifiedName(std::string_view what);
  /// \brief A string in quotes; its value.
  Result<std::string> ExpectString(std::string_view what);
  /// \brief A whole number of [minimum, maximum].
  Result<int> ExpectInteger(std::string_view what, int minimum, int maximum);
  /// \brief '(', names and commas, ')'; no name twice.
  Result<std::vector<PlacedName>> ExpectNameList(std::string_view what);
  /// @}

  /// \brief "expected <what>, found ..." at the next token; a failure of the tokenizer if
  /// that is what ended the tokens. `candidates`: words it may have been meant to be.
  [[nodiscard]] Error Unexpected(std::string_view expected,
                                 const std::vector<std::string>& candidates = {}) const;
  [[nodiscard]] Error ErrorHere(std::string_view message,
                                std::string_view hint = {}) const;
  [[nodiscard]] Error ErrorAtPlace(TextPlace place, std::string_view message,
                                   std::string_view hint = {}) const;
  /// \return The tokenizer's failure, if the cursor has come to it.
  [[nodiscard]] Status CheckTokens() const;

  /// \brief The token as people wrote it, for messages; never a string's content.
  [[nodiscard]] std::string Shown(const Token& token) const;
  /// \brief The script with variables replaced; offsets of tokens point into it.
  [[nodiscard]] std::string_view text() const { return text_.text(); }

 private:
  void MovePlacesToScript();

  const PipelineSpec& spec_;
  const ExpandedText& text_;
  TokenizedText tokenized_;
  std::size_t next_ = 0;
};

/// \brief "did you mean 'x'?" with the candidate nearest to the word, or "".
std::string SuggestNearest(std::string_view word,
                           const std::vector<std::string>& candidates);

/// \brief True if two names differ at most in the case of ASCII letters, which is how DuckDB
/// compares them.
bool SameName(std::string_view left, std::string_view right);

}  // namespace frazil
