#include <memory>
#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/run_to_end.h"
#include "cli/signal_watch.h"
#include "pipeline/pipeline.h"
#include "pipeline/replay.h"
#include "query/replay_trial.h"

namespace frazil {
namespace {

struct ReplayOptions {
  std::string file;
  bool again = false;
  bool dry_run = false;
  RunLogOptions log;
};

void PrintTrial(const ReplayTrial& trial) {
  Print("{} dead letters: {} would go through, {} would fail again\n", trial.letters,
        trial.letters - trial.failed(), trial.failed());
  for (const auto& [what, count] : trial.failures) {
    Print("{:>10}  {:<10} {:<20} {}\n", count, what.first, what.second,
          trial.messages.at(what));
  }
}

void PrintOutcome(const ReplayOptions& options, const PipelineStatus& status) {
  const std::int64_t read = status.records_read.load();
  const std::int64_t failed = status.dead_letters.load();
  if (read == 0) {
    Print("nothing to replay{}\n",
          options.again ? "" : "; --again runs those once more that failed in a replay");
    return;
  }
  Print("replayed {} dead letters: {} went through, {} failed again\n", read,
        read - failed, failed);
  if (failed == 0) return;
  Print(
      "`frazil dead-letters list {0}` says why; once that is mended, `frazil "
      "dead-letters replay --again {0}` runs them once more.\n",
      options.file);
}

Status Replay(const ReplayOptions& options) {
  FRAZIL_ASSIGN(PipelinePlan finished, LoadFinishedPlan(options.file));
  FRAZIL_ASSIGN(PipelinePlan plan, PlanReplay(std::move(finished), options.again));
  if (options.dry_run) {
    const SignalWatch signals(QuitAtOnce);
    FRAZIL_ASSIGN(const ReplayTrial trial, TryReplay(plan));
    PrintTrial(trial);
    return {};
  }
  FRAZIL_TRY(CreateMissing(plan));
  Pipeline pipeline(std::move(plan), Clock::System());
  const Status status = RunToEnd(pipeline, options.log);
  if (status.has_value() || pipeline.status().records_read.load() > 0) {
    PrintOutcome(options, pipeline.status());
  }
  return status;
}

}  // namespace

void AddDeadLettersReplay(CLI::App& letters, int& exit_code) {
  auto options = std::make_shared<ReplayOptions>();
  CLI::App* replay = letters.add_subcommand(
      "replay", "Run them again through the pipeline as its file is now, exactly once");
  replay->add_option("file", options->file, "The pipeline: a SQL script")->required();
  replay->add_flag("--again", options->again,
                   "Also those that failed in an earlier replay");
  replay->add_flag("--dry-run", options->dry_run,
                   "Write nothing; say what would go through");
  replay->add_option("--log-format", options->log.format, "Form of the log lines")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  replay->add_option("--log-level", options->log.level, "Least level to log")
      ->check(CLI::IsMember({"debug", "info", "warning", "error"}))
      ->capture_default_str();
  replay->callback([options, &exit_code] {
    PrepareRun(options->log);
    const Status status = Replay(*options);
    exit_code =
        status.has_value() ? static_cast<int>(kExitOk) : PrintError(status.error());
  });
}

}  // namespace frazil
