#include "iceberg/snapshot_list.h"

#include <algorithm>
#include <utility>

namespace frazil {

SnapshotList::SnapshotList(std::vector<Snapshot> snapshots) {
  entries_.reserve(snapshots.size());
  for (Snapshot& snapshot : snapshots) Add(std::move(snapshot));
}

void SnapshotList::Add(Snapshot snapshot) {
  const std::int64_t snapshot_id = snapshot.snapshot_id;
  entries_.push_back(
      {snapshot_id, std::make_shared<const Snapshot>(std::move(snapshot))});
}

const Snapshot* SnapshotList::Find(std::int64_t snapshot_id) const {
  const auto found =
      std::find_if(entries_.rbegin(), entries_.rend(),
                   [=](const Entry& entry) { return entry.snapshot_id == snapshot_id; });
  return found == entries_.rend() ? nullptr : found->snapshot.get();
}

bool SnapshotList::operator==(const SnapshotList& other) const {
  return std::equal(begin(), end(), other.begin(), other.end());
}

}  // namespace frazil
