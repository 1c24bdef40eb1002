#pragma once

/// \file iceberg/table_update.h
/// \brief Changes to table metadata, and the conditions under which they may be made.
///
/// Names are the REST specification's ("TableUpdate", "TableRequirement"), so that a REST
/// catalog sends them as they are and the other catalogs apply them here.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/result.h"
#include "iceberg/table_metadata.h"

namespace frazil {

/// \name Requirements
/// @{
struct AssertTableUuid {
  std::string uuid;
};
/// The ref must point at this snapshot; nullopt: it must not exist.
struct AssertRefSnapshotId {
  std::string ref;
  std::optional<std::int64_t> snapshot_id;
};
struct AssertCurrentSchemaId {
  std::int32_t schema_id = 0;
};
struct AssertDefaultSpecId {
  std::int32_t spec_id = 0;
};
using TableRequirement = std::variant<AssertTableUuid, AssertRefSnapshotId,
                                      AssertCurrentSchemaId, AssertDefaultSpecId>;
/// @}

/// \name Updates
/// @{
struct AddSnapshot {
  Snapshot snapshot;
};
struct SetSnapshotRef {
  std::string ref_name;
  SnapshotRef ref;
};
struct SetProperties {
  std::map<std::string, std::string> updates;
};
struct RemoveProperties {
  std::vector<std::string> removals;
};
using TableUpdate =
    std::variant<AddSnapshot, SetSnapshotRef, SetProperties, RemoveProperties>;
/// @}

/// \brief Checks requirements against a table.
/// \return kCommitFailed, naming the requirement and what the table says.
Status CheckRequirements(const TableMetadata& base,
                         const std::vector<TableRequirement>& requirements);

/// \brief Applies updates in order: logs, sequence numbers and current ids follow.
///
/// `now_ms` becomes last-updated-ms, but never less than what the logs hold: a clock that
/// steps back does not make the table unreadable.
/// \param base_location metadata file of `base`, appended to the metadata log, which is cut
/// to write.metadata.previous-versions-max.
/// \return kCommitFailed for a stale sequence number; kInvalidArgument for an update that
/// names something absent.
Result<TableMetadata> ApplyUpdates(const TableMetadata& base,
                                   std::string_view base_location,
                                   const std::vector<TableUpdate>& updates,
                                   std::int64_t now_ms);

}  // namespace frazil
