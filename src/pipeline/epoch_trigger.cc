#include "pipeline/epoch_trigger.h"

#include <algorithm>

namespace frazil {

EpochTrigger::EpochTrigger(TriggerOptions options, const Clock& clock, std::int64_t first)
    : options_(options),
      clock_(clock),
      first_(first),
      current_(first),
      began_(clock.SteadyNow()),
      handled_(first - 1) {}

void EpochTrigger::BeginNext() {
  if (current_.load(std::memory_order_relaxed) > last_.load(std::memory_order_relaxed)) {
    return;
  }
  began_ = clock_.SteadyNow();
  rows_ = 0;
  bytes_ = 0;
  current_.fetch_add(1, std::memory_order_release);
}

void EpochTrigger::Count(std::int64_t rows, std::int64_t bytes) {
  const std::scoped_lock lock(mutex_);
  rows_ += rows;
  bytes_ += bytes;
  const bool is_full = rows_ >= options_.max_rows || bytes_ >= options_.max_bytes;
  const bool is_due =
      clock_.SteadyNow() - began_ >= options_.interval &&
      current_.load(std::memory_order_relaxed) - handled_ <= options_.max_waiting;
  if (is_full || is_due) BeginNext();
}

void EpochTrigger::MarkHandled(std::int64_t epoch) {
  const std::scoped_lock lock(mutex_);
  handled_ = std::max(handled_, epoch);
}

std::int64_t EpochTrigger::EndNow() {
  const std::scoped_lock lock(mutex_);
  const std::int64_t ended = current_.load(std::memory_order_relaxed);
  BeginNext();
  return ended;
}

void EpochTrigger::Drain() {
  const std::scoped_lock lock(mutex_);
  if (last_.load(std::memory_order_relaxed) != std::numeric_limits<std::int64_t>::max()) {
    return;
  }
  // The last epoch is known before it ends: whoever sees it ended sees that it was last.
  last_.store(current_.load(std::memory_order_relaxed), std::memory_order_release);
  BeginNext();
}

std::chrono::steady_clock::time_point EpochTrigger::next_end() const {
  const std::scoped_lock lock(mutex_);
  return began_ + options_.interval;
}

}  // namespace frazil
