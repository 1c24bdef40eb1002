#pragma once

/// \file write/row_groups.h
/// \brief Numbers rows by the values of several columns, one column after the other.
///
/// Before the first column all rows are in group 0. Each column splits the groups by its
/// values: two rows stay together when their values are equal. The work per row is a
/// comparison with the row before it and, where they differ, one probe of a hash table.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>
#include <type_traits>
#include <vector>

#include "model/literal.h"

namespace frazil {

/// \brief Which group each row is in. Groups are numbered in order of their first row.
struct RowGrouping {
  std::vector<std::uint32_t> group_of_row;
  /// Per group the first of its rows.
  std::vector<std::uint32_t> first_row;

  void Reset(std::size_t row_count) {
    group_of_row.assign(row_count, 0);
    first_row.assign(row_count == 0 ? 0 : 1, 0);
  }
};

/// \brief Splits groups by keys of one type: std::int64_t, Int128 or std::string_view. Its
/// memory is kept from use to use.
template <typename Key>
class GroupSplitter {
 public:
  /// \brief Begins with a column.
  void Begin(RowGrouping& grouping) {
    if (slots_.empty()) slots_.resize(kLeastSlots);
    for (const std::size_t at : used_) slots_[at].group_plus_one = 0;
    used_.clear();
    grouping.first_row.clear();
  }

  /// \brief Splits rows [begin, begin + count) by the next part of the column.
  /// \param key_at, is_null called with 0 to count - 1; nulls are equal to each other.
  template <typename KeyAt, typename IsNull>
  void Split(std::size_t begin, std::size_t count, const KeyAt& key_at,
             const IsNull& is_null, RowGrouping& grouping) {
    Entry before;
    std::uint32_t before_group = 0;
    for (std::size_t i = 0; i < count; ++i) {
      std::uint32_t& group = grouping.group_of_row[begin + i];
      Entry entry;
      entry.parent = group;
      entry.is_null = is_null(i);
      if (!entry.is_null) entry.key = key_at(i);
      if (i == 0 || !entry.Equals(before)) {
        before_group = FindOrAdd(entry, begin + i, grouping);
        before = entry;
      }
      group = before_group;
    }
  }

 private:
  struct Entry {
    Key key{};
    std::uint32_t parent = 0;
    bool is_null = false;

    [[nodiscard]] bool Equals(const Entry& other) const {
      return parent == other.parent && is_null == other.is_null && key == other.key;
    }
    [[nodiscard]] std::size_t Hash() const {
      std::size_t hash = 0;
      if constexpr (std::is_same_v<Key, Int128>) {
        hash = static_cast<std::size_t>(key) ^ static_cast<std::size_t>(key >> 64) * 31;
      } else {
        hash = std::hash<Key>()(key);
      }
      hash ^= (static_cast<std::size_t>(parent) << 1 | (is_null ? 1U : 0U)) *
              0x9E3779B97F4A7C15U;
      hash *= 0xD6E8FEB86659FD93U;
      return hash ^ hash >> 32;
    }
  };
  struct Slot {
    Entry entry;
    std::uint32_t group_plus_one = 0;  // 0: empty
  };

  std::uint32_t FindOrAdd(const Entry& entry, std::size_t row, RowGrouping& grouping) {
    std::size_t at = entry.Hash() & (slots_.size() - 1);
    while (slots_[at].group_plus_one != 0) {
      if (slots_[at].entry.Equals(entry)) return slots_[at].group_plus_one - 1;
      at = (at + 1) & (slots_.size() - 1);
    }
    const auto group = static_cast<std::uint32_t>(grouping.first_row.size());
    grouping.first_row.push_back(static_cast<std::uint32_t>(row));
    slots_[at] = {entry, group + 1};
    used_.push_back(at);
    if (used_.size() * 2 > slots_.size()) Grow();
    return group;
  }

  void Grow() {
    std::vector<Slot> old(slots_.size() * 2);
    old.swap(slots_);
    std::vector<std::size_t> old_used;
    old_used.swap(used_);
    for (const std::size_t from : old_used) {
      std::size_t at = old[from].entry.Hash() & (slots_.size() - 1);
      while (slots_[at].group_plus_one != 0) at = (at + 1) & (slots_.size() - 1);
      slots_[at] = old[from];
      used_.push_back(at);
    }
  }

  static constexpr std::size_t kLeastSlots = 64;  // a power of two

  std::vector<Slot> slots_;
  std::vector<std::size_t> used_;
};

}  // namespace frazil
