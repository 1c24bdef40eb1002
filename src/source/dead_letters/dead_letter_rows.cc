#include "source/dead_letters/dead_letter_rows.h"

#include <utility>

#include <arrow/array.h>
#include <arrow/record_batch.h>

namespace frazil {
namespace {

enum Column : int {
  kTopic,
  kPartition,
  kOffset,
  kPayload,
  kKey,
  kHeaders,
  kTimestamp,
  kTimestampType,
  kFailedInserts,
};

template <typename Array>
const Array& ColumnOf(const arrow::RecordBatch& rows, Column column) {
  return static_cast<const Array&>(*rows.column(column));
}

class LetterStorage final : public RawStorage {
 public:
  LetterStorage(std::shared_ptr<arrow::RecordBatch> rows, std::int64_t first)
      : rows_(std::move(rows)), first_(first) {}

  [[nodiscard]] Headers HeadersOf(std::size_t index) const override {
    Headers headers;
    const auto& maps = ColumnOf<arrow::MapArray>(*rows_, kHeaders);
    const std::int64_t row = first_ + static_cast<std::int64_t>(index);
    if (maps.IsNull(row)) return headers;
    const auto& names = static_cast<const arrow::StringArray&>(*maps.keys());
    const auto& values = static_cast<const arrow::BinaryArray&>(*maps.items());
    const std::int64_t begin = maps.value_offset(row);
    for (std::int64_t i = begin; i < begin + maps.value_length(row); ++i) {
      std::optional<std::string> value;
      if (!values.IsNull(i)) value = values.GetString(i);
      headers.emplace_back(names.GetString(i), std::move(value));
    }
    return headers;
  }

 private:
  std::shared_ptr<arrow::RecordBatch> rows_;
  std::int64_t first_;
};

RawRecord RecordOf(const arrow::RecordBatch& rows, std::int64_t row) {
  constexpr std::int64_t kMicrosPerMilli = 1000;
  RawRecord record;
  record.ordinal = ColumnOf<arrow::Int64Array>(rows, kOffset).Value(row);
  const auto& payloads = ColumnOf<arrow::BinaryArray>(rows, kPayload);
  record.has_value = !payloads.IsNull(row);
  if (record.has_value) record.value = payloads.GetView(row);
  const auto& keys = ColumnOf<arrow::BinaryArray>(rows, kKey);
  record.has_key = !keys.IsNull(row);
  if (record.has_key) record.key = keys.GetView(row);
  const auto& times = ColumnOf<arrow::TimestampArray>(rows, kTimestamp);
  if (times.IsNull(row)) return record;
  record.timestamp_ms = times.Value(row) / kMicrosPerMilli;
  const auto& types = ColumnOf<arrow::StringArray>(rows, kTimestampType);
  record.timestamp_type = !types.IsNull(row) && types.GetView(row) == "LogAppendTime"
                              ? TimestampType::kLogAppendTime
                              : TimestampType::kCreateTime;
  return record;
}

std::vector<std::string> InsertsOf(const arrow::RecordBatch& rows, std::int64_t row) {
  std::vector<std::string> inserts;
  const auto& lists = ColumnOf<arrow::ListArray>(rows, kFailedInserts);
  if (lists.IsNull(row)) return inserts;
  const auto& names = static_cast<const arrow::StringArray&>(*lists.values());
  const std::int64_t begin = lists.value_offset(row);
  for (std::int64_t i = begin; i < begin + lists.value_length(row); ++i) {
    inserts.push_back(names.GetString(i));
  }
  return inserts;
}

}  // namespace

std::vector<LetterRun> RecordsOf(const std::shared_ptr<arrow::RecordBatch>& rows) {
  const auto& topics = ColumnOf<arrow::StringArray>(*rows, kTopic);
  const auto& partitions = ColumnOf<arrow::Int32Array>(*rows, kPartition);
  std::vector<LetterRun> runs;
  for (std::int64_t row = 0; row < rows->num_rows(); ++row) {
    std::vector<std::string> inserts = InsertsOf(*rows, row);
    if (runs.empty() || runs.back().topic != topics.GetView(row) ||
        runs.back().partition != partitions.Value(row) ||
        runs.back().inserts != inserts) {
      LetterRun run;
      run.topic = topics.GetString(row);
      run.partition = partitions.Value(row);
      run.inserts = std::move(inserts);
      run.storage = std::make_unique<LetterStorage>(rows, row);
      runs.push_back(std::move(run));
    }
    runs.back().records.push_back(RecordOf(*rows, row));
    const RawRecord& record = runs.back().records.back();
    runs.back().size_bytes +=
        static_cast<std::int64_t>(record.key.size() + record.value.size());
  }
  return runs;
}

}  // namespace frazil
