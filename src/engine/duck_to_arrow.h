#pragma once

/// \file engine/duck_to_arrow.h
/// \brief DuckDB vectors into growing Arrow columns. Included inside engine/ only.
///
/// A column grows by one vector after the other, so that a result of many chunks becomes one
/// array without a second copy. Own conversion rather than duckdb_data_chunk_to_arrow: that
/// one makes a batch per 2048 rows, and writes a UUID as text and HUGEINT as it pleases.

#include <cstdint>
#include <memory>

#include <arrow/type_fwd.h>
#include <duckdb.h>

#include "base/result.h"
#include "engine/duck_types.h"

namespace frazil {

/// \brief An Arrow column in the making.
class ColumnSink {
 public:
  virtual ~ColumnSink() = default;
  /// \brief Makes room for so many rows more.
  virtual Status Reserve(std::int64_t count) = 0;
  /// \brief Appends rows [start, start + count) of a flat vector.
  virtual Status Append(duckdb_vector vector, std::int64_t start, std::int64_t count) = 0;
  /// \brief The column, and begins a new one.
  virtual Result<std::shared_ptr<arrow::ArrayData>> Finish() = 0;
};

/// \brief A sink for vectors of `handle`'s type, which `type` describes. Makes arrays of
/// ArrowTypeOf(IcebergTypeOf(type)).
/// \return kNotSupported if there is no Iceberg type for it.
Result<std::unique_ptr<ColumnSink>> MakeColumnSink(const DuckType& type,
                                                   duckdb_logical_type handle);

}  // namespace frazil
