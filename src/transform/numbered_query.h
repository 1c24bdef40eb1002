#pragma once

/// \file transform/numbered_query.h
/// \brief A row-wise query that tells which row of the source each of its rows comes from.

#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "transform/from_table.h"
#include "transform/taken_column.h"
#include "transform/transform_spec.h"

namespace frazil {

/// What the number of the input row is called in all queries. No column or table of a user
/// is likely to have this name; if one has, DuckDB finds it ambiguous and the query is not
/// split.
inline constexpr const char* kRowColumn = "frazil input row";
/// The source's rows with their numbers.
inline constexpr const char* kNumberedView = "frazil numbered input";

/// \brief A column of a query.
struct NumberedColumn {
  /// Empty: only DuckDB knows the name.
  std::string name;
  /// Set if it is a column of the source, or a field of one, as far as the text tells.
  std::optional<TakenColumn> source;
  /// A CAST of the source's column to the type that DuckDB says the column has.
  bool is_cast = false;
};

/// \brief A query with the number of the input row as one column more, the last. Views and
/// common table expressions that it reads are subqueries in it.
struct NumberedQuery {
  Json node;
  /// Those of the query itself.
  std::vector<NumberedColumn> columns;
};

/// \brief Numbers a query that RowWiseCheck accepts.
/// \return nullopt where it would mean something else with a column more: it has
/// COLUMNS(*), or takes a table for a struct.
std::optional<NumberedQuery> NumberQuery(const Json& node, const TransformSpec& spec,
                                         const ParsedViews& views);

/// \brief A reference to kRowColumn.
Json RowColumnRef();

}  // namespace frazil
