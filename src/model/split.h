#pragma once

/// \file model/split.h
/// \brief Where reading stands: splits, positions, ranges.
///
/// A range is half-open, [begin, end): `end` is the next position to read, as in Kafka's
/// committed offsets.

#include <compare>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace frazil {

/// \brief An ordered, replayable part of a source: a partition, a shard, a database log.
struct Split {
  /// Name of the source table in the pipeline.
  std::string source;
  /// The stream inside the source: a topic, a database. Never holds a NUL byte.
  std::string stream;
  std::int32_t partition = 0;

  auto operator<=>(const Split&) const = default;

  /// \brief "events/orders-3": for messages.
  [[nodiscard]] std::string ToString() const;
};

/// \brief A place in a split: how many records precede it, and what its source needs to
/// find it again.
struct Position {
  /// Orders the positions of one split: a Kafka offset, or a count kept by the source.
  std::int64_t ordinal = 0;
  /// Opaque to all but the source: a sequence number, a GTID. Empty for Kafka.
  std::string token;

  bool operator==(const Position&) const = default;
};

/// \brief A run of a split, [begin, end).
struct PositionRange {
  Position begin;
  Position end;

  bool operator==(const PositionRange&) const = default;
  [[nodiscard]] bool empty() const { return begin.ordinal == end.ordinal; }
};

/// \brief The next position to read per split. Ordered, so that its text is
/// deterministic.
using Positions = std::map<Split, Position>;

/// \brief What was read per split.
using Ranges = std::map<Split, PositionRange>;

/// \brief What a source knows of the identity of a stream, so that a topic deleted and
/// made again is not taken for the old one. Empty where the service does not tell.
struct StreamIdentity {
  std::string cluster_id;
  std::string stream_id;

  bool operator==(const StreamIdentity&) const = default;
};

/// \brief Whether two ids are of different things: an id that is not told is like any.
[[nodiscard]] bool IsOtherId(std::string_view known, std::string_view now);

/// \brief Whether a stream is another one than that which was known, by what is told.
[[nodiscard]] bool IsOtherStream(const StreamIdentity& known, const StreamIdentity& now);

}  // namespace frazil
