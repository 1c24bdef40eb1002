#pragma once

/// \file iceberg/snapshot_list.h
/// \brief The snapshots that table metadata lists.

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <vector>

#include "iceberg/snapshot.h"

namespace frazil {

/// \brief Snapshots in the order of the metadata: those of later commits come later.
///
/// Each commit makes new metadata out of the old, which its readers keep. So a copy of a list
/// shares the snapshots themselves, which never change, with the list it was made of.
class SnapshotList {
  struct Entry {
    std::int64_t snapshot_id = 0;  // here too: it is what lists are searched for
    std::shared_ptr<const Snapshot> snapshot;
  };

 public:
  /// \brief Goes over snapshots, as a standard forward iterator.
  class Iterator {
   public:
    using iterator_category = std::forward_iterator_tag;
    using value_type = Snapshot;
    using difference_type = std::ptrdiff_t;
    using pointer = const Snapshot*;
    using reference = const Snapshot&;

    Iterator() = default;
    explicit Iterator(std::vector<Entry>::const_iterator at) : at_(at) {}
    reference operator*() const { return *at_->snapshot; }
    pointer operator->() const { return at_->snapshot.get(); }
    Iterator& operator++() {
      ++at_;
      return *this;
    }
    Iterator operator++(int) { return Iterator(at_++); }
    bool operator==(const Iterator&) const = default;

   private:
    std::vector<Entry>::const_iterator at_;
  };

  using value_type = Snapshot;
  using iterator = Iterator;
  using const_iterator = Iterator;

  SnapshotList() = default;
  explicit SnapshotList(std::vector<Snapshot> snapshots);

  void Add(Snapshot snapshot);

  /// \brief The snapshot of an id, or nullptr. Begins with the newest, which is asked for
  /// most. Valid as long as any list that shares it.
  [[nodiscard]] const Snapshot* Find(std::int64_t snapshot_id) const;

  /// \brief Whether the snapshots are equal, shared or not.
  bool operator==(const SnapshotList& other) const;

  [[nodiscard]] bool empty() const { return entries_.empty(); }
  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  [[nodiscard]] const Snapshot& operator[](std::size_t index) const {
    return *entries_[index].snapshot;
  }
  [[nodiscard]] Iterator begin() const { return Iterator(entries_.begin()); }
  [[nodiscard]] Iterator end() const { return Iterator(entries_.end()); }

 private:
  std::vector<Entry> entries_;
};

}  // namespace frazil
