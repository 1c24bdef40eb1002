#include "config/placed_message.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include <fmt/format.h>

namespace frazil {
namespace {

constexpr std::string_view kHint = "\n  hint: ";

// The number at the front of a text, which loses it.
std::optional<int> TakeNumber(std::string_view& text) {
  int number = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || number <= 0) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

bool Take(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

// Where the line of the script stands behind the message, and the caret below it; the
// first byte of each, and the one behind. npos: nowhere.
struct Shown {
  std::size_t begin = std::string_view::npos;
  std::size_t end = 0;
};

Shown FindExcerpt(std::string_view text, int line) {
  Shown shown;
  shown.begin = text.find(fmt::format("\n  {} | ", line));
  if (shown.begin == std::string_view::npos) return shown;
  const std::size_t below = text.find('\n', shown.begin + 1);
  if (below == std::string_view::npos) return {};
  shown.end = std::min(text.find('\n', below + 1), text.size());
  if (text[shown.end - 1] != '^') return {};
  return shown;
}

// "file:3:14: message", then the excerpt of line 3.
bool SplitPlace(std::string_view text, PlacedMessage& parts) {
  const std::string_view first_line = text.substr(0, text.find('\n'));
  for (std::size_t colon = first_line.find(':'); colon != std::string_view::npos;
       colon = first_line.find(':', colon + 1)) {
    std::string_view rest = first_line.substr(colon + 1);
    const std::optional<int> line = TakeNumber(rest);
    if (!line.has_value() || !Take(rest, ":")) continue;
    const std::optional<int> column = TakeNumber(rest);
    if (!column.has_value() || !Take(rest, ": ")) continue;
    const Shown shown = FindExcerpt(text, *line);
    if (shown.begin == std::string_view::npos) continue;
    const std::size_t begin = first_line.size() - rest.size();
    parts.file = first_line.substr(0, colon);
    parts.place = {*line, *column};
    parts.message = text.substr(begin, shown.begin - begin);
    parts.message += text.substr(shown.end);
    return true;
  }
  return false;
}

}  // namespace

PlacedMessage SplitPlacedMessage(std::string_view text) {
  PlacedMessage parts;
  const std::size_t hint = text.rfind(kHint);
  if (hint != std::string_view::npos) {
    parts.hint = text.substr(hint + kHint.size());
    text = text.substr(0, hint);
  }
  if (!SplitPlace(text, parts)) parts.message = text;
  return parts;
}

}  // namespace frazil
