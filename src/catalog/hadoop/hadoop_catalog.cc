#include "catalog/hadoop/hadoop_catalog.h"

#include <optional>
#include <utility>

#include "base/fault_point.h"
#include "catalog/hadoop/own_versions.h"
#include "catalog/hadoop/version_files.h"
#include "catalog/identifier.h"
#include "catalog/metadata_files.h"
#include "catalog/pointer_commit.h"
#include "storage/local/local_path.h"

namespace frazil {
namespace {

// Deeper nests are somebody else's folders.
constexpr std::size_t kMaxLevels = 8;

class HadoopCatalog : public Catalog {
 public:
  HadoopCatalog(std::string name, std::string warehouse, std::string warehouse_path,
                std::shared_ptr<FileIO> io, const Clock& clock)
      : name_(std::move(name)),
        warehouse_(std::move(warehouse)),
        warehouse_path_(std::move(warehouse_path)),
        files_(std::move(io), /*capacity=*/0),
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
  [[nodiscard]] VersionFiles VersionsOf(const TableIdentifier& identifier) const {
    return {files_.io(), DefaultTableLocation(warehouse_, identifier)};
  }
  [[nodiscard]] std::string FolderOf(const Namespace& levels) const {
    std::string path = warehouse_path_;
    for (const std::string& level : levels) path += "/" + level;
    return path;
  }

  // The folders below a namespace; whether each is a table.
  struct Child {
    std::string name;
    bool is_table = false;
  };
  Result<std::vector<Child>> ChildrenOf(const Namespace& levels);
  Result<bool> IsTable(const TableIdentifier& identifier);
  Status ListBelow(const Namespace& levels, std::vector<Namespace>& names);
  // Makes a version whose name must be free.
  Status Publish(const std::string& location, const TableMetadata& metadata);

  const std::string name_;
  const std::string warehouse_;
  const std::string warehouse_path_;
  // Without a cache: a table that is dropped and made again begins at v1 again.
  MetadataFiles files_;
  OwnVersions own_versions_;
  const Clock& clock_;
};

Result<bool> HadoopCatalog::IsTable(const TableIdentifier& identifier) {
  FRAZIL_ASSIGN(const std::vector<VersionFile> versions, VersionsOf(identifier).All());
  return !versions.empty();
}

Result<std::vector<HadoopCatalog::Child>> HadoopCatalog::ChildrenOf(
    const Namespace& levels) {
  FRAZIL_ASSIGN(const std::vector<FolderEntry> entries, ListFolder(FolderOf(levels)));
  std::vector<Child> children;
  for (const FolderEntry& entry : entries) {
    if (!entry.is_folder) continue;
    FRAZIL_ASSIGN(const bool is_table, IsTable({levels, entry.name}));
    children.push_back({entry.name, is_table});
  }
  return children;
}

Status HadoopCatalog::CreateNamespace(
    const Namespace& table_namespace,
    const std::map<std::string, std::string>& properties) {
  FRAZIL_TRY(CheckNamespace(table_namespace));
  if (!properties.empty()) {
    return Fail(ErrorKind::kNotSupported,
                "a hadoop catalog keeps no properties of namespaces: {}",
                properties.begin()->first);
  }
  FRAZIL_ASSIGN(const bool is_there, NamespaceExists(table_namespace));
  if (is_there) return NamespaceIsThere(table_namespace);
  return MakeFolders(FolderOf(table_namespace));
}

Result<bool> HadoopCatalog::NamespaceExists(const Namespace& table_namespace) {
  if (!CheckNamespace(table_namespace).has_value()) return false;
  FRAZIL_ASSIGN(const bool is_there, files_.io().Exists(FolderOf(table_namespace)));
  if (!is_there) return false;
  const Namespace parent(table_namespace.begin(), table_namespace.end() - 1);
  FRAZIL_ASSIGN(const bool is_table, IsTable({parent, table_namespace.back()}));
  return !is_table;
}

Status HadoopCatalog::ListBelow(const Namespace& levels, std::vector<Namespace>& names) {
  if (levels.size() >= kMaxLevels) return {};
  FRAZIL_ASSIGN(const std::vector<Child> children, ChildrenOf(levels));
  for (const Child& child : children) {
    Namespace below = levels;
    below.push_back(child.name);
    if (child.is_table || !CheckNamespace(below).has_value()) continue;
    names.push_back(below);
    FRAZIL_TRY(ListBelow(below, names));
  }
  return {};
}

Result<std::vector<Namespace>> HadoopCatalog::ListNamespaces() {
  std::vector<Namespace> names;
  FRAZIL_ASSIGN(const bool is_there, files_.io().Exists(warehouse_path_));
  if (is_there) FRAZIL_TRY(ListBelow({}, names));
  return names;
}

Result<std::vector<TableIdentifier>> HadoopCatalog::ListTables(
    const Namespace& table_namespace) {
  FRAZIL_ASSIGN(const bool is_there, NamespaceExists(table_namespace));
  if (!is_there) return NoSuchNamespace(table_namespace);
  FRAZIL_ASSIGN(const std::vector<Child> children, ChildrenOf(table_namespace));
  std::vector<TableIdentifier> identifiers;
  for (const Child& child : children) {
    if (child.is_table) identifiers.push_back({table_namespace, child.name});
  }
  return identifiers;
}

Status HadoopCatalog::Publish(const std::string& location,
                              const TableMetadata& metadata) {
  Status written = files_.io().Write(location, SerializeTableMetadata(metadata));
  if (written.has_value() || written.error().kind == ErrorKind::kAlreadyExists) {
    return written;
  }
  // The bytes appear in one step; what comes after it may fail as well.
  const Result<bool> is_there = files_.io().Exists(location);
  if (!is_there.has_value() || *is_there) {
    written.error().kind = ErrorKind::kCommitStateUnknown;
  }
  return written;
}

Result<LoadedTable> HadoopCatalog::CreateTable(const TableIdentifier& identifier,
                                               NewTable table) {
  FRAZIL_TRY(CheckIdentifier(identifier));
  const std::string location = DefaultTableLocation(warehouse_, identifier);
  if (!table.location.empty() && table.location != location) {
    return Fail(ErrorKind::kNotSupported,
                "a table of a hadoop catalog lies where its name says: {}, not {}",
                location, table.location);
  }
  if (table.properties.contains("write.metadata.path")) {
    return Fail(
        ErrorKind::kNotSupported,
        "a hadoop catalog keeps metadata in the table's folder: write.metadata.path");
  }
  table.location = location;
  FRAZIL_ASSIGN(const bool has_namespace, NamespaceExists(identifier.table_namespace));
  if (!has_namespace) return NoSuchNamespace(identifier.table_namespace);
  FRAZIL_ASSIGN(const bool is_taken, IsTable(identifier));
  if (is_taken) return TableIsThere(identifier);

  FRAZIL_ASSIGN(TableMetadata metadata, MakeTableMetadata(table, clock_.NowMs()));
  VersionFiles versions = VersionsOf(identifier);
  LoadedTable made;
  made.metadata_location = versions.LocationOf(1);
  made.metadata = std::make_shared<const TableMetadata>(std::move(metadata));
  const Status written = Publish(made.metadata_location, *made.metadata);
  if (!written.has_value()) {
    if (written.error().kind == ErrorKind::kAlreadyExists)
      return TableIsThere(identifier);
    return Fail(written.error());
  }
  versions.WriteHint(1);
  return made;
}

Result<LoadedTable> HadoopCatalog::LoadTable(const TableIdentifier& identifier) {
  if (!CheckIdentifier(identifier).has_value()) return NoSuchTable(identifier);
  Result<VersionFile> newest = VersionsOf(identifier).Newest();
  if (!newest.has_value()) {
    if (newest.error().kind == ErrorKind::kNotFound) return NoSuchTable(identifier);
    return Fail(std::move(newest).error());
  }
  const std::string folder = DefaultTableLocation(warehouse_, identifier);
  if (auto own = own_versions_.Find(folder, newest->location); own != nullptr) {
    return LoadedTable{std::move(own), newest->location};
  }
  auto metadata = files_.Read(newest->location);
  if (!metadata.has_value()) {
    return Fail(std::move(metadata).error().Within(identifier.ToString()));
  }
  return LoadedTable{std::move(*metadata), newest->location};
}

Status HadoopCatalog::DropTable(const TableIdentifier& identifier) {
  if (!CheckIdentifier(identifier).has_value()) return NoSuchTable(identifier);
  VersionFiles files = VersionsOf(identifier);
  FRAZIL_ASSIGN(const std::vector<VersionFile> versions, files.All());
  if (versions.empty()) return NoSuchTable(identifier);
  FRAZIL_TRY(files.DeleteHint());
  // The newest goes last: until then the table is what it was.
  for (const VersionFile& file : versions) FRAZIL_TRY(files_.io().Delete(file.location));
  return {};
}

Result<LoadedTable> HadoopCatalog::CommitTable(
    const TableIdentifier& identifier, const std::vector<TableRequirement>& requirements,
    const std::vector<TableUpdate>& updates) {
  FRAZIL_ASSIGN(const LoadedTable base, LoadTable(identifier));
  FRAZIL_TRY(CheckRequirements(*base.metadata, requirements));
  FRAZIL_ASSIGN(
      TableMetadata applied,
      ApplyUpdates(*base.metadata, base.metadata_location, updates, clock_.NowMs()));
  const std::string base_name =
      base.metadata_location.substr(base.metadata_location.find_last_of('/') + 1);
  const int version = ParseVersionFileName(base_name).value_or(0) + 1;
  VersionFiles versions = VersionsOf(identifier);
  LoadedTable next;
  next.metadata_location = versions.LocationOf(version);
  next.metadata = std::make_shared<const TableMetadata>(std::move(applied));

  FRAZIL_TRY(FaultPoint("commit.metadata.before"));
  // Under any of its names: another writer may compress.
  FRAZIL_ASSIGN(const std::optional<VersionFile> taken, versions.Find(version));
  FRAZIL_TRY(FaultPoint("commit.metadata.after"));
  Status swapped = SwapWithFaultPoints([&]() -> Status {
    if (taken.has_value()) return Fail(ErrorKind::kAlreadyExists, "{}", taken->location);
    return Publish(next.metadata_location, *next.metadata);
  });
  if (!swapped.has_value()) {
    if (swapped.error().kind != ErrorKind::kAlreadyExists) {
      return Fail(std::move(swapped).error());
    }
    return Fail(ErrorKind::kCommitFailed, "another commit came first: {} has version {}",
                identifier.ToString(), version);
  }
  own_versions_.Keep(DefaultTableLocation(warehouse_, identifier), next.metadata_location,
                     next.metadata);
  versions.WriteHint(version);
  files_.DeleteReplaced(*base.metadata, *next.metadata);
  return next;
}

}  // namespace

Result<std::unique_ptr<Catalog>> NewHadoopCatalog(std::string name, std::string warehouse,
                                                  std::shared_ptr<FileIO> io,
                                                  const Clock& clock) {
  FRAZIL_ASSIGN(std::string path, LocalPath(warehouse));
  return std::make_unique<HadoopCatalog>(std::move(name), std::move(warehouse),
                                         std::move(path), std::move(io), clock);
}

}  // namespace frazil
