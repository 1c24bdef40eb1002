#include "cli/output.h"

#include <signal.h>

#include <cerrno>
#include <cstdio>
#include <system_error>

#include "base/log.h"
#include "cli/exit_code.h"
#include "config/placed_message.h"

namespace frazil {
namespace {

// Of the first write that failed; 0: none.
int& FirstFailure() {
  static int failure = 0;
  return failure;
}

void NoteFailure() {
  if (FirstFailure() == 0) FirstFailure() = errno;
}

bool& IsJsonForFailures() {
  static bool is_json = false;
  return is_json;
}

void LogFailure(const PlacedMessage& parts, std::string_view kind, int exit_code) {
  const LogField kind_field{"kind", kind};
  const LogField code{"exit-code", exit_code};
  if (parts.place.line == 0) {
    Log(LogLevel::kError, parts.message, {kind_field, code, {"hint", parts.hint}});
    return;
  }
  Log(LogLevel::kError, parts.message,
      {kind_field,
       code,
       {"file", parts.file},
       {"line", parts.place.line},
       {"column", parts.place.column},
       {"hint", parts.hint}});
}

}  // namespace

void PrintText(std::string_view text) {
  if (IsOutputLost()) return;
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size()) NoteFailure();
}

void PrintTextToStderr(std::string_view text) {
  (void)std::fwrite(text.data(), 1, text.size(), stderr);
}

void UseJsonForFailures() { IsJsonForFailures() = true; }

void PrintFailure(std::string_view message, std::string_view kind, int exit_code) {
  if (IsJsonForFailures()) {
    LogFailure(SplitPlacedMessage(message), kind, exit_code);
  } else {
    PrintTextToStderr("frazil: " + VisibleLines(message) + "\n");
  }
}

bool IsOutputLost() { return FirstFailure() != 0; }

void PrepareOutput() { (void)::signal(SIGPIPE, SIG_IGN); }

int FinishOutput(int exit_code) {
  if (std::fflush(stdout) != 0) NoteFailure();
  if (!IsOutputLost() || exit_code != kExitOk) return exit_code;
  if (FirstFailure() == EPIPE) return kExitBrokenPipe;
  PrintFailure("cannot write to standard output: " +
                   std::generic_category().message(FirstFailure()),
               ErrorKindName(ErrorKind::kIoError), kExitUnavailable);
  return kExitUnavailable;
}

}  // namespace frazil
