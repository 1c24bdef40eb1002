#pragma once

/// \file cli/output.h
/// \brief What the commands print.
///
/// Nothing here throws or ends the program. A write to standard output that fails (a full
/// disk, a reader that left, as `head` does) is noted, later ones do nothing, and main()
/// makes the exit code of it. SIGPIPE is ignored: a broken pipe must not kill a pipeline
/// that commits.
///
/// Text arguments of Print and PrintToStderr come out by VisibleText (base/visible_text.h):
/// names and values of others command no terminal. The format itself, PrintText and
/// PrintTextToStderr are written as they are.

#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <fmt/format.h>

#include "base/visible_text.h"

namespace frazil {

/// \brief Writes a text to standard output.
void PrintText(std::string_view text);

/// \brief A text as VisibleText has it; anything else as it is.
template <typename T>
auto ForPrint(const T& value) {
  if constexpr (std::is_convertible_v<const T&, std::string_view>) {
    return VisibleText(value);
  } else {
    return value;
  }
}

/// \brief The format of arguments that pass through ForPrint.
template <typename... Args>
using PrintFormat =
    fmt::format_string<decltype(ForPrint(std::declval<const Args&>()))...>;

/// \brief Writes to standard output what fmt::format makes of these.
template <typename... Args>
void Print(PrintFormat<Args...> format, const Args&... args) {
  PrintText(fmt::format(format, ForPrint(args)...));
}

/// \brief Writes a text to standard error at once. Where nobody can read it, nothing can be
/// said either: failures do not count.
void PrintTextToStderr(std::string_view text);

/// \brief Writes to standard error what fmt::format makes of these.
template <typename... Args>
void PrintToStderr(PrintFormat<Args...> format, const Args&... args) {
  PrintTextToStderr(fmt::format(format, ForPrint(args)...));
}

/// \brief From now on each failure is a line of JSON: what reads standard error is a program.
void UseJsonForFailures();

/// \brief Says on standard error why a command fails: "frazil: <message>", or in the JSON
/// form of the log, with kind, exit code, and where the script is wrong: file, line, column,
/// hint.
/// \param kind "" where no Error tells it.
void PrintFailure(std::string_view message, std::string_view kind, int exit_code);

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
