#include "net/url.h"

#include <algorithm>
#include <cctype>
#include <charconv>

#include <fmt/format.h>

namespace frazil {
namespace {

bool IsUnreserved(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

}  // namespace

std::string PercentEncode(std::string_view text) {
  std::string encoded;
  encoded.reserve(text.size());
  for (const char c : text) {
    if (IsUnreserved(c)) {
      encoded += c;
    } else {
      encoded += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return encoded;
}

Result<std::string> PercentDecode(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      decoded += text[at];
      continue;
    }
    const std::string_view digits = text.substr(at + 1, 2);
    unsigned value = 0;
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
    if (digits.size() != 2 || error != std::errc() ||
        end != digits.data() + digits.size()) {
      return Fail(ErrorKind::kInvalidArgument,
                  "a percent sign without two hexadecimal digits at byte {}", at);
    }
    decoded += static_cast<char>(value);
    at += 2;
  }
  return decoded;
}

std::string EncodeParameters(const UrlParameters& parameters) {
  std::string text;
  for (const auto& [name, value] : parameters) {
    if (!text.empty()) text += '&';
    text += PercentEncode(name) + "=" + PercentEncode(value);
  }
  return text;
}

Status CheckHttpUrl(std::string_view url) {
  const std::size_t colon = url.find("://");
  const std::string_view scheme =
      colon == std::string_view::npos ? std::string_view() : url.substr(0, colon);
  const std::string_view rest = scheme.empty() ? url : url.substr(colon + 3);
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
  // First: nothing else may show a URL that holds a password.
  if (authority.find('@') != std::string_view::npos) {
    return Fail(
        ErrorKind::kInvalidConfig,
        "a URL with a user or a password in it; give them by options of their own");
  }
  if (scheme != "http" && scheme != "https") {
    return Fail(ErrorKind::kInvalidConfig, "no URL of http:// or https://: {}",
                WithoutQuery(url));
  }
  const bool is_text = std::all_of(url.begin(), url.end(), [](char c) {
    return static_cast<unsigned char>(c) > ' ' && c != '\x7f';
  });
  if (!is_text) return Fail(ErrorKind::kInvalidConfig, "a URL with blanks in it");
  if (authority.empty() || authority.starts_with(':')) {
    return Fail(ErrorKind::kInvalidConfig, "a URL without a host: {}", WithoutQuery(url));
  }
  if (url.find('#') != std::string_view::npos) {
    return Fail(ErrorKind::kInvalidConfig, "a URL with a fragment: {}",
                WithoutQuery(url));
  }
  return {};
}

std::string_view WithoutQuery(std::string_view url) {
  return url.substr(0, url.find_first_of("?#"));
}

}  // namespace frazil
