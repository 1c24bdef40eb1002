#pragma once

/// \file base/retry.h
/// \brief Pauses between attempts: decorrelated jitter, bounded by a deadline.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <random>

namespace frazil {

/// \brief The pauses of one series of attempts. Not thread-safe.
///
/// Each pause is drawn between `first` and three times the previous one, at most `longest`,
/// so that many workers that failed together do not return together.
class Backoff {
 public:
  Backoff(std::chrono::milliseconds first, std::chrono::milliseconds longest,
          std::uint64_t seed = std::random_device{}())
      : first_(first), longest_(longest), last_(first), random_(seed) {}

  /// \brief The next pause.
  std::chrono::milliseconds Next() {
    const auto upper = std::max(first_.count(), last_.count() * 3);
    std::uniform_int_distribution<std::int64_t> pick(first_.count(), upper);
    last_ = std::min(longest_, std::chrono::milliseconds(pick(random_)));
    return last_;
  }

  /// \brief Starts anew after a success.
  void Reset() { last_ = first_; }

 private:
  std::chrono::milliseconds first_;
  std::chrono::milliseconds longest_;
  std::chrono::milliseconds last_;
  std::mt19937_64 random_;
};

}  // namespace frazil
