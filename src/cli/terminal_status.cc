#include "cli/terminal_status.h"

#include <unistd.h>

#include <fmt/format.h>
#include <sys/ioctl.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/units.h"
#include "cli/output.h"

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

void ClearLine() { PrintToStderr("\r\033[K"); }

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
                       std::int64_t now_ms, std::size_t width) {
  const std::int64_t lag = status.lag.load();
  const std::int64_t last_ms = status.last_commit_ms.load();
  const std::string last = last_ms == 0
                               ? "none"
                               : FormatDuration(std::chrono::milliseconds(
                                     std::max<std::int64_t>(0, now_ms - last_ms))) +
                                     " ago";
  const std::string next = FormatDuration(std::chrono::milliseconds(
      std::max<std::int64_t>(0, status.next_commit_in_ms.load())));
  const std::string rate = ShortCount(static_cast<std::int64_t>(rows_per_second));
  const std::string behind = lag < 0 ? "?" : ShortCount(lag);
  const std::int64_t files = status.files_committed.load();
  const std::int64_t letters = status.dead_letters.load();
  std::string line = fmt::format(
      "{} rows  {}/s  lag {}  committed {}, last {}, next in {}  files {}  dead letters "
      "{}",
      ShortCount(status.records_read.load()), rate, behind,
      ShortCount(status.rows_committed.load()), last, next, files, letters);
  if (line.size() > width) {
    line = fmt::format("{}/s  lag {}  commit {}, next {}  files {}  dead {}", rate,
                       behind, last, next, files, letters);
  }
  line.resize(std::min(line.size(), width));
  return line;
}

TerminalStatus::TerminalStatus(const PipelineStatus& status) : status_(status) {
  // From before a log line until after it the terminal is the log's.
  SetLogLineHooks(
      [this] {
        output_.lock();
        ClearLine();
      },
      [this] {
        Draw();
        output_.unlock();
      });
  thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
}

TerminalStatus::~TerminalStatus() {
  thread_.request_stop();
  thread_.join();
  SetLogLineHooks(nullptr, nullptr);
  ClearLine();
}

void TerminalStatus::Draw() { PrintToStderr("\r{}\033[K", line_); }

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
    const std::scoped_lock lock(output_);
    // The last column stays free: a character there would wrap the line.
    line_ = StatusLine(status_, rate, Clock::System().NowMs(), TerminalWidth() - 1);
    Draw();
  }
}

}  // namespace frazil
