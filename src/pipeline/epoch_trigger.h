#pragma once

/// \file pipeline/epoch_trigger.h
/// \brief Numbers the epochs of a pipeline: by time, rows, bytes, and on demand.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <limits>
#include <mutex>

#include "base/clock.h"

namespace frazil {

/// \brief When an epoch ends.
struct TriggerOptions {
  std::chrono::milliseconds interval = std::chrono::seconds(10);
  /// Raw bytes read in the epoch.
  std::int64_t max_bytes = std::numeric_limits<std::int64_t>::max();
  /// Records read in the epoch.
  std::int64_t max_rows = std::numeric_limits<std::int64_t>::max();
  /// Ended epochs that wait to be committed, one under way included. While there are so many
  /// the current one outlasts its interval.
  std::int64_t max_waiting = std::numeric_limits<std::int64_t>::max();
};

/// \brief The one trigger of a pipeline. Thread-safe.
///
/// Sources ask for current() between batches; when it has grown they end their epoch with a
/// barrier. So barriers travel in the data, and nothing pauses.
class EpochTrigger {
 public:
  /// \param first number of the first epoch.
  EpochTrigger(TriggerOptions options, const Clock& clock, std::int64_t first);

  /// \brief The number of the first epoch, which every source ends, whenever it begins.
  [[nodiscard]] std::int64_t first() const { return first_; }

  /// \brief The epoch that batches read now belong to.
  [[nodiscard]] std::int64_t current() const {
    return current_.load(std::memory_order_acquire);
  }

  /// \brief Counts what a source read; called once per poll, also with zeros.
  void Count(std::int64_t rows, std::int64_t bytes);

  /// \brief Nothing is to be done any more for `epoch` and those before it.
  void MarkHandled(std::int64_t epoch);

  /// \brief Ends the current epoch now. \return its number.
  std::int64_t EndNow();

  /// \brief Ends the current epoch and lets no other follow. Idempotent.
  void Drain();

  /// \brief True once no epoch follows the current one.
  [[nodiscard]] bool is_draining() const {
    return last_.load(std::memory_order_acquire) !=
           std::numeric_limits<std::int64_t>::max();
  }

  /// \brief True once `epoch` lies behind the last one.
  [[nodiscard]] bool IsBeyondLast(std::int64_t epoch) const {
    return epoch > last_.load(std::memory_order_acquire);
  }

  /// \brief When the current epoch will end if nothing else ends it.
  [[nodiscard]] std::chrono::steady_clock::time_point next_end() const;

 private:
  void BeginNext();  // with mutex_ held

  const TriggerOptions options_;
  const Clock& clock_;
  const std::int64_t first_;
  std::atomic<std::int64_t> current_;
  std::atomic<std::int64_t> last_{std::numeric_limits<std::int64_t>::max()};
  mutable std::mutex mutex_;
  // Guarded by mutex_: of the current epoch.
  std::chrono::steady_clock::time_point began_;
  std::int64_t rows_ = 0;
  std::int64_t bytes_ = 0;
  std::int64_t handled_;
};

}  // namespace frazil
