#pragma once

/// \file query/row_json.h
/// \brief Rows as JSON objects, each value in the form that docs/reference/query.md lists.
///
/// What the JSON decoder reads of a column's type gives the same value again: numbers with
/// all their digits, dates and times in ISO-8601, binary in base64, "NaN" and "Infinity" as
/// texts, since JSON has no such numbers.

#include <cstdint>
#include <string>

#include <arrow/type_fwd.h>

#include "base/result.h"

namespace frazil {

/// \brief Appends one value.
/// \param array of a type of model/arrow_schema.h, or null's own type.
/// \return kNotSupported for an Arrow type that no Iceberg type has.
Status AppendJsonValue(const arrow::Array& array, std::int64_t index, std::string& out);

/// \brief Appends a row as one object, its members named and ordered as the columns are.
/// \return as AppendJsonValue.
Status AppendJsonRow(const arrow::RecordBatch& rows, std::int64_t index,
                     std::string& out);

}  // namespace frazil
