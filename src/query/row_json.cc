#include "query/row_json.h"

#include <cmath>
#include <iterator>
#include <string_view>

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "base/json.h"
#include "model/calendar.h"
#include "model/literal.h"
#include "model/type.h"

namespace frazil {
namespace {

void AppendQuoted(std::string_view plain, std::string& out) {
  out += '"';
  out += plain;
  out += '"';
}

template <typename ArrayType>
void AppendInteger(const arrow::Array& array, std::int64_t index, std::string& out) {
  fmt::format_to(std::back_inserter(out), "{}",
                 static_cast<const ArrayType&>(array).Value(index));
}

template <typename ArrayType>
void AppendReal(const arrow::Array& array, std::int64_t index, TypeId type,
                std::string& out) {
  const auto value = static_cast<const ArrayType&>(array).Value(index);
  const std::string text = LiteralToString(value, Type(type));
  if (std::isfinite(value)) {
    out += text;
  } else {
    AppendQuoted(text, out);
  }
}

void AppendTimestamp(const arrow::Array& array, std::int64_t index, std::string& out) {
  const auto& type = static_cast<const arrow::TimestampType&>(*array.type());
  std::string text =
      FormatTimestamp(static_cast<const arrow::TimestampArray&>(array).Value(index));
  if (!type.timezone().empty()) text += 'Z';
  AppendQuoted(text, out);
}

// RFC 4648, the standard alphabet, padded.
void AppendBase64(std::string_view bytes, std::string& out) {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  out += '"';
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      group <<= 8U;
      if (at + i < bytes.size()) group |= static_cast<unsigned char>(bytes[at + i]);
    }
    const std::size_t used = bytes.size() - at;
    out += kAlphabet[group >> 18U];
    out += kAlphabet[(group >> 12U) & 63U];
    out += used > 1 ? kAlphabet[(group >> 6U) & 63U] : '=';
    out += used > 2 ? kAlphabet[group & 63U] : '=';
  }
  out += '"';
}

// A uuid is the only one of a fixed size that the engine gives; all else comes as binary.
void AppendFixed(const arrow::Array& array, std::int64_t index, std::string& out) {
  const std::string_view bytes =
      static_cast<const arrow::FixedSizeBinaryArray&>(array).GetView(index);
  if (bytes.size() == 16) {
    AppendQuoted(LiteralToString(std::string(bytes), Type(TypeId::kUuid)), out);
  } else {
    AppendBase64(bytes, out);
  }
}

Status AppendStruct(const arrow::StructArray& row, std::int64_t index, std::string& out) {
  out += '{';
  for (int i = 0; i < row.num_fields(); ++i) {
    if (i > 0) out += ',';
    out += QuoteJson(row.struct_type()->field(i)->name());
    out += ':';
    FRAZIL_TRY(AppendJsonValue(*row.field(i), index, out));
  }
  out += '}';
  return {};
}

Status AppendList(const arrow::ListArray& list, std::int64_t index, std::string& out) {
  const std::int64_t begin = list.value_offset(index);
  const std::int64_t end = begin + list.value_length(index);
  out += '[';
  for (std::int64_t i = begin; i < end; ++i) {
    if (i > begin) out += ',';
    FRAZIL_TRY(AppendJsonValue(*list.values(), i, out));
  }
  out += ']';
  return {};
}

// A name is a string: a key that is none stands there with its JSON text.
Status AppendMap(const arrow::MapArray& map, std::int64_t index, std::string& out) {
  const std::int64_t begin = map.value_offset(index);
  const std::int64_t end = begin + map.value_length(index);
  std::string key;
  out += '{';
  for (std::int64_t i = begin; i < end; ++i) {
    if (i > begin) out += ',';
    key.clear();
    FRAZIL_TRY(AppendJsonValue(*map.keys(), i, key));
    out += key.starts_with('"') ? key : QuoteJson(key);
    out += ':';
    FRAZIL_TRY(AppendJsonValue(*map.items(), i, out));
  }
  out += '}';
  return {};
}

Status AppendOther(const arrow::Array& array, std::int64_t index, std::string& out) {
  switch (array.type_id()) {
    case arrow::Type::DATE32:
      AppendQuoted(FormatDate(static_cast<const arrow::Date32Array&>(array).Value(index)),
                   out);
      return {};
    case arrow::Type::TIME64:
      AppendQuoted(FormatTime(static_cast<const arrow::Time64Array&>(array).Value(index)),
                   out);
      return {};
    case arrow::Type::TIMESTAMP:
      AppendTimestamp(array, index, out);
      return {};
    case arrow::Type::FIXED_SIZE_BINARY:
      AppendFixed(array, index, out);
      return {};
    case arrow::Type::STRUCT:
      return AppendStruct(static_cast<const arrow::StructArray&>(array), index, out);
    case arrow::Type::LIST:
      return AppendList(static_cast<const arrow::ListArray&>(array), index, out);
    case arrow::Type::MAP:
      return AppendMap(static_cast<const arrow::MapArray&>(array), index, out);
    default:
      return Fail(ErrorKind::kNotSupported, "no JSON form of a value of type {}",
                  array.type()->ToString());
  }
}

}  // namespace

Status AppendJsonValue(const arrow::Array& array, std::int64_t index, std::string& out) {
  if (array.IsNull(index)) {
    out += "null";
    return {};
  }
  switch (array.type_id()) {
    case arrow::Type::BOOL:
      out +=
          static_cast<const arrow::BooleanArray&>(array).Value(index) ? "true" : "false";
      return {};
    case arrow::Type::INT32:
      AppendInteger<arrow::Int32Array>(array, index, out);
      return {};
    case arrow::Type::INT64:
      AppendInteger<arrow::Int64Array>(array, index, out);
      return {};
    case arrow::Type::FLOAT:
      AppendReal<arrow::FloatArray>(array, index, TypeId::kFloat, out);
      return {};
    case arrow::Type::DOUBLE:
      AppendReal<arrow::DoubleArray>(array, index, TypeId::kDouble, out);
      return {};
    case arrow::Type::DECIMAL128:
      out += static_cast<const arrow::Decimal128Array&>(array).FormatValue(index);
      return {};
    case arrow::Type::STRING:
      out += QuoteJson(static_cast<const arrow::StringArray&>(array).GetView(index));
      return {};
    case arrow::Type::BINARY:
      AppendBase64(static_cast<const arrow::BinaryArray&>(array).GetView(index), out);
      return {};
    default:
      return AppendOther(array, index, out);
  }
}

Status AppendJsonRow(const arrow::RecordBatch& rows, std::int64_t index,
                     std::string& out) {
  out += '{';
  for (int i = 0; i < rows.num_columns(); ++i) {
    if (i > 0) out += ',';
    out += QuoteJson(rows.column_name(i));
    out += ':';
    FRAZIL_TRY(AppendJsonValue(*rows.column(i), index, out));
  }
  out += '}';
  return {};
}

}  // namespace frazil
