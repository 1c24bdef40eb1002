#include <chrono>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "base/units.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/run_to_end.h"
#include "cli/terminal_status.h"
#include "pipeline/pipeline.h"

namespace frazil {
namespace {

struct RunOptions {
  std::string file;
  RunLogOptions log;
};

void PrintSummary(const PipelineStatus& status, std::chrono::milliseconds elapsed) {
  const std::int64_t read = status.records_read.load();
  const double seconds = std::max(1e-3, static_cast<double>(elapsed.count()) / 1000);
  Print(
      "read {} records ({}) in {}, {}/s; committed {} rows in {} files and {} snapshots; "
      "{} dead letters; {} restarts\n",
      read, FormatSize(status.bytes_read.load()), FormatDuration(elapsed),
      ShortCount(static_cast<std::int64_t>(static_cast<double>(read) / seconds)),
      status.rows_committed.load(), status.files_committed.load(),
      status.snapshots_committed.load(), status.dead_letters.load(),
      status.restarts.load());
}

int Run(const RunOptions& options) {
  PrepareRun(options.log);
  auto spec = LoadPipelineFile(options.file);
  if (!spec.has_value()) return PrintError(spec.error());
  auto plan = PlanPipeline(*std::move(spec));
  if (!plan.has_value()) return PrintError(plan.error());
  for (const std::string& warning : plan->warnings) Log(LogLevel::kWarning, warning);

  Pipeline pipeline(*std::move(plan), Clock::System());
  const auto began = std::chrono::steady_clock::now();
  const Status status = RunToEnd(pipeline, options.log);
  PrintSummary(pipeline.status(), std::chrono::duration_cast<std::chrono::milliseconds>(
                                      std::chrono::steady_clock::now() - began));
  return status.has_value() ? kExitOk : PrintError(status.error());
}

}  // namespace

void AddRunCommand(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<RunOptions>();
  CLI::App* run =
      app.add_subcommand("run", "Run a pipeline until its input ends or SIGTERM");
  run->add_option("file", options->file, "The pipeline: a SQL script")->required();
  run->add_option("--log-format", options->log.format, "Form of the log lines")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  run->add_option("--log-level", options->log.level, "Least level to log")
      ->check(CLI::IsMember({"debug", "info", "warning", "error"}))
      ->capture_default_str();
  run->callback([options, &exit_code] { exit_code = Run(*options); });
}

}  // namespace frazil
