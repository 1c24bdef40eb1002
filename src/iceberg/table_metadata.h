#pragma once

/// \file iceberg/table_metadata.h
/// \brief The root of a table: schemas, specs, snapshots, properties.
///
/// Source: Iceberg specification, "Table Metadata" and Appendix C.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "iceberg/partition_spec.h"
#include "iceberg/snapshot.h"
#include "iceberg/snapshot_list.h"
#include "model/type.h"

namespace frazil {

/// \brief One version of a table's metadata. A value; what readers share is const.
struct TableMetadata {
  int format_version = 2;
  std::string table_uuid;
  /// Without a slash at the end.
  std::string location;
  std::int64_t last_sequence_number = 0;
  std::int64_t last_updated_ms = 0;
  std::int32_t last_column_id = 0;
  std::vector<Schema> schemas;
  std::int32_t current_schema_id = 0;
  std::vector<PartitionSpec> partition_specs;
  std::int32_t default_spec_id = 0;
  /// 999 for a table that was never partitioned.
  std::int32_t last_partition_id = 999;
  std::vector<SortOrder> sort_orders;
  std::int32_t default_sort_order_id = 0;
  std::map<std::string, std::string> properties;
  std::optional<std::int64_t> current_snapshot_id;
  SnapshotList snapshots;
  std::map<std::string, SnapshotRef> refs;
  std::vector<SnapshotLogEntry> snapshot_log;
  std::vector<MetadataLogEntry> metadata_log;
  /// Of format version 3: the next row id to give out.
  std::int64_t next_row_id = 0;
  /// Members this version of Frazil does not interpret (statistics, encryption keys, ...),
  /// written back unchanged.
  Json other_members = Json::object();

  [[nodiscard]] const Schema* FindSchema(std::int32_t schema_id) const;
  [[nodiscard]] const PartitionSpec* FindSpec(std::int32_t spec_id) const;
  [[nodiscard]] const Snapshot* FindSnapshot(std::int64_t snapshot_id) const;
  /// \brief The snapshot of branch main, or nullptr for a table without one.
  [[nodiscard]] const Snapshot* CurrentSnapshot() const;
  /// \pre The metadata is valid: parsed or made by this room.
  [[nodiscard]] const Schema& CurrentSchema() const;
  [[nodiscard]] const PartitionSpec& DefaultSpec() const;
  /// \brief A property, or `fallback`.
  [[nodiscard]] std::string Property(std::string_view key,
                                     std::string_view fallback) const;
};

/// \brief Reads v1, v2 or v3 metadata, plain or in gzip, and checks what Java checks.
/// \return kCorruptData naming the member; kNotSupported for a later format version.
Result<TableMetadata> ParseTableMetadata(std::string_view json_text);

/// \brief Writes metadata as Java does: all members, in its order.
std::string SerializeTableMetadata(const TableMetadata& metadata);

/// \name JSON of parts, shared with manifests and catalogs
/// @{
Json SchemaToJson(const Schema& schema);
Result<Schema> SchemaFromJson(const Json& json);
Json PartitionSpecToJson(const PartitionSpec& spec);
Result<PartitionSpec> PartitionSpecFromJson(const Json& json);
/// @}

/// \brief What a table is made of.
struct NewTable {
  /// Field ids are given anew (AssignFreshIds); `spec` and `sort_order` name columns by the
  /// ids of this schema and follow them.
  Schema schema;
  PartitionSpec spec;
  SortOrder sort_order;
  std::string location;
  /// "format-version" is taken out of it (default 2). Codec default: zstd, written out.
  std::map<std::string, std::string> properties;
};

/// \brief The first metadata of a table: a new uuid, no snapshot.
/// \return kInvalidArgument for a spec that does not fit the schema, duplicate or empty
/// names, or an unsupported format version.
Result<TableMetadata> MakeTableMetadata(const NewTable& table, std::int64_t now_ms);

/// \brief Where manifests, manifest lists and metadata files go: write.metadata.path or
/// `<location>/metadata`, without a slash at the end.
std::string MetadataFolder(const TableMetadata& metadata);

/// \brief "00007-<uuid>.metadata.json", the name for version 7, in MetadataFolder.
std::string MetadataFileLocation(const TableMetadata& metadata, int version);

/// \brief The version in a metadata file's name; -1 where it has none.
int ParseMetadataFileVersion(std::string_view location);

}  // namespace frazil
