#pragma once

/// \file base/pace.h
/// \brief How much work may wait for somebody who should be through with it in a given time.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>
#include <utility>

namespace frazil {

/// \brief Measures how fast one consumer works off what it takes, in bytes, and tells how
/// many bytes it works off in a given time. Not thread-safe.
///
/// Older measurements count half with each new one: a consumer that becomes slow is known
/// for it after a few items.
class Pace {
 public:
  using Time = std::chrono::steady_clock::time_point;

  /// \param patience how long what waits may take; nullopt: as long as it takes.
  Pace(std::size_t most_bytes, std::optional<std::chrono::nanoseconds> patience)
      : most_bytes_(most_bytes),
        patience_(patience),
        window_bytes_(patience.has_value() ? 0 : most_bytes) {}

  /// \brief So many bytes may wait: none before the first measurement.
  [[nodiscard]] std::size_t window_bytes() const { return window_bytes_; }

  /// \brief The consumer begins to work on so many bytes.
  void Begin(std::size_t bytes, Time now) {
    taken_bytes_ = bytes;
    taken_at_ = now;
  }

  /// \brief The consumer comes back for more. Nothing is learned of items without weight.
  void End(Time now) {
    const auto bytes = static_cast<double>(std::exchange(taken_bytes_, 0));
    if (!patience_.has_value() || bytes == 0) return;
    worked_bytes_ = worked_bytes_ / 2 + bytes;
    worked_ns_ = worked_ns_ / 2 + static_cast<double>((now - taken_at_).count());
    const double bytes_in_time = worked_bytes_ * static_cast<double>(patience_->count()) /
                                 std::max(1.0, worked_ns_);
    window_bytes_ = static_cast<std::size_t>(
        std::min(bytes_in_time, static_cast<double>(most_bytes_)));
  }

 private:
  std::size_t most_bytes_;
  std::optional<std::chrono::nanoseconds> patience_;
  std::size_t window_bytes_;
  std::size_t taken_bytes_ = 0;
  Time taken_at_;
  double worked_bytes_ = 0;
  double worked_ns_ = 0;
};

}  // namespace frazil
