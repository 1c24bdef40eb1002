#pragma once

/// \file pipeline/status.h
/// \brief What a running pipeline tells of itself. Written by stages once per batch or
/// commit, read by the status line and the metrics.

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <stop_token>

namespace frazil {

/// \brief A counter that others wait for. Thread-safe.
class AwaitedCount {
 public:
  [[nodiscard]] std::int64_t load() const { return count_.load(); }

  void fetch_add(std::int64_t more) {
    {
      const std::scoped_lock lock(mutex_);
      count_.fetch_add(more);
    }
    changed_.notify_all();
  }

  /// \brief Waits until there are so many.
  /// \return false if `stop` came first.
  bool Await(std::int64_t count, const std::stop_token& stop) const {
    std::unique_lock lock(mutex_);
    return changed_.wait(lock, stop, [&] { return count_.load() >= count; });
  }

 private:
  std::atomic<std::int64_t> count_{0};
  mutable std::mutex mutex_;
  mutable std::condition_variable_any changed_;
};

/// \brief Counters of one pipeline over all its restarts. Thread-safe.
struct PipelineStatus {
  std::atomic<std::int64_t> records_read{0};
  std::atomic<std::int64_t> bytes_read{0};
  std::atomic<std::int64_t> rows_written{0};
  /// Of all tables but that of the dead letters.
  AwaitedCount rows_committed;
  /// In their table; 0 where they go elsewhere.
  std::atomic<std::int64_t> dead_letters_committed{0};
  /// Records that failed; those that are read again after a restart count again.
  std::atomic<std::int64_t> dead_letters{0};
  std::atomic<std::int64_t> files_committed{0};
  std::atomic<std::int64_t> snapshots_committed{0};
  std::atomic<std::int64_t> restarts{0};
  /// Records behind the end of the source; -1 if unknown.
  std::atomic<std::int64_t> lag{-1};
  /// Wall time of the last commit, ms since the epoch; 0 before the first.
  std::atomic<std::int64_t> last_commit_ms{0};
  /// How long the last commit took.
  std::atomic<std::int64_t> last_commit_duration_ms{0};
  /// Time until the current epoch ends, ms.
  std::atomic<std::int64_t> next_commit_in_ms{0};
  /// A source has begun to poll.
  std::atomic<bool> has_polled{false};
};

}  // namespace frazil
