#include <algorithm>
#include <array>
#include <iterator>
#include <limits>
#include <set>

#include <fmt/format.h>

#include "iceberg/compression.h"
#include "iceberg/metadata_json.h"
#include "iceberg/table_metadata.h"

namespace frazil {
namespace {

constexpr int kLatestFormatVersion = 3;
// Clocks of several writers may differ by this much; Java's tolerance.
constexpr std::int64_t kClockSkewMs = 60'000;

// Members that TableMetadata has fields for. All others are kept as they are.
constexpr std::array<std::string_view, 22> kKnownMembers = {"format-version",
                                                            "table-uuid",
                                                            "location",
                                                            "last-sequence-number",
                                                            "last-updated-ms",
                                                            "last-column-id",
                                                            "schema",
                                                            "schemas",
                                                            "current-schema-id",
                                                            "partition-spec",
                                                            "partition-specs",
                                                            "default-spec-id",
                                                            "last-partition-id",
                                                            "sort-orders",
                                                            "default-sort-order-id",
                                                            "properties",
                                                            "current-snapshot-id",
                                                            "snapshots",
                                                            "refs",
                                                            "snapshot-log",
                                                            "metadata-log",
                                                            "next-row-id"};

// Members kept as they are that Java always writes, and where it writes them.
constexpr std::array<std::string_view, 2> kStatistics = {"statistics",
                                                         "partition-statistics"};

// Reads each element of the array `key`, if there is one, by `parse`.
template <typename T, typename Parse>
Status ReadArray(const Json& json, std::string_view key, std::vector<T>& values,
                 const Parse& parse) {
  if (FindMember(json, key) == nullptr) return {};
  FRAZIL_ASSIGN(const Json* array, GetArray(json, key));
  values.reserve(array->size());
  for (const Json& element : *array) {
    auto value = parse(element);
    if (!value.has_value()) return Fail(std::move(value).error().Within(key));
    values.push_back(*std::move(value));
  }
  return {};
}

Status ReadProperties(const Json& json, TableMetadata& metadata) {
  if (FindMember(json, "properties") == nullptr) return {};
  FRAZIL_ASSIGN(const Json* properties, GetObject(json, "properties"));
  for (const auto& [key, value] : properties->items()) {
    if (value.is_null()) continue;
    if (!value.is_string()) {
      return Fail(ErrorKind::kCorruptData, "property is not a string: {}", key);
    }
    metadata.properties[key] = value.get<std::string>();
  }
  return {};
}

Status ReadSchemas(const Json& json, TableMetadata& metadata) {
  if (FindMember(json, "schemas") != nullptr) {
    FRAZIL_TRY(ReadArray(json, "schemas", metadata.schemas, SchemaFromJson));
    FRAZIL_ASSIGN(metadata.current_schema_id, GetInt32(json, "current-schema-id"));
  } else if (metadata.format_version == 1) {
    FRAZIL_ASSIGN(const Json* member, GetObject(json, "schema"));
    FRAZIL_ASSIGN(Schema schema, SchemaFromJson(*member));
    metadata.current_schema_id = schema.schema_id;
    metadata.schemas.push_back(std::move(schema));
  } else {
    return Fail(ErrorKind::kCorruptData, "missing member: schemas");
  }
  std::set<std::int32_t> ids;
  for (const Schema& schema : metadata.schemas) {
    if (!ids.insert(schema.schema_id).second) {
      return Fail(ErrorKind::kCorruptData, "two schemas of one id: {}", schema.schema_id);
    }
  }
  if (metadata.FindSchema(metadata.current_schema_id) == nullptr) {
    return Fail(ErrorKind::kCorruptData, "current-schema-id names no schema: {}",
                metadata.current_schema_id);
  }
  return {};
}

Status ReadSpecs(const Json& json, TableMetadata& metadata) {
  if (FindMember(json, "partition-specs") != nullptr) {
    FRAZIL_TRY(ReadArray(json, "partition-specs", metadata.partition_specs,
                         PartitionSpecFromJson));
    FRAZIL_ASSIGN(metadata.default_spec_id, GetInt32(json, "default-spec-id"));
  } else if (metadata.format_version == 1) {
    FRAZIL_ASSIGN(const Json* fields, GetArray(json, "partition-spec"));
    FRAZIL_ASSIGN(PartitionSpec spec, PartitionFieldsFromJson(*fields, 0));
    metadata.partition_specs.push_back(std::move(spec));
  } else {
    return Fail(ErrorKind::kCorruptData, "missing member: partition-specs");
  }
  if (metadata.FindSpec(metadata.default_spec_id) == nullptr) {
    return Fail(ErrorKind::kCorruptData, "default-spec-id names no spec: {}",
                metadata.default_spec_id);
  }
  const PartitionSpec& spec = metadata.DefaultSpec();
  for (const PartitionField& field : spec.fields) {
    const bool is_void = field.transform.kind() == TransformKind::kVoid;
    if (!is_void && metadata.CurrentSchema().FindFieldById(field.source_id) == nullptr) {
      return Fail(ErrorKind::kCorruptData, "partition field of no column: {}",
                  field.name);
    }
  }
  if (FindMember(json, "last-partition-id") != nullptr || metadata.format_version > 1) {
    FRAZIL_ASSIGN(metadata.last_partition_id, GetInt32(json, "last-partition-id"));
    return {};
  }
  for (const PartitionSpec& each : metadata.partition_specs) {
    for (const PartitionField& field : each.fields) {
      metadata.last_partition_id = std::max(metadata.last_partition_id, field.field_id);
    }
  }
  return {};
}

Status ReadSortOrders(const Json& json, TableMetadata& metadata) {
  if (FindMember(json, "sort-orders") == nullptr && metadata.format_version == 1) {
    metadata.sort_orders.push_back(SortOrder{});
    return {};
  }
  FRAZIL_TRY(GetArray(json, "sort-orders"));
  FRAZIL_TRY(ReadArray(json, "sort-orders", metadata.sort_orders, SortOrderFromJson));
  FRAZIL_ASSIGN(metadata.default_sort_order_id, GetInt32(json, "default-sort-order-id"));
  const bool is_known =
      std::any_of(metadata.sort_orders.begin(), metadata.sort_orders.end(),
                  [&metadata](const SortOrder& order) {
                    return order.order_id == metadata.default_sort_order_id;
                  });
  if (!is_known) {
    return Fail(ErrorKind::kCorruptData, "default-sort-order-id names no sort order: {}",
                metadata.default_sort_order_id);
  }
  return {};
}

Status ReadRefs(const Json& json, TableMetadata& metadata) {
  if (FindMember(json, "refs") == nullptr) {
    if (metadata.current_snapshot_id) {
      metadata.refs["main"].snapshot_id = *metadata.current_snapshot_id;
    }
    return {};
  }
  FRAZIL_ASSIGN(const Json* refs, GetObject(json, "refs"));
  for (const auto& [name, member] : refs->items()) {
    auto ref = SnapshotRefFromJson(member);
    if (!ref.has_value()) return Fail(std::move(ref).error().Within("refs"));
    if (metadata.FindSnapshot(ref->snapshot_id) == nullptr) {
      return Fail(ErrorKind::kCorruptData, "ref {} names no snapshot: {}", name,
                  ref->snapshot_id);
    }
    metadata.refs[name] = *ref;
  }
  const auto main = metadata.refs.find("main");
  const auto main_id = main == metadata.refs.end()
                           ? std::nullopt
                           : std::optional<std::int64_t>(main->second.snapshot_id);
  if (main_id != metadata.current_snapshot_id) {
    return Fail(ErrorKind::kCorruptData, "current-snapshot-id {} is not branch main's {}",
                metadata.current_snapshot_id.value_or(-1), main_id.value_or(-1));
  }
  return {};
}

Status ReadSnapshots(const Json& json, TableMetadata& metadata) {
  std::vector<Snapshot> snapshots;
  FRAZIL_TRY(ReadArray(json, "snapshots", snapshots, SnapshotFromJson));
  metadata.snapshots = SnapshotList(std::move(snapshots));
  std::set<std::int64_t> ids;
  for (const Snapshot& snapshot : metadata.snapshots) {
    if (!ids.insert(snapshot.snapshot_id).second) {
      return Fail(ErrorKind::kCorruptData, "two snapshots of one id: {}",
                  snapshot.snapshot_id);
    }
    if (metadata.format_version > 1 &&
        snapshot.sequence_number > metadata.last_sequence_number) {
      return Fail(
          ErrorKind::kCorruptData, "snapshot {} is beyond last-sequence-number {}: {}",
          snapshot.snapshot_id, metadata.last_sequence_number, snapshot.sequence_number);
    }
  }
  if (FindMember(json, "current-snapshot-id") != nullptr) {
    FRAZIL_ASSIGN(const std::int64_t current, GetInt64(json, "current-snapshot-id"));
    if (current >= 0) metadata.current_snapshot_id = current;
  }
  if (metadata.current_snapshot_id && !ids.contains(*metadata.current_snapshot_id)) {
    return Fail(ErrorKind::kCorruptData, "current-snapshot-id names no snapshot: {}",
                *metadata.current_snapshot_id);
  }
  return ReadRefs(json, metadata);
}

// Whether `time_ms` is before `limit_ms` by more than clocks may differ. Stamps of a corrupt
// file can be as far apart as 64 bits allow.
bool IsTooEarly(std::int64_t time_ms, std::int64_t limit_ms) {
  return time_ms<limit_ms&& static_cast<std::uint64_t>(limit_ms) -
                 static_cast<std::uint64_t>(
                     time_ms)> static_cast<std::uint64_t>(kClockSkewMs);
}

template <typename Entry>
Status CheckLog(const std::vector<Entry>& log, std::int64_t last_updated_ms,
                std::string_view name) {
  std::int64_t last_ms = 0;
  for (const Entry& entry : log) {
    if (&entry != &log.front() && IsTooEarly(entry.timestamp_ms, last_ms)) {
      return Fail(ErrorKind::kCorruptData, "{} is not in order of time: {} after {}",
                  name, entry.timestamp_ms, last_ms);
    }
    last_ms = entry.timestamp_ms;
  }
  if (!log.empty() && IsTooEarly(last_updated_ms, last_ms)) {
    return Fail(ErrorKind::kCorruptData, "last-updated-ms {} is before the end of {}: {}",
                last_updated_ms, name, last_ms);
  }
  return {};
}

Result<SnapshotLogEntry> SnapshotLogEntryFromJson(const Json& json) {
  SnapshotLogEntry entry;
  FRAZIL_ASSIGN(entry.timestamp_ms, GetInt64(json, "timestamp-ms"));
  FRAZIL_ASSIGN(entry.snapshot_id, GetInt64(json, "snapshot-id"));
  return entry;
}

Result<MetadataLogEntry> MetadataLogEntryFromJson(const Json& json) {
  MetadataLogEntry entry;
  FRAZIL_ASSIGN(entry.timestamp_ms, GetInt64(json, "timestamp-ms"));
  FRAZIL_ASSIGN(entry.metadata_file, GetString(json, "metadata-file"));
  return entry;
}

Status ReadLogs(const Json& json, TableMetadata& metadata) {
  FRAZIL_TRY(
      ReadArray(json, "snapshot-log", metadata.snapshot_log, SnapshotLogEntryFromJson));
  FRAZIL_TRY(CheckLog(metadata.snapshot_log, metadata.last_updated_ms, "snapshot-log"));
  FRAZIL_TRY(
      ReadArray(json, "metadata-log", metadata.metadata_log, MetadataLogEntryFromJson));
  return CheckLog(metadata.metadata_log, metadata.last_updated_ms, "metadata-log");
}

Status ReadScalars(const Json& json, TableMetadata& metadata) {
  if (FindMember(json, "table-uuid") != nullptr || metadata.format_version > 1) {
    FRAZIL_ASSIGN(metadata.table_uuid, GetString(json, "table-uuid"));
  }
  FRAZIL_ASSIGN(metadata.location, GetString(json, "location"));
  while (metadata.location.size() > 1 && metadata.location.back() == '/') {
    metadata.location.pop_back();
  }
  if (metadata.format_version > 1) {
    FRAZIL_ASSIGN(metadata.last_sequence_number, GetInt64(json, "last-sequence-number"));
    if (metadata.last_sequence_number < 0 ||
        metadata.last_sequence_number == std::numeric_limits<std::int64_t>::max()) {
      return Fail(ErrorKind::kCorruptData, "impossible last-sequence-number: {}",
                  metadata.last_sequence_number);
    }
  }
  FRAZIL_ASSIGN(metadata.last_updated_ms, GetInt64(json, "last-updated-ms"));
  FRAZIL_ASSIGN(metadata.last_column_id, GetInt32(json, "last-column-id"));
  if (metadata.format_version > 2) {
    FRAZIL_ASSIGN(metadata.next_row_id, GetInt64(json, "next-row-id"));
  }
  return {};
}

Json LogToJson(const std::vector<MetadataLogEntry>& log) {
  Json json = Json::array();
  for (const MetadataLogEntry& entry : log) {
    json.push_back(
        {{"timestamp-ms", entry.timestamp_ms}, {"metadata-file", entry.metadata_file}});
  }
  return json;
}

template <typename T, typename ToJson>
Json ArrayToJson(const std::vector<T>& values, const ToJson& to_json) {
  Json json = Json::array();
  for (const T& value : values) json.push_back(to_json(value));
  return json;
}

void AppendLogEntryJson(const SnapshotLogEntry& entry, std::string& text) {
  fmt::format_to(std::back_inserter(text), R"({{"timestamp-ms":{},"snapshot-id":{}}})",
                 entry.timestamp_ms, entry.snapshot_id);
}

// About the size of the text; a little more than that.
std::size_t ExpectedBytes(const TableMetadata& metadata) {
  constexpr std::size_t kRest = std::size_t{32} * 1024;
  constexpr std::size_t kNumbers = 256;  // of a snapshot and its entry in the log
  std::size_t bytes = kRest;
  for (const Snapshot& snapshot : metadata.snapshots) {
    bytes += kNumbers + snapshot.manifest_list.size() + snapshot.summary.json().size();
  }
  return bytes;
}

// Writes the members of an object one by one: no document of a large table is made, and its
// text does not move while it grows.
class ObjectText {
 public:
  explicit ObjectText(std::size_t expected_bytes) { text_.reserve(expected_bytes); }

  void Add(std::string_view key, const Json& value) {
    Begin(key);
    text_ += DumpJson(value);
  }

  // `append` adds the text of one value.
  template <typename Values, typename Append>
  void AddArray(std::string_view key, const Values& values, const Append& append) {
    Begin(key);
    char separator = '[';
    for (const auto& value : values) {
      text_ += separator;
      append(value, text_);
      separator = ',';
    }
    text_ += values.empty() ? "[]" : "]";
  }

  std::string Finish() {
    text_ += '}';
    return std::move(text_);
  }

 private:
  void Begin(std::string_view key) {
    text_ += text_.empty() ? '{' : ',';
    text_ += QuoteJson(key);
    text_ += ':';
  }

  std::string text_;
};

void WriteLayout(const TableMetadata& metadata, ObjectText& text) {
  if (metadata.format_version == 1) {
    text.Add("schema", SchemaToJson(metadata.CurrentSchema()));
  }
  text.Add("current-schema-id", metadata.current_schema_id);
  text.Add("schemas", ArrayToJson(metadata.schemas, SchemaToJson));
  if (metadata.format_version == 1) {
    text.Add("partition-spec", PartitionFieldsToJson(metadata.DefaultSpec()));
  }
  text.Add("default-spec-id", metadata.default_spec_id);
  text.Add("partition-specs", ArrayToJson(metadata.partition_specs, PartitionSpecToJson));
  text.Add("last-partition-id", metadata.last_partition_id);
  text.Add("default-sort-order-id", metadata.default_sort_order_id);
  text.Add("sort-orders", ArrayToJson(metadata.sort_orders, SortOrderToJson));
}

void WriteSnapshots(const TableMetadata& metadata, ObjectText& text) {
  // Versions 1 and 2 say "none" by -1, version 3 by null.
  text.Add("current-snapshot-id",
           metadata.current_snapshot_id
               ? Json(*metadata.current_snapshot_id)
               : (metadata.format_version > 2 ? Json() : Json(-1)));
  if (metadata.format_version > 2) text.Add("next-row-id", metadata.next_row_id);
  Json refs = Json::object();
  for (const auto& [name, ref] : metadata.refs) refs[name] = SnapshotRefToJson(ref);
  text.Add("refs", refs);
  text.AddArray("snapshots", metadata.snapshots, AppendSnapshotJson);
  for (const std::string_view key : kStatistics) {
    const Json* kept = FindMember(metadata.other_members, key);
    text.Add(key, kept == nullptr ? Json::array() : *kept);
  }
  text.AddArray("snapshot-log", metadata.snapshot_log, AppendLogEntryJson);
  text.Add("metadata-log", LogToJson(metadata.metadata_log));
}

}  // namespace

Result<TableMetadata> ParseTableMetadata(std::string_view json_text) {
  std::string inflated;
  if (IsGzip(json_text)) {
    FRAZIL_ASSIGN(inflated, DecompressGzip(json_text));
    json_text = inflated;
  }
  FRAZIL_ASSIGN(const Json json, ParseJson(json_text));
  return TableMetadataFromJson(json);
}

Result<TableMetadata> TableMetadataFromJson(const Json& json) {
  TableMetadata metadata;
  FRAZIL_ASSIGN(metadata.format_version, GetInt32(json, "format-version"));
  if (metadata.format_version < 1) {
    return Fail(ErrorKind::kCorruptData, "no such format-version: {}",
                metadata.format_version);
  }
  if (metadata.format_version > kLatestFormatVersion) {
    return Fail(ErrorKind::kNotSupported, "table of a later format-version: {}",
                metadata.format_version);
  }
  FRAZIL_TRY(ReadScalars(json, metadata));
  FRAZIL_TRY(ReadSchemas(json, metadata));
  FRAZIL_TRY(ReadSpecs(json, metadata));
  FRAZIL_TRY(ReadSortOrders(json, metadata));
  FRAZIL_TRY(ReadProperties(json, metadata));
  FRAZIL_TRY(ReadSnapshots(json, metadata));
  FRAZIL_TRY(ReadLogs(json, metadata));
  for (const auto& [key, value] : json.items()) {
    const bool is_known =
        std::find(kKnownMembers.begin(), kKnownMembers.end(), key) != kKnownMembers.end();
    if (!is_known) metadata.other_members[key] = value;
  }
  return metadata;
}

std::string SerializeTableMetadata(const TableMetadata& metadata) {
  ObjectText text(ExpectedBytes(metadata));
  text.Add("format-version", metadata.format_version);
  if (!metadata.table_uuid.empty()) text.Add("table-uuid", metadata.table_uuid);
  text.Add("location", metadata.location);
  if (metadata.format_version > 1) {
    text.Add("last-sequence-number", metadata.last_sequence_number);
  }
  text.Add("last-updated-ms", metadata.last_updated_ms);
  text.Add("last-column-id", metadata.last_column_id);
  WriteLayout(metadata, text);
  text.Add("properties", Json(metadata.properties));
  WriteSnapshots(metadata, text);
  for (const auto& [key, value] : metadata.other_members.items()) {
    const bool is_written =
        std::find(kStatistics.begin(), kStatistics.end(), key) != kStatistics.end();
    if (!is_written) text.Add(key, value);
  }
  return text.Finish();
}

}  // namespace frazil
