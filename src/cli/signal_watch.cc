#include "cli/signal_watch.h"

#include <time.h>
#include <unistd.h>

#include <cstdlib>
#include <utility>

#include "cli/exit_code.h"
#include "cli/output.h"

namespace frazil {
namespace {

sigset_t StopSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  return signals;
}

}  // namespace

SignalWatch::SignalWatch(OnSignal on_signal) : signals_(StopSignals()) {
  thread_ =
      std::jthread([this, call = std::move(on_signal)](const std::stop_token& stop) {
        int seen = 0;
        while (!stop.stop_requested()) {
          const timespec wait{0, 100'000'000};
          if (sigtimedwait(&signals_, nullptr, &wait) >= 0) call(++seen);
        }
      });
}

void SignalWatch::BlockSignals() {
  const sigset_t signals = StopSignals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

void QuitAtOnce(int /*seen*/) {
  // A terminal has written ^C, perhaps behind a line of progress.
  if (::isatty(STDERR_FILENO) == 1) PrintTextToStderr("\n");
  PrintFailure("stopped by a signal before the end", ErrorKindName(ErrorKind::kCancelled),
               kExitAborted);
  std::_Exit(kExitAborted);
}

}  // namespace frazil
