#include "cli/output.h"

#include <signal.h>

#include <cerrno>
#include <cstdio>
#include <system_error>

#include "cli/exit_code.h"

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

}  // namespace

void PrintText(std::string_view text) {
  if (IsOutputLost()) return;
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size()) NoteFailure();
}

void PrintTextToStderr(std::string_view text) {
  (void)std::fwrite(text.data(), 1, text.size(), stderr);
}

bool IsOutputLost() { return FirstFailure() != 0; }

void PrepareOutput() { (void)::signal(SIGPIPE, SIG_IGN); }

int FinishOutput(int exit_code) {
  if (std::fflush(stdout) != 0) NoteFailure();
  if (!IsOutputLost() || exit_code != kExitOk) return exit_code;
  if (FirstFailure() == EPIPE) return kExitBrokenPipe;
  PrintToStderr("frazil: cannot write to standard output: {}\n",
                std::generic_category().message(FirstFailure()));
  return kExitUnavailable;
}

}  // namespace frazil
