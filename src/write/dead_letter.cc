#include "write/dead_letter.h"

#include <limits>
#include <optional>
#include <string_view>
#include <utility>

#include <arrow/array/builder_binary.h>
#include <arrow/array/builder_nested.h>
#include <arrow/array/builder_primitive.h>
#include <arrow/record_batch.h>
#include <arrow/table_builder.h>
#include <arrow/type.h>

#include "model/arrow_schema.h"

namespace frazil {
namespace {

SchemaField Optional(std::string name, Type type) {
  return {0, std::move(name), std::move(type), /*required=*/false, ""};
}

SchemaField Required(std::string name, Type type) {
  return {0, std::move(name), std::move(type), /*required=*/true, ""};
}

// Columns by their place in DeadLetterSchema().
enum Column : int {
  kPayload,
  kKey,
  kHeaders,
  kTopic,
  kPartition,
  kOffset,
  kTimestamp,
  kTimestampType,
  kStage,
  kErrorClass,
  kMessage,
  kSource,
  kPipeline,
  kRecordedAt,
  kFailedInserts,
  kReplayRound,
};

arrow::Status AppendBytes(arrow::ArrayBuilder* builder, std::string_view bytes,
                          bool is_present = true) {
  auto& binary = static_cast<arrow::BinaryBuilder&>(*builder);
  return is_present ? binary.Append(bytes) : binary.AppendNull();
}

arrow::Status AppendHeaders(arrow::ArrayBuilder* builder, const Headers& headers) {
  auto& map = static_cast<arrow::MapBuilder&>(*builder);
  ARROW_RETURN_NOT_OK(map.Append());
  for (const auto& [name, value] : headers) {
    ARROW_RETURN_NOT_OK(AppendBytes(map.key_builder(), name));
    ARROW_RETURN_NOT_OK(
        AppendBytes(map.item_builder(), value.value_or(""), value.has_value()));
  }
  return arrow::Status::OK();
}

arrow::Status AppendTimestamp(arrow::ArrayBuilder* builder, std::int64_t micros) {
  return static_cast<arrow::TimestampBuilder&>(*builder).Append(micros);
}

arrow::Status AppendTimestampType(arrow::ArrayBuilder* builder, TimestampType type) {
  return AppendBytes(
      builder, type == TimestampType::kLogAppendTime ? "LogAppendTime" : "CreateTime",
      type != TimestampType::kNone);
}

arrow::Status AppendInserts(arrow::ArrayBuilder* builder,
                            const std::vector<std::string>& inserts) {
  auto& list = static_cast<arrow::ListBuilder&>(*builder);
  ARROW_RETURN_NOT_OK(list.Append());
  for (const std::string& insert : inserts) {
    ARROW_RETURN_NOT_OK(AppendBytes(list.value_builder(), insert));
  }
  return arrow::Status::OK();
}

arrow::Status AppendRecord(const RawBatch& batch, std::size_t index,
                           arrow::RecordBatchBuilder& rows) {
  const RawRecord& record = batch.records[index];
  ARROW_RETURN_NOT_OK(
      AppendBytes(rows.GetField(kPayload), record.value, record.has_value));
  ARROW_RETURN_NOT_OK(AppendBytes(rows.GetField(kKey), record.key, record.has_key));
  ARROW_RETURN_NOT_OK(AppendHeaders(
      rows.GetField(kHeaders),
      batch.storage != nullptr ? batch.storage->HeadersOf(index) : Headers()));
  ARROW_RETURN_NOT_OK(AppendBytes(rows.GetField(kTopic), batch.split.stream));
  ARROW_RETURN_NOT_OK(static_cast<arrow::Int32Builder&>(*rows.GetField(kPartition))
                          .Append(batch.split.partition));
  ARROW_RETURN_NOT_OK(
      static_cast<arrow::Int64Builder&>(*rows.GetField(kOffset)).Append(record.ordinal));
  ARROW_RETURN_NOT_OK(
      AppendTimestampType(rows.GetField(kTimestampType), record.timestamp_type));
  constexpr std::int64_t kMicrosPerMilli = 1000;
  constexpr std::int64_t kLatestMs =
      std::numeric_limits<std::int64_t>::max() / kMicrosPerMilli;
  // Producers may set any number.
  if (record.timestamp_type == TimestampType::kNone || record.timestamp_ms > kLatestMs ||
      record.timestamp_ms < -kLatestMs) {
    return rows.GetField(kTimestamp)->AppendNull();
  }
  return AppendTimestamp(rows.GetField(kTimestamp),
                         record.timestamp_ms * kMicrosPerMilli);
}

arrow::Result<std::shared_ptr<arrow::RecordBatch>> BuildRows(
    const RawBatch& batch, const std::vector<RecordFailure>& failures,
    const DeadLetterContext& context) {
  ARROW_ASSIGN_OR_RAISE(const auto rows, arrow::RecordBatchBuilder::Make(
                                             ArrowSchemaOf(DeadLetterSchema()),
                                             arrow::default_memory_pool(),
                                             static_cast<std::int64_t>(failures.size())));
  for (const RecordFailure& failure : failures) {
    if (failure.record_index >= batch.records.size()) {
      return arrow::Status::Invalid("a failure of record ", failure.record_index, " of ",
                                    batch.records.size());
    }
    ARROW_RETURN_NOT_OK(AppendRecord(batch, failure.record_index, *rows));
    ARROW_RETURN_NOT_OK(AppendBytes(rows->GetField(kStage), failure.stage));
    ARROW_RETURN_NOT_OK(AppendBytes(rows->GetField(kErrorClass), failure.error_class));
    ARROW_RETURN_NOT_OK(AppendBytes(rows->GetField(kMessage), failure.message));
    ARROW_RETURN_NOT_OK(AppendBytes(rows->GetField(kSource), batch.split.source));
    ARROW_RETURN_NOT_OK(AppendBytes(rows->GetField(kPipeline), context.pipeline));
    ARROW_RETURN_NOT_OK(
        AppendTimestamp(rows->GetField(kRecordedAt), context.recorded_at_us));
    ARROW_RETURN_NOT_OK(AppendInserts(rows->GetField(kFailedInserts), failure.inserts));
    ARROW_RETURN_NOT_OK(static_cast<arrow::Int32Builder&>(*rows->GetField(kReplayRound))
                            .Append(batch.replay.round));
  }
  return rows->Flush();
}

}  // namespace

Schema DeadLetterSchema() {
  const Type string(TypeId::kString);
  const Type binary(TypeId::kBinary);
  Schema schema;
  schema.fields = {
      Optional("payload", binary),
      Optional("key", binary),
      Optional("headers", Type::Map(Required("key", string), Optional("value", binary))),
      Required("topic", string),
      Required("partition", Type(TypeId::kInt)),
      Required("offset", Type(TypeId::kLong)),
      Optional("timestamp", Type(TypeId::kTimestamptz)),
      Optional("timestamp_type", string),
      Required("stage", string),
      Required("error_class", string),
      Required("message", string),
      Required("source", string),
      Required("pipeline", string),
      Required("recorded_at", Type(TypeId::kTimestamptz)),
      Required("failed_inserts", Type::List(Required("element", string))),
      Required("replay_round", Type(TypeId::kInt)),
  };
  return AssignFreshIds(schema);
}

Result<std::shared_ptr<arrow::RecordBatch>> DeadLetterBatch(
    const RawBatch& batch, const std::vector<RecordFailure>& failures,
    const DeadLetterContext& context) {
  auto rows = BuildRows(batch, failures, context);
  if (!rows.ok()) {
    return Fail(ErrorKind::kInternal, "dead letters: {}", rows.status().ToString());
  }
  return *std::move(rows);
}

}  // namespace frazil
