#include "engine/arrow_to_duck.h"

#include <cstddef>
#include <cstring>

#include <arrow/array/data.h>
#include <arrow/util/bit_util.h>
#include <arrow/util/bitmap_ops.h>

#include "model/literal.h"

namespace frazil {
namespace {

// The rows to write: of `data`, from `begin` in its buffers on.
struct Rows {
  const arrow::ArrayData& data;
  std::int64_t begin;
  std::int64_t count;
  duckdb_vector vector;

  template <typename T>
  const T* Values(int buffer = 1) const {
    const auto& values = data.buffers[static_cast<std::size_t>(buffer)];
    return values == nullptr ? nullptr
                             : reinterpret_cast<const T*>(values->data()) + begin;
  }
};

Status Fill(const Type& type, const Rows& rows, const std::uint64_t* parent_validity);

// DuckDB's words hold Arrow's bits: 1 is valid, least significant first. A member of a null
// struct must be null itself: struct_extract() looks at the member alone.
const std::uint64_t* FillValidity(const Rows& rows,
                                  const std::uint64_t* parent_validity) {
  const bool has_nulls =
      rows.data.buffers[0] != nullptr && rows.data.null_count.load() != 0 &&
      arrow::internal::CountSetBits(rows.data.buffers[0]->data(), rows.begin,
                                    rows.count) != rows.count;
  if (!has_nulls && parent_validity == nullptr) return nullptr;
  duckdb_vector_ensure_validity_writable(rows.vector);
  std::uint64_t* words = duckdb_vector_get_validity(rows.vector);
  auto* bytes = reinterpret_cast<std::uint8_t*>(words);
  if (has_nulls) {
    arrow::internal::CopyBitmap(rows.data.buffers[0]->data(), rows.begin, rows.count,
                                bytes, 0);
  }
  if (parent_validity != nullptr) {
    const std::int64_t word_count = (rows.count + 63) / 64;
    for (std::int64_t i = 0; i < word_count; ++i) words[i] &= parent_validity[i];
  }
  return words;
}

template <typename T>
T* VectorData(const Rows& rows) {
  return static_cast<T*>(duckdb_vector_get_data(rows.vector));
}

template <typename T>
void CopyValues(const Rows& rows) {
  std::memcpy(VectorData<T>(rows), rows.Values<T>(),
              static_cast<std::size_t>(rows.count) * sizeof(T));
}

void FillBooleans(const Rows& rows) {
  const std::uint8_t* bits = rows.data.buffers[1]->data();
  auto* out = VectorData<std::uint8_t>(rows);
  for (std::int64_t i = 0; i < rows.count; ++i) {
    out[i] = arrow::bit_util::GetBit(bits, rows.begin + i) ? 1 : 0;
  }
}

template <typename T>
void NarrowDecimals(const Rows& rows) {
  const auto* values = rows.data.buffers[1]->data() + rows.begin * 16;
  auto* out = VectorData<T>(rows);
  for (std::int64_t i = 0; i < rows.count; ++i) {
    std::memcpy(out + i, values + i * 16, sizeof(T));  // Little-endian: the low bytes.
  }
}

void FillDecimals(int precision, const Rows& rows) {
  if (precision <= 4) {
    NarrowDecimals<std::int16_t>(rows);
  } else if (precision <= 9) {
    NarrowDecimals<std::int32_t>(rows);
  } else if (precision <= 18) {
    NarrowDecimals<std::int64_t>(rows);
  } else {
    NarrowDecimals<Int128>(rows);
  }
}

// DuckDB keeps a UUID as a signed 128-bit number whose order is that of the bytes.
void FillUuids(const Rows& rows) {
  const std::uint8_t* bytes = rows.data.buffers[1]->data() + rows.begin * 16;
  auto* out = VectorData<duckdb_hugeint>(rows);
  for (std::int64_t i = 0; i < rows.count; ++i) {
    std::uint64_t high = 0;
    std::uint64_t low = 0;
    std::memcpy(&high, bytes + i * 16, 8);
    std::memcpy(&low, bytes + i * 16 + 8, 8);
    out[i].upper = static_cast<std::int64_t>(__builtin_bswap64(high) ^ (1ULL << 63));
    out[i].lower = __builtin_bswap64(low);
  }
}

// A string of at most 12 bytes, whose unused bytes DuckDB wants to be zero. At least 12 bytes
// are readable at `text`: two loads and a mask instead of a call of memcpy.
inline void PutShort(const char* text, std::uint32_t length, duckdb_string_t& out) {
  std::uint64_t low = 0;
  std::uint32_t high = 0;
  std::memcpy(&low, text, sizeof(low));
  std::memcpy(&high, text + sizeof(low), sizeof(high));
  if (length <= 8) {
    low &= length == 8 ? ~0ULL : (1ULL << (8 * length)) - 1;
    high = 0;
  } else {
    high &= static_cast<std::uint32_t>((1ULL << (8 * (length - 8))) - 1);
  }
  out.value.inlined.length = length;
  std::memcpy(out.value.inlined.inlined, &low, sizeof(low));
  std::memcpy(out.value.inlined.inlined + sizeof(low), &high, sizeof(high));
}

constexpr std::uint32_t kInlined = sizeof(duckdb_string_t{}.value.inlined.inlined);

inline void PutString(const char* text, const char* readable_end, std::uint32_t length,
                      duckdb_string_t& out) {
  if (length > kInlined) {
    out.value.pointer.length = length;
    std::memcpy(out.value.pointer.prefix, text, sizeof(out.value.pointer.prefix));
    out.value.pointer.ptr = const_cast<char*>(text);
  } else if (readable_end - text >= static_cast<std::ptrdiff_t>(kInlined)) {
    PutShort(text, length, out);
  } else {
    out = duckdb_string_t{};
    out.value.inlined.length = length;
    if (length > 0) std::memcpy(out.value.inlined.inlined, text, length);
  }
}

void FillStrings(const Rows& rows) {
  const auto* offsets = rows.Values<std::int32_t>();
  const auto& buffer = rows.data.buffers[2];
  const char* text =
      buffer == nullptr ? "" : reinterpret_cast<const char*>(buffer->data());
  const char* end = text + (buffer == nullptr ? 0 : buffer->size());
  auto* out = VectorData<duckdb_string_t>(rows);
  for (std::int64_t i = 0; i < rows.count; ++i) {
    PutString(text + offsets[i], end,
              static_cast<std::uint32_t>(offsets[i + 1] - offsets[i]), out[i]);
  }
}

void FillFixed(int length, const Rows& rows) {
  const char* bytes =
      reinterpret_cast<const char*>(rows.data.buffers[1]->data()) + rows.begin * length;
  const char* end = bytes + rows.count * length;
  auto* out = VectorData<duckdb_string_t>(rows);
  for (std::int64_t i = 0; i < rows.count; ++i) {
    PutString(bytes + i * length, end, static_cast<std::uint32_t>(length), out[i]);
  }
}

Status FillStruct(const Type& type, const Rows& rows, const std::uint64_t* validity) {
  for (std::size_t i = 0; i < type.fields().size(); ++i) {
    const arrow::ArrayData& child = *rows.data.child_data[i];
    FRAZIL_TRY(Fill(type.fields()[i].type,
                    Rows{child, child.offset + rows.begin, rows.count,
                         duckdb_struct_vector_get_child(rows.vector, i)},
                    validity));
  }
  return {};
}

// Lists and maps: a map is a list of structs of key and value, in Arrow and in DuckDB.
Status FillList(const Type& type, const Rows& rows) {
  const auto* offsets = rows.Values<std::int32_t>();
  const std::int32_t first = rows.count == 0 ? 0 : offsets[0];
  const std::int64_t child_count = rows.count == 0 ? 0 : offsets[rows.count] - first;
  auto* out = VectorData<duckdb_list_entry>(rows);
  for (std::int64_t i = 0; i < rows.count; ++i) {
    out[i].offset = static_cast<std::uint64_t>(offsets[i] - first);
    out[i].length = static_cast<std::uint64_t>(offsets[i + 1] - offsets[i]);
  }
  const auto size = static_cast<idx_t>(child_count);
  if (duckdb_list_vector_reserve(rows.vector, size) != DuckDBSuccess ||
      duckdb_list_vector_set_size(rows.vector, size) != DuckDBSuccess) {
    return Fail(ErrorKind::kInternal, "DuckDB cannot hold a list of elements: {}", size);
  }
  const arrow::ArrayData& child = *rows.data.child_data[0];
  const Rows elements{child, child.offset + first, child_count,
                      duckdb_list_vector_get_child(rows.vector)};
  if (type.id() == TypeId::kList) return Fill(type.fields()[0].type, elements, nullptr);
  return FillStruct(type, elements, FillValidity(elements, nullptr));
}

Status Fill(const Type& type, const Rows& rows, const std::uint64_t* parent_validity) {
  const std::uint64_t* validity = FillValidity(rows, parent_validity);
  if (rows.count == 0 && type.id() != TypeId::kList && type.id() != TypeId::kMap)
    return {};
  switch (type.id()) {
    case TypeId::kBoolean:
      FillBooleans(rows);
      return {};
    case TypeId::kInt:
    case TypeId::kDate:
    case TypeId::kFloat:
      CopyValues<std::int32_t>(rows);
      return {};
    case TypeId::kLong:
    case TypeId::kDouble:
    case TypeId::kTime:
    case TypeId::kTimestamp:
    case TypeId::kTimestamptz:
      CopyValues<std::int64_t>(rows);
      return {};
    case TypeId::kDecimal:
      FillDecimals(type.precision(), rows);
      return {};
    case TypeId::kString:
    case TypeId::kBinary:
      FillStrings(rows);
      return {};
    case TypeId::kUuid:
      FillUuids(rows);
      return {};
    case TypeId::kFixed:
      FillFixed(type.length(), rows);
      return {};
    case TypeId::kStruct:
      return FillStruct(type, rows, validity);
    case TypeId::kList:
    case TypeId::kMap:
      return FillList(type, rows);
  }
  return {};
}

}  // namespace

Status FillVector(const Type& type, const arrow::ArrayData& data, std::int64_t start,
                  std::int64_t count, duckdb_vector vector) {
  return Fill(type, Rows{data, data.offset + start, count, vector}, nullptr);
}

}  // namespace frazil
