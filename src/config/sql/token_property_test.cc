#include <rapidcheck.h>

#include <string>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "config/sql/token.h"

namespace frazil {
namespace {

// Pieces that meet in the middle of each other: quotes, comments, operators.
rc::Gen<std::string> AnySql() {
  const auto piece = rc::gen::element<std::string>(
      "SELECT", "a", "_b1", " ", "\n", "\t", "'", "''", "\"", "`", "--", "/*", "*/",
      "/*+", "$", "$$", "$t$", "E'", "\\", "1", ".", "1e5", "(", ")", ";", ",", "->>",
      "::", "<", ">", "=", "\xC3\xBC", "\xE2\x80\x99", "\xFF", "${", "}");
  return rc::gen::map(rc::gen::container<std::vector<std::string>>(piece),
                      [](const std::vector<std::string>& pieces) {
                        std::string text;
                        for (const std::string& p : pieces) text += p;
                        return text;
                      });
}

RC_GTEST_PROP(TokenizeProperty, TokensStandInOrderAndAreTheText, ()) {
  const std::string text = *AnySql();
  const TokenizedText split = TokenizeUntilFailure(text);
  RC_ASSERT(!split.tokens.empty());
  RC_ASSERT(split.tokens.back().kind == TokenKind::kEnd);
  std::size_t end = 0;
  for (const Token& token : split.tokens) {
    RC_ASSERT(token.offset >= end);
    RC_ASSERT(token.text ==
              std::string_view(text).substr(token.offset, token.text.size()));
    RC_ASSERT(token.text.empty() == (token.kind == TokenKind::kEnd));
    end = token.end_offset();
    static_cast<void>(token.Value());
  }
  if (!split.failure) RC_ASSERT(end == text.size());
}

RC_GTEST_PROP(TokenizeProperty, AQuotedNameComesBack, ()) {
  const auto name = *rc::gen::nonEmpty(rc::gen::string<std::string>());
  const std::string quoted = QuoteSqlName(name);
  const auto tokens = Tokenize(quoted);
  RC_ASSERT(tokens.has_value());
  RC_ASSERT(tokens->size() == 2U);
  RC_ASSERT(tokens->front().Value() == name);
}

// Splitting the tokens of a text, joined by blanks, gives the same tokens.
RC_GTEST_PROP(TokenizeProperty, BlanksBetweenTokensChangeNothing, ()) {
  const std::string text = *AnySql();
  const auto tokens = Tokenize(text);
  RC_PRE(tokens.has_value());
  std::string spaced;
  for (const Token& token : *tokens) spaced.append(token.text).append("\n");
  const auto again = Tokenize(spaced);
  RC_ASSERT(again.has_value());
  RC_ASSERT(again->size() == tokens->size());
  for (std::size_t i = 0; i < tokens->size(); ++i) {
    RC_ASSERT((*again)[i].kind == (*tokens)[i].kind);
    RC_ASSERT((*again)[i].text == (*tokens)[i].text);
  }
}

}  // namespace
}  // namespace frazil
