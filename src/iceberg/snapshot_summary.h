#pragma once

/// \file iceberg/snapshot_summary.h
/// \brief What a snapshot says about itself: strings by name.
///
/// Source: Iceberg specification, "Snapshots" and "Optional Snapshot Summary Fields".

#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace frazil {

/// \brief The summary of a snapshot, held as the JSON text that table metadata stores.
///
/// A table lists thousands of snapshots, writes all of their summaries with each commit and
/// asks one or two. As text a summary takes a third of the memory of a map, in one block,
/// and is written as it stands.
class SnapshotSummary {
 public:
  using Map = std::map<std::string, std::string>;

  SnapshotSummary() = default;
  // NOLINTBEGIN(google-explicit-constructor): a map is a summary, only longer.
  SnapshotSummary(const Map& entries);
  SnapshotSummary(std::initializer_list<Map::value_type> entries)
      : SnapshotSummary(Map(entries)) {}
  // NOLINTEND(google-explicit-constructor)

  [[nodiscard]] bool empty() const { return json_ == kEmpty; }
  /// \brief The value of a name, or nullopt. Reads the text up to it.
  [[nodiscard]] std::optional<std::string> Find(std::string_view name) const;
  [[nodiscard]] Map ToMap() const;
  /// \brief An object of strings, ordered by name and without blanks. Where the strings were
  /// no UTF-8, they hold U+FFFD.
  [[nodiscard]] const std::string& json() const { return json_; }

  bool operator==(const SnapshotSummary&) const = default;

 private:
  static constexpr std::string_view kEmpty = "{}";

  std::string json_{kEmpty};
};

}  // namespace frazil
