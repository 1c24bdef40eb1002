#pragma once

/// \file source/dead_letters/dead_letter_rows.h
/// \brief Rows of a dead-letter table as the records they were.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <arrow/type_fwd.h>

#include "model/batch.h"

namespace frazil {

/// \brief The columns that RecordsOf() reads, in order, as a SELECT list.
inline constexpr std::string_view kLetterColumns =
    "topic, \"partition\", \"offset\", payload, key, headers, \"timestamp\", "
    "timestamp_type, failed_inserts";

/// \brief Records of one split and for the same INSERTs: neighbours in the rows.
struct LetterRun {
  std::string topic;
  std::int32_t partition = 0;
  std::vector<std::string> inserts;
  /// Offsets of the records are their ordinals.
  std::vector<RawRecord> records;
  /// Keys and values, in bytes.
  std::int64_t size_bytes = 0;
  std::unique_ptr<const RawStorage> storage;
};

/// \brief Groups rows of the columns kLetterColumns; the bytes stay in `rows`.
std::vector<LetterRun> RecordsOf(const std::shared_ptr<arrow::RecordBatch>& rows);

}  // namespace frazil
