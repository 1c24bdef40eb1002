#include "config/sql/token_cursor.h"

#include <algorithm>
#include <charconv>

#include "config/excerpt.h"
#include "config/option_set.h"

namespace frazil {
namespace {

constexpr std::size_t kMaxShownBytes = 40;
constexpr std::size_t kMaxNameParts = 32;

std::string Join(std::initializer_list<std::string_view> words) {
  std::string joined;
  for (const std::string_view word : words) {
    if (!joined.empty()) joined += ' ';
    joined += word;
  }
  return joined;
}

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

}  // namespace

std::string QualifiedName::ToString() const {
  std::string joined;
  for (const std::string& part : parts) {
    if (!joined.empty()) joined += '.';
    joined += part;
  }
  return joined;
}

bool SameName(std::string_view left, std::string_view right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](char a, char b) { return Lower(a) == Lower(b); });
}

std::string SuggestNearest(std::string_view word,
                           const std::vector<std::string>& candidates) {
  const std::string nearest = Nearest(word, candidates);
  return nearest.empty() ? "" : fmt::format("did you mean '{}'?", nearest);
}

TokenCursor::TokenCursor(const PipelineSpec& spec, const ExpandedText& text)
    : spec_(spec), text_(text), tokenized_(TokenizeUntilFailure(text.text())) {
  if (!text.is_verbatim()) MovePlacesToScript();
}

void TokenCursor::MovePlacesToScript() {
  // Offsets grow, so one walk over the script serves all of them.
  const std::string_view script = spec_.text;
  std::size_t at = 0;
  TextPlace place{1, 1};
  const auto place_of = [&](std::size_t offset) {
    const std::size_t target = std::min(text_.OriginalOffset(offset), script.size());
    const TextPlace step = PlaceAt(script.substr(at, target - at), target - at);
    place = step.line == 1 ? TextPlace{place.line, place.column + step.column - 1}
                           : TextPlace{place.line + step.line - 1, step.column};
    at = target;
    return place;
  };
  for (Token& token : tokenized_.tokens) token.place = place_of(token.offset);
  if (tokenized_.failure) {
    const std::size_t offset = text_.OriginalOffset(tokenized_.failure->offset);
    tokenized_.failure->place = PlaceAt(script, offset);
  }
}

const Token& TokenCursor::Peek(std::size_t ahead) const {
  return tokenized_.tokens[std::min(next_ + ahead, tokenized_.tokens.size() - 1)];
}

const Token& TokenCursor::Take() {
  const Token& token = Peek();
  if (!AtEnd()) ++next_;
  return token;
}

bool TokenCursor::AcceptWord(std::string_view upper) {
  if (!Peek().IsWord(upper)) return false;
  Take();
  return true;
}

bool TokenCursor::AcceptWords(std::initializer_list<std::string_view> upper) {
  std::size_t ahead = 0;
  for (const std::string_view word : upper) {
    if (!Peek(ahead++).IsWord(word)) return false;
  }
  next_ += upper.size();
  return true;
}

bool TokenCursor::AcceptSymbol(std::string_view symbol) {
  if (!Peek().IsSymbol(symbol)) return false;
  Take();
  return true;
}

Status TokenCursor::ExpectWord(std::string_view upper) {
  if (AcceptWord(upper)) return {};
  return Fail(Unexpected(upper, {std::string(upper)}));
}

Status TokenCursor::ExpectWords(std::initializer_list<std::string_view> upper) {
  for (const std::string_view word : upper) {
    if (AcceptWord(word)) continue;
    return Fail(Unexpected(Join(upper), {std::string(word)}));
  }
  return {};
}

Status TokenCursor::ExpectSymbol(std::string_view symbol) {
  if (AcceptSymbol(symbol)) return {};
  return Fail(Unexpected(fmt::format("'{}'", symbol)));
}

Result<PlacedName> TokenCursor::ExpectName(std::string_view what) {
  if (!Peek().IsName()) return Fail(Unexpected(what));
  const Token& token = Take();
  return PlacedName{token.Value(), token.place};
}

Result<QualifiedName> TokenCursor::ExpectQualifiedName(std::string_view what) {
  QualifiedName name{{}, Peek().place};
  do {
    FRAZIL_ASSIGN(PlacedName part, ExpectName(what));
    name.parts.push_back(std::move(part.name));
    if (name.parts.size() > kMaxNameParts) {
      return Fail(ErrorHere("a name of too many parts"));
    }
  } while (AcceptSymbol("."));
  return name;
}

Result<std::string> TokenCursor::ExpectString(std::string_view what) {
  if (Peek().kind == TokenKind::kString) return Take().Value();
  const bool is_double_quoted =
      Peek().kind == TokenKind::kQuotedName && Peek().text.front() == '"';
  const Error error = Unexpected(fmt::format("{} in single quotes", what));
  if (!is_double_quoted) return Fail(error);
  return Fail(ErrorHere(fmt::format("{} stands in double quotes", what),
                        "double quotes are for names: write 'text'"));
}

Result<int> TokenCursor::ExpectInteger(std::string_view what, int minimum, int maximum) {
  int value = 0;
  const std::string_view text = Peek().text;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value);
  const bool is_integer = Peek().kind == TokenKind::kNumber && error == std::errc() &&
                          end == text.data() + text.size();
  if (!is_integer || value < minimum || value > maximum) {
    return Fail(Unexpected(fmt::format("{} from {} to {}", what, minimum, maximum)));
  }
  Take();
  return value;
}

Result<std::vector<PlacedName>> TokenCursor::ExpectNameList(std::string_view what) {
  std::vector<PlacedName> names;
  FRAZIL_TRY(ExpectSymbol("("));
  do {
    FRAZIL_ASSIGN(PlacedName name, ExpectName(what));
    for (const PlacedName& other : names) {
      if (!SameName(other.name, name.name)) continue;
      return Fail(
          ErrorAtPlace(name.place, fmt::format("'{}' is named twice", name.name)));
    }
    if (names.size() >= kMaxListed) return Fail(ErrorHere("too many names"));
    names.push_back(std::move(name));
  } while (AcceptSymbol(","));
  if (!AcceptSymbol(")")) return Fail(Unexpected("',' or ')'"));
  return names;
}

Error TokenCursor::Unexpected(std::string_view expected,
                              const std::vector<std::string>& candidates) const {
  if (Status tokens = CheckTokens(); !tokens.has_value()) return tokens.error();
  const Token& token = Peek();
  if (token.kind == TokenKind::kHint) {
    return ErrorHere("hints are not supported",
                     "put the options into the WITH (...) of the table");
  }
  const std::string hint =
      token.kind == TokenKind::kWord ? SuggestNearest(token.text, candidates) : "";
  return ErrorHere(fmt::format("expected {}, found {}", expected, Shown(token)), hint);
}

Error TokenCursor::ErrorHere(std::string_view message, std::string_view hint) const {
  return ErrorAtPlace(Peek().place, message, hint);
}

Error TokenCursor::ErrorAtPlace(TextPlace place, std::string_view message,
                                std::string_view hint) const {
  return ErrorAt(spec_, place, message, hint);
}

Status TokenCursor::CheckTokens() const {
  if (!AtEnd() || !tokenized_.failure) return {};
  return Fail(ErrorAtPlace(tokenized_.failure->place, tokenized_.failure->message));
}

std::string TokenCursor::Shown(const Token& token) const {
  if (token.kind == TokenKind::kEnd) return "the end of the script";
  if (token.kind == TokenKind::kString) return "a string";
  std::string_view shown = token.text;
  if (text_.TouchesVariable(token.offset, token.end_offset())) {
    // The reference, not the value.
    const std::size_t begin = text_.OriginalOffset(token.offset);
    const std::string_view script = std::string_view(spec_.text).substr(begin);
    const std::size_t close = script.find('}');
    shown = script.substr(0, close == std::string_view::npos ? close : close + 1);
  }
  if (shown.size() <= kMaxShownBytes) return fmt::format("'{}'", shown);
  std::size_t end = kMaxShownBytes;
  while (end > 0 && (static_cast<unsigned char>(shown[end]) & 0xC0U) == 0x80) --end;
  return fmt::format("'{}...'", shown.substr(0, end));
}

}  // namespace frazil
