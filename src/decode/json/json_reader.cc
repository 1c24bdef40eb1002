#include "decode/json/json_reader.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace frazil {
namespace {

constexpr std::size_t kExcerptBytes = 48;

TimestampRules RulesOf(const JsonTextOptions& options, ZoneRule zone) {
  TimestampRules rules;
  if (!options.is_timestamp_strict) return rules;
  rules.accepts_sql = options.timestamp_standard == TimestampStandard::kSql;
  rules.accepts_iso = !rules.accepts_sql;
  rules.is_lenient = false;
  rules.zone = zone;
  return rules;
}

std::string_view Explain(DecodeError error) {
  switch (error) {
    case DecodeError::kWrongType:
      return "the JSON type does not fit the column";
    case DecodeError::kInvalidValue:
      return "the value does not fit the column's type";
    case DecodeError::kOutOfRange:
      return "the value is out of the column's range";
    case DecodeError::kNullInRequired:
      return "the column is NOT NULL, but there is no value";
    case DecodeError::kMissingField:
      return "the field is missing";
    case DecodeError::kInvalidUtf8:
      return "the bytes are not UTF-8";
    case DecodeError::kNotAnObject:
      return "the JSON is neither an object nor an array of objects";
    case DecodeError::kTooDeep:
      return "the JSON is nested too deep";
    default:
      return "the text is not JSON";
  }
}

// A few bytes of a record, fit for a column of text whatever they are.
std::string RecordExcerpt(std::string_view text) {
  std::string excerpt(text.substr(0, kExcerptBytes));
  std::replace_if(
      excerpt.begin(), excerpt.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  if (text.size() > kExcerptBytes) excerpt += "...";
  return excerpt;
}

}  // namespace

JsonReader::JsonReader(const std::vector<JsonField>& fields,
                       const JsonTextOptions& options, int max_depth)
    : options_(options),
      timestamp_rules_(RulesOf(options, ZoneRule::kRefused)),
      timestamptz_rules_(RulesOf(options, ZoneRule::kRequired)),
      cursor_(max_depth),
      root_(CompileJsonPlan(fields)) {}

DecodeError JsonReader::Open(std::string_view record) {
  failed_node_ = nullptr;
  failed_offset_ = 0;
  return cursor_.Open(record);
}

DecodeError JsonReader::ReadRows(std::int64_t first_row, std::int64_t& row_count) {
  row_count = 0;
  cursor_.Rewind();
  DecodeError error = DecodeError::kNone;
  if (cursor_.Peek() == '{') [[likely]] {
    error = ReadObject(root_, first_row);
    row_count = 1;
  } else if (cursor_.Peek() == '[') {
    error = ReadArrayOfRows(first_row, row_count);
  } else {
    const bool is_null = cursor_.IsWord("null");
    error = cursor_.SkipValue();
    if (error == DecodeError::kNone && !is_null) error = DecodeError::kNotAnObject;
  }
  if (error == DecodeError::kNone && !cursor_.IsAtEnd())
    error = DecodeError::kInvalidJson;
  if (error != DecodeError::kNone && failed_node_ == nullptr) {
    failed_offset_ = cursor_.offset();
  }
  return error;
}

DecodeError JsonReader::ReadArrayOfRows(std::int64_t first_row, std::int64_t& row_count) {
  if (!cursor_.Enter()) return DecodeError::kTooDeep;
  if (cursor_.Peek() == ']') {
    cursor_.Next();
    cursor_.Leave();
    return DecodeError::kNone;
  }
  while (true) {
    const std::uint32_t* const position = cursor_.position();
    const int depth = cursor_.depth();
    const std::int64_t row = first_row + row_count;
    DecodeError error =
        cursor_.Peek() == '{' ? ReadObject(root_, row) : cursor_.SkipValue();
    if (error == DecodeError::kNone && root_.children[0].column->length() == row) {
      error = DecodeError::kNotAnObject;
    }
    if (error == DecodeError::kNone) {
      ++row_count;
    } else {
      const bool is_bad_row =
          !ConcernsWholeRecord(error) || error == DecodeError::kNotAnObject;
      if (!options_.ignore_parse_errors || !is_bad_row) return error;
      failed_node_ = nullptr;
      Truncate(row);
      cursor_.ReturnTo(position, depth);
      error = cursor_.SkipValue();
      if (error != DecodeError::kNone) return error;
    }
    const char after = cursor_.Peek();
    cursor_.Next();
    if (after == ',') continue;
    cursor_.Leave();
    return after == ']' ? DecodeError::kNone : DecodeError::kInvalidJson;
  }
}

DecodeError JsonReader::ReadOneRow(std::int64_t row) {
  cursor_.Rewind();
  if (cursor_.Peek() != '{') {
    const DecodeError error = cursor_.SkipValue();
    return error == DecodeError::kNone ? DecodeError::kNotAnObject : error;
  }
  DecodeError error = ReadObject(root_, row);
  if (error == DecodeError::kNone && !cursor_.IsAtEnd())
    error = DecodeError::kInvalidJson;
  if (error != DecodeError::kNone && failed_node_ == nullptr) {
    failed_offset_ = cursor_.offset();
  }
  return error;
}

DecodeError JsonReader::ReadNothing(std::int64_t row) {
  for (JsonNode& child : root_.children) {
    child.column->Truncate(row);
    failed_node_ = &child;
    if (child.is_required) return DecodeError::kNullInRequired;
    if (!child.column->AppendNull()) return DecodeError::kOutOfMemory;
  }
  return DecodeError::kNone;
}

void JsonReader::Truncate(std::int64_t length) {
  for (JsonNode& child : root_.children) child.column->Truncate(length);
}

std::string JsonReader::Describe(DecodeError error) const {
  const std::string_view text(cursor_.text().data(), cursor_.text().size());
  const std::size_t offset = std::min(failed_offset_, text.size());
  const std::string place = failed_node_ == nullptr
                                ? std::string()
                                : fmt::format("column '{}': ", failed_node_->path);
  return fmt::format("{}{}, at byte {}: {}", place, Explain(error), offset,
                     RecordExcerpt(text.substr(offset)));
}

DecodeError JsonReader::FailAt(const JsonNode& node, DecodeError error) {
  if (failed_node_ == nullptr) {
    failed_node_ = &node;
    failed_offset_ = cursor_.offset();
  }
  return error;
}

DecodeError JsonReader::FindField(const JsonNode& node, std::string_view key,
                                  std::uint32_t& index) {
  if (cursor_.HasEscapes(key)) {
    const DecodeError error = cursor_.Unescaped(key, key);
    if (error == DecodeError::kInvalidValue) {
      index = FieldIndex::kNone;  // no column has such a name
      return DecodeError::kNone;
    }
    if (error != DecodeError::kNone) return error;
  }
  index = node.index.Find(key);
  return DecodeError::kNone;
}

DecodeError JsonReader::ReadObject(JsonNode& node, std::int64_t row) {
  if (!cursor_.Enter()) return DecodeError::kTooDeep;
  std::size_t found = 0;
  std::uint32_t* expected = &node.first;
  char after = cursor_.Peek();
  if (after == '}') cursor_.Next();
  while (after != '}') {
    if (!cursor_.IsAtName()) return DecodeError::kInvalidJson;
    // A name without a backslash is written as it is, so one that looks as expected is it.
    const std::string_view key = cursor_.RawString();
    std::uint32_t index = *expected;
    DecodeError error = DecodeError::kNone;
    if (index >= node.children.size() || !IsSameName(node.children[index].name, key) ||
        cursor_.HasEscapes(key)) [[unlikely]] {
      error = FindField(node, key, index);
      if (error != DecodeError::kNone) return error;
    }
    cursor_.NextAfterName();
    if (index == FieldIndex::kNone) {
      error = cursor_.SkipValue();
    } else {
      JsonNode& child = node.children[index];
      *expected = index;
      expected = &child.follower;
      if (child.column->length() == row) {
        ++found;
      } else {
        child.column->Truncate(row);  // of a repeated name the last one counts
      }
      error = ReadMember(child, row);
    }
    if (error != DecodeError::kNone) [[unlikely]]
      return error;
    after = cursor_.Peek();
    if (after != ',' && after != '}') return DecodeError::kInvalidJson;
    cursor_.Next();
  }
  cursor_.Leave();
  return found == node.children.size() ? DecodeError::kNone : FillMissing(node, row);
}

DecodeError JsonReader::FillMissing(JsonNode& node, std::int64_t row) {
  for (JsonNode& child : node.children) {
    if (child.column->length() > row) continue;
    if (options_.fail_on_missing_field) return FailAt(child, DecodeError::kMissingField);
    if (child.is_required) return FailAt(child, DecodeError::kNullInRequired);
    if (!child.column->AppendNull()) return DecodeError::kOutOfMemory;
  }
  return DecodeError::kNone;
}

DecodeError JsonReader::ReadAnyMember(JsonNode& node, std::int64_t row) {
  const std::uint32_t* const position = cursor_.position();
  const int depth = cursor_.depth();
  const DecodeError error = cursor_.Peek() == 'n' ? ReadNull(node) : ReadValue(node);
  if (error == DecodeError::kNone) [[likely]]
    return error;
  return Recover(node, row, position, depth, error);
}

DecodeError JsonReader::Recover(JsonNode& node, std::int64_t row,
                                const std::uint32_t* position, int depth,
                                DecodeError error) {
  const bool becomes_null =
      options_.ignore_parse_errors && !ConcernsWholeRecord(error) && !node.is_required;
  if (!becomes_null) {
    if (failed_node_ == nullptr && !ConcernsWholeRecord(error)) {
      cursor_.ReturnTo(position, depth);
    }
    return FailAt(node, error);
  }
  failed_node_ = nullptr;
  node.column->Truncate(row);
  cursor_.ReturnTo(position, depth);
  error = cursor_.SkipValue();
  if (error != DecodeError::kNone) return error;
  return node.column->AppendNull() ? DecodeError::kNone : DecodeError::kOutOfMemory;
}

DecodeError JsonReader::ReadNull(JsonNode& node) {
  if (!cursor_.IsWord("null")) return DecodeError::kInvalidJson;
  if (node.is_required) return DecodeError::kNullInRequired;
  cursor_.Next();
  return node.column->AppendNull() ? DecodeError::kNone : DecodeError::kOutOfMemory;
}

DecodeError JsonReader::ReadValue(JsonNode& node) {
  switch (node.type) {
    case TypeId::kString:
      return ReadString(node);
    case TypeId::kStruct:
      return ReadStruct(node);
    case TypeId::kList:
      return ReadList(node);
    case TypeId::kMap:
      return ReadMap(node);
    default:
      return ReadScalar(node);
  }
}

DecodeError JsonReader::Mismatch() {
  const DecodeError error = cursor_.SkipValue();
  return error == DecodeError::kNone ? DecodeError::kWrongType : error;
}

DecodeError JsonReader::ReadStruct(JsonNode& node) {
  if (cursor_.Peek() != '{') return Mismatch();
  const DecodeError error = ReadObject(node, node.column->length());
  if (error != DecodeError::kNone) return error;
  return node.column->EndStruct() ? DecodeError::kNone : DecodeError::kOutOfMemory;
}

DecodeError JsonReader::ReadList(JsonNode& node) {
  if (cursor_.Peek() != '[') return Mismatch();
  if (!cursor_.Enter()) return DecodeError::kTooDeep;
  JsonNode& element = node.children[0];
  char after = cursor_.Peek();
  if (after == ']') cursor_.Next();
  while (after != ']') {
    const DecodeError error = ReadMember(element, element.column->length());
    if (error != DecodeError::kNone) [[unlikely]]
      return error;
    after = cursor_.Peek();
    if (after != ',' && after != ']') return DecodeError::kInvalidJson;
    cursor_.Next();
  }
  cursor_.Leave();
  return node.column->EndList() ? DecodeError::kNone : DecodeError::kOutOfMemory;
}

}  // namespace frazil
