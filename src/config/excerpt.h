#pragma once

/// \file config/excerpt.h
/// \brief The line of a script that a message is about, with a caret below the place.

#include <cstddef>
#include <string>
#include <string_view>

#include "config/pipeline_spec.h"

namespace frazil {

/// \brief Where byte `offset` of a text stands. An offset past the end is the end.
/// Malformed UTF-8 counts a code point per byte that is not a continuation.
TextPlace PlaceAt(std::string_view text, std::size_t offset);

/// \brief Two lines: the line at `place` with its number, and a caret below the column.
/// Tabs are kept, wide characters count two columns, a long line is cut around the place,
/// secrets are replaced, and control characters become '?'.
/// \return "" if the text has no such line.
std::string Excerpt(std::string_view text, TextPlace place);

/// \brief The offset of the first byte that is not UTF-8, or npos.
std::size_t FindInvalidUtf8(std::string_view text);

}  // namespace frazil
