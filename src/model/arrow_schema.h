#pragma once

/// \file model/arrow_schema.h
/// \brief Iceberg types as the Arrow types that batches of rows have.
///
/// | Iceberg                | Arrow                                                        |
/// |------------------------|--------------------------------------------------------------|
/// | boolean                | boolean                                                      |
/// | int, long              | int32, int64                                                 |
/// | float, double          | float, double                                                |
/// | decimal(P, S)          | decimal128(P, S)                                             |
/// | date                   | date32                                                       |
/// | time                   | time64[us]                                                   |
/// | timestamp, timestamptz | timestamp[us], timestamp[us, "UTC"]                          |
/// | string, binary         | utf8, binary                                                 |
/// | uuid                   | fixed_size_binary(16)                                        |
/// | fixed[L]               | fixed_size_binary(L)                                         |
/// | struct, list, map      | struct, list of "element", map of "key" and "value"          |
///
/// A required field is a non-nullable Arrow field. A field with an id (> 0) carries it in
/// its metadata under "PARQUET:field_id", at every level, as Arrow's Parquet library wants it.

#include <memory>

#include <arrow/type_fwd.h>

#include "model/type.h"

namespace frazil {

/// \brief The Arrow type of a column of this type.
[[nodiscard]] std::shared_ptr<arrow::DataType> ArrowTypeOf(const Type& type);

/// \brief The Arrow field: name, type, nullability and, where there is one, the id.
[[nodiscard]] std::shared_ptr<arrow::Field> ArrowFieldOf(const SchemaField& field);

/// \brief The Arrow schema of a table's rows: its columns in order.
[[nodiscard]] std::shared_ptr<arrow::Schema> ArrowSchemaOf(const Schema& schema);

}  // namespace frazil
