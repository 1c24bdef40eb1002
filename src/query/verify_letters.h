#pragma once

/// \file query/verify_letters.h
/// \brief Which records INSERTs have been given beside, or other than, what the ledgers of
/// their tables cover, because they are dead letters (docs/adr/0005-replay.md).

#include <cstddef>
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
#include "query/verify_ranges.h"
#include "source/dead_letters/replay_position.h"

namespace frazil {

/// \brief Records [begin, end) of a batch.
struct RecordRun {
  std::size_t begin = 0;
  std::size_t end = 0;
  /// Whether the table holds their rows. Else they are an INSERT's open dead letters.
  bool is_held = true;

  bool operator==(const RecordRun&) const = default;
};

/// \brief What differs from a table's own account, for one INSERT into it: records by their
/// offsets, and whether the table holds their rows.
class LetterExceptions {
 public:
  /// \param account where the table's own account of the pipeline's records begins.
  /// \param replayed where in the replays its account of them begins and ends.
  LetterExceptions(Positions account, ReplayPositions replayed_from,
                   ReplayPositions replayed_to);

  /// \brief Adds a dead letter that this INSERT could not make a row of.
  /// \param round the last in which it could not; 0: of the pipeline itself.
  void Add(const Split& split, std::int64_t offset, std::int32_t round);

  /// \brief The records of a batch that the INSERT was given, in order.
  /// \param account those that the table's own account covers.
  [[nodiscard]] std::vector<RecordRun> RunsOf(const RawBatch& batch,
                                              RecordRun account) const;

 private:
  Positions account_;
  ReplayPositions replayed_from_;
  ReplayPositions replayed_to_;
  std::map<Split, std::map<std::int64_t, bool>> is_held_;
};

/// \brief The dead letters of a pipeline.
class VerifyLetters {
 public:
  /// \brief Reads the dead-letter table as planned; nothing if the pipeline has none.
  /// \param coverage of CoverageOf, `replays` of ReplayCoverageOf.
  /// \param connection with external access.
  static Result<VerifyLetters> Load(const PipelinePlan& plan,
                                    const LedgerCoverage& coverage,
                                    const LedgerCoverage& replays,
                                    DuckConnection& connection);

  /// \brief Whether any letter was ever run again.
  [[nodiscard]] bool was_replayed() const { return was_replayed_; }

  /// \brief As LetterExceptions::RunsOf.
  /// \param insert as InsertNames() has it.
  [[nodiscard]] std::vector<RecordRun> RunsOf(const RawBatch& batch,
                                              const std::string& insert,
                                              RecordRun account) const;

  using Places = std::set<std::pair<Split, std::int64_t>>;

  /// \brief Adds the newest row of each open letter at one of these places to `found`, as
  /// it is in the table.
  /// \return how many open letters are at other places.
  /// \param plan, connection as given to Load().
  Result<std::int64_t> Compare(const PipelinePlan& plan, const Places& places,
                               DuckConnection& connection, RowHashSum& found) const;

 private:
  std::map<std::string, LetterExceptions> exceptions_;  // by INSERT
  bool was_replayed_ = false;
  // The newest row of each open letter: the table's columns in order.
  std::string open_sql_;
};

}  // namespace frazil
