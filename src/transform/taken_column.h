#pragma once

/// \file transform/taken_column.h
/// \brief Values that are in the rows of the source already: taken from there by reference.

#include <memory>
#include <string_view>
#include <vector>

#include <arrow/type_fwd.h>

#include "base/result.h"
#include "model/type.h"

namespace frazil {

/// \brief A column of the source, or a field of one.
struct TakenColumn {
  /// Index among the source's columns.
  int column = 0;
  /// Indexes of members, from the outermost struct inwards.
  std::vector<int> members;
  /// Of the picked value.
  Type type;
  /// What CAST makes of it, to which it IsAssignable and which holds each of its values;
  /// the same as `type` without one.
  Type cast;
};

/// \brief Goes from a struct to its member of that name; `cast` is not touched.
/// \return false if there is none, or more than one, or it is no struct.
bool PickMember(std::string_view name, TakenColumn& column);

/// \brief The values of all rows. Without members and CAST nothing is copied.
/// \return kInternal only.
Result<std::shared_ptr<arrow::ArrayData>> PickColumn(const arrow::RecordBatch& rows,
                                                     const TakenColumn& column);

}  // namespace frazil
