#pragma once

/// \file decode/json/json_reader.h
/// \brief Reads JSON texts into columns by a plan.
///
/// Every value is either appended or an error; an error of a value becomes null at the
/// innermost place that may be null if `ignore_parse_errors` says so, and is otherwise the
/// record's. The rules are in docs/reference/json.md.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "decode/decode_error.h"
#include "decode/json/json_cursor.h"
#include "decode/json/json_options.h"
#include "decode/json/json_plan.h"
#include "decode/number_text.h"
#include "decode/time_text.h"

namespace frazil {

/// \brief Reads one JSON text after the other. Not thread-safe.
class JsonReader {
 public:
  JsonReader(const std::vector<JsonField>& fields, const JsonTextOptions& options,
             int max_depth);

  /// \brief Indexes a text, to be read next; the view need not live on.
  DecodeError Open(std::string_view record);

  /// \brief Reads the opened text: an object is one row, an array of objects as many as it
  /// has, null none. With `ignore_parse_errors` rows that cannot be are left out.
  /// \param first_row length of every column.
  /// \return an error leaves the columns uneven: Truncate them.
  DecodeError ReadRows(std::int64_t first_row, std::int64_t& row_count);

  /// \brief Reads the opened text, an object, as row `row`; may be repeated.
  DecodeError ReadOneRow(std::int64_t row);

  /// \brief Makes row `row`, the last one, null: there is no text. \return kNullInRequired.
  DecodeError ReadNothing(std::int64_t row);

  /// \brief Cuts all columns of the plan.
  void Truncate(std::int64_t length);

  /// \brief What went wrong last, for people.
  [[nodiscard]] std::string Describe(DecodeError error) const;

  /// \brief Gives memory back that only a record of more than `bytes` needs.
  void ShrinkTo(std::size_t bytes) { cursor_.ShrinkTo(bytes); }

 private:
  DecodeError ReadArrayOfRows(std::int64_t first_row, std::int64_t& row_count);
  DecodeError ReadObject(JsonNode& node, std::int64_t row);
  DecodeError FindField(const JsonNode& node, std::string_view key, std::uint32_t& index);
  DecodeError FillMissing(JsonNode& node, std::int64_t row);
  // Strings are most of what there is, so they take no call.
  DecodeError ReadMember(JsonNode& node, std::int64_t row) {
    if (node.type != TypeId::kString || !cursor_.IsPlainString()) {
      return ReadAnyMember(node, row);
    }
    if (!node.column->AppendPadded(cursor_.RawString())) return DecodeError::kOutOfMemory;
    cursor_.Next();
    return DecodeError::kNone;
  }
  DecodeError ReadAnyMember(JsonNode& node, std::int64_t row);
  DecodeError Recover(JsonNode& node, std::int64_t row, const std::uint32_t* position,
                      int depth, DecodeError error);
  DecodeError ReadNull(JsonNode& node);
  DecodeError ReadValue(JsonNode& node);
  DecodeError ReadStruct(JsonNode& node);
  DecodeError ReadList(JsonNode& node);
  /// The value here is none that the column can take.
  DecodeError Mismatch();
  DecodeError FailAt(const JsonNode& node, DecodeError error);

  /// \name json_map.cc
  /// @{
  DecodeError ReadMap(JsonNode& node);
  DecodeError ReadEntries(JsonNode& node, const std::vector<bool>& superseded);
  DecodeError ReadKey(JsonNode& node);
  /// True if keys repeat from `first` on; says which entries a later one supersedes.
  bool FindRepeatedKeys(const Column& keys, std::int64_t first,
                        std::vector<bool>& superseded);
  /// @}

  /// \name json_scalars.cc
  /// @{
  DecodeError ReadString(JsonNode& node);
  DecodeError AppendString(Column& column, std::string_view raw);
  DecodeError ReadScalar(JsonNode& node);
  DecodeError ReadNumber(JsonNode& node, const ScannedNumber& number);
  DecodeError ReadEpoch(JsonNode& node, const ScannedNumber& number);
  DecodeError ReadText(JsonNode& node, std::string_view text);
  DecodeError ReadNumberText(JsonNode& node, std::string_view text);
  DecodeError ReadBytesText(JsonNode& node, std::string_view text);
  /// @}

  JsonTextOptions options_;
  TimestampRules timestamp_rules_;
  TimestampRules timestamptz_rules_;
  JsonCursor cursor_;
  JsonNode root_;
  const JsonNode* failed_node_ = nullptr;
  std::size_t failed_offset_ = 0;
  std::vector<std::uint32_t> key_table_;  // of FindRepeatedKeys
};

}  // namespace frazil
