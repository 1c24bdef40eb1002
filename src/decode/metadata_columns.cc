#include "decode/metadata_columns.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include <arrow/array/data.h>

namespace frazil {
namespace {

bool IsHeadersType(const Type& type) {
  return type.id() == TypeId::kMap && type.fields()[0].type.id() == TypeId::kString &&
         type.fields()[1].type.id() == TypeId::kBinary;
}

std::string_view TimestampTypeName(TimestampType type) {
  switch (type) {
    case TimestampType::kCreateTime:
      return "CreateTime";
    case TimestampType::kLogAppendTime:
      return "LogAppendTime";
    case TimestampType::kNone:
      break;
  }
  return "NoTimestampType";
}

// True if a later header has the same name.
bool IsSuperseded(const Headers& headers, std::size_t index) {
  for (std::size_t later = index + 1; later < headers.size(); ++later) {
    if (headers[later].first == headers[index].first) return true;
  }
  return false;
}

}  // namespace

Result<MetadataColumn> MetadataColumn::Make(const SourceColumn& column) {
  const TypeId type = column.type.id();
  const std::string& key = column.metadata_key;
  std::optional<Key> known;
  bool fits = false;
  if (key == "topic" || key == "timestamp-type") {
    known = key == "topic" ? Key::kTopic : Key::kTimestampType;
    fits = type == TypeId::kString;
  } else if (key == "partition") {
    known = Key::kPartition;
    fits = type == TypeId::kInt || type == TypeId::kLong;
  } else if (key == "offset") {
    known = Key::kOffset;
    fits = type == TypeId::kLong;
  } else if (key == "timestamp") {
    known = Key::kTimestamp;
    fits = type == TypeId::kTimestamp || type == TypeId::kTimestamptz;
  } else if (key == "headers") {
    known = Key::kHeaders;
    fits = IsHeadersType(column.type);
  }
  if (!known) {
    return Fail(
        ErrorKind::kInvalidConfig,
        "column '{}': no metadata '{}': there are topic, partition, offset, timestamp, "
        "timestamp-type and headers",
        column.name, key);
  }
  if (!fits) {
    return Fail(ErrorKind::kInvalidConfig,
                "column '{}': metadata '{}' cannot be of type {}", column.name, key,
                column.type.ToString());
  }
  return MetadataColumn(*known, column);
}

Result<std::shared_ptr<arrow::ArrayData>> MetadataColumn::Fill(
    const RawBatch& batch, std::span<const std::uint32_t> record_of_row,
    const std::shared_ptr<arrow::DataType>& type) {
  if (!AppendAll(batch, record_of_row)) {
    return Fail(ErrorKind::kInternal, "out of memory for {} rows of metadata",
                record_of_row.size());
  }
  return column_.Finish(type);
}

bool MetadataColumn::AppendAll(const RawBatch& batch,
                               std::span<const std::uint32_t> record_of_row) {
  if (!column_.Reserve(static_cast<std::int64_t>(record_of_row.size()))) return false;
  return std::all_of(record_of_row.begin(), record_of_row.end(),
                     [&](std::uint32_t record) { return Append(batch, record); });
}

bool MetadataColumn::Append(const RawBatch& batch, std::uint32_t record) {
  const RawRecord& raw = batch.records[record];
  switch (key_) {
    case Key::kTopic:
      return column_.AppendBytes(batch.split.stream);
    case Key::kPartition:
      return type_ == TypeId::kInt
                 ? column_.Append(batch.split.partition)
                 : column_.Append(static_cast<std::int64_t>(batch.split.partition));
    case Key::kOffset:
      return column_.Append(raw.ordinal);
    case Key::kTimestamp:
      return HasMicros(raw) ? column_.Append(raw.timestamp_ms * 1000)
                            : column_.AppendNull();
    case Key::kTimestampType:
      return column_.AppendBytes(TimestampTypeName(raw.timestamp_type));
    case Key::kHeaders:
      return AppendHeaders(batch, record);
  }
  return false;
}

bool MetadataColumn::AppendHeaders(const RawBatch& batch, std::uint32_t record) {
  const Headers headers =
      batch.storage == nullptr ? Headers{} : batch.storage->HeadersOf(record);
  for (std::size_t i = 0; i < headers.size(); ++i) {
    if (IsSuperseded(headers, i)) continue;
    const auto& [name, value] = headers[i];
    Column& values = column_.children()[1];
    if (!column_.children()[0].AppendBytes(name)) return false;
    if (!(value ? values.AppendBytes(*value) : values.AppendNull())) return false;
  }
  return column_.EndList();
}

}  // namespace frazil
