#pragma once

/// \file iceberg/snapshot.h
/// \brief Snapshots, the refs that name them, and the logs of their succession.
///
/// Source: Iceberg specification, "Snapshots", "Snapshot References".

#include <cstdint>
#include <optional>
#include <string>

#include "base/json.h"
#include "iceberg/snapshot_summary.h"

namespace frazil {

/// \brief The state of a table at one time.
struct Snapshot {
  std::int64_t snapshot_id = 0;
  std::optional<std::int64_t> parent_snapshot_id;
  std::int64_t sequence_number = 0;
  std::int64_t timestamp_ms = 0;
  /// Location of the manifest list.
  std::string manifest_list;
  /// "operation" and counts, all strings; also where the ledger lives.
  SnapshotSummary summary;
  std::optional<std::int32_t> schema_id;
  /// Format version 3: row ids that this snapshot gave out, and the key of its manifest list.
  std::optional<std::int64_t> first_row_id = std::nullopt;
  std::optional<std::int64_t> added_rows = std::nullopt;
  std::optional<std::string> key_id = std::nullopt;
  /// An object of members this version of Frazil does not interpret, written back unchanged;
  /// null if there are none.
  Json other_members = nullptr;

  bool operator==(const Snapshot&) const = default;
};

/// \brief A branch or a tag.
struct SnapshotRef {
  std::int64_t snapshot_id = 0;
  bool is_branch = true;
  std::optional<std::int32_t> min_snapshots_to_keep;
  std::optional<std::int64_t> max_snapshot_age_ms;
  std::optional<std::int64_t> max_ref_age_ms;

  bool operator==(const SnapshotRef&) const = default;
};

/// \brief When a snapshot became the current one.
struct SnapshotLogEntry {
  std::int64_t timestamp_ms = 0;
  std::int64_t snapshot_id = 0;

  bool operator==(const SnapshotLogEntry&) const = default;
};

/// \brief A former metadata file and the time until which it was current.
struct MetadataLogEntry {
  std::int64_t timestamp_ms = 0;
  std::string metadata_file;

  bool operator==(const MetadataLogEntry&) const = default;
};

}  // namespace frazil
