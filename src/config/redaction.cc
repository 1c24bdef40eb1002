#include "config/redaction.h"

#include <algorithm>
#include <array>

namespace frazil {
namespace {

constexpr std::array<std::string_view, 22> kSecretParts = {
    "password",        "passwd",        "passphrase",        "pwd",
    "secret",          "token",         "credential",        "sasl.jaas.config",
    "ssl.key",         "private-key",   "private_key",       "private.key",
    "api-key",         "api_key",       "api.key",           "apikey",
    "account-key",     "account.key",   "connection-string", "connection.string",
    "basic-auth.user", "authorization",
};

// Endings of keys that name a place, a kind or a time and not the secret itself.
constexpr std::array<std::string_view, 14> kHarmlessEndings = {
    ".location", "-location", ".path",    "-path",    ".url", "-url",   ".uri",
    "-uri",      ".type",     "-enabled", ".enabled", ".ms",  "-class", ".class",
};

// The end of user:password in "scheme://user:password@host" is near.
constexpr std::size_t kMaxUserInfoBytes = 512;
constexpr std::size_t kMaxIndentBytes = 256;

bool IsKeyCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         c == '.' || c == '-' || c == '_';
}

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

std::size_t SkipBlanks(std::string_view text, std::size_t at) {
  while (at < text.size() && IsBlank(text[at])) ++at;
  return at;
}

// Past the closing quote's content; a doubled quote is part of the content, a backslash
// hides the next character only in double quotes (JSON, YAML).
std::size_t EndOfQuoted(std::string_view text, std::size_t at, char quote) {
  while (at < text.size()) {
    const bool is_escape = quote == '"' && text[at] == '\\';
    const bool is_doubled =
        text[at] == quote && text.substr(at + 1, 1) == text.substr(at, 1);
    if (text[at] == quote && !is_doubled) return at;
    at += is_escape || is_doubled ? 2 : 1;
  }
  return text.size();
}

std::size_t EndOfBare(std::string_view text, std::size_t at) {
  return std::min(text.find_first_of(";,)\n\r", at), text.size());
}

// True if the key at `begin` is the first word of its line, or follows SET. Looks back as
// far as a line may reasonably be indented.
bool StartsAssignment(std::string_view text, std::size_t begin) {
  const std::size_t back = begin - std::min(begin, kMaxIndentBytes);
  text.remove_prefix(back);
  begin -= back;
  std::size_t line = text.find_last_of('\n', begin);
  line = line == std::string_view::npos ? 0 : line + 1;
  if (line == 0 && back > 0) return false;
  const std::size_t first = SkipBlanks(text, line);
  if (first >= begin) return true;
  std::string word(text.substr(first, 3));
  for (char& c : word) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return word == "set" && SkipBlanks(text, first + 3) >= begin;
}

// The value of the secret key that stands in [begin, end); empty if none follows it.
ByteSpan ValueAfterKey(std::string_view text, std::size_t begin, std::size_t end) {
  const bool is_quoted = begin > 0 && end < text.size() && text[begin - 1] == text[end] &&
                         (text[end] == '\'' || text[end] == '"' || text[end] == '`');
  std::size_t at = SkipBlanks(text, is_quoted ? end + 1 : end);
  if (at >= text.size()) return {};
  const char sign = text[at];
  const bool has_sign = sign == '=' || (sign == ':' && text.substr(at, 2) != "::");
  if (!has_sign && !is_quoted) return {};
  if (has_sign) at = SkipBlanks(text, at + 1);
  if (at >= text.size()) return {};
  if (text[at] == '\'' || text[at] == '"') {
    return {at + 1, EndOfQuoted(text, at + 1, text[at])};
  }
  const bool is_parameter =
      sign == '=' && begin > 0 && (text[begin - 1] == '?' || text[begin - 1] == '&');
  if (is_parameter) {  // of a URL
    return {at, std::min(text.find_first_of("&#;'\" \t\r\n", at), text.size())};
  }
  const bool is_assignment =
      has_sign && (sign == ':' || StartsAssignment(text, begin) ||
                   text.substr(begin, end - begin).find('.') != std::string_view::npos);
  return is_assignment ? ByteSpan{at, EndOfBare(text, at)} : ByteSpan{};
}

// The password of a URL whose "://" ends before `at`; empty if it has none.
ByteSpan PasswordOfUrl(std::string_view text, std::size_t at) {
  const std::string_view rest = text.substr(at, kMaxUserInfoBytes);
  const std::size_t end = rest.find_first_of("/?#'\" \t\r\n");
  const std::size_t sign = rest.substr(0, end).find_last_of('@');
  if (sign == std::string_view::npos) return {};
  const std::size_t colon = rest.substr(0, sign).find(':');
  if (colon == std::string_view::npos) return {};
  return {at + colon + 1, at + sign};
}

}  // namespace

bool IsSecretKey(std::string_view key) {
  std::string lower(key);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  for (const std::string_view ending : kHarmlessEndings) {
    if (lower.ends_with(ending)) return false;
  }
  return std::any_of(
      kSecretParts.begin(), kSecretParts.end(),
      [&](std::string_view part) { return lower.find(part) != std::string::npos; });
}

std::string Redacted(const Option& option) {
  // Headers of a REST catalog's requests: any of them may let somebody in.
  const bool is_header = option.key.starts_with("header.");
  if (is_header || IsSecretKey(option.key)) return std::string(kRedacted);
  std::string shown;
  std::size_t copied = 0;
  for (const ByteSpan& span : FindSecrets(option.value)) {
    shown += option.value.substr(copied, span.begin - copied);
    shown += kRedacted;
    copied = span.end;
  }
  return shown + option.value.substr(copied);
}

std::vector<ByteSpan> FindSecrets(std::string_view text) {
  std::vector<ByteSpan> secrets;
  std::size_t at = 0;
  while (at < text.size()) {
    ByteSpan found;
    std::size_t next = at + 1;
    if (IsKeyCharacter(text[at])) {
      const auto* const stop = std::find_if_not(
          text.begin() + static_cast<std::ptrdiff_t>(at), text.end(), IsKeyCharacter);
      next = static_cast<std::size_t>(stop - text.begin());
      if (IsSecretKey(text.substr(at, next - at))) found = ValueAfterKey(text, at, next);
    } else if (text.substr(at, 3) == "://") {
      next = at + 3;
      found = PasswordOfUrl(text, next);
    }
    if (found.begin < found.end) {
      secrets.push_back(found);
      next = found.end;
    }
    at = next;
  }
  return secrets;
}

}  // namespace frazil
