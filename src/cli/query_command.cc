#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "cli/commands.h"
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
    for (std::size_t c = 0; c < row.size(); ++c) {
      fmt::print("{}{}{}", c == 0 ? "" : "  ", row[c],
                 std::string(c + 1 == row.size() ? 0 : widths[c] - WidthOf(row[c]), ' '));
    }
    fmt::print("\n");
  };
  print(names);
  Row rule;
  for (const std::size_t width : widths) rule.emplace_back(width, '-');
  print(rule);
  for (const Row& row : rows) print(row);
  fmt::print("({} row{})\n", rows.size(), rows.size() == 1 ? "" : "s");
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

void PrintCsv(const Row& row) {
  for (std::size_t c = 0; c < row.size(); ++c) {
    fmt::print("{}{}", c == 0 ? "" : ",", CsvCell(row[c]));
  }
  fmt::print("\n");
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
    plan.spec.catalogs.push_back(std::move(catalog));
  } else {
    return Fail(
        ErrorKind::kInvalidArgument,
        "which catalog? Give --script pipeline.sql, or --catalog sqlite:///catalog.db");
  }
  FRAZIL_TRY(OpenCatalogs(plan));
  return plan;
}

Status Query(const QueryOptions& options) {
  FRAZIL_ASSIGN(const PipelinePlan plan, OpenCatalogsOf(options));
  std::map<std::string, Catalog*> catalogs;
  for (const auto& [name, catalog] : plan.catalogs) catalogs[name] = catalog.get();
  FRAZIL_ASSIGN(const auto query,
                TableQuery::Make(catalogs, *plan.io, kQueryMemoryBytes));
  const std::string sql =
      options.sql.substr(0, options.sql.find_last_not_of("; \n\t") + 1);
  FRAZIL_ASSIGN(const Row names, query->Columns(sql));
  if (options.output == "csv") PrintCsv(names);
  std::vector<Row> rows;
  bool is_cut = false;
  FRAZIL_TRY(query->Run(sql, [&](const std::vector<const std::string_view*>& values) {
    if (options.output == "json") {
      Json object = Json::object();
      for (std::size_t c = 0; c < values.size(); ++c) {
        object[names[c]] = values[c] == nullptr ? Json() : Json(std::string(*values[c]));
      }
      fmt::print("{}\n", DumpJson(object));
      return true;
    }
    Row row;
    for (const std::string_view* value : values) {
      const bool is_box = options.output == "box";
      row.push_back(value == nullptr ? (is_box ? "NULL" : "")
                    : is_box         ? Cut(std::string(*value))
                                     : std::string(*value));
    }
    if (options.output == "csv") {
      PrintCsv(row);
      return true;
    }
    is_cut = rows.size() == kMaxBoxRows;
    if (!is_cut) rows.push_back(std::move(row));
    return !is_cut;
  }));
  if (options.output == "box") PrintBox(names, rows);
  if (is_cut) {
    fmt::print(stderr, "frazil: only the first {} rows; use --output csv for all\n",
               kMaxBoxRows);
  }
  return {};
}

}  // namespace

void AddQueryCommand(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<QueryOptions>();
  CLI::App* query =
      app.add_subcommand("query", "Read tables: SELECT over current snapshots");
  query->add_option("sql", options->sql, "A query; tables are catalog.namespace.table")
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
    const Status status = Query(*options);
    exit_code =
        status.has_value() ? static_cast<int>(kExitOk) : PrintError(status.error());
  });
}

}  // namespace frazil
