#include "storage/local/local_path.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

#include <sys/stat.h>

#include "storage/local/file_descriptor.h"
#include "storage/local/local_file.h"

namespace frazil {
namespace {

constexpr std::string_view kFileScheme = "file:";

// The scheme with its colon, or "" for a path. One letter is no scheme.
std::string_view SchemeOf(std::string_view location) {
  const auto colon = location.find(':');
  if (colon == std::string_view::npos || colon < 2) return {};
  const std::string_view scheme = location.substr(0, colon);
  const bool is_scheme = std::all_of(scheme.begin(), scheme.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           c == '+' || c == '-' || c == '.';
  });
  // "a:b/c" in the working folder is a path unless slashes say otherwise.
  if (!is_scheme) return {};
  if (scheme != "file" && !location.substr(colon + 1).starts_with("//")) return {};
  return location.substr(0, colon + 1);
}

// The path as the location has it, perhaps relative.
Result<std::string_view> PathPart(std::string_view location) {
  const std::string_view scheme = SchemeOf(location);
  if (scheme.empty()) {
    if (location.empty()) return Fail(ErrorKind::kInvalidArgument, "location is empty");
    return location;
  }
  if (scheme != kFileScheme) {
    return Fail(ErrorKind::kNotSupported,
                "only local files are supported (paths and file: locations): {}",
                location);
  }
  std::string_view path = location.substr(scheme.size());
  if (path.starts_with("//")) {
    path.remove_prefix(2);
    if (path.starts_with("localhost/")) path.remove_prefix(9);
    if (!path.starts_with('/')) {
      return Fail(ErrorKind::kInvalidArgument,
                  "a file URI takes three slashes or one, not two: {}", location);
    }
  }
  if (path.empty()) return Fail(ErrorKind::kInvalidArgument, "location is empty");
  return path;
}

Result<std::string> MakeAbsolute(std::string_view path) {
  if (path.starts_with('/')) return std::string(path);
  std::error_code error;
  const std::filesystem::path folder = std::filesystem::current_path(error);
  if (error) return Fail(FileError("find the working folder", path, error.value()));
  return (folder / path).lexically_normal().string();
}

}  // namespace

Error FileError(std::string_view what, std::string_view path, int error_number) {
  ErrorKind kind = ErrorKind::kIoError;
  std::string hint;
  switch (error_number) {
    case ENOENT:
    case ENOTDIR:
      kind = ErrorKind::kNotFound;
      break;
    case EEXIST:
      kind = ErrorKind::kAlreadyExists;
      break;
    case EACCES:
    case EPERM:
      hint = fmt::format(" (this process runs as uid {})", ::geteuid());
      break;
    case EDQUOT:
    case ENOSPC:
      hint = " (free some space there; nothing is lost meanwhile)";
      break;
    default:
      break;
  }
  return Error{kind, fmt::format("cannot {}: {}: {}{}", what, path,
                                 std::system_category().message(error_number), hint)};
}

Result<std::string> LocalPath(std::string_view location) {
  FRAZIL_ASSIGN(const std::string_view path, PathPart(location));
  return MakeAbsolute(path);
}

Result<std::string> AbsoluteLocation(std::string_view location) {
  FRAZIL_ASSIGN(const std::string_view path, PathPart(location));
  FRAZIL_ASSIGN(std::string absolute, MakeAbsolute(path));
  // What stands before an absolute path stays: readers compare locations by bytes.
  std::string text(path.starts_with('/')
                       ? location.substr(0, location.size() - path.size())
                       : SchemeOf(location));
  text += absolute;
  while (text.size() > 1 && text.ends_with('/')) text.pop_back();
  return text;
}

std::string ParentFolder(std::string_view path) {
  const auto slash = path.find_last_of('/');
  if (slash == std::string_view::npos) return ".";
  return slash == 0 ? "/" : std::string(path.substr(0, slash));
}

Result<std::vector<FolderEntry>> ListFolder(const std::string& path) {
  DIR* folder = ::opendir(path.c_str());
  if (folder == nullptr) return Fail(FileError("list the folder", path, errno));
  std::vector<FolderEntry> entries;
  errno = 0;
  // Each call has a stream of its own, so readdir is safe here.
  while (const dirent* entry = ::readdir(folder)) {  // NOLINT(concurrency-mt-unsafe)
    const std::string_view name = entry->d_name;
    if (name.starts_with('.')) continue;
    struct stat info{};
    const bool is_folder = entry->d_type == DT_DIR ||
                           ((entry->d_type == DT_UNKNOWN || entry->d_type == DT_LNK) &&
                            ::stat((path + "/" + entry->d_name).c_str(), &info) == 0 &&
                            S_ISDIR(info.st_mode));
    entries.push_back({std::string(name), is_folder});
    errno = 0;
  }
  const int error_number = errno;
  ::closedir(folder);
  if (error_number != 0) return Fail(FileError("list the folder", path, error_number));
  std::sort(entries.begin(), entries.end());
  return entries;
}

Status MakeFolders(const std::string& path) {
  if (::mkdir(path.c_str(), 0777) == 0) return SyncFolder(ParentFolder(path));
  int error_number = errno;
  struct stat info{};
  if (error_number == EEXIST) {
    if (::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode)) return {};
    error_number = ENOTDIR;
  }
  const std::string parent = ParentFolder(path);
  if (error_number == ENOENT && parent != path && parent != ".") {
    FRAZIL_TRY(MakeFolders(parent));
    return MakeFolders(path);
  }
  Error error = FileError("make the folder", path, error_number);
  error.kind = ErrorKind::kIoError;
  return Fail(std::move(error));
}

Status SyncFolder(const std::string& path) {
  const FileDescriptor folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  // Some file systems have no such thing and say EINVAL.
  if (!folder.is_open() || (::fsync(folder.get()) != 0 && errno != EINVAL)) {
    return Fail(FileError("sync the folder", path, errno));
  }
  return {};
}

Status ReplaceFile(const std::string& path, std::string_view bytes) {
  FRAZIL_ASSIGN(auto file, HiddenFile::Open(path));
  FRAZIL_TRY(file->Write(bytes));
  return file->Publish(HiddenFile::IfTaken::kReplace);
}

}  // namespace frazil
