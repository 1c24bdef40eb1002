#pragma once

/// \file query/row_hash.h
/// \brief A hash of many rows that does not depend on their order.
///
/// Each row is written as canonical bytes (a null as one byte, numbers little-endian, texts
/// and lists with their length, every NaN alike), hashed to 128 bits, and the hashes are
/// added modulo 2^128. Unlike with XOR, a row that is there twice counts twice.

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <arrow/type_fwd.h>

#include "base/result.h"

namespace frazil {

/// \brief 128 bits.
struct Hash128 {
  std::uint64_t low = 0;
  std::uint64_t high = 0;

  bool operator==(const Hash128&) const = default;
  /// \brief Addition modulo 2^128.
  Hash128& operator+=(const Hash128& other);
  /// \brief 32 hexadecimal digits.
  [[nodiscard]] std::string ToString() const;
};

/// \brief MurmurHash3 x64 128 (Austin Appleby, public domain), seed 0.
Hash128 Murmur128(std::string_view bytes);

/// \brief Appends the canonical bytes of one value. A fixed-size binary and a binary of the
/// same bytes are the same.
/// \return kNotSupported for an Arrow type that no Iceberg type has.
Status AppendCanonical(const arrow::Array& array, std::int64_t index, std::string& out);

/// \brief How many rows, and the sum of their hashes.
class RowHashSum {
 public:
  /// \param columns indexes of those that count, in order.
  explicit RowHashSum(std::vector<int> columns) : columns_(std::move(columns)) {}

  Status Add(const arrow::RecordBatch& rows);

  [[nodiscard]] std::int64_t row_count() const { return row_count_; }
  [[nodiscard]] const Hash128& sum() const { return sum_; }

 private:
  std::vector<int> columns_;
  std::int64_t row_count_ = 0;
  Hash128 sum_;
  std::string scratch_;
};

}  // namespace frazil
