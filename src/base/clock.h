#pragma once

/// \file base/clock.h
/// \brief Wall time for stamps, monotonic time for waiting; both replaceable in tests.

#include <chrono>
#include <cstdint>

namespace frazil {

/// \brief Where a component takes the time from. Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;

  /// \brief Milliseconds since the Unix epoch, UTC. May step back when an operator or a
  /// time server sets it.
  [[nodiscard]] virtual std::int64_t NowMs() const = 0;

  /// \brief Monotonic time; for intervals and deadlines only.
  [[nodiscard]] virtual std::chrono::steady_clock::time_point SteadyNow() const = 0;

  /// \brief The machine's clocks.
  static const Clock& System();
};

/// \brief A clock that tests move by hand. Not thread-safe.
class ManualClock : public Clock {
 public:
  explicit ManualClock(std::int64_t now_ms) : now_ms_(now_ms) {}

  [[nodiscard]] std::int64_t NowMs() const override { return now_ms_; }
  [[nodiscard]] std::chrono::steady_clock::time_point SteadyNow() const override {
    return steady_;
  }

  /// \brief Moves both clocks forward.
  void Advance(std::chrono::milliseconds by) {
    now_ms_ += by.count();
    steady_ += by;
  }

  /// \brief Sets the wall clock alone, also backwards.
  void SetNowMs(std::int64_t now_ms) { now_ms_ = now_ms; }

 private:
  std::int64_t now_ms_;
  std::chrono::steady_clock::time_point steady_;
};

}  // namespace frazil
