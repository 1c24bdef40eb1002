#pragma once

/// \file source/dead_letters/replay_position.h
/// \brief How far the dead letters of a split were run again, and what that makes of each.
///
/// Dead letters are read by split in the order of their offsets, in rounds. Round 1 reads
/// what the pipeline set aside. What fails in round n becomes a dead letter of round n, and
/// is read in round n + 1, which begins only when somebody asks for it; beside these every
/// round reads what the pipeline has set aside since. Positions grow over all rounds: an
/// ordinal is an offset plus the round's shift. Why: docs/adr/0005-replay.md.

#include <cstdint>
#include <map>
#include <string>

#include "base/result.h"
#include "model/split.h"

namespace frazil {

/// \brief A Position of a split of dead letters, taken apart.
struct ReplayPosition {
  /// From 1.
  std::int32_t round = 1;
  /// Ordinal minus offset, the same for all of a round.
  std::int64_t shift = 0;
  /// The pipeline's own dead letters below this offset were read in earlier rounds.
  std::int64_t new_from = 0;
  /// The next offset to read.
  std::int64_t offset = 0;

  bool operator==(const ReplayPosition&) const = default;

  /// \brief The next round at its beginning.
  [[nodiscard]] ReplayPosition NextRound() const;
  /// \brief With the token "round/shift/new_from"; none in round 1.
  [[nodiscard]] Position ToPosition() const;
  /// \return kCorruptData for a token of another form.
  static Result<ReplayPosition> From(const Position& position);
};

using ReplayPositions = std::map<Split, ReplayPosition>;

/// \brief What a row of the dead-letter table is, given the positions; the column `state`
/// of LettersSql().
///
/// - "waiting": not run again yet in this round;
/// - "failed-again": of this round; waits until somebody asks for the next;
/// - "replayed": run again; if it failed, another row says so.
inline constexpr const char* kLetterStates[] = {"waiting", "failed-again", "replayed"};

/// \brief A query of all columns of `letters` and their `state`.
/// \param letters a dead-letter table or a query of one, as it stands in FROM.
/// \param positions splits that are missing were never run again.
std::string LettersSql(const std::string& letters, const ReplayPositions& positions);

}  // namespace frazil
