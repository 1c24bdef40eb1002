// The part of JsonReader that reads strings, numbers and booleans.

#include <cmath>
#include <cstring>
#include <limits>

#include "decode/binary_text.h"
#include "decode/json/json_reader.h"
#include "model/calendar.h"

namespace frazil {
namespace {

// 0000-01-01 and 9999-12-31, as for dates in text.
constexpr std::int64_t kFirstDay = -719'528;
constexpr std::int64_t kLastDay = 2'932'896;

DecodeError Appended(bool has_memory) {
  return has_memory ? DecodeError::kNone : DecodeError::kOutOfMemory;
}

bool IsNumberStart(char c) { return c == '-' || (c >= '0' && c <= '9'); }

std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\n\r";
  const std::size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

bool IsSameWord(std::string_view text, std::string_view lower_case) {
  if (text.size() != lower_case.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if ((c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c) != lower_case[i]) return false;
  }
  return true;
}

// Java's spelling, as Flink reads it from strings.
bool ParseNotFinite(std::string_view text, double& value) {
  const bool is_negative = text.starts_with('-');
  if (is_negative || text.starts_with('+')) text.remove_prefix(1);
  if (text == "NaN") {
    value = std::numeric_limits<double>::quiet_NaN();
  } else if (text == "Infinity") {
    value = std::numeric_limits<double>::infinity();
  } else {
    return false;
  }
  if (is_negative) value = -value;
  return true;
}

DecodeError AppendFloat(Column& column, double value) {
  const auto narrow = static_cast<float>(value);
  if (std::isinf(narrow) && !std::isinf(value)) return DecodeError::kOutOfRange;
  return Appended(column.Append(narrow));
}

// What a number counts, in digits of a decimal fraction of a second.
int DigitsBelowSecond(EpochUnit unit) {
  switch (unit) {
    case EpochUnit::kMilliseconds:
      return 3;
    case EpochUnit::kMicroseconds:
      return 6;
    case EpochUnit::kNanoseconds:
      return 9;
    default:
      return 0;
  }
}

std::int64_t MicrosPer(EpochUnit unit) {
  if (unit == EpochUnit::kSeconds) return kMicrosPerSecond;
  return unit == EpochUnit::kMilliseconds ? 1000 : 1;
}

// Microseconds, truncated towards the past.
DecodeError ToMicros(const ScannedNumber& number, EpochUnit unit, std::int64_t& micros) {
  constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();
  constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
  constexpr int kDecimalDigits = 38;
  if (number.is_plain_integer) {
    std::int64_t integer = 0;
    const DecodeError error = ToInteger(number, kMin, kMax, integer);
    if (error != DecodeError::kNone) return error;
    if (unit == EpochUnit::kNanoseconds) {
      micros = FloorDiv(integer, 1000);
      return DecodeError::kNone;
    }
    const bool overflows = __builtin_mul_overflow(integer, MicrosPer(unit), &micros);
    return overflows ? DecodeError::kOutOfRange : DecodeError::kNone;
  }
  Int128 nanos = 0;
  const DecodeError error =
      ToDecimal(number, kDecimalDigits, 9 - DigitsBelowSecond(unit), nanos);
  if (error != DecodeError::kNone) return error;
  Int128 wide = nanos / 1000;
  if (nanos % 1000 < 0) --wide;
  if (wide < kMin || wide > kMax) return DecodeError::kOutOfRange;
  micros = static_cast<std::int64_t>(wide);
  return DecodeError::kNone;
}

// JSON without the white space between its tokens; `out` has room for all of `text`.
std::int64_t Compact(std::string_view text, std::uint8_t* out) {
  const std::uint8_t* const begin = out;
  bool is_in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (!is_in_string && (c == ' ' || c == '\t' || c == '\n' || c == '\r')) continue;
    *out++ = static_cast<std::uint8_t>(c);
    if (c == '"') is_in_string = !is_in_string;
    if (c == '\\' && is_in_string) *out++ = static_cast<std::uint8_t>(text[++i]);
  }
  return out - begin;
}

}  // namespace

DecodeError JsonReader::AppendString(Column& column, std::string_view raw) {
  if (!cursor_.HasEscapes(raw)) [[likely]]
    return Appended(column.AppendPadded(raw));
  std::uint8_t* const out =
      column.BytesToFill(static_cast<std::int64_t>(raw.size() + JsonText::kPadding));
  if (out == nullptr) return DecodeError::kOutOfMemory;
  std::int64_t size = 0;
  const DecodeError error = cursor_.UnescapeTo(raw, out, size);
  return error == DecodeError::kNone ? Appended(column.CommitBytes(size)) : error;
}

DecodeError JsonReader::ReadString(JsonNode& node) {
  const char c = cursor_.Peek();
  if (c == '"') [[likely]] {
    const DecodeError error = AppendString(*node.column, cursor_.RawString());
    if (error == DecodeError::kNone) cursor_.Next();
    return error;
  }
  // Anything else becomes its own text, as in Flink.
  const std::uint32_t* const position = cursor_.position();
  const std::string_view token = cursor_.Token();
  const DecodeError error = cursor_.SkipValue();
  if (error != DecodeError::kNone) return error;
  if (c != '{' && c != '[') return Appended(node.column->AppendBytes(Trimmed(token)));
  const std::string_view json = cursor_.TextSince(position);
  std::uint8_t* const out =
      node.column->BytesToFill(static_cast<std::int64_t>(json.size()));
  if (out == nullptr) return DecodeError::kOutOfMemory;
  return Appended(node.column->CommitBytes(Compact(json, out)));
}

DecodeError JsonReader::ReadScalar(JsonNode& node) {
  const char c = cursor_.Peek();
  DecodeError error = DecodeError::kNone;
  if (c == '"') {
    std::string_view content;
    error = cursor_.Unescaped(cursor_.RawString(), content);
    if (error == DecodeError::kNone) error = ReadText(node, content);
  } else if (IsNumberStart(c)) {
    ScannedNumber number;
    error =
        cursor_.IsNumber(number) ? ReadNumber(node, number) : DecodeError::kInvalidJson;
  } else if (node.type == TypeId::kBoolean && cursor_.IsWord("true")) {
    error = Appended(node.column->AppendBoolean(true));
  } else if (node.type == TypeId::kBoolean && cursor_.IsWord("false")) {
    error = Appended(node.column->AppendBoolean(false));
  } else {
    return Mismatch();
  }
  if (error == DecodeError::kNone) [[likely]]
    cursor_.Next();
  return error;
}

DecodeError JsonReader::ReadNumber(JsonNode& node, const ScannedNumber& number) {
  std::int64_t integer = 0;
  double real = 0;
  Int128 unscaled = 0;
  DecodeError error = DecodeError::kNone;
  switch (node.type) {
    case TypeId::kInt:
      error = ToInteger(number, std::numeric_limits<std::int32_t>::min(),
                        std::numeric_limits<std::int32_t>::max(), integer);
      if (error != DecodeError::kNone) return error;
      return Appended(node.column->Append(static_cast<std::int32_t>(integer)));
    case TypeId::kLong:
      error = ToInteger(number, std::numeric_limits<std::int64_t>::min(),
                        std::numeric_limits<std::int64_t>::max(), integer);
      if (error != DecodeError::kNone) return error;
      return Appended(node.column->Append(integer));
    case TypeId::kFloat:
      error = ToDouble(number, real);
      return error == DecodeError::kNone ? AppendFloat(*node.column, real) : error;
    case TypeId::kDouble:
      error = ToDouble(number, real);
      return error == DecodeError::kNone ? Appended(node.column->Append(real)) : error;
    case TypeId::kDecimal:
      error = ToDecimal(number, node.precision, node.scale, unscaled);
      return error == DecodeError::kNone ? Appended(node.column->Append(unscaled))
                                         : error;
    case TypeId::kDate:
    case TypeId::kTime:
    case TypeId::kTimestamp:
    case TypeId::kTimestamptz:
      return ReadEpoch(node, number);
    default:
      return DecodeError::kWrongType;
  }
}

DecodeError JsonReader::ReadEpoch(JsonNode& node, const ScannedNumber& number) {
  if (options_.epoch_unit == EpochUnit::kNone) return DecodeError::kWrongType;
  std::int64_t value = 0;
  if (node.type == TypeId::kDate) {
    const DecodeError error = ToInteger(number, kFirstDay, kLastDay, value);
    if (error != DecodeError::kNone) return error;
    return Appended(node.column->Append(static_cast<std::int32_t>(value)));
  }
  const DecodeError error = ToMicros(number, options_.epoch_unit, value);
  if (error != DecodeError::kNone) return error;
  if (node.type == TypeId::kTime && (value < 0 || value >= kMicrosPerDay)) {
    return DecodeError::kOutOfRange;
  }
  return Appended(node.column->Append(value));
}

DecodeError JsonReader::ReadText(JsonNode& node, std::string_view text) {
  std::int32_t days = 0;
  std::int64_t micros = 0;
  DecodeError error = DecodeError::kNone;
  switch (node.type) {
    case TypeId::kTimestamp:
      error = ParseTimestamp(text, timestamp_rules_, micros);
      return error == DecodeError::kNone ? Appended(node.column->Append(micros)) : error;
    case TypeId::kTimestamptz:
      error = ParseTimestamp(text, timestamptz_rules_, micros);
      return error == DecodeError::kNone ? Appended(node.column->Append(micros)) : error;
    case TypeId::kDate:
      error = ParseDate(text, days);
      return error == DecodeError::kNone ? Appended(node.column->Append(days)) : error;
    case TypeId::kTime:
      error = ParseTime(text, micros);
      return error == DecodeError::kNone ? Appended(node.column->Append(micros)) : error;
    case TypeId::kBoolean: {
      const std::string_view word = Trimmed(text);
      const bool is_true = IsSameWord(word, "true");
      if (!is_true && !IsSameWord(word, "false")) return DecodeError::kInvalidValue;
      return Appended(node.column->AppendBoolean(is_true));
    }
    case TypeId::kUuid:
    case TypeId::kFixed:
    case TypeId::kBinary:
      return ReadBytesText(node, text);
    case TypeId::kString:
      return Appended(node.column->AppendBytes(text));
    default:
      return ReadNumberText(node, text);
  }
}

DecodeError JsonReader::ReadNumberText(JsonNode& node, std::string_view text) {
  text = Trimmed(text);
  const bool is_floating = node.type == TypeId::kFloat || node.type == TypeId::kDouble;
  double value = 0;
  if (is_floating && ParseNotFinite(text, value)) {
    return Appended(node.type == TypeId::kFloat
                        ? node.column->Append(static_cast<float>(value))
                        : node.column->Append(value));
  }
  if (text.starts_with('+')) {
    text.remove_prefix(1);
    if (text.starts_with('-')) return DecodeError::kInvalidValue;
  }
  ScannedNumber number;
  if (!ScanNumber(text, number) || number.text.size() != text.size()) {
    return DecodeError::kInvalidValue;
  }
  return ReadNumber(node, number);
}

DecodeError JsonReader::ReadBytesText(JsonNode& node, std::string_view text) {
  Column& column = *node.column;
  if (node.type == TypeId::kUuid) {
    std::uint8_t bytes[16];
    const DecodeError error = ParseUuid(text, bytes);
    if (error != DecodeError::kNone) return error;
    return Appended(
        column.AppendBytes({reinterpret_cast<const char*>(bytes), sizeof(bytes)}));
  }
  std::uint8_t* const out =
      column.BytesToFill(static_cast<std::int64_t>(Base64DecodedBound(text.size())));
  if (out == nullptr) return DecodeError::kOutOfMemory;
  std::size_t size = 0;
  const DecodeError error = DecodeBase64(text, out, size);
  if (error != DecodeError::kNone) return error;
  if (node.type == TypeId::kBinary) {
    return Appended(column.CommitBytes(static_cast<std::int64_t>(size)));
  }
  if (size != static_cast<std::size_t>(column.width())) return DecodeError::kInvalidValue;
  return Appended(column.CommitFixed());
}

}  // namespace frazil
