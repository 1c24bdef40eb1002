#include "engine/duck_types.h"

#include <utility>

#include <fmt/format.h>

#include "config/sql/token.h"

namespace frazil {
namespace {

DuckType Simple(DuckTypeId id, std::string name) {
  DuckType type;
  type.id = id;
  type.name = std::move(name);
  return type;
}

DuckType NestedTypeOf(const Type& type) {
  DuckType result;
  for (const SchemaField& field : type.fields()) {
    result.fields.push_back(DuckField{field.name, DuckTypeOf(field.type)});
  }
  if (type.id() == TypeId::kList) {
    result.id = DuckTypeId::kList;
    result.name = result.fields[0].type.name + "[]";
  } else if (type.id() == TypeId::kMap) {
    result.id = DuckTypeId::kMap;
    result.name = fmt::format("MAP({}, {})", result.fields[0].type.name,
                              result.fields[1].type.name);
  } else {
    result.id = DuckTypeId::kStruct;
    std::string members;
    for (const DuckField& field : result.fields) {
      if (!members.empty()) members += ", ";
      members += fmt::format("{} {}", QuoteSqlName(field.name), field.type.name);
    }
    result.name = fmt::format("STRUCT({})", members);
  }
  return result;
}

std::optional<Type> NestedIcebergTypeOf(const DuckType& type) {
  std::vector<SchemaField> fields;
  for (const DuckField& field : type.fields) {
    std::optional<Type> member = IcebergTypeOf(field.type);
    if (!member.has_value()) return std::nullopt;
    SchemaField made;
    made.name = field.name;
    made.type = *std::move(member);
    fields.push_back(std::move(made));
  }
  switch (type.id) {
    case DuckTypeId::kStruct:
      return Type::Struct(std::move(fields));
    case DuckTypeId::kMap:
      fields[0].name = "key";
      fields[0].required = true;
      fields[1].name = "value";
      return Type::Map(std::move(fields[0]), std::move(fields[1]));
    default:
      fields[0].name = "element";
      return Type::List(std::move(fields[0]));
  }
}

}  // namespace

bool DuckType::operator==(const DuckType& other) const {
  return id == other.id && precision == other.precision && scale == other.scale &&
         fields == other.fields && name == other.name;
}

DuckType DuckTypeOf(const Type& type) {
  switch (type.id()) {
    case TypeId::kBoolean:
      return Simple(DuckTypeId::kBoolean, "BOOLEAN");
    case TypeId::kInt:
      return Simple(DuckTypeId::kInteger, "INTEGER");
    case TypeId::kLong:
      return Simple(DuckTypeId::kBigInt, "BIGINT");
    case TypeId::kFloat:
      return Simple(DuckTypeId::kFloat, "FLOAT");
    case TypeId::kDouble:
      return Simple(DuckTypeId::kDouble, "DOUBLE");
    case TypeId::kDecimal: {
      DuckType result =
          Simple(DuckTypeId::kDecimal,
                 fmt::format("DECIMAL({},{})", type.precision(), type.scale()));
      result.precision = type.precision();
      result.scale = type.scale();
      return result;
    }
    case TypeId::kDate:
      return Simple(DuckTypeId::kDate, "DATE");
    case TypeId::kTime:
      return Simple(DuckTypeId::kTime, "TIME");
    case TypeId::kTimestamp:
      return Simple(DuckTypeId::kTimestamp, "TIMESTAMP");
    case TypeId::kTimestamptz:
      return Simple(DuckTypeId::kTimestampTz, "TIMESTAMP WITH TIME ZONE");
    case TypeId::kString:
      return Simple(DuckTypeId::kVarchar, "VARCHAR");
    case TypeId::kUuid:
      return Simple(DuckTypeId::kUuid, "UUID");
    case TypeId::kFixed:
    case TypeId::kBinary:
      return Simple(DuckTypeId::kBlob, "BLOB");
    case TypeId::kStruct:
    case TypeId::kList:
    case TypeId::kMap:
      return NestedTypeOf(type);
  }
  return DuckType{};
}

std::optional<Type> IcebergTypeOf(const DuckType& type) {
  switch (type.id) {
    case DuckTypeId::kBoolean:
      return Type(TypeId::kBoolean);
    case DuckTypeId::kTinyInt:
    case DuckTypeId::kSmallInt:
    case DuckTypeId::kInteger:
    case DuckTypeId::kUTinyInt:
    case DuckTypeId::kUSmallInt:
      return Type(TypeId::kInt);
    case DuckTypeId::kBigInt:
    case DuckTypeId::kUInteger:
      return Type(TypeId::kLong);
    case DuckTypeId::kUBigInt:
      return Type::Decimal(20, 0);
    case DuckTypeId::kFloat:
      return Type(TypeId::kFloat);
    case DuckTypeId::kDouble:
      return Type(TypeId::kDouble);
    case DuckTypeId::kDecimal:
      return Type::Decimal(type.precision, type.scale);
    case DuckTypeId::kDate:
      return Type(TypeId::kDate);
    case DuckTypeId::kTime:
      return Type(TypeId::kTime);
    case DuckTypeId::kTimestamp:
    case DuckTypeId::kTimestampSeconds:
    case DuckTypeId::kTimestampMillis:
      return Type(TypeId::kTimestamp);
    case DuckTypeId::kTimestampTz:
      return Type(TypeId::kTimestamptz);
    case DuckTypeId::kVarchar:
    case DuckTypeId::kEnum:
      return Type(TypeId::kString);
    case DuckTypeId::kBlob:
      return Type(TypeId::kBinary);
    case DuckTypeId::kUuid:
      return Type(TypeId::kUuid);
    case DuckTypeId::kStruct:
    case DuckTypeId::kList:
    case DuckTypeId::kArray:
    case DuckTypeId::kMap:
      return NestedIcebergTypeOf(type);
    case DuckTypeId::kHugeInt:
    case DuckTypeId::kNull:
    case DuckTypeId::kOther:
      return std::nullopt;
  }
  return std::nullopt;
}

std::string DuckTypeName(const Type& type) { return DuckTypeOf(type).name; }

bool HasCast(const Type& from, const Type& to) {
  const TypeId target = to.id();
  // Every value has a text, and a text may be anything.
  if (target == TypeId::kString || from.id() == TypeId::kString) return true;
  switch (from.id()) {
    case TypeId::kBoolean:
    case TypeId::kInt:
    case TypeId::kLong:
    case TypeId::kFloat:
    case TypeId::kDouble:
    case TypeId::kDecimal:
      return target <= TypeId::kDecimal;
    case TypeId::kTimestamp:
      return target >= TypeId::kDate && target <= TypeId::kTimestamptz;
    case TypeId::kDate:
    case TypeId::kTimestamptz:
      return target == TypeId::kDate || target == TypeId::kTimestamp ||
             target == TypeId::kTimestamptz;
    case TypeId::kUuid:
    case TypeId::kFixed:
    case TypeId::kBinary:
      return target == TypeId::kUuid || target == TypeId::kFixed ||
             target == TypeId::kBinary;
    default:
      return target == from.id();
  }
}

}  // namespace frazil
