#include "query/row_hash.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <memory>

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <fmt/format.h>

namespace frazil {
namespace {

constexpr std::uint64_t kFirstFactor = 0x87C37B91114253D5U;
constexpr std::uint64_t kSecondFactor = 0x4CF5AD432745937FU;

std::uint64_t Load(const char* bytes, std::size_t count) {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, count);
  return word;
}

std::uint64_t MixFirst(std::uint64_t word) {
  return std::rotl(word * kFirstFactor, 31) * kSecondFactor;
}

std::uint64_t MixSecond(std::uint64_t word) {
  return std::rotl(word * kSecondFactor, 33) * kFirstFactor;
}

std::uint64_t Finish(std::uint64_t word) {
  word ^= word >> 33;
  word *= 0xFF51AFD7ED558CCDU;
  word ^= word >> 33;
  word *= 0xC4CEB9FE1A85EC53U;
  return word ^ (word >> 33);
}

template <typename T>
void AppendNumber(T value, std::string& out) {
  std::array<char, sizeof(T)> bytes{};
  std::memcpy(bytes.data(), &value, sizeof(T));
  out.append(bytes.data(), bytes.size());
}

template <typename ArrayType>
void AppendFloat(const arrow::Array& array, std::int64_t index, std::string& out) {
  auto value = static_cast<const ArrayType&>(array).Value(index);
  if (std::isnan(value)) value = std::numeric_limits<decltype(value)>::quiet_NaN();
  AppendNumber(value, out);
}

template <typename ArrayType>
void AppendInteger(const arrow::Array& array, std::int64_t index, std::string& out) {
  AppendNumber(static_cast<const ArrayType&>(array).Value(index), out);
}

void AppendText(std::string_view text, std::string& out) {
  AppendNumber(static_cast<std::uint64_t>(text.size()), out);
  out += text;
}

Status AppendElements(const arrow::Array& elements, std::int64_t begin, std::int64_t end,
                      std::string& out) {
  for (std::int64_t i = begin; i < end; ++i) {
    FRAZIL_TRY(AppendCanonical(elements, i, out));
  }
  return {};
}

Status AppendMembers(const arrow::StructArray& row, std::int64_t index,
                     std::string& out) {
  for (int i = 0; i < row.num_fields(); ++i) {
    FRAZIL_TRY(AppendCanonical(*row.field(i), index, out));
  }
  return {};
}

Status AppendNested(const arrow::Array& array, std::int64_t index, std::string& out) {
  switch (array.type_id()) {
    case arrow::Type::STRUCT:
      return AppendMembers(static_cast<const arrow::StructArray&>(array), index, out);
    case arrow::Type::LIST: {
      const auto& list = static_cast<const arrow::ListArray&>(array);
      AppendNumber(static_cast<std::uint64_t>(list.value_length(index)), out);
      return AppendElements(*list.values(), list.value_offset(index),
                            list.value_offset(index) + list.value_length(index), out);
    }
    case arrow::Type::MAP: {
      const auto& map = static_cast<const arrow::MapArray&>(array);
      const std::int64_t begin = map.value_offset(index);
      const std::int64_t end = begin + map.value_length(index);
      AppendNumber(static_cast<std::uint64_t>(end - begin), out);
      FRAZIL_TRY(AppendElements(*map.keys(), begin, end, out));
      return AppendElements(*map.items(), begin, end, out);
    }
    default:
      return Fail(ErrorKind::kNotSupported, "rows of type {} cannot be compared",
                  array.type()->ToString());
  }
}

using Columns = std::vector<std::shared_ptr<arrow::Array>>;

Status AppendRow(const Columns& columns, std::int64_t row, std::string& out) {
  for (const auto& column : columns) FRAZIL_TRY(AppendCanonical(*column, row, out));
  return {};
}

}  // namespace

Hash128& Hash128::operator+=(const Hash128& other) {
  low += other.low;
  high += other.high + (low < other.low ? 1 : 0);
  return *this;
}

std::string Hash128::ToString() const { return fmt::format("{:016x}{:016x}", high, low); }

Hash128 Murmur128(std::string_view bytes) {
  std::uint64_t first = 0;
  std::uint64_t second = 0;
  std::size_t at = 0;
  for (; at + 16 <= bytes.size(); at += 16) {
    first ^= MixFirst(Load(bytes.data() + at, 8));
    first = (std::rotl(first, 27) + second) * 5 + 0x52DCE729U;
    second ^= MixSecond(Load(bytes.data() + at + 8, 8));
    second = (std::rotl(second, 31) + first) * 5 + 0x38495AB5U;
  }
  const std::size_t left = bytes.size() - at;
  if (left > 8) second ^= MixSecond(Load(bytes.data() + at + 8, left - 8));
  if (left > 0)
    first ^= MixFirst(Load(bytes.data() + at, std::min<std::size_t>(left, 8)));
  first ^= bytes.size();
  second ^= bytes.size();
  first += second;
  second += first;
  first = Finish(first);
  second = Finish(second);
  first += second;
  second += first;
  return {first, second};
}

Status AppendCanonical(const arrow::Array& array, std::int64_t index, std::string& out) {
  if (array.IsNull(index)) {
    out += '\0';
    return {};
  }
  out += '\1';
  switch (array.type_id()) {
    case arrow::Type::BOOL:
      out += static_cast<const arrow::BooleanArray&>(array).Value(index) ? '\1' : '\0';
      return {};
    case arrow::Type::INT32:
      AppendInteger<arrow::Int32Array>(array, index, out);
      return {};
    case arrow::Type::INT64:
      AppendInteger<arrow::Int64Array>(array, index, out);
      return {};
    case arrow::Type::DATE32:
      AppendInteger<arrow::Date32Array>(array, index, out);
      return {};
    case arrow::Type::TIME64:
      AppendInteger<arrow::Time64Array>(array, index, out);
      return {};
    case arrow::Type::TIMESTAMP:
      AppendInteger<arrow::TimestampArray>(array, index, out);
      return {};
    case arrow::Type::FLOAT:
      AppendFloat<arrow::FloatArray>(array, index, out);
      return {};
    case arrow::Type::DOUBLE:
      AppendFloat<arrow::DoubleArray>(array, index, out);
      return {};
    case arrow::Type::STRING:
    case arrow::Type::BINARY:
      AppendText(static_cast<const arrow::BinaryArray&>(array).GetView(index), out);
      return {};
    case arrow::Type::FIXED_SIZE_BINARY:
    case arrow::Type::DECIMAL128:
      AppendText(static_cast<const arrow::FixedSizeBinaryArray&>(array).GetView(index),
                 out);
      return {};
    default:
      return AppendNested(array, index, out);
  }
}

Status RowHashSum::Add(const arrow::RecordBatch& rows) {
  Columns columns;
  columns.reserve(columns_.size());
  for (const int column : columns_) columns.push_back(rows.column(column));
  for (std::int64_t row = 0; row < rows.num_rows(); ++row) {
    scratch_.clear();
    FRAZIL_TRY(AppendRow(columns, row, scratch_));
    sum_ += Murmur128(scratch_);
  }
  row_count_ += rows.num_rows();
  return {};
}

}  // namespace frazil
