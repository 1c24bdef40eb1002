#pragma once

/// \file decode/decode_error.h
/// \brief Why a value or a record cannot be decoded: one byte on the hot path, a word in a
/// dead letter. Source of the rules: docs/reference/json.md.

#include <cstdint>
#include <string_view>

namespace frazil {

/// \brief What is wrong with a value or a record.
enum class DecodeError : std::uint8_t {
  kNone,
  // Of one value: `ignore-parse-errors` makes it null.
  kWrongType,       ///< The JSON type does not fit the column: an array for a BIGINT.
  kInvalidValue,    ///< The text does not parse: "2024-13-01" for a DATE.
  kOutOfRange,      ///< The value is valid but the column cannot hold it.
  kNullInRequired,  ///< A NOT NULL column got null, or nothing.
  kMissingField,    ///< The field is absent and `fail-on-missing-field` is set.
  // Of a whole record: no column of it can be trusted.
  kInvalidJson,  ///< Not JSON: broken syntax, nothing at all, or something after the end.
  kInvalidUtf8,  ///< Bytes that are not UTF-8.
  kNotAnObject,  ///< JSON, but neither an object nor an array of objects.
  kTooDeep,      ///< Nested deeper than `max-depth`.
  kTooLarge,     ///< Longer than `max-record-size`.
  kOutOfMemory,  ///< Ours, never the record's: ends the batch.
};

/// \brief True for an error that leaves nothing of the record to be read.
constexpr bool ConcernsWholeRecord(DecodeError error) {
  return error >= DecodeError::kInvalidJson;
}

/// \brief The class written to a dead letter: "InvalidJson".
constexpr std::string_view DecodeErrorName(DecodeError error) {
  switch (error) {
    case DecodeError::kNone:
      return "None";
    case DecodeError::kWrongType:
      return "WrongType";
    case DecodeError::kInvalidValue:
      return "InvalidValue";
    case DecodeError::kOutOfRange:
      return "OutOfRange";
    case DecodeError::kNullInRequired:
      return "NullInRequired";
    case DecodeError::kMissingField:
      return "MissingField";
    case DecodeError::kInvalidJson:
      return "InvalidJson";
    case DecodeError::kInvalidUtf8:
      return "InvalidUtf8";
    case DecodeError::kNotAnObject:
      return "NotAnObject";
    case DecodeError::kTooDeep:
      return "TooDeep";
    case DecodeError::kTooLarge:
      return "TooLarge";
    case DecodeError::kOutOfMemory:
      return "OutOfMemory";
  }
  return "None";
}

}  // namespace frazil
