#pragma once

/// \file engine/arrow_to_duck.h
/// \brief Arrow columns into DuckDB vectors. Included inside engine/ only.
///
/// Own conversion rather than duckdb_data_chunk_from_arrow: that one makes a chunk per 2048
/// rows and leaves the batch's ownership with its first column, and it knows a uuid only by
/// an extension type.

#include <cstdint>

#include <arrow/type_fwd.h>
#include <duckdb.h>

#include "base/result.h"
#include "model/type.h"

namespace frazil {

/// \brief Writes rows [start, start + count) of a column into a fresh flat vector.
///
/// `data` has ArrowTypeOf(type), `vector` LogicalTypeOf(type). Text and binary of more than
/// 12 bytes is not copied: the vector points into `data`, which must outlive its use.
/// \return kInternal if DuckDB has no memory for a list.
Status FillVector(const Type& type, const arrow::ArrayData& data, std::int64_t start,
                  std::int64_t count, duckdb_vector vector);

}  // namespace frazil
