#pragma once

/// \file transform/projection.h
/// \brief SELECTs that only pick columns: done without DuckDB and without a copy.
///
/// Recognised are items `name`, `struct_column.field`, `table.name`, `*`, `table.*`,
/// `CAST(... AS type)` and `...::type` to a type that loses nothing (IsAssignable), each
/// with or without `AS alias`, FROM the source table with or without an alias, and nothing
/// after it. Whatever else is written, or is not certain to mean the same in DuckDB, is
/// left to DuckDB.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "transform/taken_column.h"
#include "transform/transform_spec.h"
#include "transform/transformer.h"

namespace frazil {

/// \brief A column to pick.
struct ProjectionItem {
  TakenColumn value;
  /// The last name.
  std::string name;
  TextPlace place;
};

/// \brief The items of a plain projection in order; nullopt if it is not one.
std::optional<std::vector<ProjectionItem>> ParseProjection(const TransformSpec& spec);

/// \brief Makes the Transformer of a plain projection.
/// \return kInvalidConfig as TargetAssignment::Make.
Result<std::unique_ptr<Transformer>> MakeProjection(const TransformSpec& spec,
                                                    std::vector<ProjectionItem> items);

}  // namespace frazil
