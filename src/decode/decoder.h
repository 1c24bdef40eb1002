#pragma once

/// \file decode/decoder.h
/// \brief Undecoded records to Arrow rows.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <arrow/type_fwd.h>

#include "base/result.h"
#include "model/batch.h"
#include "model/type.h"

namespace frazil {

/// \brief Where a column of a source table comes from.
enum class ColumnOrigin {
  kValue,     ///< a field of the record's value
  kKey,       ///< a field of the record's key (key.fields)
  kMetadata,  ///< of the record itself: `metadata_key`
};

/// \brief A column of a source table.
struct SourceColumn {
  std::string name;
  Type type;
  bool required = false;
  ColumnOrigin origin = ColumnOrigin::kValue;
  /// "topic", "partition", "offset", "timestamp", "timestamp-type", "headers".
  std::string metadata_key;
};

/// \brief A record that cannot become a row, and why.
struct RecordFailure {
  /// Index into RawBatch::records.
  std::size_t record_index = 0;
  /// "decode" or "transform".
  std::string stage;
  /// A short class for grouping: "InvalidJson", "WrongType", "NullInRequired", ...
  std::string error_class;
  /// For people; holds no more than a short excerpt of the record.
  std::string message;
  /// Names of the INSERTs that lack the record's row; empty: all of them.
  // GCC wants an initializer where designated ones leave it out.
  std::vector<std::string> inserts = {};  // NOLINT(readability-redundant-member-init)
};

/// \brief Rows, and which records they come from.
struct DecodedBatch {
  /// Columns as configured, in order; Arrow types as ArrowTypeOf (model/arrow_schema.h).
  std::shared_ptr<arrow::RecordBatch> rows;
  /// For each row the index of its record; empty when row i is record first_record + i for
  /// all i: nothing failed, one row per record.
  std::vector<std::uint32_t> record_of_row;
  std::vector<RecordFailure> failures;
};

/// \brief Turns records into rows by a plan compiled once. Not thread-safe: one per worker.
class Decoder {
 public:
  virtual ~Decoder() = default;

  /// \brief Decodes records [first_record, end) of a batch. A record that cannot be decoded
  /// is a RecordFailure, or a null or nothing where options say so; it is never an error.
  /// \return kInternal only: memory ran out, or a bug.
  virtual Result<DecodedBatch> Decode(const RawBatch& batch,
                                      std::size_t first_record) = 0;
};

}  // namespace frazil
