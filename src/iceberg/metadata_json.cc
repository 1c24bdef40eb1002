#include "iceberg/metadata_json.h"

#include <algorithm>
#include <array>
#include <iterator>

#include <fmt/format.h>

#include "iceberg/table_metadata.h"

namespace frazil {
namespace {

constexpr std::int32_t kFirstPartitionFieldId = 1000;

// Reads an optional member into an optional; null counts as absent.
Status ReadOptional(const Json& json, std::string_view key,
                    std::optional<std::int64_t>& value) {
  if (FindMember(json, key) == nullptr) return {};
  FRAZIL_ASSIGN(value, GetInt64(json, key));
  return {};
}

Status ReadOptional(const Json& json, std::string_view key,
                    std::optional<std::int32_t>& value) {
  if (FindMember(json, key) == nullptr) return {};
  FRAZIL_ASSIGN(value, GetInt32(json, key));
  return {};
}

// The one source column of a partition or sort field.
Result<std::int32_t> SourceIdOf(const Json& json) {
  const Json* several = FindMember(json, "source-ids");
  if (FindMember(json, "source-id") != nullptr || several == nullptr) {
    return GetInt32(json, "source-id");
  }
  if (!several->is_array() || several->empty() || !several->front().is_number_integer()) {
    return Fail(ErrorKind::kCorruptData, "not a list of column ids: source-ids");
  }
  if (several->size() > 1) {
    return Fail(ErrorKind::kNotSupported, "transform of {} columns", several->size());
  }
  return several->front().get<std::int32_t>();
}

Result<PartitionField> PartitionFieldFromJson(const Json& json, std::int32_t default_id) {
  PartitionField field;
  FRAZIL_ASSIGN(field.source_id, SourceIdOf(json));
  field.field_id = default_id;
  if (FindMember(json, "field-id") != nullptr) {
    FRAZIL_ASSIGN(field.field_id, GetInt32(json, "field-id"));
  }
  FRAZIL_ASSIGN(field.name, GetString(json, "name"));
  FRAZIL_ASSIGN(const std::string transform, GetString(json, "transform"));
  field.transform = Transform::Parse(transform);
  return field;
}

Result<SortField> SortFieldFromJson(const Json& json) {
  SortField field;
  FRAZIL_ASSIGN(field.source_id, SourceIdOf(json));
  FRAZIL_ASSIGN(const std::string transform, GetString(json, "transform"));
  field.transform = Transform::Parse(transform);
  FRAZIL_ASSIGN(const std::string direction, GetString(json, "direction"));
  FRAZIL_ASSIGN(const std::string null_order, GetString(json, "null-order"));
  field.is_ascending = direction == "asc" || direction == "ASC";
  field.is_nulls_first = null_order == "nulls-first" || null_order == "NULLS-FIRST";
  if (!field.is_ascending && direction != "desc" && direction != "DESC") {
    return Fail(ErrorKind::kCorruptData, "unknown sort direction: {}", direction);
  }
  if (!field.is_nulls_first && null_order != "nulls-last" && null_order != "NULLS-LAST") {
    return Fail(ErrorKind::kCorruptData, "unknown null order: {}", null_order);
  }
  return field;
}

// Values that other writers left as numbers become the strings they should be.
Result<SnapshotSummary> ReadSummary(const Json& json) {
  SnapshotSummary::Map summary;
  if (FindMember(json, "summary") == nullptr) return summary;
  FRAZIL_ASSIGN(const Json* members, GetObject(json, "summary"));
  for (const auto& [key, value] : members->items()) {
    if (value.is_null()) continue;
    summary[key] = value.is_string() ? value.get<std::string>() : DumpJson(value);
  }
  return summary;
}

// Members of a snapshot that Snapshot has fields for. All others are kept as they are.
constexpr std::array<std::string_view, 10> kSnapshotMembers = {
    "sequence-number", "snapshot-id", "parent-snapshot-id", "timestamp-ms", "summary",
    "manifest-list",   "schema-id",   "first-row-id",       "added-rows",   "key-id"};

Json OtherMembers(const Json& json) {
  Json others;
  for (const auto& [key, value] : json.items()) {
    const bool is_known = std::find(kSnapshotMembers.begin(), kSnapshotMembers.end(),
                                    key) != kSnapshotMembers.end();
    if (!is_known) others[key] = value;
  }
  return others;
}

template <typename T>
void AppendOptional(std::string_view key, const std::optional<T>& value,
                    std::string& text) {
  if (value) fmt::format_to(std::back_inserter(text), R"(,"{}":{})", key, *value);
}

}  // namespace

Json PartitionFieldsToJson(const PartitionSpec& spec) {
  Json fields = Json::array();
  for (const PartitionField& field : spec.fields) {
    fields.push_back({{"name", field.name},
                      {"transform", field.transform.ToString()},
                      {"source-id", field.source_id},
                      {"field-id", field.field_id}});
  }
  return fields;
}

Result<PartitionSpec> PartitionFieldsFromJson(const Json& fields, std::int32_t spec_id) {
  PartitionSpec spec;
  spec.spec_id = spec_id;
  std::int32_t next_id = kFirstPartitionFieldId;
  for (const Json& member : fields) {
    FRAZIL_ASSIGN(PartitionField field, PartitionFieldFromJson(member, next_id));
    ++next_id;
    spec.fields.push_back(std::move(field));
  }
  return spec;
}

Json PartitionSpecToJson(const PartitionSpec& spec) {
  return {{"spec-id", spec.spec_id}, {"fields", PartitionFieldsToJson(spec)}};
}

Result<PartitionSpec> PartitionSpecFromJson(const Json& json) {
  FRAZIL_ASSIGN(const std::int32_t spec_id, GetInt32(json, "spec-id"));
  FRAZIL_ASSIGN(const Json* fields, GetArray(json, "fields"));
  return PartitionFieldsFromJson(*fields, spec_id);
}

Json SortOrderToJson(const SortOrder& order) {
  Json fields = Json::array();
  for (const SortField& field : order.fields) {
    fields.push_back(
        {{"transform", field.transform.ToString()},
         {"source-id", field.source_id},
         {"direction", field.is_ascending ? "asc" : "desc"},
         {"null-order", field.is_nulls_first ? "nulls-first" : "nulls-last"}});
  }
  return {{"order-id", order.order_id}, {"fields", std::move(fields)}};
}

Result<SortOrder> SortOrderFromJson(const Json& json) {
  SortOrder order;
  FRAZIL_ASSIGN(order.order_id, GetInt32(json, "order-id"));
  FRAZIL_ASSIGN(const Json* fields, GetArray(json, "fields"));
  for (const Json& member : *fields) {
    FRAZIL_ASSIGN(SortField field, SortFieldFromJson(member));
    order.fields.push_back(std::move(field));
  }
  return order;
}

void AppendSnapshotJson(const Snapshot& snapshot, std::string& text) {
  const auto out = std::back_inserter(text);
  text += '{';
  // Version 1 has no sequence numbers; Java leaves 0 out everywhere.
  if (snapshot.sequence_number > 0) {
    fmt::format_to(out, R"("sequence-number":{},)", snapshot.sequence_number);
  }
  fmt::format_to(out, R"("snapshot-id":{})", snapshot.snapshot_id);
  AppendOptional("parent-snapshot-id", snapshot.parent_snapshot_id, text);
  fmt::format_to(out, R"(,"timestamp-ms":{})", snapshot.timestamp_ms);
  if (!snapshot.summary.empty()) {
    text += R"(,"summary":)";
    text += snapshot.summary.json();
  }
  text += R"(,"manifest-list":)";
  text += QuoteJson(snapshot.manifest_list);
  AppendOptional("schema-id", snapshot.schema_id, text);
  AppendOptional("first-row-id", snapshot.first_row_id, text);
  AppendOptional("added-rows", snapshot.added_rows, text);
  if (snapshot.key_id) {
    text += R"(,"key-id":)";
    text += QuoteJson(*snapshot.key_id);
  }
  for (const auto& [key, value] : snapshot.other_members.items()) {
    fmt::format_to(out, ",{}:{}", QuoteJson(key), DumpJson(value));
  }
  text += '}';
}

Result<Snapshot> SnapshotFromJson(const Json& json) {
  Snapshot snapshot;
  FRAZIL_ASSIGN(snapshot.snapshot_id, GetInt64(json, "snapshot-id"));
  FRAZIL_TRY(ReadOptional(json, "parent-snapshot-id", snapshot.parent_snapshot_id));
  if (FindMember(json, "sequence-number") != nullptr) {
    FRAZIL_ASSIGN(snapshot.sequence_number, GetInt64(json, "sequence-number"));
  }
  FRAZIL_ASSIGN(snapshot.timestamp_ms, GetInt64(json, "timestamp-ms"));
  FRAZIL_ASSIGN(snapshot.summary, ReadSummary(json));
  if (FindMember(json, "manifest-list") == nullptr &&
      FindMember(json, "manifests") != nullptr) {
    return Fail(ErrorKind::kNotSupported,
                "snapshot of format version 1 without a manifest list: {}",
                snapshot.snapshot_id);
  }
  FRAZIL_ASSIGN(snapshot.manifest_list, GetString(json, "manifest-list"));
  FRAZIL_TRY(ReadOptional(json, "schema-id", snapshot.schema_id));
  FRAZIL_TRY(ReadOptional(json, "first-row-id", snapshot.first_row_id));
  FRAZIL_TRY(ReadOptional(json, "added-rows", snapshot.added_rows));
  if (FindMember(json, "key-id") != nullptr) {
    FRAZIL_ASSIGN(snapshot.key_id, GetString(json, "key-id"));
  }
  snapshot.other_members = OtherMembers(json);
  return snapshot;
}

Json SnapshotRefToJson(const SnapshotRef& ref) {
  Json json = {{"snapshot-id", ref.snapshot_id},
               {"type", ref.is_branch ? "branch" : "tag"}};
  if (ref.min_snapshots_to_keep)
    json["min-snapshots-to-keep"] = *ref.min_snapshots_to_keep;
  if (ref.max_snapshot_age_ms) json["max-snapshot-age-ms"] = *ref.max_snapshot_age_ms;
  if (ref.max_ref_age_ms) json["max-ref-age-ms"] = *ref.max_ref_age_ms;
  return json;
}

Result<SnapshotRef> SnapshotRefFromJson(const Json& json) {
  SnapshotRef ref;
  FRAZIL_ASSIGN(ref.snapshot_id, GetInt64(json, "snapshot-id"));
  FRAZIL_ASSIGN(const std::string type, GetString(json, "type"));
  ref.is_branch = type == "branch" || type == "BRANCH";
  if (!ref.is_branch && type != "tag" && type != "TAG") {
    return Fail(ErrorKind::kCorruptData, "unknown type of ref: {}", type);
  }
  FRAZIL_TRY(ReadOptional(json, "min-snapshots-to-keep", ref.min_snapshots_to_keep));
  FRAZIL_TRY(ReadOptional(json, "max-snapshot-age-ms", ref.max_snapshot_age_ms));
  FRAZIL_TRY(ReadOptional(json, "max-ref-age-ms", ref.max_ref_age_ms));
  return ref;
}

}  // namespace frazil
