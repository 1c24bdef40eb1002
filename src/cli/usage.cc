#include "cli/usage.h"

#include <algorithm>
#include <charconv>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "base/log.h"
#include "cli/exit_code.h"
#include "cli/output.h"
#include "config/option_set.h"

namespace frazil {
namespace {

std::vector<std::string> CommandsOf(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command :
       app.get_subcommands([](const CLI::App*) { return true; })) {
    names.push_back(command->get_name());
  }
  return names;
}

std::vector<std::string> OptionsOf(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

std::string Suggest(std::string_view word, const std::vector<std::string>& known) {
  const std::string nearest = Nearest(word, known);
  return nearest.empty() ? "" : fmt::format("; did you mean '{}'?", nearest);
}

bool WantsJson(int argc, const char* const* argv) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word == "--log-format=json") return true;
    if (word == "--log-format" && i + 1 < argc &&
        std::string_view(argv[i + 1]) == "json") {
      return true;
    }
  }
  return false;
}

}  // namespace

void PrintUsage(const CLI::App& app, int argc, const char* const* argv,
                const CLI::ParseError& error) {
  const CLI::App* command = &app;
  std::string path = "frazil";
  std::string message = error.what();
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const std::vector<std::string> commands = CommandsOf(*command);
    if (word.starts_with("--")) {
      const std::string name = word.substr(0, word.find('='));
      const std::vector<std::string> options = OptionsOf(*command);
      if (std::find(options.begin(), options.end(), name) != options.end()) continue;
      message = fmt::format("no such option: '{}'{}", name, Suggest(name, options));
      break;
    }
    if (commands.empty() || word.starts_with('-')) continue;
    if (std::find(commands.begin(), commands.end(), word) == commands.end()) {
      message = fmt::format("no such command: '{}'{}", word, Suggest(word, commands));
      break;
    }
    command = command->get_subcommand(word);
    path += " " + word;
  }
  if (WantsJson(argc, argv)) {
    ConfigureLog(LogLevel::kInfo, LogFormat::kJson);
    UseJsonForFailures();
    PrintFailure(message, ErrorKindName(ErrorKind::kInvalidArgument), kExitUsage);
    return;
  }
  PrintToStderr("{}: {}\n`{} --help` says what there is.\n", path, message, path);
}

CLI::Validator NoLessThan(std::int64_t least) {
  return CLI::Validator(
      [least](const std::string& text) {
        std::int64_t value = 0;
        const char* const end = text.data() + text.size();
        const auto [at, error] = std::from_chars(text.data(), end, value);
        if (error == std::errc() && at == end && value >= least) return std::string();
        return fmt::format("'{}' is not a whole number of at least {}", text, least);
      },
      least == 0 ? "" : fmt::format("at least {}", least));
}

}  // namespace frazil
