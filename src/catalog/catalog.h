#pragma once

/// \file catalog/catalog.h
/// \brief Finds tables by name and swaps their metadata atomically.

#include <compare>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "iceberg/table_metadata.h"
#include "iceberg/table_update.h"

namespace frazil {

/// \brief The levels of a namespace, outermost first.
using Namespace = std::vector<std::string>;

/// \brief The name of a table inside a catalog.
struct TableIdentifier {
  Namespace table_namespace;
  std::string name;

  auto operator<=>(const TableIdentifier&) const = default;
  /// \brief "db.events".
  [[nodiscard]] std::string ToString() const;
};

/// \brief A table as one look at the catalog found it.
struct LoadedTable {
  std::shared_ptr<const TableMetadata> metadata;
  std::string metadata_location;
};

/// \brief Finds, creates and commits tables.
///
/// Implementations: sql/, hadoop/, memory/. Thread-safe. What each MUST do is checked by
/// tests/contract/catalog_contract_test.cc.
class Catalog {
 public:
  virtual ~Catalog() = default;

  /// \brief The configured name; part of a row's key in SQL catalogs.
  [[nodiscard]] virtual const std::string& name() const = 0;

  /// \return kAlreadyExists if it is there.
  virtual Status CreateNamespace(
      const Namespace& table_namespace,
      const std::map<std::string, std::string>& properties) = 0;
  virtual Result<bool> NamespaceExists(const Namespace& table_namespace) = 0;
  virtual Result<std::vector<Namespace>> ListNamespaces() = 0;

  /// \return kNotFound if the namespace is absent.
  virtual Result<std::vector<TableIdentifier>> ListTables(
      const Namespace& table_namespace) = 0;

  /// \brief Creates an empty table. `table.location` empty: the catalog's default.
  /// \return kAlreadyExists; kNotFound if the namespace is absent.
  virtual Result<LoadedTable> CreateTable(const TableIdentifier& identifier,
                                          NewTable table) = 0;

  /// \brief Reads the table as it is now; never from a cache of its place.
  /// \return kNotFound if there is no such table; kIoError or kUnavailable if unknown.
  virtual Result<LoadedTable> LoadTable(const TableIdentifier& identifier) = 0;

  /// \brief Removes the table from the catalog; its files stay.
  virtual Status DropTable(const TableIdentifier& identifier) = 0;

  /// \brief Commits `updates` if `requirements` hold; all or nothing. Makes one attempt and
  /// never repeats it by itself.
  /// \return
  ///  - kCommitFailed only if it certainly did not happen and may be tried again;
  ///  - kCommitStateUnknown if it may have happened: the files it names must be kept;
  ///  - kNotFound if the table is gone; other kinds: it did not happen.
  virtual Result<LoadedTable> CommitTable(
      const TableIdentifier& identifier,
      const std::vector<TableRequirement>& requirements,
      const std::vector<TableUpdate>& updates) = 0;
};

}  // namespace frazil
