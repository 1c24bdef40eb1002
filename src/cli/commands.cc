#include "cli/commands.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

#include "cli/environment.h"
#include "cli/output.h"
#include "config/sql/sql_script.h"

namespace frazil {

int PrintError(const Error& error) {
  const ExitCode code = ExitCodeOf(error.kind);
  PrintFailure(error.message, ErrorKindName(error.kind), code);
  return code;
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
    return EnvironmentVariable(std::string(name));
  });
}

Result<PipelinePlan> LoadFinishedPlan(const std::string& path) {
  FRAZIL_ASSIGN(PipelineSpec spec, LoadPipelineFile(path));
  return PlanFinished(std::move(spec));
}

}  // namespace frazil
