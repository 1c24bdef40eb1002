#pragma once

/// \file source/kafka/lasting_complaint.h
/// \brief Tells a complaint of the client library that goes on from one that passes.

#include <chrono>

namespace frazil {

/// \brief One kind of complaint, repeated while its cause lasts. Not thread-safe.
class LastingComplaint {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  /// \brief A complaint that has come for so long is worth telling, and again each time.
  static constexpr std::chrono::seconds kPatience{5};
  /// \brief After such a pause it is another one. The library asks again twice a second.
  static constexpr std::chrono::seconds kPause{2};

  /// \brief Notes that it came.
  /// \return whether to tell of it.
  bool Note(TimePoint now) {
    if (!has_come_ || now - last_ > kPause) first_ = now;
    has_come_ = true;
    last_ = now;
    if (now - first_ < kPatience) return false;
    first_ = now;
    return true;
  }

 private:
  bool has_come_ = false;
  TimePoint first_;
  TimePoint last_;
};

}  // namespace frazil
