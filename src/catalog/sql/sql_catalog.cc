#include "catalog/sql/sql_catalog.h"

#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <utility>

#include "catalog/identifier.h"
#include "catalog/metadata_files.h"
#include "catalog/pointer_commit.h"
#include "catalog/sql/catalog_tables.h"
#include "catalog/sql/sqlite_database.h"

namespace frazil {
namespace {

class SqlCatalog : public Catalog {
 public:
  SqlCatalog(std::string name, SqlCatalogOptions options, std::shared_ptr<FileIO> io,
             const Clock& clock)
      : name_(std::move(name)),
        options_(std::move(options)),
        files_(std::move(io)),
        clock_(clock) {}

  [[nodiscard]] const std::string& name() const override { return name_; }

  Status CreateNamespace(const Namespace& table_namespace,
                         const std::map<std::string, std::string>& properties) override;
  Result<bool> NamespaceExists(const Namespace& table_namespace) override;
  Result<std::vector<Namespace>> ListNamespaces() override;
  Result<std::vector<TableIdentifier>> ListTables(
      const Namespace& table_namespace) override;
  Result<LoadedTable> CreateTable(const TableIdentifier& identifier,
                                  NewTable table) override;
  Result<LoadedTable> LoadTable(const TableIdentifier& identifier) override;
  Status DropTable(const TableIdentifier& identifier) override;
  Result<LoadedTable> CommitTable(const TableIdentifier& identifier,
                                  const std::vector<TableRequirement>& requirements,
                                  const std::vector<TableUpdate>& updates) override;

 private:
  using Work = std::function<Status(CatalogTables& tables)>;

  // Opens the file if that has not been done or another file has taken its place. Null if
  // there is none and none is to be made. Called with the lock held.
  Result<SqliteDatabase*> Connect(bool create);

  // Runs `work` on the rows as they are; not at all if there is no catalog yet.
  Status Read(const Work& work);
  // Runs `work` in a transaction. Not done: kUnavailable or what `work` said; perhaps done:
  // kCommitStateUnknown.
  Status Write(const Work& work);

  // Where a table without a location of its own will lie; the namespace must be there.
  Result<std::string> LocationOf(const TableIdentifier& identifier);
  Status Swap(const TableIdentifier& identifier, const std::string& base_location,
              const std::string& next_location);

  const std::string name_;
  const SqlCatalogOptions options_;
  MetadataFiles files_;
  const Clock& clock_;
  std::mutex mutex_;
  // Guarded by mutex_.
  std::unique_ptr<SqliteDatabase> database_;
};

Result<SqliteDatabase*> SqlCatalog::Connect(bool create) {
  if (database_ != nullptr && !database_->is_in_place()) database_.reset();
  if (database_ == nullptr) {
    std::error_code error;
    const bool is_there = std::filesystem::exists(options_.path, error);
    if (!is_there && !error && !create) return nullptr;
    FRAZIL_ASSIGN(database_,
                  SqliteDatabase::Open(options_.path, create, options_.busy_timeout));
  }
  return database_.get();
}

Status SqlCatalog::Read(const Work& work) {
  const std::scoped_lock lock(mutex_);
  FRAZIL_ASSIGN(SqliteDatabase * database, Connect(/*create=*/false));
  if (database == nullptr) return {};
  FRAZIL_ASSIGN(CatalogTables tables, CatalogTables::Look(*database, name_));
  return work(tables);
}

Status SqlCatalog::Write(const Work& work) {
  const std::scoped_lock lock(mutex_);
  FRAZIL_ASSIGN(SqliteDatabase * database, Connect(/*create=*/true));
  FRAZIL_ASSIGN(SqliteTransaction transaction, SqliteTransaction::Begin(*database));
  FRAZIL_ASSIGN(CatalogTables tables, CatalogTables::Look(*database, name_));
  FRAZIL_TRY(tables.Create());
  FRAZIL_TRY(work(tables));
  return transaction.Commit();
}

Status SqlCatalog::CreateNamespace(const Namespace& table_namespace,
                                   const std::map<std::string, std::string>& properties) {
  FRAZIL_TRY(CheckNamespace(table_namespace));
  const std::string text = NamespaceToString(table_namespace);
  return Write([&](CatalogTables& tables) -> Status {
    FRAZIL_ASSIGN(const bool is_there, tables.HasNamespace(text));
    if (is_there) return NamespaceIsThere(table_namespace);
    return tables.InsertNamespace(text, properties);
  });
}

Result<bool> SqlCatalog::NamespaceExists(const Namespace& table_namespace) {
  bool is_there = false;
  FRAZIL_TRY(Read([&](CatalogTables& tables) -> Status {
    FRAZIL_ASSIGN(is_there, tables.HasNamespace(NamespaceToString(table_namespace)));
    return {};
  }));
  return is_there;
}

Result<std::vector<Namespace>> SqlCatalog::ListNamespaces() {
  std::vector<Namespace> names;
  FRAZIL_TRY(Read([&](CatalogTables& tables) -> Status {
    FRAZIL_ASSIGN(names, tables.ListNamespaces());
    return {};
  }));
  return names;
}

Result<std::vector<TableIdentifier>> SqlCatalog::ListTables(
    const Namespace& table_namespace) {
  const std::string text = NamespaceToString(table_namespace);
  bool is_there = false;
  std::vector<TableIdentifier> identifiers;
  FRAZIL_TRY(Read([&](CatalogTables& tables) -> Status {
    FRAZIL_ASSIGN(is_there, tables.HasNamespace(text));
    FRAZIL_ASSIGN(const auto names, tables.ListTables(text));
    for (const std::string& table : names)
      identifiers.push_back({table_namespace, table});
    return {};
  }));
  if (!is_there) return NoSuchNamespace(table_namespace);
  return identifiers;
}

Result<std::string> SqlCatalog::LocationOf(const TableIdentifier& identifier) {
  bool is_there = false;
  std::optional<std::string> namespace_location;
  FRAZIL_TRY(Read([&](CatalogTables& tables) -> Status {
    const std::string text = NamespaceToString(identifier.table_namespace);
    FRAZIL_ASSIGN(is_there, tables.HasNamespace(text));
    FRAZIL_ASSIGN(namespace_location, tables.NamespaceProperty(text, "location"));
    FRAZIL_ASSIGN(const auto taken, tables.FindTable(identifier));
    if (taken.has_value()) return TableIsThere(identifier);
    return {};
  }));
  if (!is_there) return NoSuchNamespace(identifier.table_namespace);
  if (namespace_location.has_value()) {
    return DefaultTableLocation(*namespace_location, {{}, identifier.name});
  }
  if (!options_.warehouse.empty()) {
    return DefaultTableLocation(options_.warehouse, identifier);
  }
  return Fail(
      ErrorKind::kInvalidConfig,
      "the catalog '{}' has no 'warehouse' and so no place for a new table; set it, or "
      "give the table a location: {}",
      name_, identifier.ToString());
}

Result<LoadedTable> SqlCatalog::CreateTable(const TableIdentifier& identifier,
                                            NewTable table) {
  FRAZIL_TRY(CheckIdentifier(identifier));
  const bool has_location = !table.location.empty();
  Result<std::string> location = LocationOf(identifier);
  if (!location.has_value() &&
      !(has_location && location.error().kind == ErrorKind::kInvalidConfig)) {
    return Fail(std::move(location).error());
  }
  if (!has_location) table.location = std::move(*location);
  FRAZIL_ASSIGN(TableMetadata metadata, MakeTableMetadata(table, clock_.NowMs()));
  LoadedTable made;
  made.metadata_location = MetadataFileLocation(metadata, 0);
  made.metadata = std::make_shared<const TableMetadata>(std::move(metadata));
  Status outcome = files_.Write(made.metadata_location, *made.metadata);
  if (outcome.has_value()) {
    outcome = Write([&](CatalogTables& tables) -> Status {
      Status inserted = tables.InsertTable(identifier, made.metadata_location);
      if (inserted.has_value() || inserted.error().kind != ErrorKind::kAlreadyExists) {
        return inserted;
      }
      return TableIsThere(identifier);
    });
  }
  if (outcome.has_value()) {
    files_.Keep(made.metadata_location, made.metadata);
    return made;
  }
  if (outcome.error().kind != ErrorKind::kCommitStateUnknown) {
    files_.Delete(made.metadata_location);
  }
  return Fail(std::move(outcome).error());
}

Result<LoadedTable> SqlCatalog::LoadTable(const TableIdentifier& identifier) {
  std::optional<std::string> location;
  FRAZIL_TRY(Read([&](CatalogTables& tables) -> Status {
    FRAZIL_ASSIGN(location, tables.FindTable(identifier));
    return {};
  }));
  if (!location.has_value()) return NoSuchTable(identifier);
  auto metadata = files_.Read(*location);
  if (!metadata.has_value()) {
    return Fail(std::move(metadata).error().Within(identifier.ToString()));
  }
  return LoadedTable{std::move(*metadata), *std::move(location)};
}

Status SqlCatalog::DropTable(const TableIdentifier& identifier) {
  return Write([&](CatalogTables& tables) -> Status {
    FRAZIL_ASSIGN(const bool was_there, tables.DeleteTable(identifier));
    if (!was_there) return NoSuchTable(identifier);
    return {};
  });
}

Status SqlCatalog::Swap(const TableIdentifier& identifier,
                        const std::string& base_location,
                        const std::string& next_location) {
  Status swapped = Write([&](CatalogTables& tables) -> Status {
    FRAZIL_ASSIGN(const bool has_moved,
                  tables.MovePointer(identifier, base_location, next_location));
    if (has_moved) return {};
    FRAZIL_ASSIGN(const auto current, tables.FindTable(identifier));
    if (!current.has_value()) return NoSuchTable(identifier);
    return Fail(ErrorKind::kCommitFailed, "another commit came first: {} is at {}",
                identifier.ToString(), *current);
  });
  // Others held the lock for too long: it did not happen and may be tried again.
  if (!swapped.has_value() && swapped.error().kind == ErrorKind::kUnavailable) {
    swapped.error().kind = ErrorKind::kCommitFailed;
  }
  return swapped;
}

Result<LoadedTable> SqlCatalog::CommitTable(
    const TableIdentifier& identifier, const std::vector<TableRequirement>& requirements,
    const std::vector<TableUpdate>& updates) {
  FRAZIL_ASSIGN(const LoadedTable base, LoadTable(identifier));
  return CommitByPointer(files_, clock_, base, requirements, updates,
                         [&](const std::string& from, const std::string& to) {
                           return Swap(identifier, from, to);
                         });
}

}  // namespace

std::unique_ptr<Catalog> NewSqlCatalog(std::string name, SqlCatalogOptions options,
                                       std::shared_ptr<FileIO> io, const Clock& clock) {
  return std::make_unique<SqlCatalog>(std::move(name), std::move(options), std::move(io),
                                      clock);
}

}  // namespace frazil
