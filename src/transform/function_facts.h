#pragma once

/// \file transform/function_facts.h
/// \brief What DuckDB says of the functions that a query calls.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/duck_database.h"

namespace frazil {

/// \brief What is known of a function name; of several functions that share it, what holds
/// for any. A macro is what its text calls.
struct FunctionFact {
  bool is_aggregate = false;
  /// Not CONSISTENT: now(), uuid(), random(), nextval(), ...
  bool is_volatile = false;
  /// A macro that reads tables: nothing is known of it.
  bool is_unknown = false;
};

/// By name in lower case.
using FunctionFacts = std::map<std::string, FunctionFact>;

/// \brief Looks functions up, and those that macros among them call. Names that DuckDB does
/// not know are absent.
Result<FunctionFacts> LookUpFunctions(DuckConnection& connection,
                                      const std::vector<std::string>& names);

/// \brief Whether what looks like a column is one of the times that the standard writes
/// without parentheses: current_date, localtimestamp, ...
bool IsTimeWord(std::string_view name);

}  // namespace frazil
