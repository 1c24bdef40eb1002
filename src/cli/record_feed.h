#pragma once

/// \file cli/record_feed.h
/// \brief Where the records of `frazil produce` come from: generated events, or lines.

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "source/event_shapes.h"

namespace frazil {

/// \brief Gives one record after the other.
class RecordFeed {
 public:
  virtual ~RecordFeed() = default;

  /// \brief Appends the key, if there is one, and the value of the next record.
  /// \return false after the last one, and after a stop; else kInvalidArgument for a record
  /// that is not as asked for, kIoError where reading fails.
  virtual Result<bool> Next(std::string& key, std::string& value) = 0;

  /// \brief Where the last record came from, for messages: "events.jsonl:17".
  [[nodiscard]] virtual std::string Place() const = 0;
};

/// \brief Events of a shape, from number `first` on, without end.
std::unique_ptr<RecordFeed> FeedOfShape(EventShape shape, std::uint64_t seed,
                                        std::int64_t first);

/// \brief Lines of a file: each is a record, whatever it holds; empty ones are passed over.
/// \param path "-" is standard input.
/// \param key_field the record's key is this field of its JSON object; "": it has no key.
/// \param is_stopping ends waiting for a line that does not come. Outlives the feed.
/// \return kNotFound for a file that cannot be opened, kInvalidArgument for a folder.
Result<std::unique_ptr<RecordFeed>> FeedOfLines(const std::string& path,
                                                std::string key_field,
                                                const std::atomic<bool>& is_stopping);

}  // namespace frazil
