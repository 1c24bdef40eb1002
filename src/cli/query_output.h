#pragma once

/// \file cli/query_output.h
/// \brief The forms of an answer of `frazil query`; docs/reference/query.md has them.

#include <string>

#include "base/result.h"
#include "query/table_query.h"

namespace frazil {

/// \brief RFC 4180 with a line of names. A null is nothing, an empty text "" in quotes.
/// Values are data for programs: control characters stay.
Status PrintCsvAnswer(TableQuery& query, const std::string& sql);

/// \brief One JSON object per line for each row.
Status PrintJsonAnswer(TableQuery& query, const std::string& sql);

/// \brief Columns for people, drawn once the first rows are known; control characters are
/// escaped.
Status PrintBoxAnswer(TableQuery& query, const std::string& sql);

}  // namespace frazil
