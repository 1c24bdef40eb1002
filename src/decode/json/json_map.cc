// The part of JsonReader that reads objects into maps.

#include <bit>
#include <cstddef>
#include <functional>

#include "decode/json/json_reader.h"

namespace frazil {
namespace {

// Up to here comparing each key with each is cheaper than a table.
constexpr std::int64_t kComparedPairwise = 16;

}  // namespace

DecodeError JsonReader::ReadMap(JsonNode& node) {
  if (cursor_.Peek() != '{') return Mismatch();
  const std::uint32_t* const position = cursor_.position();
  const int depth = cursor_.depth();
  const std::int64_t row = node.column->length();
  const Column& keys = *node.children[0].column;
  const std::int64_t first = keys.length();
  DecodeError error = ReadEntries(node, {});
  if (error != DecodeError::kNone) return error;
  if (keys.length() - first > 1) {
    std::vector<bool> superseded;
    if (FindRepeatedKeys(keys, first, superseded)) {
      node.column->Truncate(row);
      cursor_.ReturnTo(position, depth);
      error = ReadEntries(node, superseded);
      if (error != DecodeError::kNone) return error;
    }
  }
  return node.column->EndList() ? DecodeError::kNone : DecodeError::kOutOfMemory;
}

DecodeError JsonReader::ReadEntries(JsonNode& node, const std::vector<bool>& superseded) {
  if (!cursor_.Enter()) return DecodeError::kTooDeep;
  JsonNode& value = node.children[1];
  char after = cursor_.Peek();
  if (after == '}') cursor_.Next();
  for (std::size_t entry = 0; after != '}'; ++entry) {
    const bool is_skipped = !superseded.empty() && superseded[entry];
    if (!cursor_.IsAtName()) return DecodeError::kInvalidJson;
    DecodeError error = is_skipped ? DecodeError::kNone : ReadKey(node.children[0]);
    if (error != DecodeError::kNone) return error;
    cursor_.NextAfterName();
    error = is_skipped ? cursor_.SkipValue() : ReadMember(value, value.column->length());
    if (error != DecodeError::kNone) return error;
    after = cursor_.Peek();
    if (after != ',' && after != '}') return DecodeError::kInvalidJson;
    cursor_.Next();
  }
  cursor_.Leave();
  return DecodeError::kNone;
}

// Leaves the cursor on the key.
DecodeError JsonReader::ReadKey(JsonNode& node) {
  const std::string_view raw = cursor_.RawString();
  if (node.type == TypeId::kString) {
    if (!cursor_.IsPlainString()) return AppendString(*node.column, raw);
    return node.column->AppendPadded(raw) ? DecodeError::kNone
                                          : DecodeError::kOutOfMemory;
  }
  std::string_view content;
  DecodeError error = cursor_.Unescaped(raw, content);
  if (error == DecodeError::kNone) error = ReadText(node, content);
  return error == DecodeError::kNone ? error : FailAt(node, error);
}

bool JsonReader::FindRepeatedKeys(const Column& keys, std::int64_t first,
                                  std::vector<bool>& superseded) {
  const std::int64_t count = keys.length() - first;
  const auto supersede = [&](std::int64_t entry) {
    superseded.resize(static_cast<std::size_t>(count));
    superseded[static_cast<std::size_t>(entry)] = true;
  };
  if (count <= kComparedPairwise) {
    for (std::int64_t later = 1; later < count; ++later) {
      const std::string_view key = keys.RawAt(first + later);
      for (std::int64_t entry = 0; entry < later; ++entry) {
        if (IsSameName(keys.RawAt(first + entry), key)) supersede(entry);
      }
    }
    return !superseded.empty();
  }
  // A slot holds 1 + the last entry with its key.
  key_table_.assign(std::bit_ceil(static_cast<std::size_t>(count) * 2), 0);
  const std::size_t mask = key_table_.size() - 1;
  for (std::int64_t entry = 0; entry < count; ++entry) {
    const std::string_view key = keys.RawAt(first + entry);
    std::size_t slot = std::hash<std::string_view>{}(key)&mask;
    while (key_table_[slot] != 0 && keys.RawAt(first + key_table_[slot] - 1) != key) {
      slot = (slot + 1) & mask;
    }
    if (key_table_[slot] != 0) supersede(key_table_[slot] - 1);
    key_table_[slot] = static_cast<std::uint32_t>(entry + 1);
  }
  return !superseded.empty();
}

}  // namespace frazil
