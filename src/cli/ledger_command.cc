#include <charconv>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "base/unique_id.h"
#include "cli/commands.h"
#include "commit/table_committer.h"
#include "pipeline/plan.h"

namespace frazil {
namespace {

struct LedgerOptions {
  std::string file;
  std::string output = "text";
  std::vector<std::string> positions;
  bool forget = false;
  bool yes = false;
};

std::string_view StateName(LedgerState state) {
  switch (state) {
    case LedgerState::kNone:
      return "none: the pipeline never wrote this table";
    case LedgerState::kCurrent:
      return "current";
    case LedgerState::kMirrored:
      return "from the mirror: the snapshot that held it is gone";
    case LedgerState::kRolledBack:
      return "rolled back: the table was set back to an earlier state";
    case LedgerState::kUnknown:
      return "unknown: the history is cut and nothing tells";
  }
  return "unknown";
}

Json LedgerAsJson(const TargetPlan& target, const std::string& pipeline,
                  const LedgerLookup& lookup) {
  Json splits = Json::array();
  if (lookup.ledger.has_value()) {
    for (const auto& [split, position] : lookup.ledger->next()) {
      splits.push_back(Json{{"source", split.source},
                            {"stream", split.stream},
                            {"partition", split.partition},
                            {"next", position.ordinal}});
    }
  }
  return Json{{"table", target.name.ToString()},
              {"pipeline", pipeline},
              {"state", StateName(lookup.state)},
              {"anchor", lookup.ledger.has_value() && lookup.ledger->is_anchor},
              {"epoch", lookup.ledger.value_or(Ledger{}).epoch},
              {"splits", std::move(splits)}};
}

void PrintLedger(const TargetPlan& target, const std::string& pipeline,
                 const LedgerLookup& lookup) {
  fmt::print("{}  pipeline {}  {}\n", target.name.ToString(), pipeline,
             StateName(lookup.state));
  if (!lookup.ledger.has_value()) return;
  fmt::print("  epoch {}, {}, writer {}\n", lookup.ledger->epoch,
             lookup.ledger->is_anchor ? "anchor" : "not the anchor",
             lookup.ledger->writer);
  for (const auto& [split, position] : lookup.ledger->next()) {
    fmt::print("  {:<40} next {}\n", split.ToString(), position.ordinal);
  }
}

Result<PipelinePlan> PlanOf(const std::string& file) {
  FRAZIL_ASSIGN(PipelineSpec spec, LoadPipelineFile(file));
  return PlanPipeline(std::move(spec));
}

Status Show(const LedgerOptions& options) {
  FRAZIL_ASSIGN(const PipelinePlan plan, PlanOf(options.file));
  Json all = Json::array();
  for (const TargetPlan& target : plan.targets) {
    if (!target.table.has_value()) {
      if (options.output == "text") {
        fmt::print("{}  does not exist yet\n", target.name.ToString());
      }
      continue;
    }
    std::set<std::string> pipelines = PipelinesOf(*target.table->metadata);
    pipelines.insert(plan.name);
    for (const std::string& pipeline : pipelines) {
      FRAZIL_ASSIGN(const LedgerLookup lookup,
                    FindLedger(*target.table->metadata, pipeline));
      if (options.output == "json") {
        all.push_back(LedgerAsJson(target, pipeline, lookup));
      } else {
        PrintLedger(target, pipeline, lookup);
      }
    }
  }
  if (options.output == "json") fmt::print("{}\n", DumpJson(all));
  return {};
}

struct NewPosition {
  Split split;
  std::int64_t ordinal = 0;
};

// "events/orders-3=1234", the form that `show` prints.
Result<NewPosition> ParsePosition(const std::string& text) {
  const auto equals = text.rfind('=');
  const auto dash = text.rfind('-', equals);
  const auto slash = text.find('/');
  NewPosition parsed;
  if (equals != std::string::npos && dash != std::string::npos && slash < dash) {
    const char* end = text.data() + text.size();
    parsed.split.source = text.substr(0, slash);
    parsed.split.stream = text.substr(slash + 1, dash - slash - 1);
    const auto partition = std::from_chars(text.data() + dash + 1, text.data() + equals,
                                           parsed.split.partition);
    const auto ordinal = std::from_chars(text.data() + equals + 1, end, parsed.ordinal);
    if (partition.ec == std::errc() && partition.ptr == text.data() + equals &&
        ordinal.ec == std::errc() && ordinal.ptr == end && parsed.ordinal >= 0 &&
        parsed.split.partition >= 0) {
      return parsed;
    }
  }
  return Fail(ErrorKind::kInvalidArgument,
              "not a position: '{}'; write SOURCE/TOPIC-PARTITION=OFFSET", text);
}

Status Reset(const LedgerOptions& options) {
  std::vector<NewPosition> positions;
  for (const std::string& text : options.positions) {
    FRAZIL_ASSIGN(NewPosition position, ParsePosition(text));
    positions.push_back(std::move(position));
  }
  if (positions.empty() && !options.forget) {
    return Fail(ErrorKind::kInvalidArgument,
                "nothing to do: give --set SOURCE/TOPIC-PARTITION=OFFSET, or --forget");
  }
  if (!options.yes) {
    return Fail(
        ErrorKind::kInvalidArgument,
        "a reset makes the next run read records again or pass over some: rows may "
        "double or be missing. Stop the pipeline, then repeat this with --yes");
  }
  FRAZIL_ASSIGN(const PipelinePlan plan, PlanOf(options.file));
  // Other tables first: while the anchor still says the old position, nothing is skipped.
  for (std::size_t i = plan.targets.size(); i-- > 0;) {
    const TargetPlan& target = plan.targets[i];
    if (!target.table.has_value()) continue;
    FRAZIL_ASSIGN(const LedgerLookup lookup,
                  FindLedger(*target.table->metadata, plan.name));
    if (i != 0 && !lookup.ledger.has_value()) continue;
    Ledger ledger = options.forget ? Ledger{} : lookup.ledger.value_or(Ledger{});
    ledger.epoch = lookup.ledger.value_or(Ledger{}).epoch + 1;
    for (const NewPosition& position : positions) {
      ledger.Set(position.split, Position{position.ordinal, ""});
    }
    CommitterOptions committer_options;
    committer_options.pipeline = plan.name;
    committer_options.writer_id = RandomUuid();
    committer_options.is_anchor = i == 0;
    committer_options.engine_version = FRAZIL_VERSION;
    TableCommitter committer(*target.catalog, *plan.io, Clock::System(),
                             target.identifier, *target.table,
                             std::move(committer_options));
    FRAZIL_TRY(committer.OverwriteLedger(ledger, std::stop_token()));
    fmt::print("{}: ledger of pipeline {} reset\n", target.name.ToString(), plan.name);
  }
  return {};
}

int Report(const Status& status) {
  return status.has_value() ? static_cast<int>(kExitOk) : PrintError(status.error());
}

}  // namespace

void AddLedgerCommand(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<LedgerOptions>();
  CLI::App* ledger =
      app.add_subcommand("ledger", "How far a pipeline has read, as its tables have it");
  ledger->require_subcommand(1);
  CLI::App* show =
      ledger->add_subcommand("show", "Print the ledgers of a pipeline's tables");
  show->add_option("file", options->file, "The pipeline: a SQL script")->required();
  show->add_option("--output", options->output, "Form of the output")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  show->callback([options, &exit_code] { exit_code = Report(Show(*options)); });
  CLI::App* reset = ledger->add_subcommand("reset", "Set positions by hand");
  reset->add_option("file", options->file, "The pipeline: a SQL script")->required();
  reset->add_option("--set", options->positions,
                    "SOURCE/TOPIC-PARTITION=OFFSET; repeatable");
  reset->add_flag("--forget", options->forget,
                  "Drop all positions: the next run resolves its startup mode anew");
  reset->add_flag("--yes", options->yes, "Yes, rows may double or be missing");
  reset->callback([options, &exit_code] { exit_code = Report(Reset(*options)); });
}

}  // namespace frazil
