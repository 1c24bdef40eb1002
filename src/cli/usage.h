#pragma once

/// \file cli/usage.h
/// \brief What is said of a wrong command line.

#include <cstdint>
#include <string>

#include <CLI/CLI.hpp>

namespace frazil {

/// \brief Says on standard error what is wrong: "no such command: 'rnu'; did you mean
/// 'run'?", with where help is. One line of JSON where the arguments ask for such a log.
/// \param app the whole parser, which gave `error` for these arguments.
void PrintUsage(const CLI::App& app, int argc, const char* const* argv,
                const CLI::ParseError& error);

/// \brief Takes whole numbers of at least `least`.
CLI::Validator NoLessThan(std::int64_t least);

}  // namespace frazil
