#include "iceberg/manifest_schema.h"

#include <set>
#include <utility>

#include <fmt/format.h>

#include "base/json.h"
#include "iceberg/single_value.h"

namespace frazil {
namespace {

constexpr std::string_view kLong = R"("long")";
constexpr std::string_view kInt = R"("int")";
constexpr std::string_view kString = R"("string")";
constexpr std::string_view kBytes = R"("bytes")";
constexpr std::string_view kBoolean = R"("boolean")";

bool IsAsciiLetter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

bool IsAsciiDigit(char c) { return c >= '0' && c <= '9'; }

std::string Required(std::string_view name, std::string_view type, int field_id) {
  return fmt::format(R"({{"name":"{}","type":{},"field-id":{}}})", name, type, field_id);
}

std::string Optional(std::string_view name, std::string_view type, int field_id) {
  return fmt::format(R"({{"name":"{}","type":["null",{}],"default":null,"field-id":{}}})",
                     name, type, field_id);
}

// A map with int keys: Avro's own maps have string keys only.
std::string IntMap(int key_id, int value_id, std::string_view value_type) {
  return fmt::format(
      R"({{"type":"array","items":{{"type":"record","name":"k{0}_v{1}","fields":[)"
      R"({2},{3}]}},"logicalType":"map"}})",
      key_id, value_id, Required("key", kInt, key_id),
      Required("value", value_type, value_id));
}

std::string List(std::string_view element_type, int element_id) {
  return fmt::format(R"({{"type":"array","items":{},"element-id":{}}})", element_type,
                     element_id);
}

std::string Record(std::string_view name, const std::vector<std::string>& fields) {
  return fmt::format(R"({{"type":"record","name":"{}","fields":[{}]}})", name,
                     fmt::join(fields, ","));
}

std::string Logical(std::string_view type, std::string_view logical_type) {
  return fmt::format(R"({{"type":"{}","logicalType":"{}"}})", type, logical_type);
}

std::string Timestamp(bool is_adjusted) {
  return fmt::format(
      R"({{"type":"long","logicalType":"timestamp-micros","adjust-to-utc":{}}})",
      is_adjusted);
}

// A fixed has Java's name. Where that is taken the field id follows it, since PyIceberg does
// not read references to a name.
std::string Fixed(std::string name, int size, std::string_view attributes,
                  const PartitionColumn& column, std::set<std::string>& taken) {
  if (!taken.insert(name).second) name += fmt::format("_{}", column.field_id);
  return fmt::format(R"({{"type":"fixed","name":"{}","size":{}{}}})", name, size,
                     attributes);
}

std::string AvroTypeOf(const PartitionColumn& column, std::set<std::string>& taken) {
  const Type& type = column.type;
  switch (type.id()) {
    case TypeId::kBoolean:
      return std::string(kBoolean);
    case TypeId::kInt:
      return std::string(kInt);
    case TypeId::kLong:
      return std::string(kLong);
    case TypeId::kFloat:
      return R"("float")";
    case TypeId::kDouble:
      return R"("double")";
    case TypeId::kDecimal:
      return Fixed(fmt::format("decimal_{}_{}", type.precision(), type.scale()),
                   DecimalRequiredBytes(type.precision()),
                   fmt::format(R"(,"logicalType":"decimal","precision":{},"scale":{})",
                               type.precision(), type.scale()),
                   column, taken);
    case TypeId::kDate:
      return Logical("int", "date");
    case TypeId::kTime:
      return Logical("long", "time-micros");
    case TypeId::kTimestamp:
      return Timestamp(false);
    case TypeId::kTimestamptz:
      return Timestamp(true);
    case TypeId::kUuid:
      return Fixed("uuid_fixed", 16, R"(,"logicalType":"uuid")", column, taken);
    case TypeId::kFixed:
      // The specification says fixed, but Java's library up to 1.12 reads a length before one
      // (its issue 17501). Everybody reads bytes.
    case TypeId::kBinary:
      return std::string(kBytes);
    case TypeId::kString:
    case TypeId::kStruct:
    case TypeId::kList:
    case TypeId::kMap:
      break;
  }
  return std::string(kString);
}

std::string PartitionRecord(const std::vector<PartitionColumn>& partition) {
  std::vector<std::string> fields;
  std::set<std::string> taken;
  for (const PartitionColumn& column : partition) {
    const std::string name = AvroName(column.name);
    std::string field = Optional(name, AvroTypeOf(column, taken), column.field_id);
    if (name != column.name) {
      field.pop_back();
      field += fmt::format(R"(,"iceberg-field-name":{}}})", QuoteJson(column.name));
    }
    fields.push_back(std::move(field));
  }
  return Record("r102", fields);
}

std::string DataFileRecord(const std::vector<PartitionColumn>& partition,
                           int format_version) {
  std::vector<std::string> fields = {
      Required("content", kInt, 134),
      Required("file_path", kString, 100),
      Required("file_format", kString, 101),
      Required("partition", PartitionRecord(partition), 102),
      Required("record_count", kLong, 103),
      Required("file_size_in_bytes", kLong, 104),
      Optional("column_sizes", IntMap(117, 118, kLong), 108),
      Optional("value_counts", IntMap(119, 120, kLong), 109),
      Optional("null_value_counts", IntMap(121, 122, kLong), 110),
      Optional("nan_value_counts", IntMap(138, 139, kLong), 137),
      Optional("lower_bounds", IntMap(126, 127, kBytes), 125),
      Optional("upper_bounds", IntMap(129, 130, kBytes), 128),
      Optional("key_metadata", kBytes, 131),
      Optional("split_offsets", List(kLong, 133), 132),
      Optional("equality_ids", List(kInt, 136), 135),
      Optional("sort_order_id", kInt, 140)};
  if (format_version > 2) fields.push_back(Optional("first_row_id", kLong, 142));
  fields.push_back(Optional("referenced_data_file", kString, 143));
  if (format_version > 2) {
    fields.push_back(Optional("content_offset", kLong, 144));
    fields.push_back(Optional("content_size_in_bytes", kLong, 145));
  }
  return Record("r2", fields);
}

struct TypeMatcher {
  const Type& type;

  bool operator()(std::monostate) const { return true; }
  bool operator()(bool) const { return type.id() == TypeId::kBoolean; }
  bool operator()(std::int32_t) const {
    return type.id() == TypeId::kInt || type.id() == TypeId::kDate;
  }
  bool operator()(std::int64_t) const {
    return type.id() == TypeId::kLong ||
           (type.id() >= TypeId::kTime && type.id() <= TypeId::kTimestamptz);
  }
  bool operator()(float) const { return type.id() == TypeId::kFloat; }
  bool operator()(double) const { return type.id() == TypeId::kDouble; }
  bool operator()(Int128 value) const {
    return type.id() == TypeId::kDecimal &&
           DecimalToBytes(value).size() <=
               static_cast<std::size_t>(DecimalRequiredBytes(type.precision()));
  }
  bool operator()(const std::string& value) const {
    switch (type.id()) {
      case TypeId::kString:
      case TypeId::kBinary:
        return true;
      case TypeId::kUuid:
        return value.size() == 16;
      case TypeId::kFixed:
        return value.size() == static_cast<std::size_t>(type.length());
      default:
        return false;
    }
  }
};

}  // namespace

Result<std::vector<PartitionColumn>> PartitionColumnsOf(const PartitionSpec& spec,
                                                        const Schema& schema) {
  std::vector<PartitionColumn> columns;
  for (const PartitionField& field : spec.fields) {
    const SchemaField* source = schema.FindFieldById(field.source_id);
    Type type(TypeId::kString);
    if (source != nullptr) {
      FRAZIL_ASSIGN(type, field.transform.ResultType(source->type));
    } else if (field.transform.kind() != TransformKind::kVoid) {
      return Fail(ErrorKind::kInvalidArgument,
                  "partition field {} of a column that is gone: {}", field.name,
                  field.source_id);
    }
    columns.push_back({field.field_id, field.name, std::move(type)});
  }
  return columns;
}

bool IsOfType(const Literal& value, const Type& type) {
  return std::visit(TypeMatcher{type}, value);
}

std::string AvroName(std::string_view name) {
  std::string legal;
  for (const char c : name) {
    if (IsAsciiLetter(c) || (IsAsciiDigit(c) && !legal.empty())) {
      legal += c;
    } else if (IsAsciiDigit(c)) {
      legal += fmt::format("_{}", c);
    } else {
      legal += fmt::format("_x{:X}", static_cast<unsigned char>(c));
    }
  }
  return legal;
}

std::string ManifestEntrySchema(const std::vector<PartitionColumn>& partition,
                                int format_version) {
  return Record(
      "manifest_entry",
      {Required("status", kInt, 0), Optional("snapshot_id", kLong, 1),
       Optional("sequence_number", kLong, 3), Optional("file_sequence_number", kLong, 4),
       Required("data_file", DataFileRecord(partition, format_version), 2)});
}

std::string ManifestFileSchema(int format_version) {
  const std::string summary = Record(
      "r508",
      {Required("contains_null", kBoolean, 509), Optional("contains_nan", kBoolean, 518),
       Optional("lower_bound", kBytes, 510), Optional("upper_bound", kBytes, 511)});
  std::vector<std::string> fields = {Required("manifest_path", kString, 500),
                                     Required("manifest_length", kLong, 501),
                                     Required("partition_spec_id", kInt, 502),
                                     Required("content", kInt, 517),
                                     Required("sequence_number", kLong, 515),
                                     Required("min_sequence_number", kLong, 516),
                                     Required("added_snapshot_id", kLong, 503),
                                     Required("added_files_count", kInt, 504),
                                     Required("existing_files_count", kInt, 505),
                                     Required("deleted_files_count", kInt, 506),
                                     Required("added_rows_count", kLong, 512),
                                     Required("existing_rows_count", kLong, 513),
                                     Required("deleted_rows_count", kLong, 514),
                                     Optional("partitions", List(summary, 508), 507),
                                     Optional("key_metadata", kBytes, 519)};
  if (format_version > 2) fields.push_back(Optional("first_row_id", kLong, 520));
  return Record("manifest_file", fields);
}

}  // namespace frazil
