#pragma once

/// \file base/visible_text.h
/// \brief Texts of others as a person may see them: what would command a terminal is shown.
///
/// A record, a column's name or a message that quotes one may hold any bytes. Written to a
/// terminal as they are, some would move its cursor, change its title or hide what stands
/// before them.
/// Source of the codes: ECMA-48 (C0 and C1), Unicode's UAX 9 (marks of direction).

#include <string>
#include <string_view>

namespace frazil {

/// \brief A text on one line. Control characters and marks of direction become JSON's
/// escapes (\\n, \\t, \\r, else \\u001b), bytes that are not UTF-8 \\x9b. All else, a
/// backslash too, stays: JSON on one line is the same document afterwards.
std::string VisibleText(std::string_view text);

/// \brief The same, but line ends and tabs stay: for what has lines by itself.
std::string VisibleLines(std::string_view text);

}  // namespace frazil
