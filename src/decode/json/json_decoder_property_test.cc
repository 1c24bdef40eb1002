// Random schemas and rows, written as JSON in random order and style, come back as they were.

#include <rapidcheck.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <arrow/record_batch.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "decode/array_text.h"
#include "decode/decoder_fixture.h"
#include "decode/json/json_decoder.h"
#include "model/calendar.h"

namespace frazil {
namespace {

// A value as JSON, and as ArrayText shows it.
struct Value {
  std::string json;
  std::string text;
};

int Pick(int count) { return *rc::gen::inRange(0, count); }

// White space now and then.
std::string Space() {
  constexpr std::string_view kSpaces[] = {"", "", "", "", " ", "\n", "\t ", "\r\n"};
  return std::string(kSpaces[static_cast<std::size_t>(Pick(8))]);
}

Type RandomType(int depth) {
  const int kind = Pick(depth > 0 ? 17 : 14);
  switch (kind) {
    case 12: {
      const int precision = Pick(38) + 1;
      return Type::Decimal(precision, Pick(precision + 1));
    }
    case 13:
      return Type::Fixed(Pick(20) + 1);
    case 14: {
      std::vector<SchemaField> members;
      const int count = Pick(4) + 1;
      members.reserve(static_cast<std::size_t>(count));
      for (int i = 0; i < count; ++i) {
        members.push_back(Member("m" + std::to_string(i), RandomType(depth - 1)));
      }
      return Type::Struct(std::move(members));
    }
    case 15:
      return ListOf(RandomType(depth - 1));
    case 16:
      return MapOf(Type(Pick(2) == 0 ? TypeId::kString : TypeId::kLong),
                   RandomType(depth - 1));
    default: {
      constexpr TypeId kPlain[] = {
          TypeId::kBoolean,     TypeId::kInt,    TypeId::kLong,   TypeId::kFloat,
          TypeId::kDouble,      TypeId::kDate,   TypeId::kTime,   TypeId::kTimestamp,
          TypeId::kTimestamptz, TypeId::kString, TypeId::kBinary, TypeId::kUuid};
      return Type(kPlain[kind]);
    }
  }
}

// Text with characters of every length, escaped in one way or another.
Value RandomString() {
  constexpr std::pair<std::string_view, std::string_view> kPieces[] = {
      {"a", "a"},
      {"Zürich", "Zürich"},
      {"\\u00fc", "ü"},
      {"\\\"", "\""},
      {"\\\\", "\\"},
      {"\\n", "\n"},
      {"\\/", "/"},
      {"/", "/"},
      {"\\ud83d\\ude00", "😀"},
      {"😀", "😀"},
      {"\\t", "\t"},
      {"{[,:]}", "{[,:]}"},
      {"a much longer piece of text", "a much longer piece of text"},
      {"\\u0000", std::string_view("\0", 1)}};
  Value value{"\"", "\""};
  const int count = Pick(6);
  for (int i = 0; i < count; ++i) {
    const auto& [json, text] = kPieces[static_cast<std::size_t>(Pick(14))];
    value.json += json;
    value.text += text;
  }
  return {value.json + "\"", value.text + "\""};
}

Value RandomBytes(TypeId type, int length) {
  const auto size = static_cast<std::size_t>(type == TypeId::kBinary ? Pick(9) : length);
  std::string bytes;
  for (std::size_t i = 0; i < size; ++i) bytes.push_back(static_cast<char>(Pick(256)));
  if (type == TypeId::kUuid) {
    std::string json = "\"";
    for (std::size_t i = 0; i < size; ++i) {
      if (i == 4 || i == 6 || i == 8 || i == 10) json += '-';
      json += fmt::format("{:02x}", static_cast<unsigned char>(bytes[i]));
    }
    return {json + "\"", HexText(bytes)};
  }
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string base64;
  for (std::size_t i = 0; i < size; i += 3) {
    unsigned bits = 0;
    for (std::size_t j = i; j < i + 3; ++j) {
      bits = bits << 8U | (j < size ? static_cast<unsigned char>(bytes[j]) : 0U);
    }
    for (unsigned j = 0; j < 4; ++j) {
      base64 += i + j > size ? '=' : kDigits[bits >> (18U - 6U * j) & 63U];
    }
  }
  return {"\"" + base64 + "\"", HexText(bytes)};
}

Value RandomDecimal(const Type& type) {
  std::string digits;
  for (int i = 0; i < type.precision(); ++i) digits += static_cast<char>('0' + Pick(10));
  std::string integer =
      digits.substr(0, digits.size() - static_cast<std::size_t>(type.scale()));
  const std::string fraction = digits.substr(integer.size());
  integer.erase(0, std::min(integer.find_first_not_of('0'), integer.size()));
  if (integer.empty()) integer = "0";
  std::string text = integer + (fraction.empty() ? "" : "." + fraction);
  const bool is_zero = text.find_first_not_of("0.") == std::string::npos;
  if (!is_zero && Pick(2) == 0) text = "-" + text;
  return {Pick(2) == 0 ? text : "\"" + text + "\"", text};
}

Value RandomScalar(const Type& type) {
  switch (type.id()) {
    case TypeId::kBoolean: {
      const std::string text = Pick(2) == 0 ? "true" : "false";
      return {text, text};
    }
    case TypeId::kInt: {
      const std::string text = std::to_string(*rc::gen::arbitrary<std::int32_t>());
      return {Pick(3) == 0 ? "\"" + text + "\"" : text, text};
    }
    case TypeId::kLong: {
      const std::string text = std::to_string(*rc::gen::arbitrary<std::int64_t>());
      return {text, text};
    }
    case TypeId::kFloat: {
      const std::string text =
          fmt::format("{}", static_cast<float>(Pick(2'000'001) - 1'000'000) / 64);
      return {text, text};
    }
    case TypeId::kDouble: {
      const std::string text = fmt::format("{}", *rc::gen::arbitrary<double>());
      return {text, text};
    }
    case TypeId::kDecimal:
      return RandomDecimal(type);
    case TypeId::kDate: {
      const std::string text = FormatDate(Pick(3'000'000) - 700'000);
      return {"\"" + text + "\"", text};
    }
    case TypeId::kTime: {
      const std::string text =
          FormatTime(*rc::gen::inRange<std::int64_t>(0, kMicrosPerDay));
      return {"\"" + text + "\"", text};
    }
    case TypeId::kTimestamp:
    case TypeId::kTimestamptz: {
      const std::int64_t micros = *rc::gen::inRange<std::int64_t>(
          -60'000'000'000'000'000, 250'000'000'000'000'000);
      const std::string zone = type.id() == TypeId::kTimestamptz ? "Z" : "";
      const std::string text = FormatTimestamp(micros) + zone;
      std::string json = text;
      if (Pick(2) == 0) json[json.find('T')] = ' ';
      return {"\"" + json + "\"", text};
    }
    case TypeId::kString:
      return RandomString();
    default:
      return RandomBytes(type.id(), type.id() == TypeId::kFixed ? type.length() : 16);
  }
}

Value RandomValue(const Type& type);

Value RandomStruct(const Type& type) {
  std::vector<std::string> members;
  std::string text = "(";
  for (const SchemaField& field : type.fields()) {
    const Value value = RandomValue(field.type);
    text += (text.size() > 1 ? ", " : "") + field.name + ": " + value.text;
    if (value.text == "null" && Pick(2) == 0) continue;  // missing is null
    members.push_back(fmt::format("{}\"{}\"{}:{}{}{}", Space(), field.name, Space(),
                                  Space(), value.json, Space()));
  }
  if (Pick(4) == 0) members.emplace_back("\"unknown\":{\"m0\":[1,{}]}");
  std::string json;
  while (!members.empty()) {
    const auto at =
        members.begin() + (Pick(3) == 0 ? Pick(static_cast<int>(members.size())) : 0);
    json += (json.empty() ? "" : ",") + *at;
    members.erase(at);
  }
  return {"{" + json + "}", text + ")"};
}

Value RandomEntries(const Type& type) {
  const bool is_map = type.id() == TypeId::kMap;
  Value all;
  const int count = Pick(4);
  for (int i = 0; i < count; ++i) {
    const std::string separator = i > 0 ? "," : "";
    const Value value = RandomValue(type.fields().back().type);
    all.json += separator + Space();
    all.text += i > 0 ? ", " : "";
    if (is_map) {
      const bool is_text = type.fields()[0].type.id() == TypeId::kString;
      all.json += fmt::format("\"{}\":", i);
      all.text += is_text ? fmt::format("\"{}\": ", i) : fmt::format("{}: ", i);
    }
    all.json += value.json + Space();
    all.text += value.text;
  }
  if (is_map) return {"{" + all.json + "}", "{" + all.text + "}"};
  return {"[" + all.json + "]", "[" + all.text + "]"};
}

Value RandomValue(const Type& type) {
  if (Pick(8) == 0) return {"null", "null"};
  if (type.id() == TypeId::kStruct) return RandomStruct(type);
  return type.is_nested() ? RandomEntries(type) : RandomScalar(type);
}

RC_GTEST_PROP(JsonDecoderProperty, WhatIsWrittenAsJsonIsRead, ()) {
  std::vector<SchemaField> fields;
  std::vector<SourceColumn> columns;
  const int column_count = Pick(6) + 1;
  for (int i = 0; i < column_count; ++i) {
    fields.push_back(Member("m" + std::to_string(i), RandomType(/*depth=*/3)));
    columns.push_back(ValueColumn(fields.back().name, fields.back().type));
  }
  const Type row_type = Type::Struct(fields);
  auto decoder = MakeJsonDecoder(columns, {});
  RC_ASSERT(decoder.has_value());

  for (int round = 0; round < 2; ++round) {
    RawBatchBuilder builder;
    std::vector<std::string> expected;
    const int records = Pick(8);
    for (int i = 0; i < records; ++i) {
      if (Pick(6) == 0) {
        std::string broken = RandomStruct(row_type).json;
        broken.resize(static_cast<std::size_t>(Pick(static_cast<int>(broken.size()))));
        builder.Add(broken);
        expected.emplace_back("");
        continue;
      }
      const Value row = RandomStruct(row_type);
      builder.Add(Space() + row.json + Space());
      expected.push_back(row.text);
    }
    const RawBatch batch = builder.Build();
    const auto decoded = (*decoder)->Decode(batch, 0);
    RC_ASSERT(decoded.has_value());
    RC_ASSERT(decoded->rows->ValidateFull().ok());
    const auto rows = *decoded->rows->ToStructArray();
    std::int64_t row = 0;
    std::size_t failure = 0;
    for (std::size_t i = 0; i < expected.size(); ++i) {
      if (expected[i].empty()) {
        RC_ASSERT(decoded->failures.at(failure).record_index == i);
        ++failure;
        continue;
      }
      RC_ASSERT(row < rows->length());
      RC_ASSERT(ArrayText(*rows, row) == expected[i]);
      if (!decoded->record_of_row.empty()) {
        RC_ASSERT(decoded->record_of_row.at(static_cast<std::size_t>(row)) == i);
      }
      ++row;
    }
    RC_ASSERT(row == rows->length());
    RC_ASSERT(failure == decoded->failures.size());
  }
}

}  // namespace
}  // namespace frazil
