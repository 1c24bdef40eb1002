#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "base/units.h"
#include "cli/commands.h"
#include "cli/signal_watch.h"
#include "cli/terminal_status.h"
#include "pipeline/pipeline.h"

namespace frazil {
namespace {

struct RunOptions {
  std::string file;
  std::string log_format = "text";
  std::string log_level = "info";
};

// The first signal drains, another one abandons.
void OnStopSignal(Pipeline& pipeline, int seen) {
  if (seen == 1) {
    Log(LogLevel::kInfo, "stopping: committing what was read; signal again to abandon");
    pipeline.Drain();
  } else {
    Log(LogLevel::kWarning, "abandoning what is not committed");
    pipeline.Abort();
  }
}

void PrintSummary(const PipelineStatus& status, std::chrono::milliseconds elapsed) {
  const std::int64_t read = status.records_read.load();
  const double seconds = std::max(1e-3, static_cast<double>(elapsed.count()) / 1000);
  fmt::print(
      "read {} records ({}) in {}, {}/s; committed {} rows in {} files and {} snapshots; "
      "{} dead letters; {} restarts\n",
      read, FormatSize(status.bytes_read.load()), FormatDuration(elapsed),
      ShortCount(static_cast<std::int64_t>(static_cast<double>(read) / seconds)),
      status.rows_committed.load(), status.files_committed.load(),
      status.snapshots_committed.load(), status.dead_letters.load(),
      status.restarts.load());
}

LogLevel LevelOf(const std::string& name) {
  if (name == "debug") return LogLevel::kDebug;
  if (name == "warning") return LogLevel::kWarning;
  return name == "error" ? LogLevel::kError : LogLevel::kInfo;
}

int Run(const RunOptions& options) {
  ConfigureLog(LevelOf(options.log_level),
               options.log_format == "json" ? LogFormat::kJson : LogFormat::kText);
  SignalWatch::BlockSignals();
  auto spec = LoadPipelineFile(options.file);
  if (!spec.has_value()) return PrintError(spec.error());
  auto plan = PlanPipeline(*std::move(spec));
  if (!plan.has_value()) return PrintError(plan.error());
  for (const std::string& warning : plan->warnings) Log(LogLevel::kWarning, warning);
  const Status created = CreateMissing(*plan);
  if (!created.has_value()) return PrintError(created.error());

  Pipeline pipeline(*std::move(plan), Clock::System());
  const auto began = std::chrono::steady_clock::now();
  Status status;
  {
    const SignalWatch signals([&](int seen) { OnStopSignal(pipeline, seen); });
    std::optional<TerminalStatus> line;
    if (::isatty(STDERR_FILENO) == 1 && options.log_format == "text") {
      line.emplace(pipeline.status());
    }
    status = pipeline.Run();
  }
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
  run->add_option("--log-format", options->log_format, "Form of the log lines")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  run->add_option("--log-level", options->log_level, "Least level to log")
      ->check(CLI::IsMember({"debug", "info", "warning", "error"}))
      ->capture_default_str();
  run->callback([options, &exit_code] { exit_code = Run(*options); });
}

}  // namespace frazil
