#include "cli/terminal_status.h"

#include <unistd.h>

#include <cstdio>

#include <fmt/format.h>
#include <sys/ioctl.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/units.h"

namespace frazil {
namespace {

constexpr std::chrono::milliseconds kRefresh(250);
// Weight of the newest rate in the running mean.
constexpr double kSmoothing = 0.3;

std::size_t TerminalWidth() {
  winsize size{};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
  return size.ws_col;
}

void ClearLine() { (void)std::fputs("\r\033[K", stderr); }

}  // namespace

std::string ShortCount(std::int64_t count) {
  const auto value = static_cast<double>(count);
  if (count < 10'000) return fmt::format("{}", count);
  if (count < 1'000'000) return fmt::format("{:.0f} k", value / 1e3);
  if (count < 10'000'000) return fmt::format("{:.2f} M", value / 1e6);
  if (count < 1'000'000'000) return fmt::format("{:.1f} M", value / 1e6);
  return fmt::format("{:.2f} G", value / 1e9);
}

std::string StatusLine(const PipelineStatus& status, double rows_per_second,
                       std::int64_t now_ms) {
  const std::int64_t lag = status.lag.load();
  const std::int64_t last = status.last_commit_ms.load();
  const std::string last_commit = last == 0
                                      ? "none"
                                      : FormatDuration(std::chrono::milliseconds(
                                            std::max<std::int64_t>(0, now_ms - last))) +
                                            " ago";
  const auto next = std::chrono::milliseconds(
      std::max<std::int64_t>(0, status.next_commit_in_ms.load()));
  return fmt::format(
      "{} rows  {}/s  lag {}  committed {}, last {}, next in {}  files {}  dead letters "
      "{}",
      ShortCount(status.records_read.load()),
      ShortCount(static_cast<std::int64_t>(rows_per_second)),
      lag < 0 ? "?" : ShortCount(lag), ShortCount(status.rows_committed.load()),
      last_commit, FormatDuration(next), status.files_committed.load(),
      status.dead_letters.load());
}

TerminalStatus::TerminalStatus(const PipelineStatus& status) : status_(status) {
  SetLogLineHooks(ClearLine, nullptr);
  thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
}

TerminalStatus::~TerminalStatus() {
  thread_.request_stop();
  thread_.join();
  SetLogLineHooks(nullptr, nullptr);
  ClearLine();
}

void TerminalStatus::Run(const std::stop_token& stop) {
  double rate = 0;
  std::int64_t last_rows = status_.records_read.load();
  auto last_time = std::chrono::steady_clock::now();
  while (!stop.stop_requested()) {
    {
      std::unique_lock lock(mutex_);
      wake_.wait_for(lock, stop, kRefresh, [] { return false; });
    }
    const auto now = std::chrono::steady_clock::now();
    const std::int64_t rows = status_.records_read.load();
    const double seconds = std::chrono::duration<double>(now - last_time).count();
    const double current =
        static_cast<double>(rows - last_rows) / std::max(seconds, 1e-3);
    rate += kSmoothing * (current - rate);
    last_rows = rows;
    last_time = now;
    std::string line = StatusLine(status_, rate, Clock::System().NowMs());
    line.resize(std::min(line.size(), TerminalWidth() - 1));
    fmt::print(stderr, "\r{}\033[K", line);
    (void)std::fflush(stderr);
  }
}

}  // namespace frazil
