#pragma once

/// \file storage/local/local_file.h
/// \brief A file that is written under a hidden name and appears whole or not at all.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "storage/local/file_descriptor.h"

namespace frazil {

/// \brief A file on its way to `path`. Not thread-safe.
///
/// Until Publish() it is ".frazil-<uuid>.tmp" in the same folder, which readers of tables
/// pass over; destruction without Publish() removes it. A process that is killed leaves
/// it behind, for orphan removal to find.
class HiddenFile {
 public:
  /// \brief What Publish() does where the name is taken.
  enum class IfTaken { kFail, kReplace };

  /// \brief Opens it, making the folders above.
  /// \return kAlreadyExists if `path` is a folder; kIoError otherwise.
  static Result<std::unique_ptr<HiddenFile>> Open(std::string path);

  HiddenFile(const HiddenFile&) = delete;
  HiddenFile& operator=(const HiddenFile&) = delete;
  ~HiddenFile();

  Status Write(std::string_view bytes);

  /// \brief Syncs the bytes, gives the file its name in one step, syncs the folder.
  /// \return kAlreadyExists with IfTaken::kFail; kIoError, after which the file may be
  /// visible only if the folder's sync failed.
  Status Publish(IfTaken if_taken);

  [[nodiscard]] std::int64_t size_bytes() const { return size_bytes_; }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  HiddenFile(std::string path, std::string hidden_path)
      : path_(std::move(path)), hidden_path_(std::move(hidden_path)) {}

  // Gives the hidden file its name; 0 or an errno.
  [[nodiscard]] int Rename(IfTaken if_taken) const;

  std::string path_;
  // Empty once the file has its name.
  std::string hidden_path_;
  FileDescriptor descriptor_;
  std::int64_t size_bytes_ = 0;
  // Bytes whose way to the disk has been started.
  std::int64_t flushing_bytes_ = 0;
};

}  // namespace frazil
