#include "base/log.h"

#include <chrono>
#include <cstdio>
#include <mutex>

#include <fmt/chrono.h>

#include "base/json.h"
#include "base/visible_text.h"

namespace frazil {
namespace {

struct LogState {
  std::mutex mutex;
  LogLevel level = LogLevel::kInfo;
  LogFormat format = LogFormat::kText;
  std::function<void()> before;
  std::function<void()> after;
};

LogState& State() {
  static LogState state;
  return state;
}

std::string_view LevelName(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "debug";
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarning:
      return "warning";
    case LogLevel::kError:
      return "error";
  }
  return "error";
}

std::string Timestamp() {
  const auto now = std::chrono::system_clock::now();
  const auto ms =
      std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch())
          .count();
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(now)), ms % 1000);
}

std::string TextLine(LogLevel level, std::string_view message,
                     std::initializer_list<LogField> fields) {
  std::string line =
      fmt::format("{} {:<7} {}", Timestamp(), LevelName(level), VisibleLines(message));
  for (const LogField& field : fields) {
    const bool quoted = field.value.find_first_of(" \"\n") != std::string::npos;
    line += fmt::format(" {}={}", field.name,
                        VisibleText(quoted ? QuoteJson(field.value) : field.value));
  }
  return line + "\n";
}

std::string JsonLine(LogLevel level, std::string_view message,
                     std::initializer_list<LogField> fields) {
  std::string line = fmt::format(R"({{"time":"{}","level":"{}","message":{})",
                                 Timestamp(), LevelName(level), QuoteJson(message));
  for (const LogField& field : fields) {
    line += fmt::format(",{}:{}", QuoteJson(field.name), QuoteJson(field.value));
  }
  return VisibleText(line) + "}\n";
}

}  // namespace

void Log(LogLevel level, std::string_view message,
         std::initializer_list<LogField> fields) {
  LogState& state = State();
  if (level < state.level) return;
  const std::string line = state.format == LogFormat::kJson
                               ? JsonLine(level, message, fields)
                               : TextLine(level, message, fields);
  const std::scoped_lock lock(state.mutex);
  if (state.before) state.before();
  (void)std::fwrite(line.data(), 1, line.size(), stderr);
  (void)std::fflush(stderr);
  if (state.after) state.after();
}

void ConfigureLog(LogLevel level, LogFormat format) {
  State().level = level;
  State().format = format;
}

void SetLogLineHooks(std::function<void()> before, std::function<void()> after) {
  LogState& state = State();
  const std::scoped_lock lock(state.mutex);
  state.before = std::move(before);
  state.after = std::move(after);
}

}  // namespace frazil
