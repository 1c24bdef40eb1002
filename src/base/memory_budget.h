#pragma once

/// \file base/memory_budget.h
/// \brief One sum of bytes that all stages of a pipeline draw from.
///
/// Who is about to hold much memory reserves it first. The budget does not allocate; it
/// keeps count, so that the largest holder can give way before the process grows. What no
/// reservation tells of, a guard finds out.

#include <atomic>
#include <cstdint>
#include <utility>

#include "base/memory_guard.h"

namespace frazil {

/// \brief A bounded count of bytes. Thread-safe.
class MemoryBudget {
 public:
  /// \param guard of the whole process, outlives the budget; nullptr: none.
  explicit MemoryBudget(std::int64_t limit_bytes, MemoryGuard* guard = nullptr)
      : limit_bytes_(limit_bytes), guard_(guard) {}
  MemoryBudget(const MemoryBudget&) = delete;
  MemoryBudget& operator=(const MemoryBudget&) = delete;
  ~MemoryBudget() = default;

  [[nodiscard]] std::int64_t limit_bytes() const { return limit_bytes_; }
  [[nodiscard]] std::int64_t used_bytes() const {
    return used_bytes_.load(std::memory_order_relaxed);
  }
  /// \brief True when reservations exceed the limit: somebody should give way.
  [[nodiscard]] bool is_exceeded() const { return used_bytes() > limit_bytes_; }

  /// \brief Bytes by which the process is about to exceed its own limit (MemoryGuard).
  [[nodiscard]] std::int64_t ProcessExcessBytes() {
    return guard_ == nullptr ? 0 : guard_->ExcessBytes();
  }
  /// \brief Something large was freed because of that.
  void ReturnFreed() {
    if (guard_ != nullptr) guard_->ReturnFreed();
  }

  /// \brief Counts bytes that are held already, also past the limit.
  void Add(std::int64_t bytes) {
    used_bytes_.fetch_add(bytes, std::memory_order_relaxed);
  }
  void Subtract(std::int64_t bytes) {
    used_bytes_.fetch_sub(bytes, std::memory_order_relaxed);
  }

 private:
  const std::int64_t limit_bytes_;
  MemoryGuard* const guard_;
  std::atomic<std::int64_t> used_bytes_{0};
};

/// \brief Bytes counted in a budget for as long as this lives; resizable.
class Reservation {
 public:
  Reservation() = default;
  explicit Reservation(MemoryBudget& budget) : budget_(&budget) {}
  Reservation(Reservation&& other) noexcept
      : budget_(std::exchange(other.budget_, nullptr)),
        bytes_(std::exchange(other.bytes_, 0)) {}
  Reservation& operator=(Reservation&& other) noexcept {
    std::swap(budget_, other.budget_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  Reservation(const Reservation&) = delete;
  Reservation& operator=(const Reservation&) = delete;
  ~Reservation() { Resize(0); }

  /// \brief Makes this reservation `bytes` large.
  void Resize(std::int64_t bytes) {
    if (budget_ == nullptr) return;
    budget_->Add(bytes - bytes_);
    bytes_ = bytes;
  }
  [[nodiscard]] std::int64_t bytes() const { return bytes_; }

 private:
  MemoryBudget* budget_ = nullptr;
  std::int64_t bytes_ = 0;
};

}  // namespace frazil
