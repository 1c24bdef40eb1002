#include "cli/run_to_end.h"

#include <unistd.h>

#include <optional>

#include "base/log.h"
#include "cli/environment.h"
#include "cli/output.h"
#include "cli/signal_watch.h"
#include "cli/terminal_status.h"

namespace frazil {
namespace {

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

LogLevel LevelOf(const std::string& name) {
  if (name == "debug") return LogLevel::kDebug;
  if (name == "warning") return LogLevel::kWarning;
  return name == "error" ? LogLevel::kError : LogLevel::kInfo;
}

// A terminal that can go back to the start of its line and clear it.
bool HasLiveLine() {
  return ::isatty(STDERR_FILENO) == 1 &&
         EnvironmentVariable("TERM").value_or("dumb") != "dumb";
}

}  // namespace

void PrepareRun(const RunLogOptions& options) {
  ConfigureLog(LevelOf(options.level),
               options.format == "json" ? LogFormat::kJson : LogFormat::kText);
  if (options.format == "json") UseJsonForFailures();
  SignalWatch::BlockSignals();
}

Status RunToEnd(Pipeline& pipeline, const RunLogOptions& options) {
  const SignalWatch signals([&](int seen) { OnStopSignal(pipeline, seen); });
  std::optional<TerminalStatus> line;
  if (HasLiveLine() && options.format == "text") {
    line.emplace(pipeline.status());
  }
  return pipeline.Run();
}

}  // namespace frazil
