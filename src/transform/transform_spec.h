#pragma once

/// \file transform/transform_spec.h
/// \brief What an INSERT asks of its SELECT, and the makers of Transformers.

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "config/pipeline_spec.h"
#include "engine/duck_database.h"
#include "model/type.h"
#include "transform/transformer.h"

namespace frazil {

/// \brief A column of the rows that come in. Its Arrow type is ArrowTypeOf(type).
struct TransformColumn {
  std::string name;
  Type type;
  bool required = false;
};

/// \brief One INSERT INTO target [(columns)] SELECT ...
struct TransformSpec {
  /// The query, in DuckDB's quoting.
  std::string select;
  /// Temporary views that the query may read, directly or through each other. Others may be
  /// among them; only what the query reaches is made.
  std::vector<ViewSpec> views;
  /// The name by which the query reads the rows.
  std::string source_name;
  std::vector<TransformColumn> source_columns;
  /// Of the target, for messages.
  std::string target_name;
  Schema target;
  /// The INSERT's column list; empty: all of `target`, in order.
  std::vector<std::string> insert_columns;
  /// Where the query was read from, for messages: may be null. Used while making only.
  const PipelineSpec* pipeline = nullptr;
  TextPlace select_place;
};

/// \brief What is known of a SELECT without running it.
struct SelectTraits {
  /// Each output row comes from one input row by itself: no aggregate, window, DISTINCT,
  /// ORDER BY, LIMIT, or join of tables. What comes out does not depend on where a batch ends.
  bool row_wise = false;
  /// "it aggregates (sum)"; empty if row-wise.
  std::string not_row_wise_because;
  /// Target columns whose values may differ if the same rows are transformed again: those
  /// made with now(), uuid(), random() and the like; all, if such a value decides which rows
  /// there are.
  std::vector<std::string> nondeterministic_columns;
};

/// \brief Makes the Transformer of a SELECT: a projection where that is enough, else DuckDB.
///
/// Checks all that can be known before a row is seen: names, types against the target,
/// columns that are required and not given.
/// \param database needed unless the SELECT is a plain projection; must outlive the result.
/// \return kInvalidConfig in the form of ErrorAt; kInvalidArgument if `database` is null
/// and needed.
Result<std::unique_ptr<Transformer>> MakeTransformer(const TransformSpec& spec,
                                                     DuckDatabase* database);

/// \brief Whether the SELECT needs no DuckDB: columns, renames, fields of structs, `*` and
/// lossless casts, of one table.
bool IsPlainProjection(const TransformSpec& spec);

/// \brief The traits of a SELECT that MakeTransformer accepts. `database` as there.
Result<SelectTraits> DescribeSelect(const TransformSpec& spec, DuckDatabase* database);

}  // namespace frazil
