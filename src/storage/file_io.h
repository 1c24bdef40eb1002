#pragma once

/// \file storage/file_io.h
/// \brief Files by location: what the table format reads and writes through.
///
/// A location is a URI or a path: "file:///lake/x", "file:/lake/x", "/lake/x"; later
/// "s3://bucket/x". It is stored in metadata as given; FileIO maps it to a place.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace frazil {

/// \brief A file being written. Not thread-safe.
class OutputFile {
 public:
  /// \brief Closes without publishing if Close() was not called: nothing is left visible.
  virtual ~OutputFile() = default;

  /// \return kIoError, with the location and the system's reason (disk full, no permission).
  virtual Status Write(std::string_view bytes) = 0;
  /// \brief Makes the file durable and visible under its location, all of it at once.
  virtual Status Close() = 0;
  /// \brief Bytes written so far.
  [[nodiscard]] virtual std::int64_t size_bytes() const = 0;
};

/// \brief A file open for reading at any place. Thread-safe.
class InputFile {
 public:
  virtual ~InputFile() = default;
  [[nodiscard]] virtual std::int64_t size_bytes() const = 0;
  /// \brief Reads up to `length` bytes at `offset`; fewer only at the end of the file.
  virtual Result<std::string> ReadAt(std::int64_t offset, std::int64_t length) const = 0;
};

/// \brief Reads, writes and deletes files. Thread-safe.
class FileIO {
 public:
  virtual ~FileIO() = default;

  /// \brief Opens a new file; parent folders are made.
  /// \return kAlreadyExists if the location is taken; kIoError otherwise.
  virtual Result<std::unique_ptr<OutputFile>> NewOutput(std::string_view location) = 0;

  /// \return kNotFound if there is no such file; kIoError otherwise.
  virtual Result<std::unique_ptr<InputFile>> NewInput(std::string_view location) = 0;

  /// \brief The whole file.
  virtual Result<std::string> Read(std::string_view location) = 0;

  /// \brief Writes a whole new file durably.
  /// \return kAlreadyExists if the location is taken: then nothing was changed.
  virtual Status Write(std::string_view location, std::string_view bytes) = 0;

  /// \brief Deletes a file. Absence is success.
  virtual Status Delete(std::string_view location) = 0;

  virtual Result<bool> Exists(std::string_view location) = 0;

  /// \brief The path by which other programs on this machine open the location, such as
  /// DuckDB: "/lake/x" for "file:///lake/x".
  [[nodiscard]] virtual std::string ReadablePath(std::string_view location) const = 0;
};

/// \brief Files of this machine's file system.
std::shared_ptr<FileIO> NewLocalFileIO();

}  // namespace frazil
