#include "pipeline/plan.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/log.h"
#include "config/option_set.h"
#include "engine/duck_database.h"
#include "pipeline/dead_letter_sink.h"
#include "pipeline/memory_shares.h"
#include "pipeline/select.h"
#include "pipeline/source_columns.h"
#include "pipeline/targets.h"
#include "write/dead_letter.h"

namespace frazil {
namespace {

bool IsPhysicalName(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         c == '_';
}

// Finds or adds the target of an INSERT; its index.
Result<std::size_t> TargetIndex(PipelinePlan& plan, const InsertSpec& insert) {
  for (std::size_t i = 0; i < plan.targets.size(); ++i) {
    if (plan.targets[i].name == insert.target) return i;
  }
  FRAZIL_ASSIGN(TargetPlan target,
                ResolveTarget(plan, insert.target, insert.target_place));
  plan.targets.push_back(std::move(target));
  return plan.targets.size() - 1;
}

std::vector<std::string> NamesOf(const Schema& schema) {
  std::vector<std::string> names;
  for (const SchemaField& field : schema.fields) names.push_back(field.name);
  return names;
}

// The columns that an INSERT without names was written for: those of the script's CREATE
// TABLE, or of its first plan.
std::vector<std::string> MeantColumns(const PipelineSpec& spec, const Schema& schema,
                                      InsertSpec& insert) {
  for (const TargetSpec& target : spec.targets) {
    if (!insert.planned_columns.empty() || target.name != insert.target) continue;
    for (const ColumnSpec& column : target.columns) {
      insert.planned_columns.push_back(column.name);
    }
  }
  if (insert.planned_columns.empty()) insert.planned_columns = NamesOf(schema);
  return insert.planned_columns;
}

// Building a SELECT once is its type check: one that does not fit is refused here. An INSERT
// without names goes by position, but not when somebody has changed the table: who gives its
// columns another order means no other values by that, and a column that was added is null.
Result<std::unique_ptr<Transformer>> CheckSelect(PipelinePlan& plan,
                                                 const FlowPlan& flow) {
  InsertSpec& insert = plan.spec.inserts[flow.insert];
  const std::vector<std::string> names = NamesOf(plan.targets[flow.target].schema);
  const bool has_names = !insert.columns.empty();
  const std::vector<std::string> meant =
      MeantColumns(plan.spec, plan.targets[flow.target].schema, insert);
  if (!has_names && meant != names && std::ranges::is_permutation(meant, names)) {
    insert.columns = meant;
  }
  auto made = MakeTransformer(TransformSpecOf(plan, flow), plan.database.get());
  const bool may_be_added = !has_names && insert.columns.empty() &&
                            meant.size() < names.size() &&
                            std::ranges::all_of(
                                meant,
                                [&](const std::string& name) {
                                  return std::ranges::find(names, name) != names.end();
                                });
  if (made.has_value() || !may_be_added) return made;
  insert.columns = meant;
  auto by_name = MakeTransformer(TransformSpecOf(plan, flow), plan.database.get());
  if (by_name.has_value()) return by_name;
  insert.columns.clear();
  return made;
}

void AddWarnings(const InsertSpec& insert, const SelectTraits& traits,
                 std::vector<std::string>& warnings) {
  const std::string target = insert.target.ToString();
  if (!traits.row_wise) {
    warnings.push_back(fmt::format(
        "the SELECT into {} sees one batch of records at a time: {}, so what it gives "
        "depends on where batches end, which no rule fixes, and verify cannot check it",
        target, traits.not_row_wise_because));
  }
  for (const std::string& column : traits.nondeterministic_columns) {
    warnings.push_back(
        fmt::format("column {} of {} is not a function of the record: it is evaluated "
                    "once per batch, and verify leaves it out",
                    column, target));
  }
}

Status PlanFlows(PipelinePlan& plan) {
  if (plan.spec.inserts.empty()) {
    return Fail(
        ErrorAt(plan.spec, {}, "the script has no INSERT: there is nothing to run"));
  }
  DuckOptions options;
  options.memory_limit_bytes = DuckBytes(plan.settings);
  FRAZIL_ASSIGN(plan.database, DuckDatabase::Open(options));
  for (std::size_t i = 0; i < plan.spec.inserts.size(); ++i) {
    const InsertSpec& insert = plan.spec.inserts[i];
    FRAZIL_ASSIGN(const std::size_t source,
                  SourceOfInsert(plan.spec, insert, *plan.database));
    FlowPlan flow;
    flow.insert = i;
    const auto known = std::find(plan.sources.begin(), plan.sources.end(), source);
    flow.source = static_cast<std::size_t>(known - plan.sources.begin());
    if (known == plan.sources.end()) plan.sources.push_back(source);
    FRAZIL_ASSIGN(flow.target, TargetIndex(plan, insert));
    FRAZIL_ASSIGN(const auto transformer, CheckSelect(plan, flow));
    plan.selects.push_back(transformer->Describe());
    FRAZIL_ASSIGN(const SelectTraits traits,
                  DescribeSelect(TransformSpecOf(plan, flow), plan.database.get()));
    AddWarnings(insert, traits, plan.warnings);
    plan.flows.push_back(flow);
  }
  return {};
}

std::string DefaultName(const PipelinePlan& plan) {
  for (const std::size_t source : plan.sources) {
    const auto group = plan.spec.sources[source].options.Get("properties.group.id");
    if (group.has_value()) return *group;
  }
  return plan.targets.front().name.ToString();
}

// A table of that name may be anybody's, or of a Frazil that knew other columns.
Status CheckDeadLetterTable(const TargetPlan& target) {
  const Schema expected = DeadLetterSchema();
  const auto is_same = [](const SchemaField& a, const SchemaField& b) {
    return a.name == b.name && a.type.id() == b.type.id();
  };
  if (std::equal(expected.fields.begin(), expected.fields.end(),
                 target.schema.fields.begin(), target.schema.fields.end(), is_same)) {
    return {};
  }
  return Fail(ErrorKind::kInvalidConfig,
              "{} has not the columns of a dead-letter table: rename or drop it, or SET "
              "'pipeline.name' so that another one is used",
              target.name.ToString());
}

Status PlanDeadLetters(PipelinePlan& plan) {
  if (plan.settings.dead_letters != DeadLetterPolicy::kTable) return {};
  TargetPlan target;
  const TargetPlan& anchor = plan.targets.front();
  target.name = DeadLetterTableName(anchor.name, plan.name);
  target.catalog = anchor.catalog;
  target.identifier = {target.name.levels, target.name.table};
  auto loaded = target.catalog->LoadTable(target.identifier);
  if (loaded.has_value()) {
    target.schema = loaded->metadata->CurrentSchema();
    FRAZIL_TRY(CheckDeadLetterTable(target));
    target.table = *std::move(loaded);
  } else if (loaded.error().kind == ErrorKind::kNotFound) {
    target.creation.emplace();
    target.creation->schema = DeadLetterSchema();
    target.schema = target.creation->schema;
  } else {
    return Fail(std::move(loaded).error());
  }
  plan.dead_letter_target = static_cast<std::int64_t>(plan.targets.size());
  plan.targets.push_back(std::move(target));
  return {};
}

Status CheckSources(const PipelinePlan& plan) {
  // Also those that no INSERT reads: nothing in a script is ignored.
  for (const SourceSpec& source : plan.spec.sources) {
    FRAZIL_TRY(CheckSource(plan.spec, source));
  }
  return CheckDeadLetters(plan);
}

Status CreateNamespaces(PipelinePlan& plan) {
  for (const DatabaseSpec& database : plan.spec.databases) {
    Catalog& catalog = *plan.catalogs.at(database.catalog);
    std::map<std::string, std::string> properties;
    for (const Option& option : database.properties.all()) {
      properties[option.key] = option.value;
    }
    const Status created = catalog.CreateNamespace(database.levels, properties);
    if (created.has_value()) continue;
    if (created.error().kind != ErrorKind::kAlreadyExists) return created;
    if (!database.if_not_exists) {
      Error error = ErrorAt(plan.spec, database.place, created.error().message,
                            "write CREATE DATABASE IF NOT EXISTS");
      error.kind = ErrorKind::kAlreadyExists;
      return Fail(std::move(error));
    }
  }
  return {};
}

Result<PipelinePlan> Plan(PipelineSpec spec) {
  PipelinePlan plan;
  plan.spec = std::move(spec);
  FRAZIL_ASSIGN(plan.settings, ParseSettings(plan.spec));
  plan.io = NewLocalFileIO();
  FRAZIL_TRY(OpenCatalogs(plan));
  for (const DatabaseSpec& database : plan.spec.databases) {
    if (plan.catalogs.contains(database.catalog)) continue;
    return Fail(ErrorAt(plan.spec, database.place,
                        fmt::format("no such catalog: {}", database.catalog),
                        "add a CREATE CATALOG for it to the script"));
  }
  FRAZIL_TRY(PlanFlows(plan));
  FRAZIL_TRY(CheckSources(plan));
  plan.name = plan.settings.pipeline_name.empty() ? DefaultName(plan)
                                                  : plan.settings.pipeline_name;
  FRAZIL_TRY(PlanDeadLetters(plan));
  return plan;
}

}  // namespace

TableName DeadLetterTableName(const TableName& anchor, std::string_view pipeline) {
  TableName name = anchor;
  name.table.clear();
  for (const char c : pipeline) name.table += IsPhysicalName(c) ? c : '_';
  name.table += "_dead_letters";
  return name;
}

std::vector<std::string> InsertNames(const PipelinePlan& plan) {
  std::vector<std::string> names;
  std::map<std::size_t, int> seen;
  for (const FlowPlan& flow : plan.flows) {
    const int count = ++seen[flow.target];
    const std::string table = plan.targets[flow.target].name.ToString();
    names.push_back(count == 1 ? table : fmt::format("{} ({})", table, count));
  }
  return names;
}

Result<PipelinePlan> PlanPipeline(PipelineSpec spec) {
  FRAZIL_ASSIGN(PipelinePlan plan, Plan(std::move(spec)));
  FRAZIL_TRY(CheckWritable(plan));
  return plan;
}

Result<PipelinePlan> PlanFinished(PipelineSpec spec) {
  for (TargetSpec& target : spec.targets) target.if_not_exists = true;
  return Plan(std::move(spec));
}

Status CreateMissing(PipelinePlan& plan) {
  FRAZIL_TRY(CreateNamespaces(plan));
  for (const TargetSpec& spec : plan.spec.targets) {
    const bool is_written =
        std::any_of(plan.targets.begin(), plan.targets.end(),
                    [&](const TargetPlan& target) { return target.name == spec.name; });
    if (is_written) continue;
    FRAZIL_ASSIGN(TargetPlan extra, ResolveTarget(plan, spec.name, spec.place));
    if (extra.table.has_value()) continue;
    auto created =
        extra.catalog->CreateTable(extra.identifier, *std::move(extra.creation));
    // Another worker of the pipeline was quicker.
    if (!created.has_value() && created.error().kind != ErrorKind::kAlreadyExists) {
      return Fail(std::move(created).error().Within(spec.name.ToString()));
    }
  }
  for (TargetPlan& target : plan.targets) {
    if (target.table.has_value()) continue;
    auto created = target.catalog->CreateTable(target.identifier, *target.creation);
    if (!created.has_value() && created.error().kind == ErrorKind::kAlreadyExists) {
      // Another worker of the pipeline was quicker.
      created = target.catalog->LoadTable(target.identifier);
    }
    if (!created.has_value()) {
      return Fail(std::move(created).error().Within(target.name.ToString()));
    }
    Log(LogLevel::kInfo, "created the table", {{"table", target.name.ToString()}});
    target.schema = created->metadata->CurrentSchema();
    target.table = *std::move(created);
    target.creation.reset();
  }
  return {};
}

}  // namespace frazil
