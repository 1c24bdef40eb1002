#include "model/arrow_schema.h"

#include <string>
#include <utility>

#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>

namespace frazil {
namespace {

arrow::FieldVector ArrowFieldsOf(const std::vector<SchemaField>& fields) {
  arrow::FieldVector result;
  result.reserve(fields.size());
  for (const SchemaField& field : fields) result.push_back(ArrowFieldOf(field));
  return result;
}

std::shared_ptr<arrow::DataType> ArrowNestedTypeOf(const Type& type) {
  arrow::FieldVector fields = ArrowFieldsOf(type.fields());
  if (type.id() == TypeId::kStruct) return arrow::struct_(std::move(fields));
  // The specification fixes these names; whoever made the type may have left them out.
  if (type.id() == TypeId::kList) return arrow::list(fields.at(0)->WithName("element"));
  return std::make_shared<arrow::MapType>(
      fields.at(0)->WithName("key")->WithNullable(false),
      fields.at(1)->WithName("value"));
}

}  // namespace

std::shared_ptr<arrow::DataType> ArrowTypeOf(const Type& type) {
  switch (type.id()) {
    case TypeId::kBoolean:
      return arrow::boolean();
    case TypeId::kInt:
      return arrow::int32();
    case TypeId::kLong:
      return arrow::int64();
    case TypeId::kFloat:
      return arrow::float32();
    case TypeId::kDouble:
      return arrow::float64();
    case TypeId::kDecimal:
      return arrow::decimal128(type.precision(), type.scale());
    case TypeId::kDate:
      return arrow::date32();
    case TypeId::kTime:
      return arrow::time64(arrow::TimeUnit::MICRO);
    case TypeId::kTimestamp:
      return arrow::timestamp(arrow::TimeUnit::MICRO);
    case TypeId::kTimestamptz:
      return arrow::timestamp(arrow::TimeUnit::MICRO, "UTC");
    case TypeId::kString:
      return arrow::utf8();
    case TypeId::kUuid:
      return arrow::fixed_size_binary(16);
    case TypeId::kFixed:
      return arrow::fixed_size_binary(type.length());
    case TypeId::kBinary:
      return arrow::binary();
    case TypeId::kStruct:
    case TypeId::kList:
    case TypeId::kMap:
      return ArrowNestedTypeOf(type);
  }
  return arrow::null();
}

std::shared_ptr<arrow::Field> ArrowFieldOf(const SchemaField& field) {
  std::shared_ptr<const arrow::KeyValueMetadata> metadata;
  if (field.field_id > 0) {
    metadata =
        arrow::key_value_metadata({"PARQUET:field_id"}, {std::to_string(field.field_id)});
  }
  return arrow::field(field.name, ArrowTypeOf(field.type), !field.required,
                      std::move(metadata));
}

std::shared_ptr<arrow::Schema> ArrowSchemaOf(const Schema& schema) {
  return arrow::schema(ArrowFieldsOf(schema.fields));
}

}  // namespace frazil
