#include <algorithm>
#include <charconv>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/memory_budget.h"
#include "base/unique_id.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "commit/table_committer.h"
#include "config/option_set.h"
#include "pipeline/parts.h"
#include "pipeline/plan.h"

namespace frazil {
namespace {

// For a client that asks for offsets and reads nothing.
constexpr std::int64_t kMemoryBytes = 64LL << 20;

struct ResetOptions {
  std::string file;
  std::vector<std::string> positions;
  std::string all;
  bool forget = false;
  bool yes = false;
};

// An offset, or a place that the source has to be asked for.
enum class Place { kOffset, kEarliest, kLatest };

struct NewPosition {
  Split split;
  Place place = Place::kOffset;
  std::int64_t ordinal = 0;
};

Place ParsePlace(std::string_view text) {
  if (text == "earliest") return Place::kEarliest;
  return text == "latest" ? Place::kLatest : Place::kOffset;
}

bool ParseNumber(const char* begin, const char* end, auto& number) {
  const auto parsed = std::from_chars(begin, end, number);
  return parsed.ec == std::errc() && parsed.ptr == end && number >= 0;
}

// "events/orders-3=1234", the form that `show` prints.
Result<NewPosition> ParsePosition(const std::string& text) {
  const auto equals = text.rfind('=');
  const auto dash = text.rfind('-', equals);
  const auto slash = text.find('/');
  NewPosition parsed;
  if (equals != std::string::npos && dash != std::string::npos && slash < dash) {
    const char* const begin = text.data();
    parsed.split.source = text.substr(0, slash);
    parsed.split.stream = text.substr(slash + 1, dash - slash - 1);
    parsed.place = ParsePlace(std::string_view(text).substr(equals + 1));
    const bool has_offset =
        parsed.place != Place::kOffset ||
        ParseNumber(begin + equals + 1, begin + text.size(), parsed.ordinal);
    if (has_offset &&
        ParseNumber(begin + dash + 1, begin + equals, parsed.split.partition)) {
      return parsed;
    }
  }
  return Fail(
      ErrorKind::kInvalidArgument,
      "not a position: '{}'; write SOURCE/TOPIC-PARTITION=OFFSET, where OFFSET is "
      "a number, earliest or latest",
      text);
}

// A name that nothing in the pipeline has would be a ledger of nothing.
Status CheckName(const PipelinePlan& plan, const Positions& known, const Split& split) {
  std::vector<std::string> sources;
  sources.reserve(plan.sources.size());
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
  LoadedTable table;
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
    tables.push_back({&target, *target.table, std::move(ledger)});
  }
  return tables;
}

// What to write into each ledger.
struct NewStart {
  Positions positions;
  // Of the streams that were asked.
  std::map<Split, StreamIdentity> identities;
};

// Asks a source for those of the positions that are its to tell.
Status AskSource(Source& source, const std::vector<NewPosition>& wanted, Place all,
                 NewStart& start) {
  FRAZIL_TRY(source.Open());
  const std::map<Split, StreamIdentity> splits = source.Splits();
  std::map<Place, std::vector<Split>> asked;
  if (all != Place::kOffset) {
    for (const auto& [split, identity] : splits) asked[all].push_back(split);
  }
  for (const NewPosition& position : wanted) {
    if (position.split.source != source.name() || position.place == Place::kOffset) {
      continue;
    }
    if (!splits.contains(position.split)) {
      return Fail(ErrorKind::kNotFound, "{} is not there any more",
                  position.split.ToString());
    }
    asked[position.place].push_back(position.split);
  }
  for (const auto& [place, of_place] : asked) {
    FRAZIL_ASSIGN(Positions found, place == Place::kEarliest ? source.Beginnings(of_place)
                                                             : source.Ends(of_place));
    for (const auto& [split, position] : found)
      start.identities[split] = splits.at(split);
    start.positions.merge(found);
  }
  source.Close();
  return {};
}

Result<NewStart> Resolve(const PipelinePlan& plan, const std::vector<NewPosition>& wanted,
                         Place all) {
  NewStart start;
  for (const NewPosition& position : wanted) {
    if (position.place != Place::kOffset) continue;
    start.positions[position.split] = Position{position.ordinal, ""};
  }
  MemoryBudget budget(kMemoryBytes);
  PipelineParts parts(plan, budget);
  for (std::size_t i = 0; i < plan.sources.size(); ++i) {
    const std::string& name = plan.spec.sources[plan.sources[i]].name;
    const bool is_asked =
        all != Place::kOffset ||
        std::any_of(wanted.begin(), wanted.end(), [&](const NewPosition& position) {
          return position.place != Place::kOffset && position.split.source == name;
        });
    if (!is_asked) continue;
    FRAZIL_ASSIGN(const auto source, parts.MakeSource(i));
    FRAZIL_TRY(AskSource(*source, wanted, all, start));
  }
  return start;
}

Status ResetTableLedger(const PipelinePlan& plan, const ResetTable& table,
                        const NewStart& start, bool forget) {
  const TargetPlan& target = *table.target;
  Ledger ledger = forget ? Ledger{} : table.ledger;
  ledger.epoch = table.ledger.epoch + 1;
  if (ledger.sources.empty()) ledger.SetAnchor(&target == plan.targets.data());
  for (const auto& [split, position] : start.positions) ledger.Restart(split, position);
  for (const auto& [split, identity] : start.identities) {
    ledger.SetIdentity(split, identity);
  }
  CommitterOptions options;
  options.pipeline = plan.name;
  options.writer_id = RandomUuid();
  options.is_anchor = &target == plan.targets.data();
  options.engine_version = FRAZIL_VERSION;
  TableCommitter committer(*target.catalog, *plan.io, Clock::System(), target.identifier,
                           table.table, std::move(options));
  FRAZIL_TRY(committer.OverwriteLedger(ledger, nullptr, std::stop_token()));
  Print("{}: ledger of pipeline {} reset\n", target.name.ToString(), plan.name);
  return {};
}

Status Reset(const ResetOptions& options) {
  std::vector<NewPosition> wanted;
  for (const std::string& text : options.positions) {
    FRAZIL_ASSIGN(NewPosition position, ParsePosition(text));
    const bool is_given = std::ranges::any_of(
        wanted, [&](const NewPosition& other) { return other.split == position.split; });
    if (is_given) {
      return Fail(ErrorKind::kInvalidArgument, "--set {} is given twice",
                  position.split.ToString());
    }
    wanted.push_back(std::move(position));
  }
  const Place all = ParsePlace(options.all);
  if (wanted.empty() && all == Place::kOffset && !options.forget) {
    return Fail(ErrorKind::kInvalidArgument,
                "nothing to do: give --set SOURCE/TOPIC-PARTITION=OFFSET, --set-all "
                "earliest or latest, or --forget");
  }
  FRAZIL_ASSIGN(const PipelinePlan plan, LoadFinishedPlan(options.file));
  FRAZIL_ASSIGN(const std::vector<ResetTable> tables, TablesToReset(plan));
  Positions known;
  for (const ResetTable& table : tables) known.merge(table.ledger.next());
  for (const NewPosition& position : wanted) {
    FRAZIL_TRY(CheckName(plan, known, position.split));
  }
  if (!options.yes) {
    return Fail(
        ErrorKind::kInvalidArgument,
        "a reset makes the next run read records again or pass over some: rows may "
        "double or be missing. Stop the pipeline, then repeat this with --yes");
  }
  FRAZIL_ASSIGN(const NewStart start, Resolve(plan, wanted, all));
  for (const ResetTable& table : tables) {
    FRAZIL_TRY(ResetTableLedger(plan, table, start, options.forget));
  }
  for (const auto& [split, position] : start.positions) {
    Print("  {:<40} next {}\n", split.ToString(), position.ordinal);
  }
  return {};
}

}  // namespace

void AddLedgerReset(CLI::App& ledger, int& exit_code) {
  auto options = std::make_shared<ResetOptions>();
  CLI::App* reset = ledger.add_subcommand("reset", "Set positions by hand");
  reset->add_option("file", options->file, "The pipeline: a SQL script")->required();
  auto* set =
      reset
          ->add_option("--set", options->positions,
                       "SOURCE/TOPIC-PARTITION=OFFSET, or =earliest, =latest; repeatable")
          ->allow_extra_args(false);
  auto* all = reset
                  ->add_option("--set-all", options->all,
                               "Every partition that the sources have now")
                  ->check(CLI::IsMember({"earliest", "latest"}));
  auto* forget =
      reset->add_flag("--forget", options->forget,
                      "Drop all positions: the next run resolves its startup mode anew");
  all->excludes(set)->excludes(forget);
  forget->excludes(set);
  reset->add_flag("--yes", options->yes, "Yes, rows may double or be missing");
  reset->callback([options, &exit_code] {
    const Status status = Reset(*options);
    exit_code =
        status.has_value() ? static_cast<int>(kExitOk) : PrintError(status.error());
  });
}

}  // namespace frazil
