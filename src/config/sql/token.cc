#include "config/sql/token.h"

#include <algorithm>
#include <array>

namespace frazil {
namespace {

// Operators of more than one character. '>>' is left out: it closes two nested types.
constexpr std::array<std::string_view, 16> kOperators = {
    "->>", "!~~", "<=", ">=", "<>", "!=", "||", "::",
    "->",  "=>",  ":=", "**", "//", "==", "!~", "~~"};

// What word processors make of quotes and blanks.
struct LookAlike {
  std::string_view bytes;
  std::string_view message;
};
constexpr std::array<LookAlike, 6> kLookAlikes = {{
    {"\xE2\x80\x98", "a typographic quote; write '"},
    {"\xE2\x80\x99", "a typographic quote; write '"},
    {"\xE2\x80\x9C", "a typographic quote; write \""},
    {"\xE2\x80\x9D", "a typographic quote; write \""},
    {"\xC2\xA0", "a no-break space; write a plain one"},
    {"\xE2\x80\x8B", "an invisible zero-width space; remove it"},
}};

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsBlank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}
bool IsWordStart(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}
bool IsWordCharacter(char c) { return IsWordStart(c) || IsDigit(c); }

char Upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; }

class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  TokenizedText Run() {
    while (SkipBlanksAndComments() && at_ < text_.size()) {
      const std::size_t begin = at_;
      const TextPlace place = place_;
      const TokenKind kind = Scan();
      if (out_.failure) break;
      Advance(std::exchange(at_, begin));
      out_.tokens.push_back({kind, text_.substr(begin, at_ - begin), place, begin});
    }
    out_.tokens.push_back({TokenKind::kEnd, text_.substr(at_, 0), place_, at_});
    return std::move(out_);
  }

 private:
  [[nodiscard]] bool Starts(std::string_view what) const {
    return text_.substr(at_, what.size()) == what;
  }
  [[nodiscard]] char Peek(std::size_t ahead) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }

  // Moves to `end`, counting lines and columns.
  void Advance(std::size_t end) {
    for (; at_ < end; ++at_) {
      if (text_[at_] == '\n') {
        ++place_.line;
        place_.column = 1;
      } else if ((static_cast<unsigned char>(text_[at_]) & 0xC0U) != 0x80) {
        ++place_.column;
      }
    }
  }

  void FailHere(std::string message) {
    out_.failure = TokenFailure{std::move(message), place_, at_};
  }

  // False after a failure. Stops before a hint.
  bool SkipBlanksAndComments() {
    while (at_ < text_.size()) {
      if (IsBlank(text_[at_])) {
        Advance(at_ + 1);
      } else if (Starts("--")) {
        Advance(std::min(text_.find('\n', at_), text_.size()));
      } else if (Starts("/*") && !Starts("/*+")) {
        const std::size_t end = EndOfComment();
        if (end == 0) return false;
        Advance(end);
      } else {
        return true;
      }
    }
    return true;
  }

  // Comments nest, as in DuckDB. 0 after a failure.
  std::size_t EndOfComment() {
    std::size_t depth = 0;
    for (std::size_t at = at_; at + 1 < text_.size(); ++at) {
      const std::string_view pair = text_.substr(at, 2);
      if (pair == "/*") ++depth;
      if (pair == "*/") --depth;
      if (pair == "/*" || pair == "*/") ++at;
      if (depth == 0) return at + 1;
    }
    FailHere("this comment never ends: '*/' is missing");
    return 0;
  }

  // Moves at_ (but not place_) to the end of the token.
  TokenKind Scan() {
    const char c = text_[at_];
    if (c == '\'') return ScanQuoted(at_, TokenKind::kString, "string");
    if (c == '"' || c == '`') return ScanQuoted(at_, TokenKind::kQuotedName, "name");
    if ((c == 'e' || c == 'E') && Peek(1) == '\'') return ScanEscapeString();
    if (c == '$') return ScanDollar();
    if (Starts("/*")) {
      const std::size_t end = EndOfComment();
      if (!out_.failure) at_ = end;
      return TokenKind::kHint;
    }
    if (IsDigit(c) || (c == '.' && IsDigit(Peek(1)))) return ScanNumber();
    if (IsWordStart(c)) return ScanWord();
    return ScanSymbol();
  }

  TokenKind ScanQuoted(std::size_t open, TokenKind kind, std::string_view what) {
    const char quote = text_[open];
    std::size_t at = open + 1;
    while (true) {
      at = text_.find(quote, at);
      if (at == std::string_view::npos) {
        FailHere(
            fmt::format("this {} never ends: the closing {} is missing", what, quote));
        return kind;
      }
      if (at + 1 == text_.size() || text_[at + 1] != quote) break;
      at += 2;
    }
    if (kind == TokenKind::kQuotedName && at == open + 1) {
      FailHere("an empty name");
      return kind;
    }
    at_ = at + 1;
    return kind;
  }

  TokenKind ScanEscapeString() {
    for (std::size_t at = at_ + 2; at < text_.size(); ++at) {
      if (text_[at] == '\\') {
        ++at;
      } else if (text_[at] == '\'') {
        if (at + 1 == text_.size() || text_[at + 1] != '\'') {
          at_ = at + 1;
          return TokenKind::kString;
        }
        ++at;
      }
    }
    FailHere("this string never ends: the closing ' is missing");
    return TokenKind::kString;
  }

  // $$text$$, $tag$text$tag$, or the parameters $1 and $name.
  TokenKind ScanDollar() {
    std::size_t end = at_ + 1;
    while (end < text_.size() && IsWordCharacter(text_[end])) ++end;
    const bool has_tag = end < text_.size() && text_[end] == '$' && !IsDigit(Peek(1));
    if (!has_tag) {
      at_ = end;
      return TokenKind::kSymbol;
    }
    const std::string_view tag = text_.substr(at_, end + 1 - at_);
    const std::size_t close = text_.find(tag, end + 1);
    if (close == std::string_view::npos) {
      FailHere(fmt::format("this string never ends: the closing {} is missing", tag));
      return TokenKind::kString;
    }
    at_ = close + tag.size();
    return TokenKind::kString;
  }

  TokenKind ScanNumber() {
    const bool is_hex = Starts("0x") || Starts("0X");
    while (at_ < text_.size()) {
      const char c = text_[at_];
      const bool is_exponent = !is_hex && (c == 'e' || c == 'E');
      if (is_exponent && (Peek(1) == '+' || Peek(1) == '-') && IsDigit(Peek(2))) {
        at_ += 2;
      } else if (!IsWordCharacter(c) && (c != '.' || is_hex)) {
        break;
      }
      ++at_;
    }
    return TokenKind::kNumber;
  }

  TokenKind ScanWord() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && IsWordCharacter(text_[at_])) {
      for (const LookAlike& look_alike : kLookAlikes) {
        if (!Starts(look_alike.bytes)) continue;
        Advance(std::exchange(at_, begin));
        FailHere(std::string(look_alike.message));
        return TokenKind::kWord;
      }
      ++at_;
    }
    return TokenKind::kWord;
  }

  TokenKind ScanSymbol() {
    for (const std::string_view symbol : kOperators) {
      if (Starts(symbol)) {
        at_ += symbol.size();
        return TokenKind::kSymbol;
      }
    }
    const auto byte = static_cast<unsigned char>(text_[at_]);
    if (byte < 0x20 || byte == 0x7F || byte == '\\') {
      FailHere(byte == '\\' ? "a backslash outside of quotes"
                            : fmt::format("a control character, U+{:04X}", byte));
      return TokenKind::kSymbol;
    }
    ++at_;
    return TokenKind::kSymbol;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  TextPlace place_{1, 1};
  TokenizedText out_;
};

std::string Unquote(std::string_view quoted) {
  const char quote = quoted.front();
  std::string value;
  for (std::size_t i = 1; i + 1 < quoted.size(); ++i) {
    value += quoted[i];
    if (quoted[i] == quote) ++i;
  }
  return value;
}

}  // namespace

bool Token::IsWord(std::string_view upper) const {
  return kind == TokenKind::kWord && text.size() == upper.size() &&
         std::equal(text.begin(), text.end(), upper.begin(),
                    [](char a, char b) { return Upper(a) == b; });
}

bool Token::IsSymbol(std::string_view symbol) const {
  return kind == TokenKind::kSymbol && text == symbol;
}

bool Token::IsName() const {
  return kind == TokenKind::kWord || kind == TokenKind::kQuotedName;
}

std::string Token::Value() const {
  const bool is_quoted = kind == TokenKind::kQuotedName || kind == TokenKind::kString;
  if (!is_quoted) return std::string(text);
  if (text.front() == '$') {
    const std::size_t tag = text.find('$', 1) + 1;
    return std::string(text.substr(tag, text.size() - 2 * tag));
  }
  if (text.front() == 'e' || text.front() == 'E') {
    return std::string(text.substr(2, text.size() - 3));
  }
  return Unquote(text);
}

TokenizedText TokenizeUntilFailure(std::string_view text) { return Scanner(text).Run(); }

Result<std::vector<Token>> Tokenize(std::string_view text) {
  TokenizedText split = TokenizeUntilFailure(text);
  if (split.failure) {
    return Fail(ErrorKind::kInvalidConfig, "{}:{}: {}", split.failure->place.line,
                split.failure->place.column, split.failure->message);
  }
  return std::move(split.tokens);
}

std::string QuoteSqlName(std::string_view name) {
  std::string quoted = "\"";
  for (const char c : name) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

}  // namespace frazil
