#pragma once

/// \file catalog/metadata_files.h
/// \brief The metadata files of tables: read with a cache, written, cleaned up.

#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "iceberg/table_metadata.h"
#include "storage/file_io.h"

namespace frazil {

/// \brief Reads and writes metadata files. Thread-safe.
///
/// A metadata file never changes under its name, so the newest of a table stays parsed:
/// loading a table whose pointer has not moved reads no file. One of each table, since the
/// metadata of a table with thousands of snapshots is large. Not for catalogs that use a name
/// again after a table was dropped (hadoop): they call ReadMetadataFile.
class MetadataFiles {
 public:
  /// \param capacity of how many tables a parsed file is kept.
  explicit MetadataFiles(std::shared_ptr<FileIO> io, std::size_t capacity = 16)
      : io_(std::move(io)), capacity_(capacity) {}

  /// \brief Errors as ReadMetadataFile.
  Result<std::shared_ptr<const TableMetadata>> Read(const std::string& location);

  Status Write(const std::string& location, const TableMetadata& metadata);

  /// \brief Keeps what the file holds that a catalog names now: it is not read back.
  void Keep(const std::string& location, std::shared_ptr<const TableMetadata> metadata);

  /// \brief Deletes a file that no catalog names. A failure is logged and nothing more: the
  /// file is then an orphan.
  void Delete(const std::string& location);

  /// \brief After a commit: deletes the files that fell out of the metadata log, if
  /// write.metadata.delete-after-commit.enabled says so.
  void DeleteReplaced(const TableMetadata& base, const TableMetadata& next);

  [[nodiscard]] FileIO& io() const { return *io_; }

 private:
  using Entry = std::pair<std::string, std::shared_ptr<const TableMetadata>>;

  std::shared_ptr<const TableMetadata> FindCached(const std::string& location);

  const std::shared_ptr<FileIO> io_;
  const std::size_t capacity_;
  std::mutex mutex_;
  // Guarded by mutex_: most recently used first. Few, so a list is searched.
  std::list<Entry> cached_;
};

/// \brief Reads and parses one file.
/// \return kCorruptData if it does not parse, also if a catalog names it and it is missing;
/// kIoError if it cannot be read.
Result<std::shared_ptr<const TableMetadata>> ReadMetadataFile(
    FileIO& io, const std::string& location);

}  // namespace frazil
