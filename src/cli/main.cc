#include <malloc.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>

#include <sys/resource.h>

#include "cli/commands.h"
#include "cli/output.h"
#include "cli/usage.h"

namespace {

// All code is built for x86-64-v3; an older processor would die of an illegal instruction.
bool IsProcessorNewEnough() {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2") &&
         __builtin_cpu_supports("fma");
}

// Memory that one thread frees must serve the next: per-thread arenas, and a pool that keeps
// pages for itself, held tens of megabytes that nobody used.
void KeepMemoryTogether() {
  constexpr int kArenas = 2;
  // NOLINTBEGIN(concurrency-mt-unsafe): there are no threads yet
  (void)::mallopt(M_ARENA_MAX, kArenas);
  (void)::setenv("ARROW_DEFAULT_MEMORY_POOL", "system", /*overwrite=*/0);
  // NOLINTEND(concurrency-mt-unsafe)
}

// Rows of hundreds of partitions have as many files open; many systems give a process 1024 at
// first, and more if it asks.
void AllowManyFiles() {
  constexpr rlim_t kEnough = 16'384;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= kEnough) return;
  limit.rlim_cur = std::min(limit.rlim_max, kEnough);
  (void)::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

int main(int argc, char** argv) {
  if (!IsProcessorNewEnough()) {
    (void)std::fputs("frazil: needs a processor of x86-64-v3 (AVX2, BMI2, FMA)\n",
                     stderr);
    return frazil::kExitUsage;
  }
  KeepMemoryTogether();
  AllowManyFiles();
  frazil::PrepareOutput();
  try {
    CLI::App app("Frazil streams events into Apache Iceberg tables, exactly once",
                 "frazil");
    app.require_subcommand(1);
    app.footer(
        "`frazil demo` shows it all without a broker; `frazil COMMAND --help` says what "
        "a "
        "command takes.");
    app.set_version_flag("--version", "frazil " FRAZIL_VERSION);
    int exit_code = frazil::kExitOk;
    frazil::AddCheckCommand(app, exit_code);
    frazil::AddRunCommand(app, exit_code);
    frazil::AddQueryCommand(app, exit_code);
    frazil::AddVerifyCommand(app, exit_code);
    frazil::AddLedgerCommand(app, exit_code);
    frazil::AddDeadLettersCommand(app, exit_code);
    frazil::AddProduceCommand(app, exit_code);
    frazil::AddDemoCommand(app, exit_code);
    app.add_subcommand("version", "Print the version")->callback([] {
      frazil::Print("frazil {}\n", FRAZIL_VERSION);
    });
    try {
      app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
      if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
      frazil::PrintUsage(app, argc, argv, error);
      return frazil::kExitUsage;
    }
    return frazil::FinishOutput(exit_code);
  } catch (const std::exception& error) {
    frazil::PrintFailure(std::string("unexpected: ") + error.what(),
                         frazil::ErrorKindName(frazil::ErrorKind::kInternal),
                         frazil::kExitBug);
    return frazil::kExitBug;
  }
}
