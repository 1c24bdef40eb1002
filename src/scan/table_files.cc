#include "scan/table_files.h"

#include <utility>

namespace frazil {
namespace {

// A file that the table names. It is damage if it is missing; the snapshot itself is there.
Result<std::string> ReadNamed(FileIO& io, const std::string& location) {
  Result<std::string> bytes = io.Read(location);
  if (bytes.has_value() || bytes.error().kind != ErrorKind::kNotFound) return bytes;
  return Fail(ErrorKind::kCorruptData,
              "a metadata file of the snapshot is missing; restore it, or roll the table "
              "back to a snapshot that is whole: {}",
              location);
}

}  // namespace

Result<std::vector<DataFile>> LiveDataFiles(const TableMetadata& metadata, FileIO& io,
                                            std::optional<std::int64_t> snapshot_id) {
  std::vector<DataFile> files;
  const Snapshot* snapshot = snapshot_id.has_value() ? metadata.FindSnapshot(*snapshot_id)
                                                     : metadata.CurrentSnapshot();
  if (snapshot == nullptr) {
    if (!snapshot_id.has_value()) return files;
    return Fail(ErrorKind::kNotFound, "no such snapshot: {}", *snapshot_id);
  }
  FRAZIL_ASSIGN(const std::string list, ReadNamed(io, snapshot->manifest_list));
  auto manifests = DecodeManifestList(list);
  if (!manifests.has_value()) {
    return Fail(std::move(manifests).error().Within(snapshot->manifest_list));
  }
  for (const ManifestFile& manifest : *manifests) {
    if (manifest.holds_deletes &&
        manifest.added_files_count + manifest.existing_files_count > 0) {
      return Fail(ErrorKind::kNotSupported,
                  "rows were deleted by delete files (merge-on-read), which this "
                  "version cannot apply; compact the table with the program that "
                  "deleted them, so that its files hold what is left: {}",
                  manifest.manifest_path);
    }
    FRAZIL_ASSIGN(const std::string bytes, ReadNamed(io, manifest.manifest_path));
    auto entries = DecodeManifest(bytes, manifest, metadata);
    if (!entries.has_value()) {
      return Fail(std::move(entries).error().Within(manifest.manifest_path));
    }
    for (ManifestEntry& entry : *entries) {
      if (entry.status != EntryStatus::kDeleted) {
        files.push_back(std::move(entry.data_file));
      }
    }
  }
  return files;
}

}  // namespace frazil
