#include "config/sql/select_text.h"

#include <string_view>
#include <vector>

namespace frazil {
namespace {

// The bracket that closes `open`, or "".
std::string_view ClosingOf(std::string_view open) {
  if (open == "(") return ")";
  if (open == "[") return "]";
  if (open == "{") return "}";
  return "";
}

bool IsClosing(std::string_view symbol) {
  return symbol == ")" || symbol == "]" || symbol == "}";
}

// The brackets that are open.
class Brackets {
 public:
  // False if the token closes what is not open.
  bool Pass(const Token& token) {
    if (token.kind != TokenKind::kSymbol) return true;
    const std::string_view closing = ClosingOf(token.text);
    if (!closing.empty()) open_.push_back({closing, token.place});
    if (!IsClosing(token.text)) return true;
    if (open_.empty() || open_.back().closing != token.text) return false;
    open_.pop_back();
    return true;
  }

  [[nodiscard]] Status Check(const TokenCursor& cursor) const {
    if (open_.empty()) return {};
    return Fail(cursor.ErrorAtPlace(
        open_.back().place, fmt::format("this bracket is never closed: '{}' is missing",
                                        open_.back().closing)));
  }

 private:
  struct Open {
    std::string_view closing;
    TextPlace place;
  };
  std::vector<Open> open_;
};

}  // namespace

bool OpensSelect(const Token& token) {
  return token.IsWord("SELECT") || token.IsWord("WITH") || token.IsWord("FROM");
}

Result<SelectText> TakeSelect(TokenCursor& cursor) {
  if (!OpensSelect(cursor.Peek()) && !cursor.Peek().IsSymbol("(")) {
    return Fail(cursor.Unexpected("SELECT", {"SELECT", "WITH", "FROM"}));
  }
  SelectText select{"", cursor.Peek().place};
  Brackets brackets;
  std::size_t copied = cursor.Peek().offset;
  while (!cursor.AtEnd() && !cursor.Peek().IsSymbol(";")) {
    const Token& token = cursor.Peek();
    if (token.kind == TokenKind::kHint) return Fail(cursor.Unexpected("SQL"));
    if (!brackets.Pass(token)) {
      return Fail(
          cursor.ErrorHere(fmt::format("'{}' closes nothing that is open", token.text)));
    }
    select.text += cursor.text().substr(copied, token.offset - copied);
    const bool is_backtick =
        token.kind == TokenKind::kQuotedName && token.text.front() == '`';
    select.text += is_backtick ? QuoteSqlName(token.Value()) : std::string(token.text);
    copied = token.end_offset();
    cursor.Take();
  }
  FRAZIL_TRY(cursor.CheckTokens());
  FRAZIL_TRY(brackets.Check(cursor));
  return select;
}

}  // namespace frazil
