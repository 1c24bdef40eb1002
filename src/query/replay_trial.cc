#include "query/replay_trial.h"

#include <chrono>
#include <memory>
#include <utility>
#include <vector>

#include <arrow/record_batch.h>

#include "base/memory_budget.h"
#include "pipeline/parts.h"
#include "pipeline/replay.h"
#include "pipeline/worker_stage.h"

namespace frazil {
namespace {

constexpr std::int64_t kMemoryBytes = 256LL << 20;
constexpr std::chrono::milliseconds kPollWait(10);

Status TryBatch(const RawBatch& batch, Decoder& decoder, const std::vector<Flow>& flows,
                ReplayTrial& trial) {
  if (batch.records.empty()) return {};
  FRAZIL_ASSIGN(DecodedBatch decoded, decoder.Decode(batch, 0));
  std::vector<RecordFailure> failures = std::move(decoded.failures);
  for (const Flow& flow : flows) {
    if (!IsFor(batch, flow) || decoded.rows->num_rows() == 0) continue;
    FRAZIL_ASSIGN(const TransformedBatch made, flow.transformer->Apply(decoded.rows));
    for (const RowFailure& failure : made.failures) {
      const auto row = static_cast<std::size_t>(failure.row);
      failures.push_back(
          {decoded.record_of_row.empty() ? row : decoded.record_of_row[row],
           "transform",
           failure.error_class,
           failure.message,
           {flow.insert}});
    }
  }
  MergeFailures(failures);
  for (const RecordFailure& failure : failures) {
    const std::pair what(failure.stage, failure.error_class);
    ++trial.failures[what];
    trial.messages.try_emplace(what, failure.message);
  }
  trial.letters += static_cast<std::int64_t>(batch.records.size());
  return {};
}

Status TryBatches(const std::vector<RawBatch>& batches, Decoder& decoder,
                  const std::vector<Flow>& flows, ReplayTrial& trial) {
  for (const RawBatch& batch : batches) {
    FRAZIL_TRY(TryBatch(batch, decoder, flows, trial));
  }
  return {};
}

// All of one source.
Status TrySource(const PipelinePlan& plan, PipelineParts& parts, std::size_t index,
                 ReplayTrial& trial) {
  FRAZIL_ASSIGN(const auto source, StartReplaySource(plan, index));
  FRAZIL_ASSIGN(const auto decoder, parts.MakeDecoder(index));
  FRAZIL_ASSIGN(const auto flows, parts.MakeFlows(index));
  while (!source->IsAtEnd()) {
    FRAZIL_ASSIGN(const auto batches, source->Poll(kPollWait));
    FRAZIL_TRY(TryBatches(batches, *decoder, flows, trial));
  }
  return {};
}

}  // namespace

Result<ReplayTrial> TryReplay(const PipelinePlan& plan) {
  ReplayTrial trial;
  MemoryBudget budget(kMemoryBytes);
  PipelineParts parts(plan, budget);
  for (std::size_t i = 0; i < plan.sources.size(); ++i) {
    FRAZIL_TRY(TrySource(plan, parts, i, trial));
  }
  return trial;
}

}  // namespace frazil
