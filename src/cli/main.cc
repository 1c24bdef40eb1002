#include <cstdio>
#include <exception>

#include "cli/commands.h"

namespace {

// All code is built for x86-64-v3; an older processor would die of an illegal instruction.
bool IsProcessorNewEnough() {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2") &&
         __builtin_cpu_supports("fma");
}

}  // namespace

int main(int argc, char** argv) {
  if (!IsProcessorNewEnough()) {
    (void)std::fputs("frazil: needs a processor of x86-64-v3 (AVX2, BMI2, FMA)\n",
                     stderr);
    return frazil::kExitUsage;
  }
  try {
    CLI::App app("Frazil streams events into Apache Iceberg tables, exactly once",
                 "frazil");
    app.require_subcommand(1);
    app.set_version_flag("--version", FRAZIL_VERSION);
    int exit_code = frazil::kExitOk;
    frazil::AddRunCommand(app, exit_code);
    frazil::AddCheckCommand(app, exit_code);
    frazil::AddLedgerCommand(app, exit_code);
    frazil::AddQueryCommand(app, exit_code);
    frazil::AddProduceCommand(app, exit_code);
    app.add_subcommand("version", "Print the version")->callback([] {
      fmt::print("frazil {}\n", FRAZIL_VERSION);
    });
    try {
      app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
      return app.exit(error) == 0 ? frazil::kExitOk : frazil::kExitUsage;
    }
    return exit_code;
  } catch (const std::exception& error) {
    (void)std::fprintf(stderr, "frazil: unexpected: %s\n", error.what());
    return frazil::kExitBug;
  }
}
