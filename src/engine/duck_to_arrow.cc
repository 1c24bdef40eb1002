#include "engine/duck_to_arrow.h"

#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include <arrow/type.h>

#include "engine/column_sinks.h"
#include "engine/duck_handle.h"
#include "engine/nested_sinks.h"
#include "engine/text_sinks.h"
#include "model/arrow_schema.h"
#include "model/literal.h"

namespace frazil {
namespace {

using ArrowType = std::shared_ptr<arrow::DataType>;
using SinkResult = Result<std::unique_ptr<ColumnSink>>;

template <typename From, typename To = From, typename Convert = Identity>
SinkResult MakeFixed(const ArrowType& type) {
  return std::make_unique<FixedSink<From, To, Convert>>(type);
}

SinkResult MakeDecimal(const ArrowType& type, duckdb_logical_type handle) {
  switch (duckdb_decimal_internal_type(handle)) {
    case DUCKDB_TYPE_SMALLINT:
      return MakeFixed<std::int16_t, Int128, Widen>(type);
    case DUCKDB_TYPE_INTEGER:
      return MakeFixed<std::int32_t, Int128, Widen>(type);
    case DUCKDB_TYPE_BIGINT:
      return MakeFixed<std::int64_t, Int128, Widen>(type);
    default:
      return MakeFixed<Int128>(type);
  }
}

SinkResult MakeSink(const DuckType& duck, duckdb_logical_type handle,
                    const ArrowType& type);

SinkResult MakeStruct(const std::vector<DuckField>& fields,
                      const std::vector<LogicalTypeOwner>& handles,
                      const ArrowType& type) {
  std::vector<std::unique_ptr<ColumnSink>> children;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    FRAZIL_ASSIGN(children.emplace_back(),
                  MakeSink(fields[i].type, handles[i].get(),
                           type->field(static_cast<int>(i))->type()));
  }
  return std::make_unique<StructSink>(type, std::move(children));
}

SinkResult MakeNested(const DuckType& duck, duckdb_logical_type handle,
                      const ArrowType& type) {
  std::vector<LogicalTypeOwner> handles;
  if (duck.id == DuckTypeId::kStruct) {
    for (std::size_t i = 0; i < duck.fields.size(); ++i) {
      handles.emplace_back(duckdb_struct_type_child_type(handle, i));
    }
    return MakeStruct(duck.fields, handles, type);
  }
  std::unique_ptr<ColumnSink> element;
  if (duck.id == DuckTypeId::kMap) {
    handles.emplace_back(duckdb_map_type_key_type(handle));
    handles.emplace_back(duckdb_map_type_value_type(handle));
    FRAZIL_ASSIGN(element, MakeStruct(duck.fields, handles, type->field(0)->type()));
  } else {
    handles.emplace_back(duck.id == DuckTypeId::kArray
                             ? duckdb_array_type_child_type(handle)
                             : duckdb_list_type_child_type(handle));
    FRAZIL_ASSIGN(
        element, MakeSink(duck.fields[0].type, handles[0].get(), type->field(0)->type()));
  }
  const int array_size = duck.id == DuckTypeId::kArray ? duck.precision : 0;
  return std::make_unique<ListSink>(type, std::move(element), array_size);
}

SinkResult MakeSink(const DuckType& duck, duckdb_logical_type handle,
                    const ArrowType& type) {
  switch (duck.id) {
    case DuckTypeId::kBoolean:
      return std::make_unique<BooleanSink>(type);
    case DuckTypeId::kTinyInt:
      return MakeFixed<std::int8_t, std::int32_t, Widen>(type);
    case DuckTypeId::kSmallInt:
      return MakeFixed<std::int16_t, std::int32_t, Widen>(type);
    case DuckTypeId::kUTinyInt:
      return MakeFixed<std::uint8_t, std::int32_t, Widen>(type);
    case DuckTypeId::kUSmallInt:
      return MakeFixed<std::uint16_t, std::int32_t, Widen>(type);
    case DuckTypeId::kUInteger:
      return MakeFixed<std::uint32_t, std::int64_t, Widen>(type);
    case DuckTypeId::kUBigInt:
      return MakeFixed<std::uint64_t, Int128, Widen>(type);
    case DuckTypeId::kInteger:
    case DuckTypeId::kDate:
    case DuckTypeId::kFloat:
      return MakeFixed<std::int32_t>(type);
    case DuckTypeId::kBigInt:
    case DuckTypeId::kDouble:
    case DuckTypeId::kTime:
    case DuckTypeId::kTimestamp:
    case DuckTypeId::kTimestampTz:
      return MakeFixed<std::int64_t>(type);
    case DuckTypeId::kTimestampSeconds:
      return MakeFixed<std::int64_t, std::int64_t, Multiply<1'000'000>>(type);
    case DuckTypeId::kTimestampMillis:
      return MakeFixed<std::int64_t, std::int64_t, Multiply<1'000>>(type);
    case DuckTypeId::kDecimal:
      return MakeDecimal(type, handle);
    case DuckTypeId::kVarchar:
    case DuckTypeId::kBlob:
      return std::make_unique<StringSink>(type);
    case DuckTypeId::kEnum:
      return std::make_unique<EnumSink>(type, handle);
    case DuckTypeId::kUuid:
      return MakeFixed<duckdb_hugeint, FromUuid::Bytes, FromUuid>(type);
    case DuckTypeId::kStruct:
    case DuckTypeId::kList:
    case DuckTypeId::kArray:
    case DuckTypeId::kMap:
      return MakeNested(duck, handle, type);
    case DuckTypeId::kHugeInt:
    case DuckTypeId::kNull:
    case DuckTypeId::kOther:
      break;
  }
  return Fail(ErrorKind::kNotSupported, "no column type holds DuckDB's {}", duck.name);
}

}  // namespace

SinkResult MakeColumnSink(const DuckType& type, duckdb_logical_type handle) {
  const std::optional<Type> iceberg = IcebergTypeOf(type);
  if (!iceberg.has_value()) {
    return Fail(ErrorKind::kNotSupported, "no column type holds DuckDB's {}", type.name);
  }
  return MakeSink(type, handle, ArrowTypeOf(*iceberg));
}

}  // namespace frazil
