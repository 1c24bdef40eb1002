#pragma once

/// \file cli/terminal_status.h
/// \brief The live line of `frazil run` on a terminal.

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>

#include "pipeline/status.h"

namespace frazil {

/// \brief One line of a pipeline's state: "1.2 M rows  830 k/s  lag 12 k  ...".
/// \param rows_per_second over the last refreshes.
/// \param width a narrow line says the same in fewer words, then less; never longer.
std::string StatusLine(const PipelineStatus& status, double rows_per_second,
                       std::int64_t now_ms, std::size_t width);

/// \brief "1.2 M", "830 k", "17".
std::string ShortCount(std::int64_t count);

/// \brief Redraws the line four times a second while it lives; log lines go above it.
class TerminalStatus {
 public:
  /// `status` outlives this.
  explicit TerminalStatus(const PipelineStatus& status);
  ~TerminalStatus();
  TerminalStatus(const TerminalStatus&) = delete;
  TerminalStatus& operator=(const TerminalStatus&) = delete;

 private:
  void Run(const std::stop_token& stop);
  void Draw();

  const PipelineStatus& status_;
  std::mutex output_;  // the terminal, and line_
  std::string line_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread thread_;
};

}  // namespace frazil
