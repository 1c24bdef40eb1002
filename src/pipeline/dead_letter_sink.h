#pragma once

/// \file pipeline/dead_letter_sink.h
/// \brief What becomes of records that failed: `dead-letters` = `table`, `topic:...`, `fail`.

#include <memory>
#include <mutex>
#include <string>

#include "base/result.h"
#include "pipeline/messages.h"
#include "pipeline/plan.h"
#include "pipeline/worker_stage.h"

namespace frazil {

class KafkaProducer;

/// \brief Where all workers of a pipeline leave their failed records. Thread-safe.
class DeadLetterSink {
 public:
  /// \brief Opens what the plan's policy needs.
  /// \param plan outlives the sink; CheckDeadLetters has passed it.
  /// \return kInvalidConfig for properties that a producer refuses.
  static Result<std::unique_ptr<DeadLetterSink>> Open(const PipelinePlan& plan);
  ~DeadLetterSink();
  DeadLetterSink(const DeadLetterSink&) = delete;
  DeadLetterSink& operator=(const DeadLetterSink&) = delete;

  /// \brief Asks for the topic, if there is one to be, so that it is not missed at the first
  /// record that fails only.
  /// \return as KafkaProducer::RequireTopic.
  Status CheckTopic();

  /// \brief The sink of one worker; outlived by this.
  /// \param table the channel of the dead-letter table; used with its policy alone.
  FailureSink ForWorker(WriteChannel* table);

  /// \brief Waits until the topic, if there is one, has acknowledged everything.
  Status Flush();

 private:
  explicit DeadLetterSink(const PipelinePlan& plan);

  Status ToTopic(const RawBatch& batch, const std::vector<RecordFailure>& failures);

  const PipelinePlan& plan_;
  // A producer belongs to one thread at a time: workers produce, the committer flushes.
  std::mutex mutex_;
  std::unique_ptr<KafkaProducer> producer_;
};

/// \brief Checks the policy against the sources: a topic needs brokers to be at.
/// \return kInvalidConfig pointing at the source.
Status CheckDeadLetters(const PipelinePlan& plan);

}  // namespace frazil
