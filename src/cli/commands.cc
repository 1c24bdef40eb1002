#include "cli/commands.h"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "cli/output.h"
#include "config/sql/sql_script.h"

namespace frazil {

int PrintError(const Error& error) {
  PrintToStderr("frazil: {}\n", error.message);
  return ExitCodeOf(error.kind);
}

Result<PipelineSpec> LoadPipelineFile(const std::string& path) {
  std::error_code error;
  std::ifstream file(path, std::ios::binary);
  // A folder opens, and throws when it is read.
  if (!file || std::filesystem::is_directory(path, error)) {
    return Fail(ErrorKind::kNotFound, "cannot read the pipeline file: {}", path);
  }
  const std::string text((std::istreambuf_iterator<char>(file)),
                         std::istreambuf_iterator<char>());
  return ParseSqlScript(path, text, [](std::string_view name) {
    const char* value = std::getenv(std::string(name).c_str());
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
  });
}

}  // namespace frazil
