#include "engine/damaged_file.h"

#include <string>
#include <string_view>

#include "engine/duck_error.h"
#include "engine/query_tree.h"
#include "scan/table_files.h"

namespace frazil {
namespace {

// What DuckDB says of it, without what stands behind the first line.
std::string_view FirstLine(const Error& error) {
  const std::string_view text = DuckErrorText(error);
  return text.substr(0, text.find('\n'));
}

// DuckDB's messages have paths between quotes of either kind.
bool IsNamed(std::string_view text, const std::string& path) {
  return text.find('"' + path + '"') != std::string_view::npos ||
         text.find('\'' + path + '\'') != std::string_view::npos;
}

Status ReadAlone(const std::string& path, DuckConnection& connection) {
  FRAZIL_ASSIGN(const auto statement,
                connection.Prepare(
                    fmt::format("SELECT * FROM read_parquet([{}])", QuoteSqlText(path))));
  FRAZIL_ASSIGN(const auto rows, statement->Run());
  return rows->Drain();
}

Error Damaged(const DataFile& file, std::string_view what) {
  return {
      ErrorKind::kCorruptData,
      fmt::format("a data file of the snapshot {}; restore it, or roll the table back "
                  "to a snapshot that is whole: {}",
                  what, file.file_path)};
}

// Of a file that made `error`.
Error Describe(const Error& error, const DataFile& file, FileIO& io) {
  const auto input = io.NewInput(file.file_path);
  if (!input.has_value() && input.error().kind == ErrorKind::kNotFound) {
    return Damaged(file, "is missing");
  }
  if (input.has_value() && (*input)->size_bytes() != file.file_size_bytes) {
    return Damaged(file, fmt::format("is damaged (it has {} bytes, and had {})",
                                     (*input)->size_bytes(), file.file_size_bytes));
  }
  if (!input.has_value() || error.kind == ErrorKind::kIoError) {
    return {ErrorKind::kIoError, fmt::format("a data file cannot be read ({}): {}",
                                             FirstLine(error), file.file_path)};
  }
  return Damaged(file, fmt::format("is damaged ({})", FirstLine(error)));
}

}  // namespace

std::optional<Error> FindDamagedFile(const Error& error, const TableMetadata& metadata,
                                     FileIO& io, DuckConnection& connection) {
  // A file that breaks off or has wrong bytes inside makes errors without a class.
  const bool is_nameless = error.kind == ErrorKind::kInternal;
  const auto files = LiveDataFiles(metadata, io);
  if (!files.has_value()) return std::nullopt;
  for (const DataFile& file : *files) {
    const std::string path = io.ReadablePath(file.file_path);
    if (IsNamed(FirstLine(error), path)) return Describe(error, file, io);
    if (!is_nameless) continue;
    const Status alone = ReadAlone(path, connection);
    if (!alone.has_value()) return Describe(alone.error(), file, io);
  }
  return std::nullopt;
}

}  // namespace frazil
