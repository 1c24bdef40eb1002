#pragma once

/// \file transform/transformer.h
/// \brief Rows of a source to rows of a target: the SELECT of an INSERT.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <arrow/type_fwd.h>

#include "base/result.h"

namespace frazil {

/// \brief A row that the SELECT cannot digest.
struct RowFailure {
  /// Index into the input rows.
  std::int64_t row = 0;
  /// "Conversion", "OutOfRange", "NullInRequired", ...
  std::string error_class;
  std::string message;
};

/// \brief What came out of a SELECT.
struct TransformedBatch {
  /// Columns of the target in its order, Arrow types as ArrowTypeOf gives them. May have
  /// fewer or more rows than the input, or none.
  std::shared_ptr<arrow::RecordBatch> rows;
  std::vector<RowFailure> failures;
};

/// \brief Applies one SELECT to one batch after the other. Not thread-safe: one per worker.
class Transformer {
 public:
  virtual ~Transformer() = default;

  /// \return kInternal, kIoError, or kInvalidConfig for too little memory; a row that fails
  /// is a RowFailure.
  virtual Result<TransformedBatch> Apply(
      const std::shared_ptr<arrow::RecordBatch>& rows) = 0;

  /// \brief One line for `check`: "projection (4 columns)" or "DuckDB: SELECT ...".
  [[nodiscard]] virtual std::string Describe() const = 0;
};

}  // namespace frazil
