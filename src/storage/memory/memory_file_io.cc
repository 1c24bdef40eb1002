#include "storage/memory/memory_file_io.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <utility>

namespace frazil {
namespace {

using Bytes = std::shared_ptr<const std::string>;

// The files by location. Outputs outlive neither: they share it.
struct Store {
  std::mutex mutex;
  std::map<std::string, Bytes, std::less<>> files;

  Status Add(std::string_view location, std::string bytes) {
    const std::scoped_lock lock(mutex);
    const bool is_new =
        files.emplace(location, std::make_shared<const std::string>(std::move(bytes)))
            .second;
    if (is_new) return {};
    return Fail(ErrorKind::kAlreadyExists, "cannot make the file: {}: it is there",
                location);
  }

  Bytes Find(std::string_view location) {
    const std::scoped_lock lock(mutex);
    const auto found = files.find(location);
    return found == files.end() ? nullptr : found->second;
  }
};

class MemoryOutputFile : public OutputFile {
 public:
  MemoryOutputFile(std::shared_ptr<Store> store, std::string location)
      : store_(std::move(store)), location_(std::move(location)) {}

  Status Write(std::string_view bytes) override {
    bytes_ += bytes;
    return {};
  }
  Status Close() override { return store_->Add(location_, bytes_); }
  [[nodiscard]] std::int64_t size_bytes() const override {
    return static_cast<std::int64_t>(bytes_.size());
  }

 private:
  std::shared_ptr<Store> store_;
  std::string location_;
  std::string bytes_;
};

class MemoryInputFile : public InputFile {
 public:
  explicit MemoryInputFile(Bytes bytes) : bytes_(std::move(bytes)) {}

  [[nodiscard]] std::int64_t size_bytes() const override {
    return static_cast<std::int64_t>(bytes_->size());
  }
  Result<std::string> ReadAt(std::int64_t offset, std::int64_t length) const override {
    if (offset < 0 || length < 0) {
      return Fail(ErrorKind::kInvalidArgument, "negative range: {}, {}", offset, length);
    }
    const auto begin = std::min(bytes_->size(), static_cast<std::size_t>(offset));
    return bytes_->substr(begin, static_cast<std::size_t>(length));
  }

 private:
  Bytes bytes_;
};

class MemoryFileIO : public FileIO {
 public:
  Result<std::unique_ptr<OutputFile>> NewOutput(std::string_view location) override {
    if (store_->Find(location) != nullptr) {
      return Fail(ErrorKind::kAlreadyExists, "cannot make the file: {}: it is there",
                  location);
    }
    return std::make_unique<MemoryOutputFile>(store_, std::string(location));
  }

  Result<std::unique_ptr<InputFile>> NewInput(std::string_view location) override {
    Bytes bytes = store_->Find(location);
    if (bytes == nullptr) return NoSuchFile(location);
    return std::make_unique<MemoryInputFile>(std::move(bytes));
  }

  Result<std::string> Read(std::string_view location) override {
    const Bytes bytes = store_->Find(location);
    if (bytes == nullptr) return NoSuchFile(location);
    return *bytes;
  }

  Status Write(std::string_view location, std::string_view bytes) override {
    return store_->Add(location, std::string(bytes));
  }

  Status Delete(std::string_view location) override {
    const std::scoped_lock lock(store_->mutex);
    const auto found = store_->files.find(location);
    if (found != store_->files.end()) store_->files.erase(found);
    return {};
  }

  Result<bool> Exists(std::string_view location) override {
    return store_->Find(location) != nullptr;
  }

  [[nodiscard]] std::string ReadablePath(std::string_view location) const override {
    return std::string(location);
  }

 private:
  static tl::unexpected<Error> NoSuchFile(std::string_view location) {
    return Fail(ErrorKind::kNotFound, "cannot open the file: {}: there is none",
                location);
  }

  std::shared_ptr<Store> store_ = std::make_shared<Store>();
};

}  // namespace

std::shared_ptr<FileIO> NewMemoryFileIO() { return std::make_shared<MemoryFileIO>(); }

}  // namespace frazil
