#include "catalog/memory/memory_catalog.h"

#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include "catalog/identifier.h"
#include "catalog/metadata_files.h"
#include "catalog/pointer_commit.h"

namespace frazil {
namespace {

class MemoryCatalog : public Catalog {
 public:
  MemoryCatalog(std::string name, std::string warehouse, std::shared_ptr<FileIO> io,
                const Clock& clock)
      : name_(std::move(name)),
        warehouse_(std::move(warehouse)),
        files_(std::move(io)),
        clock_(clock) {}

  [[nodiscard]] const std::string& name() const override { return name_; }

  Status CreateNamespace(const Namespace& table_namespace,
                         const std::map<std::string, std::string>& properties) override {
    FRAZIL_TRY(CheckNamespace(table_namespace));
    const std::scoped_lock lock(mutex_);
    if (IsThere(table_namespace)) return NamespaceIsThere(table_namespace);
    namespaces_.emplace(table_namespace, properties);
    return {};
  }

  Result<bool> NamespaceExists(const Namespace& table_namespace) override {
    const std::scoped_lock lock(mutex_);
    return IsThere(table_namespace);
  }

  Result<std::vector<Namespace>> ListNamespaces() override {
    const std::scoped_lock lock(mutex_);
    std::vector<Namespace> names;
    names.reserve(namespaces_.size());
    for (const auto& [levels, properties] : namespaces_) names.push_back(levels);
    return names;
  }

  Result<std::vector<TableIdentifier>> ListTables(
      const Namespace& table_namespace) override {
    const std::scoped_lock lock(mutex_);
    if (!IsThere(table_namespace)) return NoSuchNamespace(table_namespace);
    std::vector<TableIdentifier> identifiers;
    for (const auto& [identifier, location] : tables_) {
      if (identifier.table_namespace == table_namespace)
        identifiers.push_back(identifier);
    }
    return identifiers;
  }

  Result<LoadedTable> CreateTable(const TableIdentifier& identifier,
                                  NewTable table) override {
    FRAZIL_TRY(CheckIdentifier(identifier));
    if (table.location.empty()) {
      table.location = DefaultTableLocation(warehouse_, identifier);
    }
    const std::scoped_lock lock(mutex_);
    if (!IsThere(identifier.table_namespace)) {
      return NoSuchNamespace(identifier.table_namespace);
    }
    if (tables_.contains(identifier)) return TableIsThere(identifier);
    FRAZIL_ASSIGN(TableMetadata metadata, MakeTableMetadata(table, clock_.NowMs()));
    LoadedTable made;
    made.metadata_location = MetadataFileLocation(metadata, 0);
    made.metadata = std::make_shared<const TableMetadata>(std::move(metadata));
    FRAZIL_TRY(files_.Write(made.metadata_location, *made.metadata));
    files_.Keep(made.metadata_location, made.metadata);
    tables_.emplace(identifier, made.metadata_location);
    return made;
  }

  Result<LoadedTable> LoadTable(const TableIdentifier& identifier) override {
    const std::optional<std::string> location = Find(identifier);
    if (!location.has_value()) return NoSuchTable(identifier);
    FRAZIL_ASSIGN(auto metadata, files_.Read(*location));
    return LoadedTable{std::move(metadata), *location};
  }

  Status DropTable(const TableIdentifier& identifier) override {
    const std::scoped_lock lock(mutex_);
    if (tables_.erase(identifier) == 0) return NoSuchTable(identifier);
    return {};
  }

  Result<LoadedTable> CommitTable(const TableIdentifier& identifier,
                                  const std::vector<TableRequirement>& requirements,
                                  const std::vector<TableUpdate>& updates) override {
    FRAZIL_ASSIGN(const LoadedTable base, LoadTable(identifier));
    const auto swap = [&](const std::string& from, const std::string& to) -> Status {
      const std::scoped_lock lock(mutex_);
      const auto found = tables_.find(identifier);
      if (found == tables_.end()) return NoSuchTable(identifier);
      if (found->second != from) {
        return Fail(ErrorKind::kCommitFailed, "another commit came first: {}",
                    identifier.ToString());
      }
      found->second = to;
      return {};
    };
    return CommitByPointer(files_, clock_, base, requirements, updates, swap);
  }

 private:
  // Called with the lock held.
  [[nodiscard]] bool IsThere(const Namespace& table_namespace) const {
    return namespaces_.contains(table_namespace);
  }

  std::optional<std::string> Find(const TableIdentifier& identifier) {
    const std::scoped_lock lock(mutex_);
    const auto found = tables_.find(identifier);
    if (found == tables_.end()) return std::nullopt;
    return found->second;
  }

  const std::string name_;
  const std::string warehouse_;
  MetadataFiles files_;
  const Clock& clock_;
  std::mutex mutex_;
  // Guarded by mutex_: namespaces with properties, tables with their metadata's location.
  std::map<Namespace, std::map<std::string, std::string>> namespaces_;
  std::map<TableIdentifier, std::string> tables_;
};

}  // namespace

std::unique_ptr<Catalog> NewMemoryCatalog(std::string name, std::string warehouse,
                                          std::shared_ptr<FileIO> io,
                                          const Clock& clock) {
  return std::make_unique<MemoryCatalog>(std::move(name), std::move(warehouse),
                                         std::move(io), clock);
}

}  // namespace frazil
