#pragma once

/// \file pipeline/worker_stage.h
/// \brief Decodes batches, runs the SELECTs over them, and hands rows to the writers.

#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.h"
#include "decode/decoder.h"
#include "pipeline/messages.h"
#include "pipeline/status.h"
#include "transform/transformer.h"

namespace frazil {

/// \brief One INSERT as a worker runs it.
struct Flow {
  /// Index of the target table.
  std::size_t table = 0;
  /// As InsertNames() has it.
  std::string insert;
  std::unique_ptr<Transformer> transformer;
};

/// \brief Whether a batch is for this INSERT: always, but for some dead letters run again.
bool IsFor(const RawBatch& batch, const Flow& flow);

/// \brief Makes one failure of all that a record has: the first, naming every INSERT.
void MergeFailures(std::vector<RecordFailure>& failures);

/// \brief Takes the records of a batch that failed. Runs on the worker's thread.
///
/// \return an error ends the pipeline: `dead-letters` = `fail`, or the channel is closed.
using FailureSink = std::function<Status(std::int64_t epoch, const RawBatch& batch,
                                         std::vector<RecordFailure> failures,
                                         const std::stop_token& stop)>;

/// \brief What a worker works with. Everything outlives it.
struct WorkerStageContext {
  WorkChannel* input = nullptr;
  std::unique_ptr<Decoder> decoder;
  std::vector<Flow> flows;
  /// By table; barriers go to each of them.
  std::vector<WriteChannel*> writers;
  FailureSink on_failures;
  /// Index of the dead-letter table, or -1.
  std::int64_t dead_letter_table = -1;
  PipelineStatus* status = nullptr;
};

/// \brief The body of a worker stage. Not thread-safe.
class WorkerStage {
 public:
  explicit WorkerStage(WorkerStageContext context) : context_(std::move(context)) {}

  /// \brief Runs until its input is closed and drained, an error, or `stop`.
  Status Run(const std::stop_token& stop);

 private:
  // One batch on its way.
  struct Passage {
    /// The first record that was decoded.
    std::size_t first_record = 0;
    /// The first record whose failure is to be told.
    std::size_t first_letter = 0;
    DecodedBatch decoded;
  };

  Status Process(const WorkItem& item, const std::stop_token& stop);
  // Runs a SELECT over what its table lacks, and over what the dead letters lack.
  Status RunFlow(Flow& flow, const WorkItem& item, Passage& passage,
                 const std::stop_token& stop);
  // Runs a SELECT over rows [begin, end); its failures go to the passage.
  static Result<std::shared_ptr<arrow::RecordBatch>> Transform(Flow& flow,
                                                               Passage& passage,
                                                               std::int64_t begin,
                                                               std::int64_t end);

  WorkerStageContext context_;
};

}  // namespace frazil
