#include <cstdio>
#include <memory>
#include <set>
#include <string>

#include "base/json.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/signal_watch.h"
#include "commit/ledger.h"
#include "pipeline/plan.h"

namespace frazil {
namespace {

struct LedgerOptions {
  std::string file;
  std::string output = "text";
};

// For programs, and what it means for people.
struct StateText {
  std::string_view name;
  std::string_view meaning;
};

StateText TextOf(LedgerState state) {
  switch (state) {
    case LedgerState::kNone:
      return {"none", "the pipeline never wrote this table"};
    case LedgerState::kCurrent:
      return {"current", "in the table's history"};
    case LedgerState::kMirrored:
      return {"mirrored", "the snapshot that held it is gone: from the table's property"};
    case LedgerState::kRolledBack:
      return {"rolled-back", "the table was set back; the next run acts on it"};
    case LedgerState::kUnknown:
      return {"unknown", "the history is cut and nothing tells"};
  }
  return {"unknown", ""};
}

Json LedgerAsJson(const TargetPlan& target, const std::string& pipeline,
                  const LedgerLookup& lookup) {
  Json splits = Json::array();
  const Ledger ledger = lookup.ledger.value_or(Ledger{});
  for (const auto& [split, position] : ledger.next()) {
    Json one{{"source", split.source},
             {"stream", split.stream},
             {"partition", split.partition},
             {"next", position.ordinal}};
    if (const Position* until = ledger.ReplayUntil(split)) {
      one["replay-until"] = until->ordinal;
    }
    splits.push_back(std::move(one));
  }
  return Json{{"table", target.name.ToString()},
              {"pipeline", pipeline},
              {"state", TextOf(lookup.state).name},
              {"anchor", ledger.is_anchor},
              {"epoch", ledger.epoch},
              {"splits", std::move(splits)}};
}

void PrintLedger(const TargetPlan& target, const std::string& pipeline,
                 const LedgerLookup& lookup) {
  const StateText state = TextOf(lookup.state);
  Print("{}  pipeline {}  {}: {}\n", target.name.ToString(), pipeline, state.name,
        state.meaning);
  if (!lookup.ledger.has_value()) return;
  Print("  epoch {}, {}, writer {}\n", lookup.ledger->epoch,
        lookup.ledger->is_anchor ? "anchor" : "not the anchor", lookup.ledger->writer);
  for (const auto& [split, position] : lookup.ledger->next()) {
    const Position* until = lookup.ledger->ReplayUntil(split);
    Print("  {:<40} next {}{}\n", split.ToString(), position.ordinal,
          until == nullptr ? ""
                           : fmt::format(", filled in again up to {}", until->ordinal));
  }
}

Status Show(const LedgerOptions& options) {
  FRAZIL_ASSIGN(const PipelinePlan plan, LoadFinishedPlan(options.file));
  Json all = Json::array();
  for (const TargetPlan& target : plan.targets) {
    if (!target.table.has_value()) {
      if (options.output == "text") {
        Print("{}  does not exist yet\n", target.name.ToString());
      } else {
        all.push_back(Json{{"table", target.name.ToString()},
                           {"pipeline", plan.name},
                           {"state", "no-table"},
                           {"splits", Json::array()}});
      }
      continue;
    }
    const TableMetadata& metadata = *target.table->metadata;
    std::set<std::string> pipelines = PipelinesOf(metadata);
    pipelines.insert(plan.name);
    for (const std::string& pipeline : pipelines) {
      FRAZIL_ASSIGN(const LedgerLookup lookup, FindLedger(metadata, pipeline));
      if (options.output == "json") {
        all.push_back(LedgerAsJson(target, pipeline, lookup));
      } else {
        PrintLedger(target, pipeline, lookup);
      }
    }
  }
  if (options.output == "json") Print("{}\n", DumpJson(all));
  return {};
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
  show->callback([options, &exit_code] {
    SignalWatch::BlockSignals();
    const SignalWatch signals(QuitAtOnce);
    const Status status = Show(*options);
    exit_code =
        status.has_value() ? static_cast<int>(kExitOk) : PrintError(status.error());
  });
  AddLedgerReset(*ledger, exit_code);
}

}  // namespace frazil
