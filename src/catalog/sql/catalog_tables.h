#pragma once

/// \file catalog/sql/catalog_tables.h
/// \brief The statements on iceberg_tables and iceberg_namespace_properties.
///
/// Source: JdbcUtil of Apache Iceberg (schema versions V0 and V1).

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "catalog/catalog.h"
#include "catalog/sql/sqlite_database.h"

namespace frazil {

/// \brief The rows of one catalog in an open database. As short-lived as one operation: the
/// layout, which others may change, is looked at anew each time.
class CatalogTables {
 public:
  /// \param catalog_name, database outlive this.
  static Result<CatalogTables> Look(SqliteDatabase& database,
                                    const std::string& catalog_name);

  /// \brief Makes what is missing, in layout V1. \pre A transaction is open.
  Status Create();

  Result<bool> HasNamespace(const std::string& table_namespace);
  /// \brief All that have rows of their own, and those above them.
  Result<std::vector<Namespace>> ListNamespaces();
  Status InsertNamespace(const std::string& table_namespace,
                         const std::map<std::string, std::string>& properties);
  /// \brief A property of a namespace, or nullopt.
  Result<std::optional<std::string>> NamespaceProperty(const std::string& table_namespace,
                                                       std::string_view key);

  Result<std::vector<std::string>> ListTables(const std::string& table_namespace);
  /// \brief Where the table's metadata is; nullopt without the table, and for a view.
  Result<std::optional<std::string>> FindTable(const TableIdentifier& identifier);
  /// \return kAlreadyExists if a table or view has the name.
  Status InsertTable(const TableIdentifier& identifier, const std::string& location);
  /// \return whether there was one.
  Result<bool> DeleteTable(const TableIdentifier& identifier);
  /// \return whether the pointer was at `base_location` and moved.
  Result<bool> MovePointer(const TableIdentifier& identifier,
                           const std::string& base_location,
                           const std::string& next_location);

 private:
  CatalogTables(SqliteDatabase& database, const std::string& catalog_name)
      : database_(&database), catalog_name_(&catalog_name) {}

  // A condition that leaves views out, where the layout knows them.
  [[nodiscard]] std::string OnlyTables() const;

  SqliteDatabase* database_;
  const std::string* catalog_name_;
  bool has_tables_ = false;
  // Layout V1.
  bool has_type_ = false;
  bool has_namespaces_ = false;
};

}  // namespace frazil
