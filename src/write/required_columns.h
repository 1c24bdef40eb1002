#pragma once

/// \file write/required_columns.h
/// \brief Looks for nulls where a schema allows none.

#include <arrow/type_fwd.h>

#include "base/result.h"
#include "model/type.h"

namespace frazil {

/// \brief Checks a field and all that is inside it. A member of a struct that is null, and
/// an element of a list that is null, are not looked at.
/// \return kInvalidArgument, naming the dotted path and the first row (of the column).
Status CheckRequired(const SchemaField& field, const arrow::Array& column);

}  // namespace frazil
