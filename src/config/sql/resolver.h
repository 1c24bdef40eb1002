#pragma once

/// \file config/sql/resolver.h
/// \brief Statements to a PipelineSpec: names against USE, tables to sources and targets.

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/pipeline_spec.h"
#include "config/sql/parser.h"

namespace frazil {

/// \brief Adds the statements of one script, in order, to its PipelineSpec.
class ScriptResolver {
 public:
  /// \param spec has file and text; outlives the resolver.
  explicit ScriptResolver(PipelineSpec& spec) : spec_(spec) {}

  /// \return kInvalidConfig in the form of ErrorAt: a name that is taken or unknown, a
  /// table that fits nowhere.
  Status Add(Statement statement);

 private:
  /// Names of the script (sources, views, 'connector'='iceberg' tables) and where they
  /// were given; of a table in a catalog also which one.
  struct ScriptName {
    std::string_view kind;
    TextPlace place;
    TableName target;
  };

  Status AddSet(SetStatement statement);
  Status AddCatalog(CreateCatalogStatement statement);
  Status AddUse(const UseStatement& statement);
  Status AddDatabase(CreateDatabaseStatement statement);
  Status AddTable(CreateTableStatement statement);
  Status AddSource(CreateTableStatement statement);
  Status AddIcebergTable(CreateTableStatement statement);
  Status AddImplicitCatalog(CatalogSpec catalog);
  Status AddTarget(CreateTableStatement statement, TableName name);
  Status AddView(CreateViewStatement statement);
  Status AddInsert(InsertStatement statement);

  /// catalog.db.table, db.table of the current catalog, or a table of the current database.
  [[nodiscard]] Result<TableName> ResolveTable(const QualifiedName& name) const;
  [[nodiscard]] const CatalogSpec* FindCatalog(std::string_view name) const;
  [[nodiscard]] Error UnknownCatalog(const QualifiedName& name) const;
  /// \brief Gives a name of the script away: false if it is taken and that is fine.
  /// \return an error if it is taken and that is not fine.
  Result<bool> TakeName(const PlacedName& name, bool if_not_exists,
                        const ScriptName& taken);
  [[nodiscard]] std::vector<std::string> CatalogNames() const;
  [[nodiscard]] Error At(TextPlace place, std::string_view message,
                         std::string_view hint = {}) const {
    return ErrorAt(spec_, place, message, hint);
  }

  PipelineSpec& spec_;
  /// The option default-database, by catalog.
  std::map<std::string, std::string, std::less<>> default_databases_;
  /// By name in lower case.
  std::map<std::string, ScriptName, std::less<>> names_;
};

}  // namespace frazil
