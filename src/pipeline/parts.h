#pragma once

/// \file pipeline/parts.h
/// \brief Makes the parts of a pipeline from its plan: sources, decoders, SELECTs, writers.

#include <memory>
#include <vector>

#include "base/memory_budget.h"
#include "base/result.h"
#include "decode/decoder.h"
#include "pipeline/dead_letter_sink.h"
#include "pipeline/plan.h"
#include "pipeline/worker_stage.h"
#include "source/source.h"
#include "write/table_writer.h"

namespace frazil {

class DuckDatabase;

/// \brief A factory over one plan. Thread-safe but for construction.
class PipelineParts {
 public:
  /// Both outlive this.
  PipelineParts(const PipelinePlan& plan, MemoryBudget& budget);
  ~PipelineParts();
  PipelineParts(const PipelineParts&) = delete;
  PipelineParts& operator=(const PipelineParts&) = delete;

  /// \brief Opens what the parts share. Call first.
  Status Open();

  /// \param source index into plan.sources, here and below.
  Result<std::unique_ptr<Source>> MakeSource(std::size_t source);
  Result<std::unique_ptr<Decoder>> MakeDecoder(std::size_t source);
  /// \brief The INSERTs that read a source.
  Result<std::vector<Flow>> MakeFlows(std::size_t source);
  Result<std::unique_ptr<TableWriter>> MakeWriter(std::size_t target);
  /// \brief What becomes of failed records. Call after Open.
  DeadLetterSink& dead_letters() { return *dead_letters_; }

 private:
  const PipelinePlan& plan_;
  MemoryBudget& budget_;
  std::unique_ptr<DuckDatabase> database_;
  std::unique_ptr<DeadLetterSink> dead_letters_;
};

}  // namespace frazil
