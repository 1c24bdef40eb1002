#pragma once

/// \file cli/output.h
/// \brief What the commands print.
///
/// Nothing here throws or ends the program. A write to standard output that fails (a full
/// disk, a reader that left, as `head` does) is noted, later ones do nothing, and main()
/// makes the exit code of it. SIGPIPE is ignored: a broken pipe must not kill a pipeline
/// that commits.

#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace frazil {

/// \brief Writes a text to standard output.
void PrintText(std::string_view text);

/// \brief Writes to standard output what fmt::format makes of these.
template <typename... Args>
void Print(fmt::format_string<Args...> format, Args&&... args) {
  PrintText(fmt::format(format, std::forward<Args>(args)...));
}

/// \brief Writes a text to standard error at once. Where nobody can read it, nothing can be
/// said either: failures do not count.
void PrintTextToStderr(std::string_view text);

/// \brief Writes to standard error what fmt::format makes of these.
template <typename... Args>
void PrintToStderr(fmt::format_string<Args...> format, Args&&... args) {
  PrintTextToStderr(fmt::format(format, std::forward<Args>(args)...));
}

/// \brief Whether a write has failed: what prints much may stop.
bool IsOutputLost();

/// \brief Ignores SIGPIPE. Call it first.
void PrepareOutput();

/// \brief Writes what is still held back. Call it last.
/// \param exit_code of the command.
/// \return `exit_code` if all was written or the command failed; kExitBrokenPipe, without a word, if the reader
/// left; else kExitUnavailable, after saying why.
int FinishOutput(int exit_code);

}  // namespace frazil
