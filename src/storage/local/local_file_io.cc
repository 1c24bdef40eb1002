#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <memory>
#include <utility>

#include <sys/stat.h>

#include "base/fault_point.h"
#include "storage/file_io.h"
#include "storage/local/file_descriptor.h"
#include "storage/local/local_file.h"
#include "storage/local/local_path.h"

namespace frazil {
namespace {

// A file that grows piece by piece: a data file. Whole files have no fault points here,
// their callers do.
class LocalOutputFile : public OutputFile {
 public:
  explicit LocalOutputFile(std::unique_ptr<HiddenFile> file) : file_(std::move(file)) {}

  Status Write(std::string_view bytes) override {
    if (file_ == nullptr) return Fail(ErrorKind::kInternal, "write to a closed file");
    return file_->Write(bytes);
  }

  Status Close() override {
    if (file_ == nullptr) return Fail(ErrorKind::kInternal, "file closed twice");
    FRAZIL_TRY(FaultPoint("file.close.before"));
    size_bytes_ = file_->size_bytes();
    const std::unique_ptr<HiddenFile> file = std::move(file_);
    FRAZIL_TRY(file->Publish(HiddenFile::IfTaken::kFail));
    return FaultPoint("file.close.after");
  }

  [[nodiscard]] std::int64_t size_bytes() const override {
    return file_ == nullptr ? size_bytes_ : file_->size_bytes();
  }

 private:
  // Null once closed.
  std::unique_ptr<HiddenFile> file_;
  std::int64_t size_bytes_ = 0;
};

class LocalInputFile : public InputFile {
 public:
  LocalInputFile(std::string path, FileDescriptor descriptor, std::int64_t size_bytes)
      : path_(std::move(path)),
        descriptor_(std::move(descriptor)),
        size_bytes_(size_bytes) {}

  [[nodiscard]] std::int64_t size_bytes() const override { return size_bytes_; }

  Result<std::string> ReadAt(std::int64_t offset, std::int64_t length) const override {
    if (offset < 0 || length < 0) {
      return Fail(ErrorKind::kInvalidArgument, "negative range in {}: {}, {}", path_,
                  offset, length);
    }
    // A length of "all there may be" must not become an allocation.
    const std::int64_t wanted =
        std::min(length, std::max<std::int64_t>(0, size_bytes_ - offset));
    std::string bytes(static_cast<std::size_t>(wanted), '\0');
    std::size_t filled = 0;
    while (filled < bytes.size()) {
      const ssize_t count =
          ::pread(descriptor_.get(), bytes.data() + filled, bytes.size() - filled,
                  offset + static_cast<std::int64_t>(filled));
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return Fail(FileError("read the file", path_, errno));
      if (count == 0) break;
      filled += static_cast<std::size_t>(count);
    }
    bytes.resize(filled);
    return bytes;
  }

 private:
  std::string path_;
  FileDescriptor descriptor_;
  std::int64_t size_bytes_;
};

class LocalFileIO : public FileIO {
 public:
  Result<std::unique_ptr<OutputFile>> NewOutput(std::string_view location) override {
    FRAZIL_ASSIGN(std::string path, LocalPath(location));
    FRAZIL_TRY(CheckFree(path));
    FRAZIL_ASSIGN(auto file, HiddenFile::Open(std::move(path)));
    return std::make_unique<LocalOutputFile>(std::move(file));
  }

  Result<std::unique_ptr<InputFile>> NewInput(std::string_view location) override {
    FRAZIL_ASSIGN(std::string path, LocalPath(location));
    FileDescriptor descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!descriptor.is_open()) return Fail(FileError("open the file", path, errno));
    struct stat info{};
    if (::fstat(descriptor.get(), &info) != 0) {
      return Fail(FileError("open the file", path, errno));
    }
    if (S_ISDIR(info.st_mode)) return Fail(FileError("open the file", path, EISDIR));
    return std::make_unique<LocalInputFile>(std::move(path), std::move(descriptor),
                                            info.st_size);
  }

  Result<std::string> Read(std::string_view location) override {
    FRAZIL_ASSIGN(const auto file, NewInput(location));
    return file->ReadAt(0, file->size_bytes());
  }

  Status Write(std::string_view location, std::string_view bytes) override {
    FRAZIL_ASSIGN(std::string path, LocalPath(location));
    FRAZIL_TRY(CheckFree(path));
    FRAZIL_ASSIGN(const auto file, HiddenFile::Open(std::move(path)));
    FRAZIL_TRY(file->Write(bytes));
    return file->Publish(HiddenFile::IfTaken::kFail);
  }

  Status Delete(std::string_view location) override {
    FRAZIL_ASSIGN(const std::string path, LocalPath(location));
    if (::unlink(path.c_str()) == 0 || errno == ENOENT || errno == ENOTDIR) return {};
    return Fail(FileError("delete the file", path, errno));
  }

  Result<bool> Exists(std::string_view location) override {
    FRAZIL_ASSIGN(const std::string path, LocalPath(location));
    struct stat info{};
    if (::stat(path.c_str(), &info) == 0) return true;
    if (errno == ENOENT || errno == ENOTDIR) return false;
    return Fail(FileError("look for the file", path, errno));
  }

  [[nodiscard]] std::string ReadablePath(std::string_view location) const override {
    return LocalPath(location).value_or(std::string(location));
  }

 private:
  // Says early what Publish() would say late; Publish() alone decides.
  Status CheckFree(const std::string& path) {
    struct stat info{};
    if (::stat(path.c_str(), &info) != 0) return {};
    return Fail(FileError("make the file", path, EEXIST));
  }
};

}  // namespace

std::shared_ptr<FileIO> NewLocalFileIO() { return std::make_shared<LocalFileIO>(); }

}  // namespace frazil
