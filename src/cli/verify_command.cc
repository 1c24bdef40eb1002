#include <unistd.h>

#include <chrono>
#include <memory>
#include <string>

#include "base/json.h"
#include "base/log.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/signal_watch.h"
#include "cli/terminal_status.h"
#include "query/verify.h"

namespace frazil {
namespace {

constexpr std::chrono::milliseconds kRefresh(250);

struct VerifyOptions {
  std::string file;
  std::string output = "text";
};

// Errors that mean: the source or the table no longer lets anybody compare.
bool IsCannotVerify(ErrorKind kind) {
  return kind == ErrorKind::kDataLoss || kind == ErrorKind::kNotFound ||
         kind == ErrorKind::kNotSupported;
}

void PrintVerdict(const TableVerdict& verdict) {
  if (verdict.is_equal()) {
    Print("{}: equal, {} rows, hash {}\n", verdict.table, verdict.found_rows,
          verdict.found_hash.ToString());
  } else {
    Print("{}: {}\n", verdict.table,
          verdict.in_doubt.empty() ? "DIFFERS" : "cannot be told");
    Print("  the source gives {} rows, hash {}\n", verdict.expected_rows,
          verdict.expected_hash.ToString());
    Print("  the table has   {} rows, hash {}\n", verdict.found_rows,
          verdict.found_hash.ToString());
  }
  for (const std::string& line : verdict.differences) Print("  {}\n", line);
  for (const std::string& name : verdict.left_out) {
    Print("  not compared: column {}, which may come out different each time\n", name);
  }
  if (verdict.foreign_snapshots > 0) {
    Print("  {} of its snapshots were written by other programs\n",
          verdict.foreign_snapshots);
  }
}

Json VerdictAsJson(const TableVerdict& verdict) {
  return Json{{"table", verdict.table},
              {"equal", verdict.is_equal()},
              {"expected-rows", verdict.expected_rows},
              {"found-rows", verdict.found_rows},
              {"expected-hash", verdict.expected_hash.ToString()},
              {"found-hash", verdict.found_hash.ToString()},
              {"differences", verdict.differences},
              {"in-doubt", verdict.in_doubt},
              {"not-compared", verdict.left_out},
              {"foreign-snapshots", verdict.foreign_snapshots}};
}

int PrintReport(const VerifyReport& report, bool is_json) {
  if (!report.cannot_verify.empty()) {
    PrintFailure("cannot verify: " + report.cannot_verify, "", kExitCannotVerify);
    return kExitCannotVerify;
  }
  bool differs = false;
  std::string in_doubt;
  Json tables = Json::array();
  for (const TableVerdict& verdict : report.tables) {
    differs |= !verdict.is_equal() && verdict.in_doubt.empty();
    if (in_doubt.empty()) in_doubt = verdict.in_doubt;
    if (is_json) {
      tables.push_back(VerdictAsJson(verdict));
    } else {
      PrintVerdict(verdict);
    }
  }
  if (is_json) {
    Print("{}\n", DumpJson(Json{{"records", report.records},
                                {"replayable-dead-letters", report.replayable},
                                {"tables", tables}}));
  } else {
    Print("{} records of the source were read again\n", report.records);
    if (report.replayable > 0) {
      Print(
          "{} dead letters would be rows now: `frazil dead-letters replay` makes "
          "them\n",
          report.replayable);
    }
  }
  if (differs) return kExitDiffers;
  if (in_doubt.empty()) return kExitOk;
  PrintToStderr("frazil: cannot verify: {}\n", in_doubt);
  return kExitCannotVerify;
}

Result<VerifyReport> Verify(const std::string& file) {
  FRAZIL_ASSIGN(const PipelinePlan plan, LoadFinishedPlan(file));
  const bool is_terminal = ::isatty(STDERR_FILENO) == 1;
  auto next = std::chrono::steady_clock::now();
  auto report = VerifyPipeline(plan, [&](std::int64_t records, std::int64_t offsets) {
    const auto now = std::chrono::steady_clock::now();
    if (!is_terminal || now < next) return;
    next = now + kRefresh;
    PrintToStderr("\rread again {} of {}\033[K", ShortCount(records),
                  ShortCount(offsets));
  });
  if (is_terminal) PrintToStderr("\r\033[K");
  if (!report.has_value() && IsCannotVerify(report.error().kind)) {
    VerifyReport impossible;
    impossible.cannot_verify = report.error().message;
    return impossible;
  }
  return report;
}

}  // namespace

void AddVerifyCommand(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<VerifyOptions>();
  CLI::App* verify = app.add_subcommand(
      "verify", "Read the source again and compare with what the tables hold");
  verify->add_option("file", options->file, "The pipeline: a SQL script")->required();
  verify->add_option("--output", options->output, "Form of the output")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  verify->callback([options, &exit_code] {
    ConfigureLog(LogLevel::kWarning, LogFormat::kText);
    SignalWatch::BlockSignals();
    const SignalWatch signals(QuitAtOnce);
    const auto report = Verify(options->file);
    exit_code = report.has_value() ? PrintReport(*report, options->output == "json")
                                   : PrintError(report.error());
  });
}

}  // namespace frazil
