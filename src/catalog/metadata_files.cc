#include "catalog/metadata_files.h"

#include <algorithm>
#include <set>

#include "base/log.h"

namespace frazil {

Result<std::shared_ptr<const TableMetadata>> ReadMetadataFile(
    FileIO& io, const std::string& location) {
  Result<std::string> text = io.Read(location);
  if (!text.has_value() && text.error().kind == ErrorKind::kNotFound) {
    // Not kNotFound: the table is there, and must not be made anew.
    return Fail(
        ErrorKind::kCorruptData,
        "the catalog names a metadata file that is missing; restore it, or drop the "
        "table from the catalog and register an earlier metadata file: {}",
        location);
  }
  if (!text.has_value()) return Fail(std::move(text).error());
  Result<TableMetadata> metadata = ParseTableMetadata(*text);
  if (!metadata.has_value()) return Fail(std::move(metadata).error().Within(location));
  return std::make_shared<const TableMetadata>(std::move(*metadata));
}

std::shared_ptr<const TableMetadata> MetadataFiles::FindCached(
    const std::string& location) {
  const std::scoped_lock lock(mutex_);
  const auto found =
      std::find_if(cached_.begin(), cached_.end(),
                   [&](const Entry& entry) { return entry.first == location; });
  if (found == cached_.end()) return nullptr;
  cached_.splice(cached_.begin(), cached_, found);
  return found->second;
}

void MetadataFiles::Keep(const std::string& location,
                         std::shared_ptr<const TableMetadata> metadata) {
  const std::scoped_lock lock(mutex_);
  // Tables of version 1 may have no uuid; nothing then tells which files are of one table.
  std::erase_if(cached_, [&](const Entry& entry) {
    return entry.first == location || (!metadata->table_uuid.empty() &&
                                       entry.second->table_uuid == metadata->table_uuid);
  });
  cached_.emplace_front(location, std::move(metadata));
  if (cached_.size() > capacity_) cached_.pop_back();
}

Result<std::shared_ptr<const TableMetadata>> MetadataFiles::Read(
    const std::string& location) {
  if (auto cached = FindCached(location); cached != nullptr) return cached;
  FRAZIL_ASSIGN(auto metadata, ReadMetadataFile(*io_, location));
  Keep(location, metadata);
  return metadata;
}

Status MetadataFiles::Write(const std::string& location, const TableMetadata& metadata) {
  return io_->Write(location, SerializeTableMetadata(metadata));
}

void MetadataFiles::Delete(const std::string& location) {
  const Status deleted = io_->Delete(location);
  if (deleted.has_value()) return;
  Log(LogLevel::kWarning, "a metadata file that is no longer used stays",
      {{"file", location}, {"reason", deleted.error().message}});
}

void MetadataFiles::DeleteReplaced(const TableMetadata& base, const TableMetadata& next) {
  if (next.Property("write.metadata.delete-after-commit.enabled", "false") != "true")
    return;
  std::set<std::string_view> kept;
  for (const MetadataLogEntry& entry : next.metadata_log)
    kept.insert(entry.metadata_file);
  for (const MetadataLogEntry& entry : base.metadata_log) {
    if (!kept.contains(entry.metadata_file)) Delete(entry.metadata_file);
  }
}

}  // namespace frazil
