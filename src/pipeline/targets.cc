#include "pipeline/targets.h"

#include <algorithm>
#include <set>
#include <utility>

#include "catalog/catalog_factory.h"
#include "config/option_set.h"
#include "storage/local/local_path.h"
#include "write/parquet_layout.h"
#include "write/partition_router.h"

namespace frazil {
namespace {

constexpr int kWrittenFormatVersion = 2;
// Of properties that say how far a pipeline has come.
constexpr std::string_view kOwnPrefix = "frazil.";

const TargetSpec* FindTargetSpec(const PipelineSpec& spec, const TableName& name) {
  const auto found =
      std::find_if(spec.targets.begin(), spec.targets.end(),
                   [&](const TargetSpec& target) { return target.name == name; });
  return found == spec.targets.end() ? nullptr : &*found;
}

bool CreatesNamespace(const PipelineSpec& spec, const TableName& name) {
  return std::any_of(
      spec.databases.begin(), spec.databases.end(), [&](const DatabaseSpec& database) {
        return database.catalog == name.catalog && database.levels == name.levels;
      });
}

Error NoSuchTable(const PipelinePlan& plan, const TableName& name, TextPlace place) {
  std::vector<std::string> known;
  for (const TargetSpec& target : plan.spec.targets) {
    known.push_back(target.name.ToString());
  }
  const auto catalog = plan.catalogs.find(name.catalog);
  if (catalog != plan.catalogs.end()) {
    const auto listed = catalog->second->ListTables(name.levels);
    if (listed.has_value()) {
      for (const TableIdentifier& table : *listed) {
        known.push_back(TableName{name.catalog, name.levels, table.name}.ToString());
      }
    }
  }
  const std::string nearest = Nearest(name.ToString(), known);
  return ErrorAt(plan.spec, place, fmt::format("no such table: {}", name.ToString()),
                 nearest.empty() ? "add a CREATE TABLE IF NOT EXISTS for it to the script"
                                 : fmt::format("did you mean {}?", nearest));
}

Result<PartitionField> BindPartitionField(const PipelineSpec& spec, const Schema& schema,
                                          const PartitionItemSpec& item) {
  const SchemaField* column = schema.FindFieldByPath(item.column);
  if (column == nullptr) {
    std::vector<std::string> names;
    for (const SchemaField& field : schema.fields) names.push_back(field.name);
    const std::string nearest = Nearest(item.column, names);
    return Fail(ErrorAt(spec, item.place,
                        fmt::format("no such column to partition by: {}", item.column),
                        nearest.empty() ? "" : fmt::format("did you mean {}?", nearest)));
  }
  PartitionField field;
  field.source_id = column->field_id;
  field.transform = Transform::Parse(item.transform);
  const auto type = field.transform.ResultType(column->type);
  if (!type.has_value()) return Fail(ErrorAt(spec, item.place, type.error().message));
  std::string name = item.column;
  std::replace(name.begin(), name.end(), '.', '_');
  switch (field.transform.kind()) {
    case TransformKind::kBucket:
      name += "_bucket";
      break;
    case TransformKind::kTruncate:
      name += "_trunc";
      break;
    case TransformKind::kYear:
    case TransformKind::kMonth:
    case TransformKind::kDay:
    case TransformKind::kHour:
      name += "_" + field.transform.ToString();
      break;
    case TransformKind::kVoid:
      name += "_null";
      break;
    case TransformKind::kIdentity:
    case TransformKind::kUnknown:
      break;
  }
  field.name = std::move(name);
  return field;
}

// `item` asks for `field`, beside those of the items before it.
Status CheckNotRedundant(const PipelineSpec& spec, const PartitionSpec& earlier,
                         const PartitionField& field, const PartitionItemSpec& item) {
  for (const PartitionField& other : earlier.fields) {
    if (other.source_id != field.source_id ||
        !other.transform.IsRedundantWith(field.transform)) {
      continue;
    }
    if (other.transform == field.transform) {
      return Fail(
          ErrorAt(spec, item.place,
                  fmt::format("{} is there twice: {}", item.column, item.transform)));
    }
    return Fail(ErrorAt(
        spec, item.place,
        fmt::format("{} is partitioned by {} already; {} beside it is redundant",
                    item.column, other.transform.ToString(), item.transform),
        "keep one of year, month, day and hour: a filter on the column uses it alike"));
  }
  return {};
}

Status CheckMetadata(const TableMetadata& metadata) {
  if (metadata.format_version != kWrittenFormatVersion) {
    return Fail(ErrorKind::kNotSupported,
                "it is of format-version {}, and Frazil writes version {}",
                metadata.format_version, kWrittenFormatVersion);
  }
  const auto upsert = metadata.properties.find("write.upsert.enabled");
  if (upsert != metadata.properties.end() && upsert->second == "true") {
    return Fail(
        ErrorKind::kNotSupported,
        "table property write.upsert.enabled: rows are appended only, so that those "
        "of one key would stand beside each other. Set it to 'false' if that is meant");
  }
  FRAZIL_TRY(ParquetLayout::Make(metadata));
  FRAZIL_TRY(PartitionRouter::Make(metadata.CurrentSchema(), metadata.DefaultSpec()));
  return {};
}

Status CheckTable(const TargetPlan& target) {
  if (target.table.has_value()) return CheckMetadata(*target.table->metadata);
  NewTable table = *target.creation;
  if (table.location.empty()) table.location = "/";
  FRAZIL_ASSIGN(const TableMetadata metadata, MakeTableMetadata(table, /*now_ms=*/0));
  return CheckMetadata(metadata);
}

}  // namespace

Result<NewTable> NewTableFrom(const PipelineSpec& spec, const TargetSpec& target) {
  NewTable table;
  Schema schema;
  for (const ColumnSpec& column : target.columns) {
    SchemaField field;
    field.name = column.name;
    field.type = column.type;
    field.required = column.required;
    field.doc = column.comment;
    schema.fields.push_back(std::move(field));
  }
  if (schema.fields.empty()) {
    return Fail(ErrorAt(spec, target.place,
                        fmt::format("table {} has no columns", target.name.ToString())));
  }
  table.schema = AssignFreshIds(schema);
  for (const std::string& key : target.primary_key) {
    const SchemaField* field = table.schema.FindField(key);
    if (field == nullptr) {
      return Fail(ErrorAt(spec, target.place,
                          fmt::format("no such column in PRIMARY KEY: {}", key)));
    }
    table.schema.identifier_field_ids.push_back(field->field_id);
  }
  std::int32_t next_id = 1000;
  for (const PartitionItemSpec& item : target.partition) {
    FRAZIL_ASSIGN(PartitionField field, BindPartitionField(spec, table.schema, item));
    FRAZIL_TRY(CheckNotRedundant(spec, table.spec, field, item));
    field.field_id = next_id++;
    table.spec.fields.push_back(std::move(field));
  }
  for (const Option& option : target.properties.all()) {
    if (option.key == "location") {
      const auto path = LocalPath(option.value);
      if (!path.has_value()) {
        return Fail(ErrorAt(spec, option.value_place, path.error().message));
      }
      table.location = option.value;
    } else if (option.key.starts_with(kOwnPrefix)) {
      return Fail(ErrorAt(spec, option.key_place,
                          fmt::format("properties that begin with '{}' are Frazil's own: "
                                      "leave out '{}'",
                                      kOwnPrefix, option.key)));
    } else {
      table.properties[option.key] = option.value;
    }
  }
  return table;
}

Status OpenCatalogs(PipelinePlan& plan) {
  for (const CatalogSpec& catalog : plan.spec.catalogs) {
    CatalogOptions options;
    for (const Option& option : catalog.options.all()) options[option.key] = option.value;
    const auto type = CatalogTypeOf(options);
    if (!type.has_value()) {
      return Fail(ErrorAt(plan.spec, catalog.place, type.error().message));
    }
    FRAZIL_TRY(CheckOptions(plan.spec, catalog.options, catalog.place,
                            fmt::format("catalog '{}'", catalog.name),
                            CatalogOptionsOf(*type)));
    auto opened = OpenCatalog(catalog.name, options, plan.io);
    if (!opened.has_value()) {
      Error error =
          ErrorAt(plan.spec, catalog.place,
                  fmt::format("catalog '{}': {}", catalog.name, opened.error().message));
      error.kind = opened.error().kind;
      return Fail(std::move(error));
    }
    plan.catalogs[catalog.name] = *std::move(opened);
  }
  return {};
}

Result<TargetPlan> ResolveTarget(const PipelinePlan& plan, const TableName& name,
                                 TextPlace place) {
  const auto catalog = plan.catalogs.find(name.catalog);
  if (catalog == plan.catalogs.end()) {
    std::vector<std::string> names;
    for (const auto& [known, unused] : plan.catalogs) names.push_back(known);
    const std::string nearest = Nearest(name.catalog, names);
    return Fail(ErrorAt(plan.spec, place,
                        fmt::format("no such catalog: {}", name.catalog),
                        nearest.empty() ? "add a CREATE CATALOG for it to the script"
                                        : fmt::format("did you mean {}?", nearest)));
  }
  TargetPlan target;
  target.name = name;
  target.catalog = catalog->second.get();
  target.identifier = {name.levels, name.table};
  const TargetSpec* creation = FindTargetSpec(plan.spec, name);
  auto loaded = target.catalog->LoadTable(target.identifier);
  if (loaded.has_value()) {
    if (creation != nullptr && !creation->if_not_exists) {
      Error error = ErrorAt(plan.spec, creation->place,
                            fmt::format("table {} exists already", name.ToString()),
                            "write CREATE TABLE IF NOT EXISTS to go on filling it");
      error.kind = ErrorKind::kAlreadyExists;
      return Fail(std::move(error));
    }
    target.schema = loaded->metadata->CurrentSchema();
    target.table = *std::move(loaded);
    return target;
  }
  if (loaded.error().kind != ErrorKind::kNotFound) {
    return Fail(std::move(loaded).error().Within(name.ToString()));
  }
  if (creation == nullptr) return Fail(NoSuchTable(plan, name, place));
  FRAZIL_ASSIGN(target.creation, NewTableFrom(plan.spec, *creation));
  target.schema = target.creation->schema;
  target.creates_namespace = CreatesNamespace(plan.spec, name);
  return target;
}

Status CheckWritable(const PipelinePlan& plan) {
  for (const TargetPlan& target : plan.targets) {
    const Status status = CheckTable(target);
    if (status.has_value()) continue;
    const TargetSpec* creation = FindTargetSpec(plan.spec, target.name);
    TextPlace place;
    for (const InsertSpec& insert : plan.spec.inserts) {
      if (insert.target == target.name) place = insert.target_place;
    }
    if (creation != nullptr) place = creation->place;
    return Fail(
        ErrorAt(plan.spec, place,
                fmt::format("{}: {}", target.name.ToString(), status.error().message)));
  }
  return {};
}

}  // namespace frazil
