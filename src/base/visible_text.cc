#include "base/visible_text.h"

#include <iterator>

#include <fmt/format.h>

#include "base/utf8.h"

namespace frazil {
namespace {

bool IsMarkOfDirection(std::uint32_t value) {
  return (value >= 0x200E && value <= 0x200F) || (value >= 0x202A && value <= 0x202E) ||
         (value >= 0x2066 && value <= 0x2069);
}

bool IsCommand(std::uint32_t value) {
  return value < 0x20 || (value >= 0x7F && value <= 0x9F) || IsMarkOfDirection(value);
}

void AppendEscape(std::uint32_t value, std::string& out) {
  if (value == '\n') {
    out += "\\n";
  } else if (value == '\t') {
    out += "\\t";
  } else if (value == '\r') {
    out += "\\r";
  } else {
    fmt::format_to(std::back_inserter(out), "\\u{:04x}", value);
  }
}

std::string Visible(std::string_view text, bool keeps_lines) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const CodePoint point = DecodeUtf8(text);
    if (point.bytes == 0) {
      fmt::format_to(std::back_inserter(out), "\\x{:02x}",
                     static_cast<unsigned char>(text[0]));
      text.remove_prefix(1);
      continue;
    }
    const bool is_kept = keeps_lines && (point.value == '\n' || point.value == '\t');
    if (IsCommand(point.value) && !is_kept) {
      AppendEscape(point.value, out);
    } else {
      out += text.substr(0, point.bytes);
    }
    text.remove_prefix(point.bytes);
  }
  return out;
}

}  // namespace

std::string VisibleText(std::string_view text) {
  return Visible(text, /*keeps_lines=*/false);
}

std::string VisibleLines(std::string_view text) {
  return Visible(text, /*keeps_lines=*/true);
}

}  // namespace frazil
