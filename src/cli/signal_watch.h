#pragma once

/// \file cli/signal_watch.h
/// \brief SIGINT and SIGTERM as calls on a thread of their own.
///
/// The signals are blocked in every thread and taken by the watch alone, so that no handler
/// interrupts a system call.

#include <signal.h>

#include <functional>
#include <thread>

namespace frazil {

/// \brief Calls back for each SIGINT or SIGTERM while it lives.
class SignalWatch {
 public:
  /// \brief Takes the number of the signal: 1 for the first one, 2 for the second.
  using OnSignal = std::function<void(int seen)>;

  /// \pre BlockSignals() was called. `on_signal` may be called from now on.
  explicit SignalWatch(OnSignal on_signal);

  /// \brief Blocks the signals in this thread and those it will start. Call it first.
  static void BlockSignals();

 private:
  sigset_t signals_{};
  std::jthread thread_;
};

/// \brief For a SignalWatch of a command that changes nothing: says that it was stopped and
/// ends the program at once, with kExitAborted, whatever its threads wait for.
[[noreturn]] void QuitAtOnce(int seen);

}  // namespace frazil
