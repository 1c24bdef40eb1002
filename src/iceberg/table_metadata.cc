#include "iceberg/table_metadata.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <set>

#include <fmt/format.h>

#include "base/unique_id.h"

namespace frazil {
namespace {

constexpr std::int32_t kFirstPartitionFieldId = 1000;
constexpr std::string_view kFormatVersionKey = "format-version";

// Names that Java derives from metadata and keeps out of properties.
constexpr std::array<std::string_view, 8> kReservedProperties = {
    "uuid",
    "snapshot-count",
    "current-snapshot-id",
    "current-snapshot-summary",
    "current-snapshot-timestamp-ms",
    "current-schema",
    "default-partition-spec",
    "default-sort-order"};

template <typename T, typename Id, typename Value>
const T* FindById(const std::vector<T>& values, Id T::* id, Value wanted) {
  const auto found = std::find_if(values.begin(), values.end(),
                                  [=](const T& value) { return value.*id == wanted; });
  return found == values.end() ? nullptr : &*found;
}

Status CheckNames(const std::vector<SchemaField>& fields) {
  std::set<std::string_view> names;
  for (const SchemaField& field : fields) {
    if (field.name.empty()) {
      return Fail(ErrorKind::kInvalidArgument, "column without a name: id {}",
                  field.field_id);
    }
    if (!names.insert(field.name).second) {
      return Fail(ErrorKind::kInvalidArgument, "two columns of one name: {}", field.name);
    }
    FRAZIL_TRY(CheckNames(field.type.fields()));
  }
  return {};
}

Status CheckIds(const std::vector<SchemaField>& fields, std::set<std::int32_t>& ids) {
  for (const SchemaField& field : fields) {
    if (!ids.insert(field.field_id).second) {
      return Fail(ErrorKind::kInvalidArgument, "two columns of one id: {}",
                  field.field_id);
    }
    FRAZIL_TRY(CheckIds(field.type.fields(), ids));
  }
  return {};
}

// A column that has one value per row: at the top or inside structs; nullptr otherwise.
// `is_required` tells whether neither it nor a struct around it may be null.
const SchemaField* FindScalar(const std::vector<SchemaField>& fields,
                              std::int32_t field_id, bool& is_required) {
  for (const SchemaField& field : fields) {
    const bool outer = is_required;
    is_required = is_required && field.required;
    if (field.field_id == field_id) return &field;
    if (field.type.id() == TypeId::kStruct) {
      const SchemaField* found = FindScalar(field.type.fields(), field_id, is_required);
      if (found != nullptr) return found;
    }
    is_required = outer;
  }
  return nullptr;
}

Status CheckIdentifiers(const Schema& schema) {
  for (const std::int32_t field_id : schema.identifier_field_ids) {
    bool is_required = true;
    const SchemaField* field = FindScalar(schema.fields, field_id, is_required);
    if (field == nullptr || field->type.is_nested()) {
      return Fail(ErrorKind::kInvalidArgument, "identifier is not a plain column: id {}",
                  field_id);
    }
    const bool is_real =
        field->type.id() == TypeId::kFloat || field->type.id() == TypeId::kDouble;
    if (!is_required || is_real) {
      return Fail(ErrorKind::kInvalidArgument,
                  "identifier must be required and not a floating-point number: {}",
                  field->name);
    }
  }
  return {};
}

Result<const SchemaField*> FindSource(const Schema& schema, std::int32_t source_id,
                                      const Transform& transform) {
  bool is_required = true;
  const SchemaField* source = FindScalar(schema.fields, source_id, is_required);
  if (source == nullptr) {
    return Fail(ErrorKind::kInvalidArgument,
                "transform {} needs a column outside lists and maps: id {}",
                transform.ToString(), source_id);
  }
  FRAZIL_TRY(transform.ResultType(source->type));
  return source;
}

Status CheckPartitionName(const Schema& schema, const PartitionField& field,
                          const SchemaField& source, std::set<std::string_view>& names) {
  if (field.name.empty()) {
    return Fail(ErrorKind::kInvalidArgument, "partition field without a name");
  }
  if (!names.insert(field.name).second) {
    return Fail(ErrorKind::kInvalidArgument, "two partition fields of one name: {}",
                field.name);
  }
  const SchemaField* column = schema.FindFieldByPath(field.name);
  if (column != nullptr && (column->field_id != source.field_id ||
                            field.transform.kind() != TransformKind::kIdentity)) {
    return Fail(ErrorKind::kInvalidArgument,
                "partition field has the name of a column: {}", field.name);
  }
  return {};
}

// The id of a column of the given schema in the schema with fresh ids.
std::int32_t NewId(const std::map<std::int32_t, std::int32_t>& new_ids,
                   std::int32_t old_id) {
  const auto found = new_ids.find(old_id);
  return found == new_ids.end() ? -1 : found->second;
}

Result<PartitionSpec> FreshSpec(const PartitionSpec& spec, const Schema& schema,
                                const std::map<std::int32_t, std::int32_t>& new_ids) {
  PartitionSpec fresh;
  std::set<std::string_view> names;
  for (const PartitionField& given : spec.fields) {
    PartitionField field = given;
    field.source_id = NewId(new_ids, given.source_id);
    field.field_id =
        kFirstPartitionFieldId + static_cast<std::int32_t>(fresh.fields.size());
    FRAZIL_ASSIGN(const SchemaField* source,
                  FindSource(schema, field.source_id, field.transform));
    FRAZIL_TRY(CheckPartitionName(schema, given, *source, names));
    for (const PartitionField& earlier : fresh.fields) {
      if (earlier.source_id == field.source_id &&
          earlier.transform.IsRedundantWith(field.transform)) {
        return Fail(ErrorKind::kInvalidArgument,
                    "partition field is redundant: {} beside {}", field.name,
                    earlier.name);
      }
    }
    fresh.fields.push_back(std::move(field));
  }
  return fresh;
}

Result<SortOrder> FreshSortOrder(const SortOrder& order, const Schema& schema,
                                 const std::map<std::int32_t, std::int32_t>& new_ids) {
  SortOrder fresh = order;
  fresh.order_id = order.fields.empty() ? 0 : std::max(order.order_id, 1);
  for (SortField& field : fresh.fields) {
    field.source_id = NewId(new_ids, field.source_id);
    FRAZIL_TRY(FindSource(schema, field.source_id, field.transform));
  }
  return fresh;
}

Status TakeProperties(const NewTable& table, TableMetadata& metadata) {
  metadata.properties = table.properties;
  const auto version = metadata.properties.find(std::string(kFormatVersionKey));
  if (version != metadata.properties.end()) {
    if (version->second != "2") {
      return Fail(ErrorKind::kInvalidArgument,
                  "tables of format-version 2 can be made, not {}", version->second);
    }
    metadata.properties.erase(version);
  }
  for (const std::string_view reserved : kReservedProperties) {
    if (metadata.properties.contains(std::string(reserved))) {
      return Fail(ErrorKind::kInvalidArgument, "property is reserved: {}", reserved);
    }
  }
  metadata.properties.try_emplace("write.parquet.compression-codec", "zstd");
  return {};
}

std::string WithoutSlash(std::string location) {
  while (location.size() > 1 && location.back() == '/') location.pop_back();
  return location;
}

}  // namespace

const Schema* TableMetadata::FindSchema(std::int32_t schema_id) const {
  return FindById(schemas, &Schema::schema_id, schema_id);
}

const PartitionSpec* TableMetadata::FindSpec(std::int32_t spec_id) const {
  return FindById(partition_specs, &PartitionSpec::spec_id, spec_id);
}

const Snapshot* TableMetadata::FindSnapshot(std::int64_t snapshot_id) const {
  return snapshots.Find(snapshot_id);
}

const Snapshot* TableMetadata::CurrentSnapshot() const {
  return current_snapshot_id ? FindSnapshot(*current_snapshot_id) : nullptr;
}

const Schema& TableMetadata::CurrentSchema() const {
  return *FindSchema(current_schema_id);
}

const PartitionSpec& TableMetadata::DefaultSpec() const {
  return *FindSpec(default_spec_id);
}

std::string TableMetadata::Property(std::string_view key,
                                    std::string_view fallback) const {
  const auto found = properties.find(std::string(key));
  return found == properties.end() ? std::string(fallback) : found->second;
}

Result<TableMetadata> MakeTableMetadata(const NewTable& table, std::int64_t now_ms) {
  TableMetadata metadata;
  metadata.table_uuid = RandomUuid();
  metadata.location = WithoutSlash(table.location);
  if (metadata.location.empty()) {
    return Fail(ErrorKind::kInvalidArgument, "table without a location");
  }
  metadata.last_updated_ms = now_ms;
  FRAZIL_TRY(TakeProperties(table, metadata));

  FRAZIL_TRY(CheckNames(table.schema.fields));
  std::set<std::int32_t> ids;
  FRAZIL_TRY(CheckIds(table.schema.fields, ids));
  FRAZIL_TRY(CheckIdentifiers(table.schema));
  std::map<std::int32_t, std::int32_t> new_ids;
  Schema schema = AssignFreshIds(table.schema, &new_ids);
  schema.schema_id = 0;
  metadata.last_column_id = schema.HighestFieldId();

  FRAZIL_ASSIGN(PartitionSpec spec, FreshSpec(table.spec, schema, new_ids));
  metadata.last_partition_id =
      kFirstPartitionFieldId - 1 + static_cast<std::int32_t>(spec.fields.size());
  FRAZIL_ASSIGN(SortOrder order, FreshSortOrder(table.sort_order, schema, new_ids));
  metadata.default_sort_order_id = order.order_id;
  metadata.schemas.push_back(std::move(schema));
  metadata.partition_specs.push_back(std::move(spec));
  metadata.sort_orders.push_back(std::move(order));
  return metadata;
}

std::string MetadataFolder(const TableMetadata& metadata) {
  std::string folder = WithoutSlash(metadata.Property("write.metadata.path", ""));
  return folder.empty() ? metadata.location + "/metadata" : folder;
}

std::string MetadataFileLocation(const TableMetadata& metadata, int version) {
  return fmt::format("{}/{:05}-{}.metadata.json", MetadataFolder(metadata), version,
                     RandomUuid());
}

int ParseMetadataFileVersion(std::string_view location) {
  const std::size_t slash = location.rfind('/');
  const std::string_view name =
      slash == location.npos ? location : location.substr(slash + 1);
  const std::string_view digits = name.substr(0, name.find('-'));
  int version = -1;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), version);
  const bool is_number = error == std::errc() && end == digits.data() + digits.size();
  return is_number && digits.size() < name.size() && version >= 0 ? version : -1;
}

}  // namespace frazil
