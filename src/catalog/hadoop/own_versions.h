#pragma once

/// \file catalog/hadoop/own_versions.h
/// \brief What this process wrote into the metadata files of a hadoop catalog.

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include <sys/types.h>

#include "iceberg/table_metadata.h"

namespace frazil {

/// \brief The newest version that we wrote of each table, so that it is not read back with
/// the next commit. Thread-safe.
///
/// A table that is dropped and made again begins at v1 again, in files of the same names. So
/// a file counts as ours only while it is the very file we wrote: same inode, size and time.
/// Tables without a snapshot are not kept: their files may be made again within the time that
/// a file system tells apart, and are small.
class OwnVersions {
 public:
  /// \brief Keeps what was just written to `location`, for the table in `folder`.
  void Keep(const std::string& folder, const std::string& location,
            std::shared_ptr<const TableMetadata> metadata);

  /// \brief What `location` holds, or nullptr where its file is not the one we wrote last.
  std::shared_ptr<const TableMetadata> Find(const std::string& folder,
                                            const std::string& location);

 private:
  struct FileStamp {
    dev_t device = 0;
    ino_t inode = 0;
    off_t size_bytes = 0;
    std::int64_t modified_s = 0;
    std::int64_t modified_ns = 0;

    bool operator==(const FileStamp&) const = default;
  };
  struct Version {
    std::string location;
    FileStamp stamp;
    std::shared_ptr<const TableMetadata> metadata;
  };

  static std::optional<FileStamp> StampOf(const std::string& location);

  std::mutex mutex_;
  // Guarded by mutex_; by the table's folder.
  std::map<std::string, Version> versions_;
};

}  // namespace frazil
