#pragma once

/// \file query/verify_places.h
/// \brief Which rows of a table are missing or doubled, by the partition and the offset that
/// they hold.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <arrow/type_fwd.h>

#include "base/result.h"
#include "engine/duck_database.h"
#include "pipeline/plan.h"

namespace frazil {

/// \brief Indexes of the table's columns that hold where a row comes from.
struct PlaceColumns {
  int partition = -1;
  int offset = -1;
  /// -1 where the table does not hold it.
  int topic = -1;
};

/// \brief Finds the columns into which the SELECT of the only INSERT of a target puts the
/// source's metadata `partition` and `offset` as they are; nullopt if it does not.
std::optional<PlaceColumns> FindPlaceColumns(const PipelinePlan& plan, std::size_t target,
                                             DuckConnection& connection);

/// \brief How the places of a table's rows differ from those that its source gives.
struct PlaceDifferences {
  /// For people: "missing: events-0: 5, 7-9", "doubled: ...", "not from the source: ...".
  std::vector<std::string> lines;
  /// False if they may come from records that the source held once, and holds no more.
  bool is_certain = false;
};

/// \brief Places of rows, collected.
class PlaceList {
 public:
  explicit PlaceList(PlaceColumns columns) : columns_(columns) {}

  /// \brief Adds the places of rows. After 20,000,000 of them it gives up.
  void Add(const arrow::RecordBatch& rows);

  [[nodiscard]] bool is_complete() const { return is_complete_; }

  /// \brief How a table's places differ from what its source gives.
  static PlaceDifferences Differences(PlaceList expected, PlaceList found);

 private:
  using Stream = std::pair<std::string, std::int64_t>;  // topic or "", partition

  PlaceColumns columns_;
  bool is_complete_ = true;
  std::int64_t count_ = 0;
  std::map<Stream, std::vector<std::int64_t>> offsets_;
};

}  // namespace frazil
