#pragma once

/// \file pipeline/memory_shares.h
/// \brief How 'memory.limit' is divided among the parts of a pipeline (ADR 3). In bytes.

#include <algorithm>
#include <cstdint>

#include "config/settings.h"

namespace frazil {

/// \brief What the libraries and the program itself take, whatever a pipeline does.
inline constexpr std::int64_t kLibrariesBytes = 96LL << 20;
/// \brief The least that a pipeline works with.
inline constexpr std::int64_t kMinimumBudgetBytes = 32LL << 20;
/// \brief The least that DuckDB works with.
inline constexpr std::int64_t kMinimumDuckBytes = 48LL << 20;

/// \brief What the process may take: a limit below the least one cannot be kept.
inline std::int64_t ProcessBytes(const PipelineSettings& settings) {
  return std::max(settings.memory_limit_bytes, kLibrariesBytes + kMinimumBudgetBytes);
}

/// \brief What is left for channels, writers and DuckDB.
inline std::int64_t BudgetBytes(const PipelineSettings& settings) {
  return ProcessBytes(settings) - kLibrariesBytes;
}

/// \brief What DuckDB may hold for all workers.
inline std::int64_t DuckBytes(const PipelineSettings& settings) {
  return std::max(kMinimumDuckBytes, BudgetBytes(settings) / 3);
}

}  // namespace frazil
