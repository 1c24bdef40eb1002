#pragma once

/// \file decode/metadata_columns.h
/// \brief Columns that tell of a record itself: METADATA FROM 'offset' and the like.
///
/// | key              | types                    | value                                     |
/// |------------------|--------------------------|-------------------------------------------|
/// | topic            | STRING                   | the stream's name                         |
/// | partition        | INT, BIGINT              |                                           |
/// | offset           | BIGINT                   | the record's ordinal                      |
/// | timestamp        | TIMESTAMP, TIMESTAMP_LTZ | milliseconds as microseconds; null if the record has none, or none that fits |
/// | timestamp-type   | STRING                   | NoTimestampType, CreateTime, LogAppendTime |
/// | headers          | MAP<STRING, BYTES>       | of a repeated name the last one           |
///
/// They are filled after a batch's rows are known, so they cost nothing per record while
/// decoding, whatever the format of the value.

#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <arrow/type_fwd.h>

#include "base/result.h"
#include "decode/column.h"
#include "decode/decode_error.h"
#include "decode/decoder.h"
#include "model/batch.h"

namespace frazil {

/// \brief One metadata column.
class MetadataColumn {
 public:
  /// \return kInvalidConfig for an unknown key, or a type it cannot have.
  static Result<MetadataColumn> Make(const SourceColumn& column);

  /// \brief True for the one column that a record may lack a value for.
  [[nodiscard]] bool is_timestamp() const { return key_ == Key::kTimestamp; }

  /// \brief kOutOfRange, or kNullInRequired, if the column cannot say when the record was.
  /// \param ignores_errors makes null of what is out of range, where null may be.
  /// \pre is_timestamp().
  [[nodiscard]] DecodeError CheckTimestamp(const RawRecord& record,
                                           bool ignores_errors) const {
    if (record.timestamp_type == TimestampType::kNone) {
      return is_required_ ? DecodeError::kNullInRequired : DecodeError::kNone;
    }
    if (HasMicros(record) || (ignores_errors && !is_required_)) return DecodeError::kNone;
    return DecodeError::kOutOfRange;
  }

  /// \brief The values of rows, each named by the index of its record.
  /// \return kInternal if memory ran out.
  Result<std::shared_ptr<arrow::ArrayData>> Fill(
      const RawBatch& batch, std::span<const std::uint32_t> record_of_row,
      const std::shared_ptr<arrow::DataType>& type);

 private:
  enum class Key : std::uint8_t {
    kTopic,
    kPartition,
    kOffset,
    kTimestamp,
    kTimestampType,
    kHeaders
  };

  MetadataColumn(Key key, const SourceColumn& column)
      : key_(key),
        type_(column.type.id()),
        is_required_(column.required),
        column_(column.type, column.required) {}

  static bool HasMicros(const RawRecord& record) {
    constexpr std::int64_t kLatestMs = std::numeric_limits<std::int64_t>::max() / 1000;
    return record.timestamp_type != TimestampType::kNone &&
           record.timestamp_ms <= kLatestMs && record.timestamp_ms >= -kLatestMs;
  }

  bool AppendAll(const RawBatch& batch, std::span<const std::uint32_t> record_of_row);
  bool Append(const RawBatch& batch, std::uint32_t record);
  bool AppendHeaders(const RawBatch& batch, std::uint32_t record);

  Key key_;
  TypeId type_;
  bool is_required_;
  Column column_;
};

}  // namespace frazil
