#include "catalog/hadoop/own_versions.h"

#include <utility>

#include <sys/stat.h>

#include "storage/local/local_path.h"

namespace frazil {

std::optional<OwnVersions::FileStamp> OwnVersions::StampOf(const std::string& location) {
  const Result<std::string> path = LocalPath(location);
  struct stat info{};
  if (!path.has_value() || ::stat(path->c_str(), &info) != 0) return std::nullopt;
  return FileStamp{info.st_dev, info.st_ino, info.st_size, info.st_mtim.tv_sec,
                   info.st_mtim.tv_nsec};
}

void OwnVersions::Keep(const std::string& folder, const std::string& location,
                       std::shared_ptr<const TableMetadata> metadata) {
  const std::optional<FileStamp> stamp = StampOf(location);
  const std::scoped_lock lock(mutex_);
  if (!stamp.has_value() || metadata->snapshots.empty()) {
    versions_.erase(folder);
    return;
  }
  versions_[folder] = {location, *stamp, std::move(metadata)};
}

std::shared_ptr<const TableMetadata> OwnVersions::Find(const std::string& folder,
                                                       const std::string& location) {
  const std::scoped_lock lock(mutex_);
  const auto found = versions_.find(folder);
  if (found == versions_.end()) return nullptr;
  const Version& version = found->second;
  if (version.location != location || version.stamp != StampOf(location)) return nullptr;
  return version.metadata;
}

}  // namespace frazil
