#include "pipeline/parts.h"

#include <algorithm>
#include <set>
#include <utility>

#include <arrow/record_batch.h>
#include <arrow/util/byte_size.h>

#include "base/clock.h"
#include "engine/duck_database.h"
#include "pipeline/select.h"
#include "pipeline/source_columns.h"
#include "source/kafka/kafka_producer.h"
#include "source/source_factory.h"
#include "write/dead_letter.h"

namespace frazil {
namespace {

constexpr std::int64_t kMinimumDuckBytes = 48LL << 20;
constexpr std::int64_t kMaxQueueBytes = 16LL << 20;
constexpr std::chrono::seconds kFlushDeadline(30);

Status ToTable(const DeadLetterContext& context, WriteChannel& channel,
               std::int64_t epoch, const RawBatch& batch,
               const std::vector<RecordFailure>& failures, const std::stop_token& stop) {
  FRAZIL_ASSIGN(auto rows, DeadLetterBatch(batch, failures, context));
  const auto bytes = static_cast<std::size_t>(arrow::util::TotalBufferSize(*rows));
  if (!channel.Push(WriteItem{epoch, std::move(rows)}, bytes, stop)) {
    return Fail(ErrorKind::kCancelled, "stopped");
  }
  return {};
}

// A copy of the record, with why it failed in its headers.
Status ToTopic(const std::string& topic, KafkaProducer& producer, const RawBatch& batch,
               const std::vector<RecordFailure>& failures) {
  for (const RecordFailure& failure : failures) {
    const RawRecord& record = batch.records[failure.record_index];
    Headers headers = batch.storage->HeadersOf(failure.record_index);
    headers.emplace_back("frazil.topic", batch.split.stream);
    headers.emplace_back("frazil.partition", std::to_string(batch.split.partition));
    headers.emplace_back("frazil.offset", std::to_string(record.ordinal));
    headers.emplace_back("frazil.stage", failure.stage);
    headers.emplace_back("frazil.error-class", failure.error_class);
    headers.emplace_back("frazil.message", failure.message);
    ProducerRecord produced;
    produced.topic = topic;
    if (record.has_key) produced.key = record.key;
    if (record.has_value) produced.value = record.value;
    produced.headers = &headers;
    FRAZIL_TRY(producer.Produce(produced));
  }
  return {};
}

Status Refuse(const RawBatch& batch, const std::vector<RecordFailure>& failures) {
  const RecordFailure& first = failures.front();
  return Fail(
      ErrorKind::kInvalidRecord,
      "{} offset {}: {}: {}; 'dead-letters' is 'fail': mend the producer, or let the "
      "record go to a table with SET 'dead-letters' = 'table'",
      batch.split.ToString(), batch.records[first.record_index].ordinal,
      first.error_class, first.message);
}

}  // namespace

PipelineParts::PipelineParts(const PipelinePlan& plan, MemoryBudget& budget)
    : plan_(plan), budget_(budget) {}

PipelineParts::~PipelineParts() = default;

Status PipelineParts::Open() {
  DuckOptions duck;
  duck.memory_limit_bytes = std::max(kMinimumDuckBytes, budget_.limit_bytes() / 3);
  FRAZIL_ASSIGN(database_, DuckDatabase::Open(duck));
  if (plan_.settings.dead_letters != DeadLetterPolicy::kTopic) return {};
  const SourceSpec& source = plan_.spec.sources[plan_.sources.front()];
  FRAZIL_ASSIGN(producer_, MakeDeadLetterProducer(plan_.spec, source));
  return {};
}

Result<std::unique_ptr<Source>> PipelineParts::MakeSource(std::size_t source) {
  const SourceSpec& table = plan_.spec.sources[plan_.sources[source]];
  SourceContext context;
  context.script = &plan_.spec;
  // Two sources on one topic must not share its partitions: each gets a group of its own.
  context.group_id = plan_.sources.size() == 1
                         ? plan_.name
                         : fmt::format("{}.{}", plan_.name, table.name);
  context.queue_bytes = std::min(kMaxQueueBytes, budget_.limit_bytes() / 8);
  return OpenSource(table, context);
}

Result<std::unique_ptr<Decoder>> PipelineParts::MakeDecoder(std::size_t source) {
  return MakeSourceDecoder(plan_.spec, plan_.spec.sources[plan_.sources[source]]);
}

Result<std::vector<Flow>> PipelineParts::MakeFlows(std::size_t source) {
  std::vector<Flow> flows;
  for (const FlowPlan& plan : plan_.flows) {
    if (plan.source != source) continue;
    const TransformSpec select = TransformSpecOf(plan_, plan);
    Flow flow;
    flow.table = plan.target;
    FRAZIL_ASSIGN(flow.transformer, MakeTransformer(select, database_.get()));
    flows.push_back(std::move(flow));
  }
  return flows;
}

Result<std::unique_ptr<TableWriter>> PipelineParts::MakeWriter(std::size_t target) {
  const TargetPlan& table = plan_.targets[target];
  auto writer = TableWriter::Make(table.table->metadata, *plan_.io, budget_);
  if (!writer.has_value()) {
    return Fail(std::move(writer).error().Within(table.name.ToString()));
  }
  return writer;
}

FailureSink PipelineParts::MakeFailureSink(WriteChannel* dead_letters) {
  switch (plan_.settings.dead_letters) {
    case DeadLetterPolicy::kTable:
      return [this, dead_letters](std::int64_t epoch, const RawBatch& batch,
                                  const std::vector<RecordFailure>& failures,
                                  const std::stop_token& stop) {
        const DeadLetterContext context{plan_.name, Clock::System().NowMs() * 1000};
        return ToTable(context, *dead_letters, epoch, batch, failures, stop);
      };
    case DeadLetterPolicy::kTopic:
      return [this](std::int64_t, const RawBatch& batch,
                    const std::vector<RecordFailure>& failures, const std::stop_token&) {
        const std::scoped_lock lock(producer_mutex_);
        return ToTopic(plan_.settings.dead_letter_topic, *producer_, batch, failures);
      };
    case DeadLetterPolicy::kFail:
      break;
  }
  return
      [](std::int64_t, const RawBatch& batch, const std::vector<RecordFailure>& failures,
         const std::stop_token&) { return Refuse(batch, failures); };
}

Status PipelineParts::FlushDeadLetters() {
  if (producer_ == nullptr) return {};
  const std::scoped_lock lock(producer_mutex_);
  return producer_->Flush(kFlushDeadline);
}

}  // namespace frazil
