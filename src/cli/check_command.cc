#include <memory>
#include <string>

#include "cli/commands.h"
#include "cli/output.h"
#include "cli/signal_watch.h"
#include "pipeline/plan.h"

namespace frazil {
namespace {

int Check(const std::string& file) {
  auto spec = LoadPipelineFile(file);
  if (!spec.has_value()) return PrintError(spec.error());
  const auto plan = PlanPipeline(*std::move(spec));
  if (!plan.has_value()) return PrintError(plan.error());
  PrintText(VisibleLines(DescribePlan(*plan)));
  return kExitOk;
}

}  // namespace

void AddCheckCommand(CLI::App& app, int& exit_code) {
  auto file = std::make_shared<std::string>();
  CLI::App* check = app.add_subcommand(
      "check",
      "Parse, resolve and type-check a pipeline, and print its plan; change nothing");
  check->add_option("file", *file, "The pipeline: a SQL script")->required();
  check->callback([file, &exit_code] {
    SignalWatch::BlockSignals();
    const SignalWatch signals(QuitAtOnce);
    exit_code = Check(*file);
  });
}

}  // namespace frazil
