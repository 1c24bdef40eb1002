#include "config/excerpt.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/utf8.h"
#include "config/redaction.h"

namespace frazil {
namespace {

// Code points shown of a line, and before the caret, where a line is cut.
constexpr std::size_t kMaxShown = 120;
constexpr std::size_t kShownBefore = 60;
// Bytes looked at on either side of the place; a code point has up to four, a tab one.
constexpr std::size_t kMaxSplitBytes = 4 * kMaxShown;

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

// Code points that take two columns of a terminal, the common ranges of Unicode's
// EastAsianWidth.txt (W and F), and those that take none.
constexpr std::array<std::pair<std::uint32_t, std::uint32_t>, 9> kWide = {{
    {0x1100, 0x115F},
    {0x2E80, 0x303E},
    {0x3041, 0xA4CF},
    {0xAC00, 0xD7A3},
    {0xF900, 0xFAFF},
    {0xFE30, 0xFE6F},
    {0xFF00, 0xFF60},
    {0x1F300, 0x1F9FF},
    {0x20000, 0x3FFFD},
}};
constexpr std::array<std::pair<std::uint32_t, std::uint32_t>, 4> kZeroWidth = {{
    {0x0300, 0x036F},
    {0x200B, 0x200F},
    {0xFE00, 0xFE0F},
    {0xFEFF, 0xFEFF},
}};

std::size_t Width(std::uint32_t value) {
  const auto holds = [value](const auto& range) {
    return value >= range.first && value <= range.second;
  };
  if (std::any_of(kZeroWidth.begin(), kZeroWidth.end(), holds)) return 0;
  return std::any_of(kWide.begin(), kWide.end(), holds) ? 2 : 1;
}

// A code point as shown, and what stands below it in the line of the caret.
struct Cell {
  std::string shown;
  std::string below;
};

// The cells of a line, and the cell of the wanted place.
struct Cells {
  std::vector<Cell> cells;
  std::size_t caret = 0;
};

Cell CellOf(std::string_view text, CodePoint point) {
  if (point.bytes == 0) return {std::string(kReplacement), " "};
  if (point.value == '\t') return {"\t", "\t"};
  if (point.value < 0x20 || point.value == 0x7F) return {"?", " "};
  return {std::string(text.substr(0, point.bytes)), std::string(Width(point.value), ' ')};
}

// Splits [begin, end) of the text, replacing the secrets in it. The caret belongs to the
// cell at `place`, or behind the last one.
Cells Split(std::string_view text, std::size_t begin, std::size_t end,
            std::size_t place) {
  const std::vector<ByteSpan> secrets = FindSecrets(text.substr(0, end));
  auto secret = std::find_if(secrets.begin(), secrets.end(),
                             [&](const ByteSpan& span) { return span.end > begin; });
  Cells line;
  bool has_caret = false;
  bool was_secret = false;
  for (std::size_t at = begin; at < end;) {
    while (secret != secrets.end() && at >= secret->end) ++secret;
    const bool is_secret = secret != secrets.end() && at >= secret->begin;
    const CodePoint point = DecodeUtf8(text.substr(at, end - at));
    if (is_secret && !was_secret) {
      for (const char c : kRedacted) line.cells.push_back({std::string(1, c), " "});
    } else if (!is_secret) {
      line.cells.push_back(CellOf(text.substr(at, end - at), point));
    }
    was_secret = is_secret;
    at += std::max<std::size_t>(point.bytes, 1);
    if (!has_caret && at > place) {
      line.caret = line.cells.size() - (is_secret ? kRedacted.size() : 1);
      has_caret = true;
    }
  }
  if (!has_caret) line.caret = line.cells.size();
  return line;
}

// The byte at which a column of the line [begin, end) begins.
std::size_t OffsetOfColumn(std::string_view text, std::size_t begin, std::size_t end,
                           int column) {
  std::size_t at = begin;
  for (int passed = 1; passed < column && at < end; ++passed) {
    at += std::max<std::size_t>(DecodeUtf8(text.substr(at, end - at)).bytes, 1);
  }
  return at;
}

// The first byte at or after `at` that begins a code point.
std::size_t SkipContinuation(std::string_view text, std::size_t at) {
  while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80) ++at;
  return at;
}

}  // namespace

TextPlace PlaceAt(std::string_view text, std::size_t offset) {
  TextPlace place{1, 1};
  for (const char c : text.substr(0, offset)) {
    if (c == '\n') {
      ++place.line;
      place.column = 1;
    } else if ((static_cast<unsigned char>(c) & 0xC0U) != 0x80) {
      ++place.column;
    }
  }
  return place;
}

std::string Excerpt(std::string_view text, TextPlace place) {
  std::size_t begin = 0;
  for (int line = 1; line < place.line; ++line) {
    begin = text.find('\n', begin);
    if (begin == std::string_view::npos) return "";
    ++begin;
  }
  std::size_t end = std::min(text.find('\n', begin), text.size());
  if (end > begin && text[end - 1] == '\r') --end;

  const std::size_t offset = OffsetOfColumn(text, begin, end, place.column);
  const std::size_t shown_begin = offset - begin > kMaxSplitBytes
                                      ? SkipContinuation(text, offset - kMaxSplitBytes)
                                      : begin;
  const std::size_t shown_end = end - offset > kMaxSplitBytes
                                    ? SkipContinuation(text, offset + kMaxSplitBytes)
                                    : end;
  const Cells line = Split(text, shown_begin, shown_end, offset);
  std::size_t first = 0;
  std::size_t last = line.cells.size();
  if (last > kMaxShown) {
    first = line.caret > kShownBefore ? line.caret - kShownBefore : 0;
    last = std::min(last, first + kMaxShown);
  }
  const bool is_cut_before = first > 0 || shown_begin > begin;
  const bool is_cut_after = last < line.cells.size() || shown_end < end;
  const std::string number = std::to_string(place.line);
  std::string shown = fmt::format("  {} | {}", number, is_cut_before ? "..." : "");
  std::string below =
      fmt::format("  {:{}} | {}", "", number.size(), is_cut_before ? "   " : "");
  for (std::size_t i = first; i < last; ++i) {
    shown += line.cells[i].shown;
    if (i < line.caret) below += line.cells[i].below;
  }
  return fmt::format("{}{}\n{}^", shown, is_cut_after ? "..." : "", below);
}

std::size_t FindInvalidUtf8(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    const CodePoint point = DecodeUtf8(text.substr(at, 4));
    if (point.bytes == 0) return at;
    at += point.bytes;
  }
  return std::string_view::npos;
}

}  // namespace frazil
