#pragma once

/// \file config/sql/select_text.h
/// \brief Cuts the text of a query out of a script.

#include <string>

#include "base/result.h"
#include "config/pipeline_spec.h"
#include "config/sql/token_cursor.h"

namespace frazil {

/// \brief A query, ready for DuckDB.
struct SelectText {
  /// As written, comments included; names in backticks stand in double quotes.
  std::string text;
  TextPlace place;
};

/// \brief True for a word that can begin a query: SELECT, WITH, FROM.
bool OpensSelect(const Token& token);

/// \brief Takes a query up to the ';' outside of all brackets, or the end of the script.
/// \return kInvalidConfig in the form of ErrorAt: no query, a hint, brackets that do not
/// match, a quote that never ends.
Result<SelectText> TakeSelect(TokenCursor& cursor);

}  // namespace frazil
