#include "catalog/sql/catalog_tables.h"

#include <set>

#include "catalog/identifier.h"

namespace frazil {
namespace {

constexpr std::string_view kCreateTables =
    "CREATE TABLE IF NOT EXISTS iceberg_tables ("
    "catalog_name VARCHAR(255) NOT NULL, "
    "table_namespace VARCHAR(255) NOT NULL, "
    "table_name VARCHAR(255) NOT NULL, "
    "metadata_location VARCHAR(1000), "
    "previous_metadata_location VARCHAR(1000), "
    "iceberg_type VARCHAR(5), "
    "PRIMARY KEY (catalog_name, table_namespace, table_name))";

constexpr std::string_view kCreateNamespaces =
    "CREATE TABLE IF NOT EXISTS iceberg_namespace_properties ("
    "catalog_name VARCHAR(255) NOT NULL, "
    "namespace VARCHAR(255) NOT NULL, "
    "property_key VARCHAR(255) NOT NULL, "
    "property_value VARCHAR(1000), "
    "PRIMARY KEY (catalog_name, namespace, property_key))";

// What a namespace without properties of its own has as its row.
constexpr std::string_view kExistsKey = "exists";

}  // namespace

Result<CatalogTables> CatalogTables::Look(SqliteDatabase& database,
                                          const std::string& catalog_name) {
  CatalogTables tables(database, catalog_name);
  FRAZIL_ASSIGN(
      const auto rows,
      database.Query("SELECT m.name, c.name FROM sqlite_master m, "
                     "pragma_table_info(m.name) c WHERE m.type = 'table' AND m.name "
                     "IN ('iceberg_tables', 'iceberg_namespace_properties')"));
  for (const auto& row : rows) {
    const bool is_tables = row[0] == "iceberg_tables";
    tables.has_tables_ = tables.has_tables_ || is_tables;
    tables.has_namespaces_ = tables.has_namespaces_ || !is_tables;
    tables.has_type_ = tables.has_type_ || (is_tables && row[1] == "iceberg_type");
  }
  return tables;
}

Status CatalogTables::Create() {
  if (!has_tables_) {
    FRAZIL_TRY(database_->Execute(kCreateTables));
    has_type_ = true;
  }
  if (!has_namespaces_) FRAZIL_TRY(database_->Execute(kCreateNamespaces));
  has_tables_ = true;
  has_namespaces_ = true;
  return {};
}

std::string CatalogTables::OnlyTables() const {
  return has_type_ ? " AND (iceberg_type = 'TABLE' OR iceberg_type IS NULL)" : "";
}

Result<bool> CatalogTables::HasNamespace(const std::string& table_namespace) {
  // One below it makes it exist too. Not LIKE, to which '_' and '%' are wildcards.
  const std::string below = table_namespace + ".";
  if (has_namespaces_) {
    FRAZIL_ASSIGN(const auto rows,
                  database_->Query("SELECT 1 FROM iceberg_namespace_properties WHERE "
                                   "catalog_name = ?1 AND (namespace = ?2 OR "
                                   "substr(namespace, 1, length(?3)) = ?3) LIMIT 1",
                                   {*catalog_name_, table_namespace, below}));
    if (!rows.empty()) return true;
  }
  if (!has_tables_) return false;
  FRAZIL_ASSIGN(
      const auto rows,
      database_->Query("SELECT 1 FROM iceberg_tables WHERE catalog_name = ?1 AND "
                       "(table_namespace = ?2 OR "
                       "substr(table_namespace, 1, length(?3)) = ?3) LIMIT 1",
                       {*catalog_name_, table_namespace, below}));
  return !rows.empty();
}

Result<std::vector<Namespace>> CatalogTables::ListNamespaces() {
  std::vector<SqliteDatabase::Row> rows;
  if (has_namespaces_) {
    FRAZIL_ASSIGN(rows,
                  database_->Query("SELECT DISTINCT namespace FROM "
                                   "iceberg_namespace_properties WHERE catalog_name = ?1",
                                   {*catalog_name_}));
  }
  if (has_tables_) {
    FRAZIL_ASSIGN(const auto more,
                  database_->Query("SELECT DISTINCT table_namespace FROM iceberg_tables "
                                   "WHERE catalog_name = ?1",
                                   {*catalog_name_}));
    rows.insert(rows.end(), more.begin(), more.end());
  }
  std::set<Namespace> names;
  for (const auto& row : rows) {
    Namespace levels = NamespaceFromString(row[0].value_or(""));
    for (; !levels.empty(); levels.pop_back()) names.insert(levels);
  }
  return std::vector<Namespace>(names.begin(), names.end());
}

Status CatalogTables::InsertNamespace(
    const std::string& table_namespace,
    const std::map<std::string, std::string>& properties) {
  constexpr std::string_view kInsert =
      "INSERT INTO iceberg_namespace_properties (catalog_name, namespace, property_key, "
      "property_value) VALUES (?1, ?2, ?3, ?4)";
  if (!properties.contains(std::string(kExistsKey))) {
    FRAZIL_TRY(database_->Execute(kInsert,
                                  {*catalog_name_, table_namespace, kExistsKey, "true"}));
  }
  for (const auto& [key, value] : properties) {
    FRAZIL_TRY(
        database_->Execute(kInsert, {*catalog_name_, table_namespace, key, value}));
  }
  return {};
}

Result<std::optional<std::string>> CatalogTables::NamespaceProperty(
    const std::string& table_namespace, std::string_view key) {
  if (!has_namespaces_) return std::nullopt;
  FRAZIL_ASSIGN(
      const auto rows,
      database_->Query("SELECT property_value FROM iceberg_namespace_properties "
                       "WHERE catalog_name = ?1 AND namespace = ?2 AND "
                       "property_key = ?3",
                       {*catalog_name_, table_namespace, key}));
  if (rows.empty()) return std::nullopt;
  return rows[0][0];
}

Result<std::vector<std::string>> CatalogTables::ListTables(
    const std::string& table_namespace) {
  if (!has_tables_) return std::vector<std::string>();
  FRAZIL_ASSIGN(
      const auto rows,
      database_->Query("SELECT table_name FROM iceberg_tables WHERE catalog_name = "
                       "?1 AND table_namespace = ?2" +
                           OnlyTables() + " ORDER BY table_name",
                       {*catalog_name_, table_namespace}));
  std::vector<std::string> names;
  names.reserve(rows.size());
  for (const auto& row : rows) names.push_back(row[0].value_or(""));
  return names;
}

Result<std::optional<std::string>> CatalogTables::FindTable(
    const TableIdentifier& identifier) {
  if (!has_tables_) return std::nullopt;
  FRAZIL_ASSIGN(
      const auto rows,
      database_->Query("SELECT metadata_location FROM iceberg_tables WHERE "
                       "catalog_name = ?1 AND table_namespace = ?2 AND "
                       "table_name = ?3" +
                           OnlyTables(),
                       {*catalog_name_, NamespaceToString(identifier.table_namespace),
                        identifier.name}));
  if (rows.empty()) return std::nullopt;
  if (!rows[0][0].has_value()) {
    return Fail(ErrorKind::kCorruptData,
                "the catalog has no metadata location for a table: {}",
                identifier.ToString());
  }
  return rows[0][0];
}

Status CatalogTables::InsertTable(const TableIdentifier& identifier,
                                  const std::string& location) {
  const std::string sql = fmt::format(
      "INSERT INTO iceberg_tables (catalog_name, table_namespace, table_name, "
      "metadata_location, previous_metadata_location{}) VALUES (?1, ?2, ?3, ?4, NULL{})",
      has_type_ ? ", iceberg_type" : "", has_type_ ? ", 'TABLE'" : "");
  FRAZIL_TRY(database_->Execute(
      sql, {*catalog_name_, NamespaceToString(identifier.table_namespace),
            identifier.name, location}));
  return {};
}

Result<bool> CatalogTables::DeleteTable(const TableIdentifier& identifier) {
  if (!has_tables_) return false;
  FRAZIL_ASSIGN(
      const int count,
      database_->Execute("DELETE FROM iceberg_tables WHERE catalog_name = ?1 AND "
                         "table_namespace = ?2 AND table_name = ?3" +
                             OnlyTables(),
                         {*catalog_name_, NamespaceToString(identifier.table_namespace),
                          identifier.name}));
  return count > 0;
}

Result<bool> CatalogTables::MovePointer(const TableIdentifier& identifier,
                                        const std::string& base_location,
                                        const std::string& next_location) {
  if (!has_tables_) return false;
  FRAZIL_ASSIGN(const int count,
                database_->Execute(
                    "UPDATE iceberg_tables SET metadata_location = ?1, "
                    "previous_metadata_location = ?2 WHERE catalog_name = ?3 AND "
                    "table_namespace = ?4 AND table_name = ?5 AND "
                    "metadata_location = ?2" +
                        OnlyTables(),
                    {next_location, base_location, *catalog_name_,
                     NamespaceToString(identifier.table_namespace), identifier.name}));
  return count == 1;
}

}  // namespace frazil
