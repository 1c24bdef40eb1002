#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/output.h"
#include "cli/signal_watch.h"
#include "cli/usage.h"
#include "config/sql/token.h"
#include "pipeline/replay.h"
#include "query/table_query.h"

namespace frazil {
namespace {

constexpr std::int64_t kQueryMemoryBytes = 512LL << 20;

struct DeadLettersOptions {
  std::string file;
  std::string output = "text";
  std::int64_t limit = 10;
  std::int64_t number = 1;
  bool all = false;
};

// What people call 1, 2, 3, ...: the newest first, and the same each time.
constexpr std::string_view kNewestFirst =
    "recorded_at DESC, source, topic, \"partition\" DESC, \"offset\" DESC, replay_round";

// The dead-letter table of a pipeline, and queries over it.
struct Letters {
  PipelinePlan plan;
  std::string table;  // quoted
  std::string rows;   // a query of them with their state
  std::unique_ptr<TableQuery> query;
};

Result<Letters> OpenLetters(const std::string& file) {
  Letters letters;
  FRAZIL_ASSIGN(PipelinePlan plan, LoadFinishedPlan(file));
  const std::string pipeline = plan.name;
  FRAZIL_ASSIGN(letters.plan, PlanReplay(std::move(plan), /*is_retry=*/false));
  const TargetPlan& target =
      letters.plan.targets[static_cast<std::size_t>(letters.plan.dead_letter_target)];
  letters.table =
      fmt::format("{}.{}.{}", QuoteSqlName(target.name.catalog),
                  QuoteSqlName(fmt::format("{}", fmt::join(target.name.levels, "."))),
                  QuoteSqlName(target.name.table));
  FRAZIL_ASSIGN(const ReplayPositions positions,
                ReadReplayPositions(letters.plan, pipeline));
  letters.rows = LettersSql(letters.table, positions);
  std::map<std::string, Catalog*> catalogs;
  for (const auto& [name, catalog] : letters.plan.catalogs) {
    catalogs[name] = catalog.get();
  }
  FRAZIL_ASSIGN(letters.query, TableQuery::Make(std::move(catalogs), *letters.plan.io,
                                                kQueryMemoryBytes));
  return letters;
}

using Row = std::vector<std::string>;

Result<std::vector<Row>> Ask(Letters& letters, const std::string& sql) {
  std::vector<Row> rows;
  FRAZIL_TRY(letters.query->Run(sql, [&](const std::vector<const std::string_view*>& r) {
    Row row;
    for (const std::string_view* value : r) {
      row.emplace_back(value == nullptr ? std::string_view("NULL") : *value);
    }
    rows.push_back(std::move(row));
    return true;
  }));
  return rows;
}

// The rows as JSON objects, with commas between them.
Result<std::string> AskJson(Letters& letters, const std::string& sql) {
  std::string objects;
  FRAZIL_TRY(letters.query->RunAsJson(sql, [&](std::string_view lines) {
    objects += lines;
    return true;
  }));
  if (!objects.empty()) objects.pop_back();
  std::replace(objects.begin(), objects.end(), '\n', ',');
  return objects;
}

// How many there are in each state, in the order of kLetterStates.
std::string StatesSql(const Letters& letters) {
  std::string columns;
  for (const char* state : kLetterStates) {
    if (!columns.empty()) columns += ", ";
    columns += fmt::format("count(*) FILTER (state = '{0}') AS \"{0}\"", state);
  }
  return fmt::format("SELECT {} FROM ({}) AS letters", columns, letters.rows);
}

std::string ClassesSql(const Letters& letters, std::string_view wanted) {
  return fmt::format(
      "SELECT count(*) AS count, stage, error_class AS \"error-class\", min(recorded_at) "
      "AS first, max(recorded_at) AS last FROM ({}) AS letters WHERE {} GROUP BY 2, 3 "
      "ORDER BY count(*) DESC, 2, 3",
      letters.rows, wanted);
}

std::string NewestSql(const Letters& letters, std::string_view wanted,
                      std::int64_t limit) {
  return fmt::format(
      "SELECT number, recorded_at AS \"recorded-at\", topic, \"partition\", \"offset\", "
      "stage, error_class AS \"error-class\", message, state FROM (SELECT *, "
      "row_number() OVER (ORDER BY {}) AS number FROM ({}) AS letters) AS numbered WHERE "
      "{} ORDER BY number LIMIT {}",
      kNewestFirst, letters.rows, wanted, limit);
}

void PrintList(const DeadLettersOptions& options, const Letters& letters,
               const Row& states, const std::vector<Row>& classes,
               const std::vector<Row>& newest) {
  if (states == Row{"0", "0", "0"}) {
    Print("no dead letters in {}\n", letters.table);
    return;
  }
  Print("{} waiting, {} failed again, {} replayed\n", states[0], states[1], states[2]);
  if (classes.empty()) return;
  Print("\n{:>10}  {:<10} {:<20} last\n", "count", "stage", "error class");
  for (const Row& row : classes) {
    Print("{:>10}  {:<10} {:<20} {}\n", row[0], row[1], row[2], row[4]);
  }
  Print("\nThe newest ones:\n");
  for (const Row& row : newest) {
    Print("{:>4}  {}  {}-{} offset {}  {}: {}\n", row[0], row[1], row[2], row[3], row[4],
          row[6], row[7]);
  }
  Print(
      "`frazil dead-letters show {0} N` shows number N wholly; once their cause is "
      "mended, `frazil dead-letters replay {0}` runs them again.\n",
      options.file);
}

Status List(const DeadLettersOptions& options) {
  FRAZIL_ASSIGN(Letters letters, OpenLetters(options.file));
  const std::string_view wanted = options.all ? "true" : "state <> 'replayed'";
  const std::string states_sql = StatesSql(letters);
  const std::string classes_sql = ClassesSql(letters, wanted);
  const std::string newest_sql = NewestSql(letters, wanted, options.limit);
  if (options.output == "json") {
    FRAZIL_ASSIGN(const std::string states, AskJson(letters, states_sql));
    FRAZIL_ASSIGN(const std::string classes, AskJson(letters, classes_sql));
    FRAZIL_ASSIGN(const std::string newest, AskJson(letters, newest_sql));
    Print(R"({{"states":{},"classes":[{}],"newest":[{}]}})"
          "\n",
          states, classes, newest);
    return {};
  }
  FRAZIL_ASSIGN(const auto states, Ask(letters, states_sql));
  FRAZIL_ASSIGN(const auto classes, Ask(letters, classes_sql));
  FRAZIL_ASSIGN(const auto newest, Ask(letters, newest_sql));
  PrintList(options, letters, states.front(), classes, newest);
  return {};
}

Status Show(const DeadLettersOptions& options) {
  FRAZIL_ASSIGN(Letters letters, OpenLetters(options.file));
  const std::vector<std::string> names = {
      "topic",       "partition",    "offset",  "timestamp",      "key",    "headers",
      "stage",       "error_class",  "message", "failed_inserts", "source", "pipeline",
      "recorded_at", "replay_round", "state",   "payload"};
  std::string columns;
  for (const std::string& name : names) {
    if (!columns.empty()) columns += ", ";
    // DuckDB writes a quote or a newline of a BLOB as \x22, \x0A; texts are for people.
    const bool is_bytes = name == "payload" || name == "key";
    columns +=
        is_bytes ? fmt::format("coalesce(TRY(decode({0})), CAST({0} AS VARCHAR)) AS {0}",
                               QuoteSqlName(name))
                 : QuoteSqlName(name);
  }
  const std::string sql =
      fmt::format("SELECT {} FROM ({}) AS letters ORDER BY {} LIMIT 1 OFFSET {}", columns,
                  letters.rows, kNewestFirst, options.number - 1);
  const auto no_such = [&] {
    return Fail(ErrorKind::kNotFound, "there is no dead letter number {}",
                options.number);
  };
  if (options.output == "json") {
    FRAZIL_ASSIGN(const std::string letter, AskJson(letters, sql));
    if (letter.empty()) return no_such();
    Print("{}\n", letter);
    return {};
  }
  FRAZIL_ASSIGN(const auto rows, Ask(letters, sql));
  if (rows.empty()) return no_such();
  for (std::size_t c = 0; c + 1 < names.size(); ++c) {
    Print("{:<14} {}\n", names[c], rows[0][c]);
  }
  // Many payloads have lines.
  Print("{}\n", names.back());
  PrintText(VisibleLines(rows[0].back()) + "\n");
  return {};
}

using Command = Status (*)(const DeadLettersOptions& options);

int Look(Command command, const DeadLettersOptions& options) {
  SignalWatch::BlockSignals();
  const SignalWatch signals(QuitAtOnce);
  const Status status = command(options);
  return status.has_value() ? static_cast<int>(kExitOk) : PrintError(status.error());
}

void AddCommon(CLI::App& command, DeadLettersOptions& options) {
  command.add_option("file", options.file, "The pipeline: a SQL script")->required();
  command.add_option("--output", options.output, "Form of the output")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
}

}  // namespace

void AddDeadLettersCommand(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<DeadLettersOptions>();
  CLI::App* letters =
      app.add_subcommand("dead-letters", "Records that could not become rows");
  letters->require_subcommand(1);
  CLI::App* list =
      letters->add_subcommand("list", "How many of which error, and the newest");
  AddCommon(*list, *options);
  list->add_option("--limit", options->limit, "How many of the newest")
      ->check(NoLessThan(0))
      ->capture_default_str();
  list->add_flag("--all", options->all, "Also those that were replayed");
  list->callback([options, &exit_code] { exit_code = Look(List, *options); });
  CLI::App* show = letters->add_subcommand("show", "One of them wholly");
  AddCommon(*show, *options);
  show->add_option("number", options->number, "As `list` numbers them: 1 is the newest")
      ->check(NoLessThan(1))
      ->capture_default_str();
  show->callback([options, &exit_code] { exit_code = Look(Show, *options); });
  AddDeadLettersReplay(*letters, exit_code);
}

}  // namespace frazil
