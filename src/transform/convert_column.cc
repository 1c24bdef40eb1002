#include <cstddef>
#include <cstring>
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
  std::shared_ptr<arrow::Buffer> bitmap;
  const std::int64_t nulls = data->GetNullCount();
  if (nulls > 0) {
    FRAZIL_ASSIGN(bitmap, FromArrow(arrow::internal::CopyBitmap(
                              arrow::default_memory_pool(), data->buffers[0]->data(),
                              data->offset, data->length)));
  }
  return arrow::ArrayData::Make(
      type, data->length, {std::move(bitmap), std::shared_ptr(std::move(values))}, nulls);
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
  if (from == to) return Retyped(data, type);
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
