#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <system_error>

#include "catalog/catalog_factory.h"
#include "cli/commands.h"
#include "cli/query_output.h"
#include "cli/signal_watch.h"
#include "pipeline/plan.h"
#include "pipeline/targets.h"
#include "query/table_query.h"
#include "storage/local/local_path.h"

namespace frazil {
namespace {

constexpr std::int64_t kQueryMemoryBytes = 1LL << 30;

struct QueryOptions {
  std::string sql;
  std::string script;
  std::string catalog;
  std::string warehouse;
  std::string name = "lake";
  std::string type = "sql";
  std::string output = "box";
};

// A catalog that options describe.
Result<CatalogSpec> CatalogOf(const QueryOptions& options) {
  CatalogSpec catalog;
  catalog.name = options.name;
  FRAZIL_TRY(catalog.options.Add({"type", "iceberg", {}, {}}));
  FRAZIL_TRY(catalog.options.Add({"catalog-type", options.type, {}, {}}));
  if (options.type != "hadoop") {
    FRAZIL_TRY(catalog.options.Add({"uri", options.catalog, {}, {}}));
  }
  // Only a Hadoop catalog is its warehouse; the others know where their tables are.
  std::string warehouse = options.warehouse;
  if (warehouse.empty() && options.type == "hadoop") warehouse = options.catalog;
  if (!warehouse.empty()) {
    FRAZIL_TRY(catalog.options.Add({"warehouse", warehouse, {}, {}}));
  }
  return catalog;
}

// A catalog that is made by its first table looks like an empty one.
Status CheckCatalogIsThere(const QueryOptions& options) {
  if (options.type == "rest") return {};
  const auto path =
      options.type == "sql" ? SqlitePathOf(options.catalog) : LocalPath(options.catalog);
  std::error_code unknown;
  // What the path says that cannot be, OpenCatalogs tells.
  if (!path.has_value() || std::filesystem::exists(*path, unknown) || unknown) return {};
  return Fail(ErrorKind::kNotFound, "there is no catalog {}: no such file or folder",
              options.catalog);
}

// Catalogs of a script, or the one that options describe.
Result<PipelinePlan> OpenCatalogsOf(const QueryOptions& options) {
  PipelinePlan plan;
  plan.io = NewLocalFileIO();
  if (!options.script.empty()) {
    FRAZIL_ASSIGN(plan.spec, LoadPipelineFile(options.script));
  } else if (!options.catalog.empty()) {
    FRAZIL_TRY(CheckCatalogIsThere(options));
    FRAZIL_ASSIGN(CatalogSpec catalog, CatalogOf(options));
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

Status Query(const QueryOptions& options) {
  FRAZIL_ASSIGN(const PipelinePlan plan, OpenCatalogsOf(options));
  std::map<std::string, Catalog*> catalogs;
  for (const auto& [name, catalog] : plan.catalogs) catalogs[name] = catalog.get();
  FRAZIL_ASSIGN(const auto query,
                TableQuery::Make(catalogs, *plan.io, kQueryMemoryBytes, plan.spec.scope));
  FRAZIL_ASSIGN(const std::string sql, query->Translate(options.sql));
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
  auto* script = query->add_option("--script", options->script,
                                   "Take the catalogs of this pipeline");
  auto* catalog =
      query
          ->add_option(
              "--catalog", options->catalog,
              "Or this one: sqlite:///catalog.db, the URI of a rest catalog, or the "
              "folder of a hadoop catalog")
          ->excludes(script);
  query->add_option("--catalog-type", options->type, "Kind of --catalog")
      ->check(CLI::IsMember({"sql", "hadoop", "rest"}))
      ->needs(catalog)
      ->capture_default_str();
  query
      ->add_option("--catalog-name", options->name,
                   "Name of --catalog in the query and its rows")
      ->needs(catalog)
      ->capture_default_str();
  query->add_option("--warehouse", options->warehouse, "Warehouse of --catalog")
      ->needs(catalog);
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
