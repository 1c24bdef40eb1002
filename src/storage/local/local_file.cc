#include "storage/local/local_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <utility>

#include <sys/stat.h>

#include "base/unique_id.h"
#include "storage/local/local_path.h"

namespace frazil {
namespace {

// The system writes back in pieces of this size while the file grows, so that the sync at
// its end finds little to do and the page cache does not fill with it.
constexpr std::int64_t kFlushStepBytes = 8 * 1024 * 1024;

int OpenNew(const std::string& path) {
  return ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
}

// An errno of an output is an I/O error, whatever it is.
tl::unexpected<Error> WriteError(std::string_view what, const std::string& path,
                                 int error_number) {
  Error error = FileError(what, path, error_number);
  error.kind = ErrorKind::kIoError;
  return Fail(std::move(error));
}

}  // namespace

Result<std::unique_ptr<HiddenFile>> HiddenFile::Open(std::string path) {
  const std::string folder = ParentFolder(path);
  std::string hidden = fmt::format("{}/.frazil-{}.tmp", folder, RandomUuid());
  int descriptor = OpenNew(hidden);
  if (descriptor < 0 && errno == ENOENT) {
    FRAZIL_TRY(MakeFolders(folder));
    descriptor = OpenNew(hidden);
  }
  if (descriptor < 0) return WriteError("open a file in the folder", folder, errno);
  // The constructor is private.
  std::unique_ptr<HiddenFile> file(new HiddenFile(std::move(path), std::move(hidden)));
  file->descriptor_ = FileDescriptor(descriptor);
  return file;
}

HiddenFile::~HiddenFile() {
  if (!hidden_path_.empty()) ::unlink(hidden_path_.c_str());
}

Status HiddenFile::Write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor_.get(), bytes.data(), bytes.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      return WriteError("write the file", path_, errno);
    }
    bytes.remove_prefix(static_cast<std::size_t>(written));
    size_bytes_ += written;
  }
  if (size_bytes_ - flushing_bytes_ >= kFlushStepBytes) {
    // A hint: what it cannot do, the sync at the end will.
    (void)::sync_file_range(descriptor_.get(), flushing_bytes_,
                            size_bytes_ - flushing_bytes_, SYNC_FILE_RANGE_WRITE);
    flushing_bytes_ = size_bytes_;
  }
  return {};
}

int HiddenFile::Rename(IfTaken if_taken) const {
  const char* from = hidden_path_.c_str();
  const char* to = path_.c_str();
  if (if_taken == IfTaken::kReplace) return ::rename(from, to) == 0 ? 0 : errno;
  if (::renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0) return 0;
  if (errno != EINVAL && errno != ENOSYS && errno != ENOTSUP) return errno;
  // A file system without it: a second name is refused as well if it is taken.
  if (::link(from, to) != 0) return errno;
  ::unlink(from);
  return 0;
}

Status HiddenFile::Publish(IfTaken if_taken) {
  if (::fsync(descriptor_.get()) != 0) return WriteError("sync the file", path_, errno);
  if (!descriptor_.Close()) return WriteError("close the file", path_, errno);
  const int error_number = Rename(if_taken);
  if (error_number == EEXIST)
    return Fail(FileError("make the file", path_, error_number));
  if (error_number != 0) return WriteError("name the file", path_, error_number);
  hidden_path_.clear();
  Status synced = SyncFolder(ParentFolder(path_));
  if (!synced.has_value()) synced.error().kind = ErrorKind::kIoError;
  return synced;
}

}  // namespace frazil
