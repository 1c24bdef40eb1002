#pragma once

/// \file storage/home_folder.h
/// \brief The folder of a table that is in use, which must not go away and come back empty.
///
/// A disk that is unmounted leaves its mount point: files written then would be made in
/// folders on another disk, be hidden when the disk comes back, and a catalog elsewhere would
/// name them. So whoever writes for a table asks first.

#include <string>

#include "base/result.h"
#include "storage/file_io.h"

namespace frazil {

/// \brief Remembers a folder that was there; nothing in a store without folders. Thread-safe.
class HomeFolder {
 public:
  /// \brief Remembers the folder of the table's metadata, or if that is elsewhere, that of the
  /// table.
  /// \param io outlives this.
  /// \param table_location as in the table's metadata; the table exists.
  HomeFolder(FileIO& io, const std::string& table_location);

  /// \return kUnavailable if the folder is gone; kIoError if the system does not tell.
  [[nodiscard]] Status Check() const;

 private:
  FileIO* io_;
  std::string folder_;  // empty: none
};

}  // namespace frazil
