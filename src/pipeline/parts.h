#pragma once

/// \file pipeline/parts.h
/// \brief Makes the parts of a pipeline from its plan: sources, decoders, SELECTs, writers.

#include <memory>
#include <vector>

#include "base/memory_budget.h"
#include "base/result.h"
#include "decode/decoder.h"
#include "pipeline/plan.h"
#include "pipeline/worker_stage.h"
#include "source/source.h"
#include "write/table_writer.h"

namespace frazil {

/// \brief A factory over one plan. Thread-safe.
class PipelineParts {
 public:
  /// Both outlive this.
  PipelineParts(const PipelinePlan& plan, MemoryBudget& budget);

  /// \param source index into plan.sources, here and below.
  Result<std::unique_ptr<Source>> MakeSource(std::size_t source);
  Result<std::unique_ptr<Decoder>> MakeDecoder(std::size_t source);
  /// \brief The INSERTs that read a source.
  Result<std::vector<Flow>> MakeFlows(std::size_t source);
  Result<std::unique_ptr<TableWriter>> MakeWriter(std::size_t target);

 private:
  const PipelinePlan& plan_;
  MemoryBudget& budget_;
};

}  // namespace frazil
