#pragma once

/// \file base/log.h
/// \brief Structured log lines: a level, a message, and named fields.
///
/// Never called per record. Secrets never reach a field: configuration is logged through
/// config's redaction only. The cli room chooses where lines go and in which form.

#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace frazil {

enum class LogLevel { kDebug, kInfo, kWarning, kError };

/// \brief A named value of a log line, already as text.
struct LogField {
  template <typename T>
  LogField(std::string_view field_name, const T& field_value)
      : name(field_name), value(fmt::format("{}", field_value)) {}

  std::string_view name;
  std::string value;
};

/// \brief Writes one line if `level` is enabled. Thread-safe; never fails.
///
///     Log(LogLevel::kInfo, "committed", {{"table", name}, {"rows", rows}});
void Log(LogLevel level, std::string_view message,
         std::initializer_list<LogField> fields = {});

/// \brief The form of the lines on standard error.
enum class LogFormat { kText, kJson };

/// \brief Sets level and form. Call once, before threads start.
void ConfigureLog(LogLevel level, LogFormat format);

/// \brief Puts a hook before and after each line, so that a status line that lives on the
/// same terminal can get out of the way. No hook runs any more once this returns.
void SetLogLineHooks(std::function<void()> before, std::function<void()> after);

}  // namespace frazil
