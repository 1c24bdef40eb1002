#pragma once

/// \file base/stage.h
/// \brief A thread that belongs to one piece of work.

#include <functional>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "base/result.h"

namespace frazil {

/// \brief Names the calling thread for debuggers and profilers (15 characters at most).
void NameThisThread(std::string_view name);

/// \brief Runs a body on a thread of its own, from construction until the body returns.
///
/// Stages share nothing: they talk through Channels. Destruction asks the body to stop
/// and joins it; nothing is ever detached.
class Stage {
 public:
  /// The work. Returns at the end of its input, soon after `stop`, or at an error.
  using Body = std::function<Status(const std::stop_token& stop)>;
  /// Told on the stage's thread how the body ended. Must not block.
  using OnExit = std::function<void(std::string_view stage, const Status& status)>;

  Stage(std::string name, Body body, OnExit on_exit)
      : thread_([name = std::move(name), body = std::move(body),
                 on_exit = std::move(on_exit)](const std::stop_token& stop) {
          NameThisThread(name);
          on_exit(name, body(stop));
        }) {}

  /// \brief Asks the body to return soon; does not wait.
  void RequestStop() { thread_.request_stop(); }

  /// \brief Waits for the body to return.
  void Join() {
    if (thread_.joinable()) thread_.join();
  }

 private:
  std::jthread thread_;
};

}  // namespace frazil
