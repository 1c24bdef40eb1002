#pragma once

/// \file base/text_list.h
/// \brief Lists inside of texts, as options write them: "a; b;c".

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace frazil {

/// \brief The items between separators, blanks around them and empty ones left out.
inline std::vector<std::string> SplitList(std::string_view text, char separator) {
  std::vector<std::string> items;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(separator), text.size());
    std::string_view item = text.substr(0, end);
    while (!item.empty() && item.front() == ' ') item.remove_prefix(1);
    while (!item.empty() && item.back() == ' ') item.remove_suffix(1);
    if (!item.empty()) items.emplace_back(item);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return items;
}

}  // namespace frazil
