#pragma once

/// \file decode/array_text.h
/// \brief Values of Arrow arrays as text, to be compared in tests. Included by tests only.
///
/// null, true, 12, 1.50 (decimal), 2024-02-29, 12:34:56.789, 2024-02-29T12:34:56.789 (with
/// a Z where the type has a zone), "text", x'00FF' (binary, fixed, uuid), [1, null],
/// {"key": value} (map), (name: value, ...) (struct).

#include <string>

#include <arrow/array.h>
#include <arrow/type.h>
#include <arrow/util/decimal.h>
#include <fmt/format.h>

#include "model/calendar.h"

namespace frazil {

/// \brief True if no member of a struct is longer than it, and no list keeps values that none
/// of its rows shows, as what a failed record left would be.
inline bool HidesNothing(const arrow::ArrayData& array) {
  const bool is_list =
      array.type->id() == arrow::Type::LIST || array.type->id() == arrow::Type::MAP;
  std::int64_t shown = array.length;
  if (is_list) {
    const auto* const offsets = array.GetValues<std::int32_t>(1);
    shown = offsets[array.length];
    for (std::int64_t row = 0; row < array.length; ++row) {
      if (array.IsNull(row) && offsets[row] != offsets[row + 1]) return false;
    }
  }
  for (const auto& child : array.child_data) {
    if (child->length != shown || !HidesNothing(*child)) return false;
  }
  return true;
}

inline std::string HexText(std::string_view bytes) {
  std::string text = "x'";
  for (const char c : bytes) text += fmt::format("{:02X}", static_cast<unsigned char>(c));
  return text + "'";
}

inline std::string ArrayText(const arrow::Array& array, std::int64_t row);

inline std::string NestedText(const arrow::Array& array, std::int64_t row) {
  std::string text;
  const auto separator = [&] { return text.size() > 1 ? ", " : ""; };
  if (array.type_id() == arrow::Type::STRUCT) {
    const auto& values = static_cast<const arrow::StructArray&>(array);
    text = "(";
    for (int i = 0; i < values.num_fields(); ++i) {
      text += fmt::format("{}{}: {}", separator(), array.type()->field(i)->name(),
                          ArrayText(*values.field(i), row));
    }
    return text + ")";
  }
  const auto& list = static_cast<const arrow::ListArray&>(array);
  const bool is_map = array.type_id() == arrow::Type::MAP;
  text = is_map ? "{" : "[";
  for (auto i = list.value_offset(row); i < list.value_offset(row + 1); ++i) {
    if (is_map) {
      const auto& map = static_cast<const arrow::MapArray&>(array);
      text += fmt::format("{}{}: {}", separator(), ArrayText(*map.keys(), i),
                          ArrayText(*map.items(), i));
    } else {
      text += fmt::format("{}{}", separator(), ArrayText(*list.values(), i));
    }
  }
  return text + (is_map ? "}" : "]");
}

inline std::string TimestampText(const arrow::Array& array, std::int64_t row) {
  const auto& type = static_cast<const arrow::TimestampType&>(*array.type());
  return FormatTimestamp(static_cast<const arrow::TimestampArray&>(array).Value(row)) +
         (type.timezone().empty() ? "" : "Z");
}

inline std::string ArrayText(const arrow::Array& array, std::int64_t row) {
  if (array.IsNull(row)) return "null";
  switch (array.type_id()) {
    case arrow::Type::BOOL:
      return static_cast<const arrow::BooleanArray&>(array).Value(row) ? "true" : "false";
    case arrow::Type::INT32:
      return fmt::format("{}", static_cast<const arrow::Int32Array&>(array).Value(row));
    case arrow::Type::INT64:
      return fmt::format("{}", static_cast<const arrow::Int64Array&>(array).Value(row));
    case arrow::Type::FLOAT:
      return fmt::format("{}", static_cast<const arrow::FloatArray&>(array).Value(row));
    case arrow::Type::DOUBLE:
      return fmt::format("{}", static_cast<const arrow::DoubleArray&>(array).Value(row));
    case arrow::Type::DECIMAL128:
      return static_cast<const arrow::Decimal128Array&>(array).FormatValue(row);
    case arrow::Type::DATE32:
      return FormatDate(static_cast<const arrow::Date32Array&>(array).Value(row));
    case arrow::Type::TIME64:
      return FormatTime(static_cast<const arrow::Time64Array&>(array).Value(row));
    case arrow::Type::TIMESTAMP:
      return TimestampText(array, row);
    case arrow::Type::STRING:
      return fmt::format("\"{}\"",
                         static_cast<const arrow::StringArray&>(array).GetView(row));
    case arrow::Type::BINARY:
      return HexText(static_cast<const arrow::BinaryArray&>(array).GetView(row));
    case arrow::Type::FIXED_SIZE_BINARY:
      return HexText(static_cast<const arrow::FixedSizeBinaryArray&>(array).GetView(row));
    default:
      return NestedText(array, row);
  }
}

}  // namespace frazil
