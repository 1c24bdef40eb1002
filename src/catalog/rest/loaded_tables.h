#pragma once

/// \file catalog/rest/loaded_tables.h
/// \brief Tables as they were last loaded, so that the server need not send what is unchanged.

#include <algorithm>
#include <cstddef>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "catalog/catalog.h"

namespace frazil {

/// \brief Keeps the last answer for some tables with the tag by which the server knows it
/// (RFC 9110, "ETag"). Thread-safe.
class LoadedTables {
 public:
  struct Entry {
    std::string etag;
    LoadedTable table;
  };

  explicit LoadedTables(std::size_t capacity = 16) : capacity_(capacity) {}

  std::optional<Entry> Find(const TableIdentifier& identifier) {
    const std::scoped_lock lock(mutex_);
    const auto found = FindItem(identifier);
    if (found == items_.end()) return std::nullopt;
    items_.splice(items_.begin(), items_, found);
    return found->second;
  }

  void Keep(const TableIdentifier& identifier, Entry entry) {
    const std::scoped_lock lock(mutex_);
    const auto found = FindItem(identifier);
    if (found != items_.end()) items_.erase(found);
    items_.emplace_front(identifier, std::move(entry));
    if (items_.size() > capacity_) items_.pop_back();
  }

 private:
  using Item = std::pair<TableIdentifier, Entry>;

  std::list<Item>::iterator FindItem(const TableIdentifier& identifier) {
    return std::find_if(items_.begin(), items_.end(),
                        [&](const Item& item) { return item.first == identifier; });
  }

  const std::size_t capacity_;
  std::mutex mutex_;
  // Guarded by mutex_: most recently used first. Few, so a list is searched.
  std::list<Item> items_;
};

}  // namespace frazil
