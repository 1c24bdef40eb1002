#include "write/dictionary_choice.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include <arrow/array.h>
#include <arrow/extension_type.h>
#include <arrow/record_batch.h>

namespace frazil {
namespace {

constexpr std::int64_t kSampleSize = 4096;
// Fewer values say too little, and cost little.
constexpr std::int64_t kLeastSample = 256;
// Of the sampled values, at most this share may be distinct.
constexpr double kMostDistinct = 0.5;

// Bytes of fixed-width value i; empty for types that have none.
std::string_view FixedBytes(const arrow::Array& values, std::int64_t i) {
  if (values.type_id() == arrow::Type::BOOL) return {};
  const int width = arrow::bit_width(values.type_id()) / 8;
  const auto* data = values.data()->GetValues<char>(1, 0);
  return {data + (values.offset() + i) * width, static_cast<std::size_t>(width)};
}

std::size_t HashAt(const arrow::Array& values, std::int64_t i) {
  std::string_view bytes;
  switch (values.type_id()) {
    case arrow::Type::STRING:
    case arrow::Type::BINARY:
      bytes = static_cast<const arrow::BinaryArray&>(values).GetView(i);
      break;
    case arrow::Type::FIXED_SIZE_BINARY:
    case arrow::Type::DECIMAL128:
      bytes = static_cast<const arrow::FixedSizeBinaryArray&>(values).GetView(i);
      break;
    default:
      bytes = FixedBytes(values, i);
  }
  return std::hash<std::string_view>()(bytes);
}

// The values of a leaf anywhere in a column: of lists and maps all that are there.
std::shared_ptr<arrow::Array> ValuesOf(const arrow::RecordBatch& rows,
                                       const LeafColumn& leaf) {
  std::shared_ptr<arrow::Array> array = rows.column(leaf.indexes.front());
  for (std::size_t i = 1; i < leaf.indexes.size(); ++i) {
    if (array->type_id() == arrow::Type::STRUCT) {
      array = static_cast<const arrow::StructArray&>(*array).field(leaf.indexes[i]);
      continue;
    }
    const auto& lists = static_cast<const arrow::ListArray&>(*array);
    const std::int64_t begin = lists.value_offset(0);
    const std::int64_t length = lists.value_offset(lists.length()) - begin;
    if (array->type_id() == arrow::Type::MAP) {
      const auto& maps = static_cast<const arrow::MapArray&>(lists);
      array = (leaf.indexes[i] == 0 ? maps.keys() : maps.items())->Slice(begin, length);
    } else {
      array = lists.values()->Slice(begin, length);
    }
  }
  if (array->type_id() == arrow::Type::EXTENSION) {
    array = static_cast<const arrow::ExtensionArray&>(*array).storage();
  }
  return array;
}

}  // namespace

bool IsWorthADictionary(const arrow::Array& values, const Type& type) {
  if (type.id() == TypeId::kBoolean) return false;
  const std::int64_t count = std::min(values.length(), kSampleSize);
  std::vector<std::size_t> hashes;
  hashes.reserve(static_cast<std::size_t>(count));
  for (std::int64_t i = 0; i < count; ++i) {
    if (values.IsValid(i)) hashes.push_back(HashAt(values, i));
  }
  if (static_cast<std::int64_t>(hashes.size()) < kLeastSample) return true;
  std::sort(hashes.begin(), hashes.end());
  const auto distinct = std::unique(hashes.begin(), hashes.end()) - hashes.begin();
  return static_cast<double>(distinct) <=
         kMostDistinct * static_cast<double>(hashes.size());
}

std::vector<bool> ChooseDictionaries(const ParquetLayout& layout,
                                     const arrow::RecordBatch& rows) {
  std::vector<bool> choices;
  for (const LeafColumn& leaf : layout.leaves()) {
    choices.push_back(IsWorthADictionary(*ValuesOf(rows, leaf), leaf.type));
  }
  return choices;
}

}  // namespace frazil
