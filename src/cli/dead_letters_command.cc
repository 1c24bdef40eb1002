#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "base/json.h"
#include "cli/commands.h"
#include "pipeline/plan.h"
#include "query/table_query.h"

namespace frazil {
namespace {

constexpr std::int64_t kQueryMemoryBytes = 512LL << 20;

struct DeadLettersOptions {
  std::string file;
  std::string output = "text";
  std::int64_t limit = 10;
  std::int64_t number = 1;
};

// What people call 1, 2, 3, ...: the newest first, and the same each time.
constexpr std::string_view kNewestFirst =
    "recorded_at DESC, source, topic, \"partition\" DESC, \"offset\" DESC";

// The dead-letter table of a pipeline, and queries over it.
struct Letters {
  PipelinePlan plan;
  std::string table;  // quoted
  std::unique_ptr<TableQuery> query;
};

std::string Quote(const std::string& name) {
  std::string quoted = "\"";
  for (const char c : name) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + "\"";
}

Result<Letters> OpenLetters(const std::string& file) {
  Letters letters;
  FRAZIL_ASSIGN(PipelineSpec spec, LoadPipelineFile(file));
  FRAZIL_ASSIGN(letters.plan, PlanPipeline(std::move(spec)));
  if (letters.plan.dead_letter_target < 0) {
    return Fail(ErrorKind::kNotFound,
                "pipeline '{}' has no dead-letter table: its 'dead-letters' is {}",
                letters.plan.name,
                letters.plan.settings.dead_letters == DeadLetterPolicy::kTopic
                    ? fmt::format("topic:{}", letters.plan.settings.dead_letter_topic)
                    : "fail");
  }
  const TargetPlan& target =
      letters.plan.targets[static_cast<std::size_t>(letters.plan.dead_letter_target)];
  if (!target.table.has_value()) {
    return Fail(ErrorKind::kNotFound, "{} does not exist yet: the pipeline never ran",
                target.name.ToString());
  }
  letters.table = Quote(target.name.catalog);
  for (const std::string& level : target.name.levels) letters.table += "." + Quote(level);
  letters.table += "." + Quote(target.name.table);
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

Json AsJson(const std::vector<std::string>& names, const std::vector<Row>& rows) {
  Json list = Json::array();
  for (const Row& row : rows) {
    Json object = Json::object();
    for (std::size_t c = 0; c < names.size(); ++c) object[names[c]] = row[c];
    list.push_back(std::move(object));
  }
  return list;
}

Status List(const DeadLettersOptions& options) {
  FRAZIL_ASSIGN(Letters letters, OpenLetters(options.file));
  FRAZIL_ASSIGN(
      const auto classes,
      Ask(letters, fmt::format("SELECT count(*), stage, error_class, min(recorded_at), "
                               "max(recorded_at) FROM {} GROUP BY 2, 3 ORDER BY count(*) "
                               "DESC, 2, 3",
                               letters.table)));
  FRAZIL_ASSIGN(
      const auto newest,
      Ask(letters,
          fmt::format(
              "SELECT row_number() OVER (ORDER BY {0}) AS number, recorded_at, "
              "topic, \"partition\", \"offset\", stage, error_class, message FROM "
              "{1} ORDER BY {0} LIMIT {2}",
              kNewestFirst, letters.table, options.limit)));
  if (options.output == "json") {
    fmt::print("{}\n",
               DumpJson(Json{
                   {"classes",
                    AsJson({"count", "stage", "error-class", "first", "last"}, classes)},
                   {"newest", AsJson({"number", "recorded-at", "topic", "partition",
                                      "offset", "stage", "error-class", "message"},
                                     newest)}}));
    return {};
  }
  if (classes.empty()) {
    fmt::print("no dead letters in {}\n", letters.table);
    return {};
  }
  fmt::print("{:>10}  {:<10} {:<20} last\n", "count", "stage", "error class");
  for (const Row& row : classes) {
    fmt::print("{:>10}  {:<10} {:<20} {}\n", row[0], row[1], row[2], row[4]);
  }
  fmt::print("\nThe newest ones:\n");
  for (const Row& row : newest) {
    fmt::print("{:>4}  {}  {}-{} offset {}  {}: {}\n", row[0], row[1], row[2], row[3],
               row[4], row[6], row[7]);
  }
  fmt::print("`frazil dead-letters show {} N` shows number N wholly.\n", options.file);
  return {};
}

Status Show(const DeadLettersOptions& options) {
  FRAZIL_ASSIGN(Letters letters, OpenLetters(options.file));
  const std::vector<std::string> names = {
      "topic",    "partition",   "offset",      "timestamp", "key",
      "headers",  "stage",       "error_class", "message",   "source",
      "pipeline", "recorded_at", "payload"};
  std::string columns;
  for (const std::string& name : names) {
    if (!columns.empty()) columns += ", ";
    // DuckDB writes a quote or a newline of a BLOB as \x22, \x0A; texts are for people.
    const bool is_bytes = name == "payload" || name == "key";
    columns += is_bytes ? fmt::format("coalesce(TRY(decode({0})), CAST({0} AS VARCHAR))",
                                      Quote(name))
                        : Quote(name);
  }
  FRAZIL_ASSIGN(
      const auto rows,
      Ask(letters, fmt::format("SELECT {} FROM {} ORDER BY {} LIMIT 1 OFFSET {}", columns,
                               letters.table, kNewestFirst, options.number - 1)));
  if (rows.empty()) {
    return Fail(ErrorKind::kNotFound, "there is no dead letter number {}",
                options.number);
  }
  if (options.output == "json") {
    fmt::print("{}\n", DumpJson(AsJson(names, rows)[0]));
    return {};
  }
  for (std::size_t c = 0; c + 1 < names.size(); ++c) {
    fmt::print("{:<12} {}\n", names[c], rows[0][c]);
  }
  fmt::print("{}\n{}\n", names.back(), rows[0].back());
  return {};
}

int Report(const Status& status) {
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
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  list->callback([options, &exit_code] { exit_code = Report(List(*options)); });
  CLI::App* show = letters->add_subcommand("show", "One of them wholly");
  AddCommon(*show, *options);
  show->add_option("number", options->number, "As `list` numbers them: 1 is the newest")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  show->callback([options, &exit_code] { exit_code = Report(Show(*options)); });
}

}  // namespace frazil
