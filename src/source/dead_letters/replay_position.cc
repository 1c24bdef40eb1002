#include "source/dead_letters/replay_position.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

#include "engine/query_tree.h"

namespace frazil {
namespace {

// Three numbers between slashes, none below 0.
Result<std::array<std::int64_t, 3>> ParseToken(const std::string& token) {
  std::array<std::int64_t, 3> numbers{};
  const char* at = token.data();
  const char* const end = at + token.size();
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const auto [next, error] = std::from_chars(at, end, numbers[i]);
    const bool is_last = i + 1 == numbers.size();
    const bool is_ended = is_last ? next == end : next != end && *next == '/';
    if (error != std::errc() || !is_ended || numbers[i] < 0) {
      return Fail(ErrorKind::kCorruptData, "not a position of dead letters: '{}'", token);
    }
    at = next + 1;
  }
  return numbers;
}

}  // namespace

ReplayPosition ReplayPosition::NextRound() const {
  ReplayPosition next;
  next.round = round + 1;
  next.shift = shift + offset + 1;
  next.new_from = std::max(new_from, offset);
  return next;
}

Position ReplayPosition::ToPosition() const {
  Position position;
  position.ordinal = shift + offset;
  if (round > 1) position.token = fmt::format("{}/{}/{}", round, shift, new_from);
  return position;
}

Result<ReplayPosition> ReplayPosition::From(const Position& position) {
  ReplayPosition parsed;
  if (!position.token.empty()) {
    FRAZIL_ASSIGN(const auto numbers, ParseToken(position.token));
    parsed.round = static_cast<std::int32_t>(numbers[0]);
    parsed.shift = numbers[1];
    parsed.new_from = numbers[2];
  }
  parsed.offset = position.ordinal - parsed.shift;
  if (parsed.round < 1 || parsed.offset < 0) {
    return Fail(ErrorKind::kCorruptData, "not a position of dead letters: {} '{}'",
                position.ordinal, position.token);
  }
  return parsed;
}

std::string LettersSql(const std::string& letters, const ReplayPositions& positions) {
  // No split has partition -1: VALUES must have a row.
  std::string values = "('', '', -1, 1, 0, 0)";
  for (const auto& [split, position] : positions) {
    values += fmt::format(", ({}, {}, {}, {}, {}, {})", QuoteSqlText(split.source),
                          QuoteSqlText(split.stream), split.partition, position.round,
                          position.offset, position.new_from);
  }
  return fmt::format(
      "SELECT letter.*, CASE"
      " WHEN replay_round = 0 AND \"offset\" >="
      " greatest(coalesce(reached.next_offset, 0), coalesce(reached.new_from, 0)) THEN "
      "'waiting'"
      " WHEN replay_round = 0 THEN 'replayed'"
      " WHEN replay_round = reached.round THEN 'failed-again'"
      " WHEN replay_round + 1 = reached.round AND \"offset\" >= reached.next_offset THEN "
      "'waiting'"
      " ELSE 'replayed' END AS state"
      " FROM {} AS letter LEFT JOIN (VALUES {}) AS"
      " reached(at_source, at_topic, at_partition, round, next_offset, new_from)"
      " ON source = at_source AND topic = at_topic AND \"partition\" = at_partition",
      letters, values);
}

}  // namespace frazil
