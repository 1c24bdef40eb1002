#pragma once

/// \file transform/select_analysis.h
/// \brief What can be told of a SELECT from its text: what it reads, whether it works row
/// by row, which of its columns may come out different next time.

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/duck_database.h"
#include "engine/query_tree.h"
#include "transform/numbered_query.h"
#include "transform/transform_spec.h"

namespace frazil {

/// \brief One item of the outermost SELECT list.
struct SelectItem {
  /// Bytes from the start of the text.
  std::optional<std::size_t> offset;
  bool is_star = false;
  /// A bare NULL, which DuckDB takes for an INTEGER.
  bool is_null = false;
  bool is_nondeterministic = false;
};

/// \brief Columns of a query, by name in lower case, that may come out different next time.
struct Unsteady {
  /// Every column, or which rows there are.
  bool all = false;
  std::set<std::string> names;
};

/// \brief What AnalyseSelect finds.
struct SelectAnalysis {
  QueryTree tree;
  /// The views that the query reaches, in the order of the script.
  std::vector<const ViewSpec*> views;
  /// Empty unless the outermost query is a SELECT (not a UNION, ...).
  std::vector<SelectItem> items;
  bool row_wise = false;
  std::string not_row_wise_because;
  /// The query with the number of its input row; of a row-wise one, where that can be told.
  std::optional<NumberedQuery> numbered;
  Unsteady unsteady;
};

/// \brief Analyses a spec's query. Views are looked up in the spec; nothing needs to exist.
/// \return kInvalidConfig in the form of ErrorAt if it does not parse.
Result<SelectAnalysis> AnalyseSelect(const TransformSpec& spec,
                                     DuckConnection& connection);

/// \brief Which of the query's columns are nondeterministic, for the columns it has.
[[nodiscard]] std::vector<bool> NondeterministicOf(
    const SelectAnalysis& analysis, const std::vector<DuckColumn>& columns);

}  // namespace frazil
