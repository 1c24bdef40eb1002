#pragma once

/// \file query/open_letters.h
/// \brief The dead letters of a pipeline whose rows are in no table: never run again, or
/// failed each time.

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "engine/duck_database.h"
#include "model/batch.h"
#include "model/split.h"
#include "pipeline/plan.h"
#include "query/row_hash.h"

namespace frazil {

/// \brief Open dead letters by the place of their record.
class OpenLetters {
 public:
  /// \brief Reads the dead-letter table as planned; nothing if the pipeline has none.
  /// \param connection with external access.
  static Result<OpenLetters> Load(const PipelinePlan& plan, DuckConnection& connection);

  /// \brief Whether any letter was ever run again.
  [[nodiscard]] bool was_replayed() const { return was_replayed_; }

  /// \brief Indexes of the records of a batch whose rows this INSERT has not written.
  [[nodiscard]] std::vector<std::size_t> RecordsWithout(const RawBatch& batch,
                                                        const std::string& insert) const;

  using Places = std::set<std::pair<Split, std::int64_t>>;

  /// \brief Adds the newest row of each open letter at one of these places to `found`, as
  /// it is in the table.
  /// \return how many open letters are at other places.
  Result<std::int64_t> Compare(const Places& places, DuckConnection& connection,
                               RowHashSum& found) const;

 private:
  // Which INSERTs lack the record of each open letter of a source.
  Status LoadInserts(const std::string& source, DuckConnection& connection);

  std::map<Split, std::map<std::int64_t, std::vector<std::string>>> inserts_;
  bool was_replayed_ = false;
  // The newest row of each open letter: the table's columns in order.
  std::string sql_;
};

}  // namespace frazil
