#include "engine/duck_handle.h"

#include <cstdint>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "config/sql/token.h"

namespace frazil {
namespace {

struct SimpleType {
  duckdb_type duck;
  DuckTypeId id;
  const char* name;
};

constexpr SimpleType kSimpleTypes[] = {
    {DUCKDB_TYPE_BOOLEAN, DuckTypeId::kBoolean, "BOOLEAN"},
    {DUCKDB_TYPE_TINYINT, DuckTypeId::kTinyInt, "TINYINT"},
    {DUCKDB_TYPE_SMALLINT, DuckTypeId::kSmallInt, "SMALLINT"},
    {DUCKDB_TYPE_INTEGER, DuckTypeId::kInteger, "INTEGER"},
    {DUCKDB_TYPE_BIGINT, DuckTypeId::kBigInt, "BIGINT"},
    {DUCKDB_TYPE_UTINYINT, DuckTypeId::kUTinyInt, "UTINYINT"},
    {DUCKDB_TYPE_USMALLINT, DuckTypeId::kUSmallInt, "USMALLINT"},
    {DUCKDB_TYPE_UINTEGER, DuckTypeId::kUInteger, "UINTEGER"},
    {DUCKDB_TYPE_UBIGINT, DuckTypeId::kUBigInt, "UBIGINT"},
    {DUCKDB_TYPE_HUGEINT, DuckTypeId::kHugeInt, "HUGEINT"},
    {DUCKDB_TYPE_FLOAT, DuckTypeId::kFloat, "FLOAT"},
    {DUCKDB_TYPE_DOUBLE, DuckTypeId::kDouble, "DOUBLE"},
    {DUCKDB_TYPE_DATE, DuckTypeId::kDate, "DATE"},
    {DUCKDB_TYPE_TIME, DuckTypeId::kTime, "TIME"},
    {DUCKDB_TYPE_TIMESTAMP, DuckTypeId::kTimestamp, "TIMESTAMP"},
    {DUCKDB_TYPE_TIMESTAMP_S, DuckTypeId::kTimestampSeconds, "TIMESTAMP_S"},
    {DUCKDB_TYPE_TIMESTAMP_MS, DuckTypeId::kTimestampMillis, "TIMESTAMP_MS"},
    {DUCKDB_TYPE_TIMESTAMP_TZ, DuckTypeId::kTimestampTz, "TIMESTAMP WITH TIME ZONE"},
    {DUCKDB_TYPE_VARCHAR, DuckTypeId::kVarchar, "VARCHAR"},
    {DUCKDB_TYPE_ENUM, DuckTypeId::kEnum, "ENUM"},
    {DUCKDB_TYPE_BLOB, DuckTypeId::kBlob, "BLOB"},
    {DUCKDB_TYPE_UUID, DuckTypeId::kUuid, "UUID"},
    {DUCKDB_TYPE_SQLNULL, DuckTypeId::kNull, "NULL"},
    // Known by name only, so that messages can say what they are.
    {DUCKDB_TYPE_UHUGEINT, DuckTypeId::kOther, "UHUGEINT"},
    {DUCKDB_TYPE_INTERVAL, DuckTypeId::kOther, "INTERVAL"},
    {DUCKDB_TYPE_TIMESTAMP_NS, DuckTypeId::kOther, "TIMESTAMP_NS"},
    {DUCKDB_TYPE_TIME_NS, DuckTypeId::kOther, "TIME_NS"},
    {DUCKDB_TYPE_TIME_TZ, DuckTypeId::kOther, "TIME WITH TIME ZONE"},
    {DUCKDB_TYPE_BIT, DuckTypeId::kOther, "BIT"},
    {DUCKDB_TYPE_BIGNUM, DuckTypeId::kOther, "BIGNUM"},
    {DUCKDB_TYPE_UNION, DuckTypeId::kOther, "UNION"},
};

DuckField DescribeMember(std::string name, duckdb_logical_type owned) {
  const LogicalTypeOwner type(owned);
  return DuckField{std::move(name), DescribeLogicalType(type.get())};
}

DuckType DescribeStruct(duckdb_logical_type type) {
  DuckType result;
  result.id = DuckTypeId::kStruct;
  std::string members;
  const idx_t count = duckdb_struct_type_child_count(type);
  for (idx_t i = 0; i < count; ++i) {
    result.fields.push_back(
        DescribeMember(TakeDuckText(duckdb_struct_type_child_name(type, i)),
                       duckdb_struct_type_child_type(type, i)));
    const DuckField& field = result.fields.back();
    if (!members.empty()) members += ", ";
    members += fmt::format("{} {}", QuoteSqlName(field.name), field.type.name);
  }
  result.name = fmt::format("STRUCT({})", members);
  return result;
}

LogicalTypeOwner StructTypeOf(const std::vector<SchemaField>& fields) {
  std::vector<LogicalTypeOwner> owners;
  std::vector<duckdb_logical_type> types;
  std::vector<const char*> names;
  for (const SchemaField& field : fields) {
    owners.push_back(LogicalTypeOf(field.type));
    types.push_back(owners.back().get());
    names.push_back(field.name.c_str());
  }
  return LogicalTypeOwner(
      duckdb_create_struct_type(types.data(), names.data(), types.size()));
}

}  // namespace

std::string TakeDuckText(char* text) {
  if (text == nullptr) return {};
  std::string result(text);
  duckdb_free(text);
  return result;
}

LogicalTypeOwner LogicalTypeOf(const Type& type) {
  switch (type.id()) {
    case TypeId::kDecimal:
      return LogicalTypeOwner(
          duckdb_create_decimal_type(static_cast<std::uint8_t>(type.precision()),
                                     static_cast<std::uint8_t>(type.scale())));
    case TypeId::kStruct:
      return StructTypeOf(type.fields());
    case TypeId::kList: {
      const LogicalTypeOwner element = LogicalTypeOf(type.fields()[0].type);
      return LogicalTypeOwner(duckdb_create_list_type(element.get()));
    }
    case TypeId::kMap: {
      const LogicalTypeOwner key = LogicalTypeOf(type.fields()[0].type);
      const LogicalTypeOwner value = LogicalTypeOf(type.fields()[1].type);
      return LogicalTypeOwner(duckdb_create_map_type(key.get(), value.get()));
    }
    default:
      break;
  }
  const DuckTypeId id = DuckTypeOf(type).id;
  for (const SimpleType& simple : kSimpleTypes) {
    if (simple.id == id) return LogicalTypeOwner(duckdb_create_logical_type(simple.duck));
  }
  return LogicalTypeOwner(duckdb_create_logical_type(DUCKDB_TYPE_INVALID));
}

DuckType DescribeLogicalType(duckdb_logical_type type) {
  DuckType result;
  const duckdb_type id = duckdb_get_type_id(type);
  switch (id) {
    case DUCKDB_TYPE_DECIMAL:
      result.id = DuckTypeId::kDecimal;
      result.precision = duckdb_decimal_width(type);
      result.scale = duckdb_decimal_scale(type);
      result.name = fmt::format("DECIMAL({},{})", result.precision, result.scale);
      return result;
    case DUCKDB_TYPE_STRUCT:
      return DescribeStruct(type);
    case DUCKDB_TYPE_LIST:
      result.id = DuckTypeId::kList;
      result.fields.push_back(
          DescribeMember("element", duckdb_list_type_child_type(type)));
      result.name = result.fields[0].type.name + "[]";
      return result;
    case DUCKDB_TYPE_ARRAY:
      result.id = DuckTypeId::kArray;
      result.precision = static_cast<int>(duckdb_array_type_array_size(type));
      result.fields.push_back(
          DescribeMember("element", duckdb_array_type_child_type(type)));
      result.name = fmt::format("{}[{}]", result.fields[0].type.name, result.precision);
      return result;
    case DUCKDB_TYPE_MAP:
      result.id = DuckTypeId::kMap;
      result.fields.push_back(DescribeMember("key", duckdb_map_type_key_type(type)));
      result.fields.push_back(DescribeMember("value", duckdb_map_type_value_type(type)));
      result.name = fmt::format("MAP({}, {})", result.fields[0].type.name,
                                result.fields[1].type.name);
      return result;
    default:
      break;
  }
  for (const SimpleType& simple : kSimpleTypes) {
    if (simple.duck != id) continue;
    result.id = simple.id;
    result.name = simple.name;
    return result;
  }
  result.name = fmt::format("type {}", static_cast<int>(id));
  return result;
}

}  // namespace frazil
