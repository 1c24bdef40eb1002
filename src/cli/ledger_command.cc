#include <algorithm>
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
#include "config/option_set.h"
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
  fmt::print("{}  pipeline {}  {}: {}\n", target.name.ToString(), pipeline, state.name,
             state.meaning);
  if (!lookup.ledger.has_value()) return;
  fmt::print("  epoch {}, {}, writer {}\n", lookup.ledger->epoch,
             lookup.ledger->is_anchor ? "anchor" : "not the anchor",
             lookup.ledger->writer);
  for (const auto& [split, position] : lookup.ledger->next()) {
    const Position* until = lookup.ledger->ReplayUntil(split);
    fmt::print("  {:<40} next {}{}\n", split.ToString(), position.ordinal,
               until == nullptr
                   ? ""
                   : fmt::format(", filled in again up to {}", until->ordinal));
  }
}

Result<PipelinePlan> PlanOf(const std::string& file) {
  FRAZIL_ASSIGN(PipelineSpec spec, LoadPipelineFile(file));
  return PlanFinished(std::move(spec));
}

Status Show(const LedgerOptions& options) {
  FRAZIL_ASSIGN(const PipelinePlan plan, PlanOf(options.file));
  Json all = Json::array();
  for (const TargetPlan& target : plan.targets) {
    if (!target.table.has_value()) {
      if (options.output == "text") {
        fmt::print("{}  does not exist yet\n", target.name.ToString());
      } else {
        all.push_back(Json{{"table", target.name.ToString()},
                           {"pipeline", plan.name},
                           {"state", "no-table"},
                           {"splits", Json::array()}});
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

// A name that nothing in the pipeline has would be a ledger of nothing.
Status CheckName(const PipelinePlan& plan, const Positions& known, const Split& split) {
  std::vector<std::string> sources;
  for (const std::size_t index : plan.sources) {
    sources.push_back(plan.spec.sources[index].name);
  }
  const auto hint = [](const std::string& nearest) {
    return nearest.empty() ? "" : fmt::format("; did you mean {}?", nearest);
  };
  if (std::find(sources.begin(), sources.end(), split.source) == sources.end()) {
    return Fail(ErrorKind::kNotFound, "no INSERT of the script reads a source '{}'{}",
                split.source, hint(Nearest(split.source, sources)));
  }
  // With a ledger that was lost there is nothing to compare with.
  if (known.empty() || known.contains(split)) return {};
  std::vector<std::string> splits;
  for (const auto& [one, position] : known) splits.push_back(one.ToString());
  return Fail(ErrorKind::kNotFound, "the ledger knows no {}{}", split.ToString(),
              hint(Nearest(split.ToString(), splits)));
}

struct ResetTable {
  const TargetPlan* target = nullptr;
  Ledger ledger;
};

// The tables to write, the anchor last: while it still says the old position, nothing is
// passed over. Tables without a ledger follow the anchor.
Result<std::vector<ResetTable>> TablesToReset(const PipelinePlan& plan) {
  std::vector<ResetTable> tables;
  for (std::size_t i = plan.targets.size(); i-- > 0;) {
    const TargetPlan& target = plan.targets[i];
    if (!target.table.has_value()) {
      if (i != 0) continue;
      return Fail(ErrorKind::kNotFound,
                  "{} does not exist yet: there is no ledger to reset; where a first run "
                  "begins is said by the source's options",
                  target.name.ToString());
    }
    FRAZIL_ASSIGN(const LedgerLookup lookup,
                  FindLedger(*target.table->metadata, plan.name));
    if (i != 0 && !lookup.ledger.has_value() && !lookup.before_rollback.has_value()) {
      continue;
    }
    Ledger ledger = lookup.ledger.value_or(Ledger{});
    // What was lost in other splits is still to be filled in.
    if (lookup.state == LedgerState::kRolledBack) {
      FRAZIL_ASSIGN(ledger, LedgerAfterRollback(lookup));
    }
    tables.push_back({&target, std::move(ledger)});
  }
  return tables;
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
  FRAZIL_ASSIGN(const PipelinePlan plan, PlanOf(options.file));
  FRAZIL_ASSIGN(const std::vector<ResetTable> tables, TablesToReset(plan));
  Positions known;
  for (const ResetTable& table : tables) known.merge(table.ledger.next());
  for (const NewPosition& position : positions) {
    FRAZIL_TRY(CheckName(plan, known, position.split));
  }
  if (!options.yes) {
    return Fail(
        ErrorKind::kInvalidArgument,
        "a reset makes the next run read records again or pass over some: rows may "
        "double or be missing. Stop the pipeline, then repeat this with --yes");
  }
  for (const ResetTable& table : tables) {
    const TargetPlan& target = *table.target;
    Ledger ledger = options.forget ? Ledger{} : table.ledger;
    ledger.epoch = table.ledger.epoch + 1;
    if (ledger.sources.empty()) ledger.SetAnchor(&target == plan.targets.data());
    for (const NewPosition& position : positions) {
      ledger.Restart(position.split, Position{position.ordinal, ""});
    }
    CommitterOptions committer_options;
    committer_options.pipeline = plan.name;
    committer_options.writer_id = RandomUuid();
    committer_options.is_anchor = &target == plan.targets.data();
    committer_options.engine_version = FRAZIL_VERSION;
    TableCommitter committer(*target.catalog, *plan.io, Clock::System(),
                             target.identifier, *target.table,
                             std::move(committer_options));
    FRAZIL_TRY(committer.OverwriteLedger(ledger, nullptr, std::stop_token()));
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
