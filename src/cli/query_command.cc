#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cli/commands.h"
#include "cli/output.h"
#include "cli/signal_watch.h"
#include "pipeline/plan.h"
#include "pipeline/targets.h"
#include "query/table_query.h"

namespace frazil {
namespace {

constexpr std::int64_t kQueryMemoryBytes = 1LL << 30;
// A box is drawn once all its rows are known; a longer answer is for csv or json.
constexpr std::size_t kMaxBoxRows = 10'000;
constexpr std::size_t kMaxCellWidth = 60;

struct QueryOptions {
  std::string sql;
  std::string script;
  std::string catalog;
  std::string warehouse;
  std::string name = "lake";
  std::string type = "sql";
  std::string output = "box";
};

using Row = std::vector<std::string>;

// Code points, near enough to columns of a terminal.
std::size_t WidthOf(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

std::string Cut(std::string text) {
  if (WidthOf(text) <= kMaxCellWidth) return text;
  std::size_t end = 0;
  for (std::size_t width = 0; end < text.size(); ++end) {
    if ((text[end] & 0xC0) != 0x80 && ++width == kMaxCellWidth) break;
  }
  return text.substr(0, end) + "…";
}

void PrintBox(const Row& names, const std::vector<Row>& rows) {
  std::vector<std::size_t> widths;
  for (const std::string& name : names) widths.push_back(WidthOf(name));
  for (const Row& row : rows) {
    for (std::size_t c = 0; c < row.size(); ++c)
      widths[c] = std::max(widths[c], WidthOf(row[c]));
  }
  const auto print = [&](const Row& row) {
    std::string line;
    for (std::size_t c = 0; c < row.size(); ++c) {
      if (c > 0) line += "  ";
      line += row[c];
      if (c + 1 < row.size()) line.append(widths[c] - WidthOf(row[c]), ' ');
    }
    Print("{}\n", line);
  };
  print(names);
  Row rule;
  for (const std::size_t width : widths) rule.emplace_back(width, '-');
  print(rule);
  for (const Row& row : rows) print(row);
}

std::string CsvCell(std::string_view text) {
  if (text.find_first_of(",\"\n\r") == std::string_view::npos) return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + "\"";
}

void AppendCsv(const Row& row, std::string& out) {
  for (std::size_t c = 0; c < row.size(); ++c) {
    if (c > 0) out += ',';
    out += CsvCell(row[c]);
  }
  out += '\n';
}

// Catalogs of a script, or the one that options describe.
Result<PipelinePlan> OpenCatalogsOf(const QueryOptions& options) {
  PipelinePlan plan;
  plan.io = NewLocalFileIO();
  if (!options.script.empty()) {
    FRAZIL_ASSIGN(plan.spec, LoadPipelineFile(options.script));
  } else if (!options.catalog.empty()) {
    CatalogSpec catalog;
    catalog.name = options.name;
    FRAZIL_TRY(catalog.options.Add({"type", "iceberg", {}, {}}));
    FRAZIL_TRY(catalog.options.Add({"catalog-type", options.type, {}, {}}));
    if (options.type == "sql") {
      FRAZIL_TRY(catalog.options.Add({"uri", options.catalog, {}, {}}));
    }
    // Only a Hadoop catalog is its warehouse; the others know where their tables are.
    std::string warehouse = options.warehouse;
    if (warehouse.empty() && options.type == "hadoop") warehouse = options.catalog;
    if (!warehouse.empty()) {
      FRAZIL_TRY(catalog.options.Add({"warehouse", warehouse, {}, {}}));
    }
    plan.spec.scope.catalog = catalog.name;
    plan.spec.catalogs.push_back(std::move(catalog));
  } else {
    return Fail(
        ErrorKind::kInvalidArgument,
        "which catalog? Give --script pipeline.sql, or --catalog sqlite:///catalog.db");
  }
  FRAZIL_TRY(OpenCatalogs(plan));
  return plan;
}

Status PrintCsvAnswer(TableQuery& query, const std::string& sql) {
  FRAZIL_ASSIGN(const Row names, query.Columns(sql));
  std::string line;
  AppendCsv(names, line);
  PrintText(line);
  return query.Run(sql, [&](const std::vector<const std::string_view*>& values) {
    Row row;
    for (const std::string_view* value : values) {
      row.emplace_back(value == nullptr ? std::string_view() : *value);
    }
    line.clear();
    AppendCsv(row, line);
    PrintText(line);
    return !IsOutputLost();
  });
}

Status PrintJsonAnswer(TableQuery& query, const std::string& sql) {
  return query.RunAsJson(sql, [](std::string_view lines) {
    PrintText(lines);
    return !IsOutputLost();
  });
}

Status PrintBoxAnswer(TableQuery& query, const std::string& sql) {
  FRAZIL_ASSIGN(const Row names, query.Columns(sql));
  std::vector<Row> rows;
  bool is_cut = false;
  FRAZIL_TRY(query.Run(sql, [&](const std::vector<const std::string_view*>& values) {
    is_cut = rows.size() == kMaxBoxRows;
    if (is_cut) return false;
    Row& row = rows.emplace_back();
    for (const std::string_view* value : values) {
      row.push_back(value == nullptr ? "NULL" : Cut(std::string(*value)));
    }
    return true;
  }));
  std::int64_t count = 0;
  if (is_cut) {
    FRAZIL_ASSIGN(count, query.Count(sql));
  }
  PrintBox(names, rows);
  if (is_cut) {
    Print("… {} more rows; use --output csv|json or LIMIT\n",
          std::max<std::int64_t>(1, count - static_cast<std::int64_t>(rows.size())));
  } else {
    Print("({} row{})\n", rows.size(), rows.size() == 1 ? "" : "s");
  }
  return {};
}

Status Query(const QueryOptions& options) {
  FRAZIL_ASSIGN(const PipelinePlan plan, OpenCatalogsOf(options));
  std::map<std::string, Catalog*> catalogs;
  for (const auto& [name, catalog] : plan.catalogs) catalogs[name] = catalog.get();
  FRAZIL_ASSIGN(const auto query,
                TableQuery::Make(catalogs, *plan.io, kQueryMemoryBytes, plan.spec.scope));
  const std::string sql =
      options.sql.substr(0, options.sql.find_last_not_of("; \n\t") + 1);
  if (options.output == "csv") return PrintCsvAnswer(*query, sql);
  if (options.output == "json") return PrintJsonAnswer(*query, sql);
  return PrintBoxAnswer(*query, sql);
}

}  // namespace

void AddQueryCommand(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<QueryOptions>();
  CLI::App* query =
      app.add_subcommand("query", "Read tables: SELECT over current snapshots");
  query
      ->add_option(
          "sql", options->sql,
          "A query; tables are named catalog.namespace.table, or shorter where a "
          "USE of the script or --catalog says the rest")
      ->required();
  query->add_option("--script", options->script, "Take the catalogs of this pipeline");
  query->add_option(
      "--catalog", options->catalog,
      "Or this one: sqlite:///catalog.db, or the folder of a hadoop catalog");
  query->add_option("--catalog-type", options->type, "Kind of --catalog")
      ->check(CLI::IsMember({"sql", "hadoop"}))
      ->capture_default_str();
  query
      ->add_option("--catalog-name", options->name,
                   "Name of --catalog in the query and its rows")
      ->capture_default_str();
  query->add_option("--warehouse", options->warehouse, "Warehouse of --catalog");
  query->add_option("--output", options->output, "Form of the answer")
      ->check(CLI::IsMember({"box", "csv", "json"}))
      ->capture_default_str();
  query->callback([options, &exit_code] {
    SignalWatch::BlockSignals();
    const SignalWatch signals(QuitAtOnce);
    const Status status = Query(*options);
    exit_code =
        status.has_value() ? static_cast<int>(kExitOk) : PrintError(status.error());
  });
}

}  // namespace frazil
