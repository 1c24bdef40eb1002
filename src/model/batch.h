#pragma once

/// \file model/batch.h
/// \brief Records as they come off a source, before decoding.
///
/// Nothing here is allocated per record: views point into memory that the batch keeps.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/split.h"

namespace frazil {

/// \brief Who set a record's timestamp.
enum class TimestampType : std::uint8_t { kNone, kCreateTime, kLogAppendTime };

/// \brief One record, undecoded. The views live as long as RawBatch::storage.
struct RawRecord {
  std::string_view key;
  std::string_view value;
  /// Position of the record in its split: its Kafka offset.
  std::int64_t ordinal = 0;
  /// Milliseconds since the Unix epoch, UTC; meaningless with TimestampType::kNone.
  std::int64_t timestamp_ms = 0;
  TimestampType timestamp_type = TimestampType::kNone;
  bool has_key = false;
  /// False for a tombstone, whose value is null.
  bool has_value = true;
};

/// \brief Names with values; a null value is nullopt. Names may repeat.
using Headers = std::vector<std::pair<std::string, std::optional<std::string>>>;

/// \brief Owner of the bytes of a batch.
class RawStorage {
 public:
  virtual ~RawStorage() = default;
  /// \brief The headers of record `index` of the batch. Parsed on demand: dear.
  [[nodiscard]] virtual Headers HeadersOf(std::size_t index) const = 0;
};

/// \brief What the batches of dead letters that are run again carry beside their records
/// (docs/adr/0005-replay.md). Everything is empty for records as a stream gives them.
struct ReplayTag {
  /// Names of the INSERTs that the records are for; empty: all INSERTs of the source.
  std::vector<std::string> inserts;
  /// The round of the replay, from 1.
  std::int32_t round = 0;
  /// What the positions of `range` are beyond the ordinals of the records.
  std::int64_t position_shift = 0;
};

/// \brief Records of one split in order, and the range they account for.
struct RawBatch {
  Split split;
  /// May be wider than the records: control records, aborted and compacted-away ones are
  /// counted here and carried nowhere else. Ranges of one split are contiguous.
  PositionRange range;
  std::vector<RawRecord> records;
  /// Keys and values of all records: what the batch weighs in a channel.
  std::int64_t size_bytes = 0;
  std::unique_ptr<const RawStorage> storage;
  ReplayTag replay;
};

}  // namespace frazil
