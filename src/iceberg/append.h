#pragma once

/// \file iceberg/append.h
/// \brief FastAppend: adds files to a table as one new snapshot, without touching others.
///
/// Sans-I/O: it says which bytes to write where. The caller writes and commits.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "iceberg/manifest.h"
#include "iceberg/table_metadata.h"
#include "iceberg/table_update.h"

namespace frazil {

/// \brief A file to be written before a commit.
struct PendingFile {
  std::string location;
  std::string bytes;
};

/// \brief One logical append. Manifests are encoded once, whatever the number of attempts;
/// the snapshot id stays the same too, so that a lost answer can be looked up.
class FastAppend {
 public:
  /// \param files data files, each of a spec of `metadata`; may be empty: then the snapshot
  /// only carries its summary (a ledger).
  /// \param snapshot_id see RandomSnapshotId(); must not be in `metadata`.
  /// \return kNotSupported for a table of another format version than 2; kInvalidArgument
  /// for files that are not data files of the table.
  static Result<FastAppend> Make(const TableMetadata& metadata,
                                 std::vector<DataFile> files, std::int64_t snapshot_id);

  /// \brief The manifests, one per spec, and more where partitions are UUIDs (see
  /// UuidSigns()); to be written once, before the first attempt.
  [[nodiscard]] const std::vector<PendingFile>& manifests() const { return manifests_; }
  [[nodiscard]] std::int64_t snapshot_id() const { return snapshot_id_; }

  /// \brief What one attempt writes and commits.
  struct Attempt {
    /// To be written before the commit; its location is new for each attempt.
    PendingFile manifest_list;
    /// What the list holds, as DecodeManifestList would read it back.
    std::vector<ManifestFile> manifests;
    Snapshot snapshot;
    std::vector<TableRequirement> requirements;
    /// AddSnapshot and SetSnapshotRef of main; the caller may append more.
    std::vector<TableUpdate> updates;
  };

  /// \brief Builds an attempt on top of `base`.
  /// \param parent_manifests manifests of the current snapshot of `base`, in their order.
  /// \param extra_summary added to the summary (ledger, engine-name, ...).
  /// \param now_ms stamp of the snapshot; raised where the table's logs are ahead of it.
  Attempt Build(const TableMetadata& base,
                const std::vector<ManifestFile>& parent_manifests,
                const std::map<std::string, std::string>& extra_summary,
                int attempt_number, std::int64_t now_ms) const;

 private:
  FastAppend() = default;

  std::map<std::string, std::string> Summary(
      const Snapshot* parent, const std::map<std::string, std::string>& extra) const;

  std::int64_t snapshot_id_ = 0;
  std::string commit_uuid_;
  std::vector<PendingFile> manifests_;
  std::vector<ManifestFile> manifest_files_;
  // Sums over the added files, for the summary.
  std::int64_t added_files_ = 0;
  std::int64_t added_records_ = 0;
  std::int64_t added_size_bytes_ = 0;
  std::int64_t changed_partitions_ = 0;
};

}  // namespace frazil
