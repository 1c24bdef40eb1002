#include "pipeline/dead_letter_sink.h"

#include <utility>

#include <arrow/record_batch.h>
#include <arrow/util/byte_size.h>

#include "base/clock.h"
#include "source/kafka/kafka_options.h"
#include "source/kafka/kafka_producer.h"
#include "write/dead_letter.h"

namespace frazil {
namespace {

constexpr std::chrono::seconds kFlushDeadline(30);

// The first source's brokers hold the topic.
const SourceSpec& SourceWithBrokers(const PipelinePlan& plan) {
  return plan.spec.sources[plan.sources.front()];
}

JavaProperties PropertiesOf(const SourceSpec& source) {
  constexpr std::string_view kPrefix = "properties.";
  JavaProperties properties;
  for (const Option& option : source.options.all()) {
    if (!option.key.starts_with(kPrefix)) continue;
    properties[option.key.substr(kPrefix.size())] = option.value;
  }
  return properties;
}

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

DeadLetterSink::DeadLetterSink(const PipelinePlan& plan) : plan_(plan) {}

DeadLetterSink::~DeadLetterSink() = default;

Result<std::unique_ptr<DeadLetterSink>> DeadLetterSink::Open(const PipelinePlan& plan) {
  std::unique_ptr<DeadLetterSink> sink(new DeadLetterSink(plan));
  if (plan.settings.dead_letters == DeadLetterPolicy::kTopic) {
    FRAZIL_ASSIGN(sink->producer_,
                  KafkaProducer::Create(PropertiesOf(SourceWithBrokers(plan))));
  }
  return sink;
}

Status DeadLetterSink::CheckTopic() {
  if (producer_ == nullptr) return {};
  Status status = producer_->RequireTopic(plan_.settings.dead_letter_topic);
  if (status.has_value()) return {};
  return Fail(std::move(status).error().Within("'dead-letters'"));
}

// A copy of each record, with why it failed in its headers.
Status DeadLetterSink::ToTopic(const RawBatch& batch,
                               const std::vector<RecordFailure>& failures) {
  const std::scoped_lock lock(mutex_);
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
    produced.topic = plan_.settings.dead_letter_topic;
    if (record.has_key) produced.key = record.key;
    if (record.has_value) produced.value = record.value;
    produced.headers = &headers;
    FRAZIL_TRY(producer_->Produce(produced));
  }
  return {};
}

FailureSink DeadLetterSink::ForWorker(WriteChannel* table) {
  switch (plan_.settings.dead_letters) {
    case DeadLetterPolicy::kTable:
      return [this, table](std::int64_t epoch, const RawBatch& batch,
                           const std::vector<RecordFailure>& failures,
                           const std::stop_token& stop) {
        const DeadLetterContext context{
            plan_.replay.has_value() ? plan_.replay->pipeline : plan_.name,
            Clock::System().NowMs() * 1000};
        return ToTable(context, *table, epoch, batch, failures, stop);
      };
    case DeadLetterPolicy::kTopic:
      return [this](std::int64_t, const RawBatch& batch,
                    const std::vector<RecordFailure>& failures,
                    const std::stop_token&) { return ToTopic(batch, failures); };
    case DeadLetterPolicy::kFail:
      break;
  }
  return
      [](std::int64_t, const RawBatch& batch, const std::vector<RecordFailure>& failures,
         const std::stop_token&) { return Refuse(batch, failures); };
}

Status DeadLetterSink::Flush() {
  if (producer_ == nullptr) return {};
  const std::scoped_lock lock(mutex_);
  return producer_->Flush(kFlushDeadline);
}

// A letter that is read again fails again, for ever.
static Status CheckNotRead(const PipelinePlan& plan) {
  const std::string& topic = plan.settings.dead_letter_topic;
  for (const std::size_t index : plan.sources) {
    const SourceSpec& source = plan.spec.sources[index];
    if (source.connector != "kafka") continue;
    FRAZIL_ASSIGN(const KafkaSourceConfig config,
                  ParseKafkaSource(plan.spec, source, {.group_id = "any"}));
    if (!ReadsTopic(config, topic)) continue;
    return Fail(ErrorAt(
        plan.spec, source.place,
        fmt::format("this table reads '{}', where the dead letters go", topic),
        "give them a topic of their own, or one that its topic-pattern does not match"));
  }
  return {};
}

Status CheckDeadLetters(const PipelinePlan& plan) {
  if (plan.settings.dead_letters != DeadLetterPolicy::kTopic) return {};
  const SourceSpec& source = SourceWithBrokers(plan);
  if (source.connector == "kafka") {
    FRAZIL_TRY(CheckNotRead(plan));
    const Status producer = KafkaProducer::Check(PropertiesOf(source));
    if (producer.has_value()) return {};
    return Fail(ErrorAt(plan.spec, source.place,
                        "dead letters go to a topic by these properties, and " +
                            producer.error().message));
  }
  return Fail(
      ErrorAt(plan.spec, source.place,
              "'dead-letters' = 'topic:...' needs a source of connector 'kafka'"));
}

}  // namespace frazil
