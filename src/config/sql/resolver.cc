#include "config/sql/resolver.h"

#include <algorithm>
#include <array>
#include <utility>

#include "config/option_set.h"

namespace frazil {
namespace {

constexpr std::string_view kConnector = "connector";
constexpr std::string_view kDefaultDatabaseKey = "default-database";
constexpr std::string_view kDefaultDatabase = "default";

// Of the options of a 'connector'='iceberg' table, those of the table itself; all others
// are the catalog's.
constexpr std::array<std::string_view, 6> kTablePropertyPrefixes = {
    "write.", "read.", "commit.", "history.", "schema.", "gc."};
constexpr std::array<std::string_view, 2> kTableProperties = {"format-version",
                                                              "location"};

bool IsTableProperty(std::string_view key) {
  return std::any_of(kTablePropertyPrefixes.begin(), kTablePropertyPrefixes.end(),
                     [&](std::string_view prefix) { return key.starts_with(prefix); }) ||
         std::find(kTableProperties.begin(), kTableProperties.end(), key) !=
             kTableProperties.end();
}

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return lower;
}

// True if both hold the same keys and values, in any order.
bool SameOptions(const Options& left, const Options& right) {
  return left.all().size() == right.all().size() &&
         std::all_of(left.all().begin(), left.all().end(), [&](const Option& option) {
           return right.Get(option.key) == option.value;
         });
}

Status AddComment(Options& properties, const std::optional<std::string>& comment,
                  TextPlace place) {
  if (!comment || properties.Find("comment") != nullptr) return {};
  return properties.Add({"comment", *comment, place, place});
}

}  // namespace

Status ScriptResolver::Add(Statement statement) {
  struct Visitor {
    ScriptResolver& self;
    Status operator()(SetStatement s) { return self.AddSet(std::move(s)); }
    Status operator()(CreateCatalogStatement s) { return self.AddCatalog(std::move(s)); }
    Status operator()(const UseStatement& s) { return self.AddUse(s); }
    Status operator()(CreateDatabaseStatement s) {
      return self.AddDatabase(std::move(s));
    }
    Status operator()(CreateTableStatement s) { return self.AddTable(std::move(s)); }
    Status operator()(CreateViewStatement s) { return self.AddView(std::move(s)); }
    Status operator()(InsertStatement s) { return self.AddInsert(std::move(s)); }
  };
  return std::visit(Visitor{*this}, std::move(statement));
}

Status ScriptResolver::AddSet(SetStatement statement) {
  const Option* const first = spec_.settings.Find(statement.option.key);
  if (first != nullptr) {
    return Fail(At(statement.option.key_place,
                   fmt::format("setting '{}' is set twice, first in line {}",
                               statement.option.key, first->key_place.line),
                   "a setting holds for the whole script"));
  }
  const TextPlace place = statement.option.key_place;
  if (Status added = spec_.settings.Add(std::move(statement.option));
      !added.has_value()) {
    return Fail(At(place, added.error().message));
  }
  return {};
}

Status ScriptResolver::AddCatalog(CreateCatalogStatement statement) {
  const CatalogSpec* const first = FindCatalog(statement.name.name);
  if (first != nullptr) {
    if (statement.if_not_exists) return {};
    return Fail(At(statement.name.place,
                   fmt::format("catalog '{}' is there already, from line {}",
                               statement.name.name, first->place.line)));
  }
  CatalogSpec catalog{statement.name.name, {}, statement.name.place};
  for (const Option& option : statement.options.all()) {
    // Of the script alone: no catalog knows it.
    if (option.key == kDefaultDatabaseKey) {
      default_databases_[catalog.name] = option.value;
      continue;
    }
    FRAZIL_TRY(catalog.options.Add(option));
  }
  spec_.catalogs.push_back(std::move(catalog));
  return {};
}

Status ScriptResolver::AddUse(const UseStatement& statement) {
  const std::vector<std::string>& parts = statement.name.parts;
  if (!statement.is_catalog && parts.size() == 1) {
    if (!spec_.scope.catalog.empty()) {
      spec_.scope.database = parts;
      return {};
    }
    const bool is_catalog = FindCatalog(parts[0]) != nullptr;
    return Fail(At(statement.name.place, "no catalog is in use",
                   is_catalog ? fmt::format("write USE CATALOG {}", parts[0])
                              : "write USE CATALOG first, or USE catalog.database"));
  }
  const CatalogSpec* const catalog = FindCatalog(parts[0]);
  if (catalog == nullptr) return Fail(UnknownCatalog(statement.name));
  spec_.scope.catalog = catalog->name;
  if (statement.is_catalog) {
    const auto database = default_databases_.find(catalog->name);
    const bool has_default = database != default_databases_.end();
    spec_.scope.database = {has_default ? database->second
                                        : std::string(kDefaultDatabase)};
  } else {
    spec_.scope.database.assign(parts.begin() + 1, parts.end());
  }
  return {};
}

Status ScriptResolver::AddDatabase(CreateDatabaseStatement statement) {
  DatabaseSpec database;
  database.place = statement.name.place;
  database.if_not_exists = statement.if_not_exists;
  std::vector<std::string>& parts = statement.name.parts;
  if (parts.size() == 1) {
    if (spec_.scope.catalog.empty()) {
      return Fail(At(database.place, "no catalog is in use",
                     "write CREATE DATABASE catalog.database, or USE CATALOG first"));
    }
    database.catalog = spec_.scope.catalog;
    database.levels = std::move(parts);
  } else {
    const CatalogSpec* const catalog = FindCatalog(parts[0]);
    if (catalog == nullptr) return Fail(UnknownCatalog(statement.name));
    database.catalog = catalog->name;
    database.levels.assign(parts.begin() + 1, parts.end());
  }
  database.properties = std::move(statement.properties);
  FRAZIL_TRY(AddComment(database.properties, statement.comment, database.place));
  for (const DatabaseSpec& other : spec_.databases) {
    if (other.catalog != database.catalog || other.levels != database.levels) continue;
    if (database.if_not_exists) return {};
    return Fail(At(
        database.place,
        fmt::format("this database is there already, from line {}", other.place.line)));
  }
  spec_.databases.push_back(std::move(database));
  return {};
}

Status ScriptResolver::AddTable(CreateTableStatement statement) {
  const Option* const connector = statement.options.Find(kConnector);
  if (connector != nullptr && connector->value == "iceberg") {
    return AddIcebergTable(std::move(statement));
  }
  if (connector != nullptr) return AddSource(std::move(statement));
  for (const Option& option : statement.options.all()) {
    if (Nearest(option.key, {std::string(kConnector)}).empty()) continue;
    return Fail(At(option.key_place, fmt::format("unknown option '{}'", option.key),
                   "did you mean 'connector'?"));
  }
  if (statement.is_temporary) {
    return Fail(At(statement.name.place, "a temporary table needs a connector",
                   "add WITH ('connector' = 'kafka', ...)"));
  }
  const bool is_alone = spec_.scope.catalog.empty() && statement.name.parts.size() == 1;
  if (is_alone) {
    return Fail(At(statement.name.place,
                   "this table has neither a connector nor a catalog to be in",
                   "a source needs WITH ('connector' = 'kafka', ...); for a table in a "
                   "catalog write catalog.database.table, or USE first"));
  }
  FRAZIL_ASSIGN(TableName name, ResolveTable(statement.name));
  return AddTarget(std::move(statement), std::move(name));
}

Status ScriptResolver::AddSource(CreateTableStatement statement) {
  if (statement.name.parts.size() > 1) {
    return Fail(At(statement.name.place, "a source has a simple name",
                   fmt::format("write {}", statement.name.parts.back())));
  }
  if (!statement.partition.empty()) {
    return Fail(At(statement.partition.front().place, "a source cannot be partitioned",
                   "PARTITIONED BY belongs to the Iceberg table"));
  }
  if (!statement.primary_key.empty()) {
    return Fail(At(statement.primary_key.front().place, "a source has no key",
                   "PRIMARY KEY belongs to the Iceberg table"));
  }
  const PlacedName name{statement.name.parts[0], statement.name.place};
  FRAZIL_ASSIGN(const bool is_new,
                TakeName(name, statement.if_not_exists, {"source", name.place, {}}));
  if (!is_new) return {};
  const Option* const connector = statement.options.Find(kConnector);
  spec_.sources.push_back({name.name, connector->value, std::move(statement.columns),
                           std::move(statement.options), name.place});
  return {};
}

Status ScriptResolver::AddIcebergTable(CreateTableStatement statement) {
  if (statement.name.parts.size() > 1) {
    return Fail(At(statement.name.place,
                   "a table with 'connector' = 'iceberg' has a simple name",
                   "its database is the option 'catalog-database'"));
  }
  const PlacedName script_name{statement.name.parts[0], statement.name.place};
  const Option* const catalog_name = statement.options.Find("catalog-name");
  if (catalog_name == nullptr) {
    return Fail(
        At(statement.name.place,
           "a table with 'connector' = 'iceberg' needs the option 'catalog-name'"));
  }
  TableName name{
      catalog_name->value,
      {statement.options.Get("catalog-database").value_or(std::string(kDefaultDatabase))},
      statement.options.Get("catalog-table").value_or(script_name.name)};
  FRAZIL_ASSIGN(const bool is_new, TakeName(script_name, statement.if_not_exists,
                                            {"table", script_name.place, name}));
  if (!is_new) return {};
  spec_.scope.tables.emplace(Lower(script_name.name), name);

  CatalogSpec catalog{name.catalog, {}, script_name.place};
  Options properties;
  const TextPlace type_place = statement.options.Find(kConnector)->value_place;
  FRAZIL_TRY(catalog.options.Add({"type", "iceberg", type_place, type_place}));
  for (const Option& option : statement.options.all()) {
    const bool is_ours = option.key == kConnector || option.key == "catalog-name" ||
                         option.key == "catalog-database" ||
                         option.key == "catalog-table" || option.key == "type";
    if (is_ours) continue;
    FRAZIL_TRY(IsTableProperty(option.key) ? properties.Add(option)
                                           : catalog.options.Add(option));
  }
  FRAZIL_TRY(AddImplicitCatalog(std::move(catalog)));
  const bool has_database = std::any_of(
      spec_.databases.begin(), spec_.databases.end(), [&](const DatabaseSpec& database) {
        return database.catalog == name.catalog && database.levels == name.levels;
      });
  if (!has_database) {
    spec_.databases.push_back({name.catalog, name.levels, true, {}, script_name.place});
  }
  statement.options = std::move(properties);
  statement.if_not_exists = true;
  return AddTarget(std::move(statement), std::move(name));
}

Status ScriptResolver::AddImplicitCatalog(CatalogSpec catalog) {
  const CatalogSpec* const first = FindCatalog(catalog.name);
  if (first == nullptr) {
    spec_.catalogs.push_back(std::move(catalog));
    return {};
  }
  const bool says_nothing = catalog.options.all().size() == 1;  // 'type' alone
  if (says_nothing || SameOptions(first->options, catalog.options)) return {};
  return Fail(
      At(catalog.place,
         fmt::format("catalog '{}' is there already with other options, from line {}",
                     catalog.name, first->place.line),
         "leave the catalog's options out here, or write the same ones"));
}

Status ScriptResolver::AddTarget(CreateTableStatement statement, TableName name) {
  for (const ColumnSpec& column : statement.columns) {
    if (!column.metadata_key) continue;
    return Fail(At(column.place, "an Iceberg table has no METADATA columns",
                   "declare it in the source, and select it into a plain column"));
  }
  for (const TargetSpec& other : spec_.targets) {
    if (other.name != name) continue;
    if (statement.if_not_exists) return {};
    return Fail(
        At(statement.name.place, fmt::format("table '{}' is there already, from line {}",
                                             name.ToString(), other.place.line)));
  }
  TargetSpec target;
  target.name = std::move(name);
  target.if_not_exists = statement.if_not_exists;
  target.columns = std::move(statement.columns);
  target.partition = std::move(statement.partition);
  for (PlacedName& key : statement.primary_key) {
    target.primary_key.push_back(std::move(key.name));
  }
  target.properties = std::move(statement.options);
  target.place = statement.name.place;
  FRAZIL_TRY(AddComment(target.properties, statement.comment, target.place));
  spec_.targets.push_back(std::move(target));
  return {};
}

Status ScriptResolver::AddView(CreateViewStatement statement) {
  FRAZIL_ASSIGN(const bool is_new, TakeName(statement.name, statement.if_not_exists,
                                            {"view", statement.name.place, {}}));
  if (!is_new) return {};
  spec_.views.push_back({std::move(statement.name.name), std::move(statement.columns),
                         std::move(statement.select), statement.select_place,
                         statement.name.place});
  return {};
}

Status ScriptResolver::AddInsert(InsertStatement statement) {
  InsertSpec insert;
  insert.target_place = statement.target.place;
  const auto named = statement.target.parts.size() == 1
                         ? names_.find(Lower(statement.target.parts[0]))
                         : names_.end();
  if (named == names_.end()) {
    FRAZIL_ASSIGN(insert.target, ResolveTable(statement.target));
  } else if (named->second.target.table.empty()) {
    return Fail(At(statement.target.place,
                   fmt::format("'{}' is a {}: it cannot be written to",
                               statement.target.parts[0], named->second.kind)));
  } else {
    insert.target = named->second.target;
  }
  insert.columns = std::move(statement.columns);
  insert.select = std::move(statement.select);
  insert.select_place = statement.select_place;
  insert.place = statement.place;
  spec_.inserts.push_back(std::move(insert));
  return {};
}

Result<TableName> ScriptResolver::ResolveTable(const QualifiedName& name) const {
  const std::vector<std::string>& parts = name.parts;
  if (parts.size() >= 3) {
    const CatalogSpec* const catalog = FindCatalog(parts[0]);
    if (catalog == nullptr) return Fail(UnknownCatalog(name));
    return TableName{catalog->name, {parts.begin() + 1, parts.end() - 1}, parts.back()};
  }
  if (spec_.scope.catalog.empty()) {
    const bool is_catalog = parts.size() == 2 && FindCatalog(parts[0]) != nullptr;
    std::vector<std::string> tables;
    for (const auto& [key, taken] : names_) {
      if (!taken.target.table.empty()) tables.push_back(key);
    }
    std::string hint = SuggestNearest(parts.back(), tables);
    if (is_catalog) hint = fmt::format("write {}.database.{}", parts[0], parts[1]);
    if (hint.empty()) hint = "write catalog.database.table, or USE CATALOG first";
    return Fail(At(
        name.place,
        fmt::format("unknown table '{}': no catalog is in use", name.ToString()), hint));
  }
  if (parts.size() == 2) return TableName{spec_.scope.catalog, {parts[0]}, parts[1]};
  return TableName{spec_.scope.catalog, spec_.scope.database, parts[0]};
}

const CatalogSpec* ScriptResolver::FindCatalog(std::string_view name) const {
  const auto found =
      std::find_if(spec_.catalogs.begin(), spec_.catalogs.end(),
                   [&](const CatalogSpec& catalog) { return catalog.name == name; });
  return found == spec_.catalogs.end() ? nullptr : &*found;
}

Error ScriptResolver::UnknownCatalog(const QualifiedName& name) const {
  std::string hint = SuggestNearest(name.parts[0], CatalogNames());
  if (hint.empty()) hint = "CREATE CATALOG has to stand before";
  return At(name.place, fmt::format("unknown catalog '{}'", name.parts[0]), hint);
}

std::vector<std::string> ScriptResolver::CatalogNames() const {
  std::vector<std::string> names;
  names.reserve(spec_.catalogs.size());
  for (const CatalogSpec& catalog : spec_.catalogs) names.push_back(catalog.name);
  return names;
}

Result<bool> ScriptResolver::TakeName(const PlacedName& name, bool if_not_exists,
                                      const ScriptName& taken) {
  const auto [first, is_new] = names_.try_emplace(Lower(name.name), taken);
  if (is_new || if_not_exists) return is_new;
  return Fail(
      At(name.place, fmt::format("'{}' is there already: a {} in line {}", name.name,
                                 first->second.kind, first->second.place.line)));
}

}  // namespace frazil
