#pragma once

/// \file base/channel.h
/// \brief The only queue between threads: a FIFO bounded in bytes.

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <stop_token>
#include <utility>

#include "base/pace.h"

namespace frazil {

/// \brief A FIFO whose producers wait while its capacity is taken.
///
/// The bound is in bytes, since batches differ in size by orders of magnitude. A channel in
/// which nothing of weight waits admits any item, so one larger than the capacity cannot wait
/// for ever; items without weight are admitted always. Every member is thread-safe. Any number
/// of producers and consumers; one consumer, if its pace counts.
template <typename T>
class Channel {
 public:
  /// \param patience what waits is bounded to what the consumer works off in this time, as
  /// measured from one pop to the next; nullopt: by `capacity_bytes` alone.
  explicit Channel(std::size_t capacity_bytes,
                   std::optional<std::chrono::nanoseconds> patience = std::nullopt)
      : pace_(capacity_bytes, patience) {}
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;
  ~Channel() = default;

  /// \brief How a push ended.
  enum class PushResult { kPushed, kClosed, kTimedOut };

  /// \brief Waits for room without limit, then appends.
  /// \return false, dropping the item, if the channel is closed or `stop` was requested.
  [[nodiscard]] bool Push(T item, std::size_t bytes, const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    room_.wait(lock, stop, [&] { return HasRoom(bytes); });
    // The wait also ends well if there is room although a stop was requested.
    return !stop.stop_requested() && Append(item, bytes, lock);
  }

  /// \brief Waits for room for at most `wait`. `item` is moved from only if kPushed.
  [[nodiscard]] PushResult PushFor(T& item, std::size_t bytes,
                                   const std::stop_token& stop,
                                   std::chrono::milliseconds wait) {
    std::unique_lock lock(mutex_);
    const bool woke = room_.wait_for(lock, stop, wait, [&] { return HasRoom(bytes); });
    if (closed_ || stop.stop_requested()) return PushResult::kClosed;
    if (!woke) return PushResult::kTimedOut;
    return Append(item, bytes, lock) ? PushResult::kPushed : PushResult::kClosed;
  }

  /// \brief Waits for an item.
  /// \return nullopt once `stop` was requested, or the channel is closed and empty.
  [[nodiscard]] std::optional<T> Pop(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    pace_.End(std::chrono::steady_clock::now());
    ready_.wait(lock, stop, [&] { return closed_ || !items_.empty(); });
    if (stop.stop_requested() || items_.empty()) return std::nullopt;
    return Take(lock);
  }

  /// \brief Waits for an item for at most `wait`; nullopt also when none came in time.
  [[nodiscard]] std::optional<T> PopFor(const std::stop_token& stop,
                                        std::chrono::milliseconds wait) {
    std::unique_lock lock(mutex_);
    pace_.End(std::chrono::steady_clock::now());
    ready_.wait_for(lock, stop, wait, [&] { return closed_ || !items_.empty(); });
    if (stop.stop_requested() || items_.empty()) return std::nullopt;
    return Take(lock);
  }

  /// \brief Refuses further items. Those already inside can still be popped.
  void Close() {
    {
      const std::scoped_lock lock(mutex_);
      closed_ = true;
    }
    ready_.notify_all();
    room_.notify_all();
  }

  /// \brief Bytes waiting now; for status lines.
  [[nodiscard]] std::size_t waiting_bytes() const {
    const std::scoped_lock lock(mutex_);
    return waiting_bytes_;
  }

 private:
  bool HasRoom(std::size_t bytes) const {
    return closed_ || bytes == 0 || waiting_bytes_ == 0 ||
           waiting_bytes_ + bytes <= pace_.window_bytes();
  }

  bool Append(T& item, std::size_t bytes, std::unique_lock<std::mutex>& lock) {
    if (closed_) return false;
    items_.emplace_back(std::move(item), bytes);
    waiting_bytes_ += bytes;
    lock.unlock();
    ready_.notify_one();
    return true;
  }

  T Take(std::unique_lock<std::mutex>& lock) {
    auto [item, bytes] = std::move(items_.front());
    items_.pop_front();
    waiting_bytes_ -= bytes;
    pace_.Begin(bytes, std::chrono::steady_clock::now());
    lock.unlock();
    room_.notify_all();
    return std::move(item);
  }

  mutable std::mutex mutex_;
  std::condition_variable_any ready_;
  std::condition_variable_any room_;
  // Guarded by mutex_: the items with their weights, the sum of these, how fast they go,
  // whether closed.
  std::deque<std::pair<T, std::size_t>> items_;
  std::size_t waiting_bytes_ = 0;
  Pace pace_;
  bool closed_ = false;
};

}  // namespace frazil
