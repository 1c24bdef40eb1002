#pragma once

/// \file base/utf8.h
/// \brief Code points of UTF-8.

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace frazil {

/// \brief A code point, and how many bytes it takes.
struct CodePoint {
  std::uint32_t value = 0;
  /// 1 to 4; 0: what stands there is not UTF-8.
  std::size_t bytes = 0;
};

/// \brief The first code point of a text that is not empty. Overlong forms, surrogates and
/// values above U+10FFFF are not UTF-8 (RFC 3629).
CodePoint DecodeUtf8(std::string_view text);

}  // namespace frazil
