#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <utility>

#include <arrow/array/array_base.h>
#include <arrow/array/builder_primitive.h>
#include <arrow/array/data.h>
#include <arrow/buffer.h>
#include <arrow/compute/api_vector.h>
#include <arrow/compute/cast.h>
#include <arrow/datum.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <arrow/util/bitmap_ops.h>
#include <fmt/format.h>

#include "engine/arrow_status.h"
#include "model/arrow_schema.h"
#include "transform/assignment.h"
#include "transform/column_checks.h"

namespace frazil {
namespace {

using Data = std::shared_ptr<arrow::ArrayData>;

// What a conversion at any depth needs to report a failure.
struct Place {
  const std::string& path;
  const RowOf& row_of;
  const FailRow& fail;
};

// The same buffers under another type.
Data Retyped(const Data& data, std::shared_ptr<arrow::DataType> type) {
  if (data->type.get() == type.get()) return data;
  Data result = data->Copy();
  result->type = std::move(type);
  return result;
}

// Which values are null, from the first bit on; nullptr: none.
Result<std::shared_ptr<arrow::Buffer>> CopyOfBitmap(const arrow::ArrayData& data) {
  if (data.GetNullCount() == 0) return nullptr;
  return FromArrow(arrow::internal::CopyBitmap(
      arrow::default_memory_pool(), data.buffers[0]->data(), data.offset, data.length));
}

// Binary of any length as fixed: a value of another length fails its row.
Result<Data> ToFixed(const Data& data, const Type& to,
                     const std::shared_ptr<arrow::DataType>& type, const Place& place) {
  const auto width = static_cast<std::size_t>(to.length());
  const std::size_t size = static_cast<std::size_t>(data->length) * width;
  FRAZIL_ASSIGN(std::unique_ptr<arrow::Buffer> values,
                FromArrow(arrow::AllocateBuffer(static_cast<std::int64_t>(size))));
  std::uint8_t* out = values->mutable_data();
  if (size > 0) std::memset(out, 0, size);
  const auto* offsets = data->GetValues<std::int32_t>(1);
  const std::uint8_t* bytes =
      data->buffers[2] == nullptr ? nullptr : data->buffers[2]->data();
  for (std::int64_t i = 0; i < data->length; ++i, out += width) {
    if (data->IsNull(i)) continue;
    const auto length = static_cast<std::size_t>(offsets[i + 1] - offsets[i]);
    if (length == width) {
      std::memcpy(out, bytes + offsets[i], width);
    } else if (const std::int64_t row = place.row_of(i); row >= 0) {
      place.fail(row, "WrongLength",
                 fmt::format("the column {} takes {} bytes, but the value has {}",
                             place.path, width, length));
    }
  }
  FRAZIL_ASSIGN(std::shared_ptr<arrow::Buffer> bitmap, CopyOfBitmap(*data));
  return arrow::ArrayData::Make(type, data->length,
                                {std::move(bitmap), std::shared_ptr(std::move(values))},
                                data->GetNullCount());
}

// As near as the type gets: both numbers of the quotient are exact, since IsAssignable lets no
// more digits through than that. (Arrow multiplies by a power that is not.)
template <typename Real>
Result<Data> DecimalToReal(const Data& data, int scale,
                           const std::shared_ptr<arrow::DataType>& type) {
  Real divisor = 1;
  for (int i = 0; i < scale; ++i) divisor *= 10;
  const auto count = static_cast<std::size_t>(data->length);
  FRAZIL_ASSIGN(
      std::unique_ptr<arrow::Buffer> values,
      FromArrow(arrow::AllocateBuffer(static_cast<std::int64_t>(count * sizeof(Real)))));
  auto* const out = values->mutable_data_as<Real>();
  // Two's complement in 128 bits, of which so few digits need the lower half.
  const auto* const in = data->GetValues<std::int64_t>(1, 2 * data->offset);
  for (std::size_t i = 0; i < count; ++i) {
    out[i] = static_cast<Real>(in[2 * i]) / divisor;
  }
  FRAZIL_ASSIGN(std::shared_ptr<arrow::Buffer> bitmap, CopyOfBitmap(*data));
  return arrow::ArrayData::Make(type, data->length,
                                {std::move(bitmap), std::shared_ptr(std::move(values))},
                                data->GetNullCount());
}

// Calls `fail_at` with the index of each value that is not null and outside of [least, most].
template <typename Value, typename FailAt>
void FindOutside(const arrow::ArrayData& data, Value least, Value most,
                 const FailAt& fail_at) {
  const auto* const values = data.GetValues<Value>(1);
  bool is_any = false;
  for (std::int64_t i = 0; i < data.length; ++i) {
    is_any |= values[i] < least || values[i] > most;
  }
  if (!is_any) [[likely]]
    return;
  for (std::int64_t i = 0; i < data.length; ++i) {
    const bool is_outside = values[i] < least || values[i] > most;
    if (is_outside && data.IsValid(i)) fail_at(i);
  }
}

// DuckDB's infinite dates and timestamps and its time 24:00 are no values of Iceberg's: readers
// take them for numbers, each for another one.
void CheckTemporal(const arrow::ArrayData& data, const Type& type, const Place& place) {
  constexpr std::int64_t kLastMicrosecond = 86'399'999'999;
  constexpr auto kMostDays = std::numeric_limits<std::int32_t>::max();
  constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
  const auto fail_at = [&](std::int64_t index) {
    const std::int64_t row = place.row_of(index);
    if (row < 0) return;
    place.fail(row, "OutOfRange",
               fmt::format("the column {}, of type {}, has no such value: {}", place.path,
                           type.ToString(),
                           type.id() == TypeId::kTime ? "24:00:00" : "infinity"));
  };
  switch (type.id()) {
    case TypeId::kTime:
      return FindOutside<std::int64_t>(data, 0, kLastMicrosecond, fail_at);
    case TypeId::kDate:
      return FindOutside<std::int32_t>(data, 1 - kMostDays, kMostDays - 1, fail_at);
    case TypeId::kTimestamp:
    case TypeId::kTimestamptz:
      return FindOutside<std::int64_t>(data, 1 - kMost, kMost - 1, fail_at);
    default:
      return;
  }
}

Result<Data> Convert(const Data& data, const Type& from, const Type& to,
                     const std::shared_ptr<arrow::DataType>& type, const Place& place);

Result<Data> ConvertStruct(const Data& data, const Type& from, const Type& to,
                           const std::shared_ptr<arrow::DataType>& type,
                           const Place& place) {
  Data result = Retyped(data, type);
  if (result == data) result = data->Copy();
  const RowOf member_row = RowOfMember(*data, place.row_of);
  for (std::size_t i = 0; i < to.fields().size(); ++i) {
    const std::string path = place.path + "." + to.fields()[i].name;
    FRAZIL_ASSIGN(result->child_data[i],
                  Convert(data->child_data[i], from.fields()[i].type, to.fields()[i].type,
                          type->field(static_cast<int>(i))->type(),
                          Place{path, member_row, place.fail}));
  }
  return result;
}

Result<Data> ConvertList(const Data& data, const Type& from, const Type& to,
                         const std::shared_ptr<arrow::DataType>& type,
                         const Place& place) {
  Data result = Retyped(data, type);
  if (result == data) result = data->Copy();
  const RowOf element_row = RowOfElement(*data, place.row_of);
  const Place inner{place.path, element_row, place.fail};
  const auto& child_type = type->field(0)->type();
  if (to.id() == TypeId::kMap) {
    FRAZIL_ASSIGN(result->child_data[0],
                  ConvertStruct(data->child_data[0], from, to, child_type, inner));
  } else {
    FRAZIL_ASSIGN(result->child_data[0],
                  Convert(data->child_data[0], from.fields()[0].type, to.fields()[0].type,
                          child_type, inner));
  }
  return result;
}

Result<Data> Convert(const Data& data, const Type& from, const Type& to,
                     const std::shared_ptr<arrow::DataType>& type, const Place& place) {
  if (to.id() == TypeId::kStruct) return ConvertStruct(data, from, to, type, place);
  if (to.is_nested()) return ConvertList(data, from, to, type, place);
  if (from == to) {
    CheckTemporal(*data, to, place);
    return Retyped(data, type);
  }
  if (from.id() == TypeId::kDecimal && to.id() == TypeId::kDouble) {
    return DecimalToReal<double>(data, from.scale(), type);
  }
  if (from.id() == TypeId::kDecimal && to.id() == TypeId::kFloat) {
    return DecimalToReal<float>(data, from.scale(), type);
  }
  if (to.id() == TypeId::kFixed) return ToFixed(data, to, type, place);
  auto cast = arrow::compute::Cast(arrow::Datum(data), type);
  if (!cast.ok()) {
    // IsAssignable leaves only conversions that hold every value.
    return Fail(ErrorKind::kInternal, "{}: {}", place.path, cast.status().message());
  }
  return cast->array();
}

}  // namespace

Result<Data> ConvertColumn(const Data& data, const Type& from, const SchemaField& to,
                           const FailRow& fail) {
  const RowOf same = [](std::int64_t row) { return row; };
  return Convert(data, from, to.type, ArrowTypeOf(to.type), Place{to.name, same, fail});
}

Result<std::shared_ptr<arrow::RecordBatch>> WithoutRows(
    const std::shared_ptr<arrow::RecordBatch>& batch,
    const std::vector<std::int64_t>& rows) {
  if (rows.empty()) return batch;
  arrow::BooleanBuilder builder;
  FRAZIL_TRY(FromArrow(builder.Reserve(batch->num_rows())));
  auto next = rows.begin();
  for (std::int64_t row = 0; row < batch->num_rows(); ++row) {
    const bool is_out = next != rows.end() && *next == row;
    builder.UnsafeAppend(!is_out);
    if (is_out) ++next;
  }
  FRAZIL_ASSIGN(const std::shared_ptr<arrow::Array> keep, FromArrow(builder.Finish()));
  FRAZIL_ASSIGN(const arrow::Datum kept, FromArrow(arrow::compute::Filter(
                                             arrow::Datum(batch), arrow::Datum(keep))));
  return kept.record_batch();
}

}  // namespace frazil
