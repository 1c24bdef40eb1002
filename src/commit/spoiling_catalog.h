#pragma once

/// \file commit/spoiling_catalog.h
/// \brief A catalog that loses answers and races. Included by tests only.

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "catalog/catalog.h"

namespace frazil {

/// \brief Passes calls on to a real catalog, and spoils the answers of commits by a script.
class SpoilingCatalog : public Catalog {
 public:
  enum class Answer { kHonest, kLostAfterApplying, kLostBeforeApplying, kConflict };

  explicit SpoilingCatalog(Catalog& real) : real_(real) {}

  const std::string& name() const override { return real_.name(); }
  Status CreateNamespace(const Namespace& table_namespace,
                         const std::map<std::string, std::string>& properties) override {
    return real_.CreateNamespace(table_namespace, properties);
  }
  Result<bool> NamespaceExists(const Namespace& table_namespace) override {
    return real_.NamespaceExists(table_namespace);
  }
  Result<std::vector<Namespace>> ListNamespaces() override {
    return real_.ListNamespaces();
  }
  Result<std::vector<TableIdentifier>> ListTables(const Namespace& n) override {
    return real_.ListTables(n);
  }
  Result<LoadedTable> CreateTable(const TableIdentifier& identifier,
                                  NewTable table) override {
    return real_.CreateTable(identifier, std::move(table));
  }
  Result<LoadedTable> LoadTable(const TableIdentifier& identifier) override {
    return real_.LoadTable(identifier);
  }
  Status DropTable(const TableIdentifier& identifier) override {
    return real_.DropTable(identifier);
  }
  Result<LoadedTable> CommitTable(const TableIdentifier& identifier,
                                  const std::vector<TableRequirement>& requirements,
                                  const std::vector<TableUpdate>& updates) override {
    const Answer answer = calls_ < script_.size() ? script_[calls_] : Answer::kHonest;
    ++calls_;
    for (const TableUpdate& update : updates) {
      if (const auto* added = std::get_if<AddSnapshot>(&update)) {
        manifest_lists.push_back(added->snapshot.manifest_list);
      }
    }
    const auto then = std::exchange(after_next_commit, nullptr);
    const auto answered = Answered(answer, identifier, requirements, updates);
    if (then) then();
    return answered;
  }

  /// \brief The next answers; honest ones follow.
  void Spoil(std::vector<Answer> answers) {
    script_ = std::move(answers);
    calls_ = 0;
  }

  /// What attempts named, in their order.
  std::vector<std::string> manifest_lists;
  /// What somebody else does before the next answer arrives; once.
  std::function<void()> after_next_commit;

 private:
  Result<LoadedTable> Answered(Answer answer, const TableIdentifier& identifier,
                               const std::vector<TableRequirement>& requirements,
                               const std::vector<TableUpdate>& updates) {
    if (answer == Answer::kConflict) return Fail(ErrorKind::kCommitFailed, "409");
    if (answer == Answer::kLostBeforeApplying) {
      return Fail(ErrorKind::kCommitStateUnknown, "connection reset");
    }
    auto committed = real_.CommitTable(identifier, requirements, updates);
    if (answer == Answer::kHonest) return committed;
    return Fail(ErrorKind::kCommitStateUnknown, "connection reset");
  }

  Catalog& real_;
  std::vector<Answer> script_;
  std::size_t calls_ = 0;
};

}  // namespace frazil
