#pragma once

/// \file cli/commands.h
/// \brief The subcommands of `frazil`. Each adds itself to the parser and, when it was
/// called, leaves its exit code.

#include <string>

#include <CLI/CLI.hpp>

#include "base/result.h"
#include "cli/exit_code.h"
#include "config/pipeline_spec.h"
#include "pipeline/plan.h"

namespace frazil {

void AddRunCommand(CLI::App& app, int& exit_code);
void AddCheckCommand(CLI::App& app, int& exit_code);
void AddLedgerCommand(CLI::App& app, int& exit_code);
void AddQueryCommand(CLI::App& app, int& exit_code);
void AddProduceCommand(CLI::App& app, int& exit_code);
void AddDemoCommand(CLI::App& app, int& exit_code);
void AddVerifyCommand(CLI::App& app, int& exit_code);
void AddDeadLettersCommand(CLI::App& app, int& exit_code);

/// \brief The subcommand `replay` of `dead-letters`.
void AddDeadLettersReplay(CLI::App& letters, int& exit_code);

/// \brief The subcommand `reset` of `ledger`.
void AddLedgerReset(CLI::App& ledger, int& exit_code);

/// \brief Prints an error as "frazil: <message>" and gives its exit code.
int PrintError(const Error& error);

/// \brief Reads and parses a pipeline file with the process's environment.
Result<PipelineSpec> LoadPipelineFile(const std::string& path);

/// \brief The same, planned as for a pipeline that has run (PlanFinished()).
Result<PipelinePlan> LoadFinishedPlan(const std::string& path);

}  // namespace frazil
