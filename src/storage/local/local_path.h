#pragma once

/// \file storage/local/local_path.h
/// \brief Where a location lies on this machine, and what can be done with folders there.

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace frazil {

/// \brief The absolute path of "file:///x", "file:/x", "/x" or a path relative to the
/// working folder. Percent signs stand for themselves, as in Hadoop and PyIceberg.
/// \return kNotSupported for another scheme; kInvalidArgument for a file URI with a host.
Result<std::string> LocalPath(std::string_view location);

/// \brief The location in the form it is stored in metadata: as given, but absolute and
/// without slashes at its end. Errors as LocalPath.
Result<std::string> AbsoluteLocation(std::string_view location);

/// \brief An entry of a folder.
struct FolderEntry {
  std::string name;
  bool is_folder = false;

  auto operator<=>(const FolderEntry&) const = default;
};

/// \brief What a folder holds, by name. Hidden entries are left out.
/// \return kNotFound if there is no such folder.
Result<std::vector<FolderEntry>> ListFolder(const std::string& path);

/// \brief Makes a folder and those above it, durably. One that is there is success.
Status MakeFolders(const std::string& path);

/// \brief Makes the names in a folder durable.
Status SyncFolder(const std::string& path);

/// \brief Writes a whole file durably, in place of one that may be there.
Status ReplaceFile(const std::string& path, std::string_view bytes);

/// \brief The folder a path lies in; "/" for "/x".
std::string ParentFolder(std::string_view path);

/// \brief "cannot <what>: <path>: <reason of the system>", with a hint where one helps.
/// \param error_number an errno; ENOENT and ENOTDIR make kNotFound, EEXIST makes
/// kAlreadyExists, all others kIoError.
Error FileError(std::string_view what, std::string_view path, int error_number);

}  // namespace frazil
