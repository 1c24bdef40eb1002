#pragma once

/// \file engine/names.h
/// \brief Names as SQL compares them.

#include <algorithm>
#include <string>
#include <string_view>

namespace frazil {

/// \brief An ASCII letter in lower case; other bytes as they are.
[[nodiscard]] constexpr char LowerAscii(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// \brief Whether DuckDB takes two names for one: it ignores the case of ASCII letters.
[[nodiscard]] constexpr bool SameName(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, LowerAscii, LowerAscii);
}

/// \brief A name in lower case, for sets of names.
[[nodiscard]] inline std::string LowerName(std::string_view name) {
  std::string result(name);
  std::ranges::transform(result, result.begin(), LowerAscii);
  return result;
}

}  // namespace frazil
