#include "decode/json/json_decoder.h"

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include <arrow/array/data.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "decode/column.h"
#include "decode/decode_error.h"
#include "decode/json/json_reader.h"
#include "decode/json/json_text.h"
#include "decode/metadata_columns.h"
#include "model/arrow_schema.h"

namespace frazil {
namespace {

// What a reader may keep between batches; one huge record must not hold memory for ever.
constexpr std::size_t kKeptBytes = std::size_t{1} << 20U;

// What a record failed in.
enum class RecordPart : std::uint8_t { kValue, kKey, kMetadata };

class JsonDecoder final : public Decoder {
 public:
  JsonDecoder(std::vector<SourceColumn> source_columns, JsonOptions options)
      : source_columns_(std::move(source_columns)), options_(std::move(options)) {}

  Status Compile();

  Result<DecodedBatch> Decode(const RawBatch& batch, std::size_t first_record) override;

 private:
  Status AddColumn(const SourceColumn& column);
  Status AddFields(ColumnOrigin origin, std::vector<JsonField>& fields);

  DecodeError DecodeRecord(const RawRecord& record, std::int64_t& row_count);
  DecodeError DecodeValue(const RawRecord& record, std::int64_t& row_count);
  DecodeError DecodeKey(const RawRecord& record, std::int64_t row_count);
  DecodeError DecodeRawKey(const RawRecord& record, std::int64_t row_count);
  DecodeError ReadKeyRows(const RawRecord& record, std::int64_t row_count);
  void Undo();
  bool IsIgnored(DecodeError error) const;
  RecordFailure Describe(std::size_t record_index, const RawRecord& record,
                         DecodeError error) const;
  bool Reserve(std::size_t record_count);
  Result<DecodedBatch> Finish(const RawBatch& batch, std::size_t first_record);

  std::vector<SourceColumn> source_columns_;
  JsonOptions options_;
  std::shared_ptr<arrow::Schema> schema_;
  std::vector<std::unique_ptr<Column>> columns_;  // of value and key, else nullptr
  std::vector<std::unique_ptr<MetadataColumn>> metadata_;  // the others
  std::unique_ptr<JsonReader> value_reader_;
  std::unique_ptr<JsonReader> key_reader_;
  Column* raw_key_ = nullptr;
  TypeId raw_key_type_ = TypeId::kBinary;
  bool is_raw_key_required_ = false;
  std::vector<const MetadataColumn*> timestamps_;  // of metadata_

  // The batch at hand.
  std::int64_t rows_ = 0;
  std::vector<std::uint32_t> record_of_row_;
  std::vector<RecordFailure> failures_;
  RecordPart part_ = RecordPart::kValue;
};

Status CheckMapKeys(const std::string& column, const Type& type) {
  if (!type.is_nested()) return {};
  if (type.id() == TypeId::kMap) {
    const Type& key = type.fields()[0].type;
    if (key.is_nested() || key.id() == TypeId::kBoolean) {
      return Fail(ErrorKind::kNotSupported,
                  "column '{}': JSON has no map with keys of type {}", column,
                  key.ToString());
    }
  }
  for (const SchemaField& field : type.fields()) {
    FRAZIL_TRY(CheckMapKeys(column, field.type));
  }
  return {};
}

Status JsonDecoder::AddColumn(const SourceColumn& column) {
  metadata_.emplace_back();
  columns_.emplace_back();
  if (column.origin == ColumnOrigin::kMetadata) {
    FRAZIL_ASSIGN(MetadataColumn metadata, MetadataColumn::Make(column));
    metadata_.back() = std::make_unique<MetadataColumn>(std::move(metadata));
    if (metadata_.back()->is_timestamp()) timestamps_.push_back(metadata_.back().get());
    return {};
  }
  FRAZIL_TRY(CheckMapKeys(column.name, column.type));
  columns_.back() = std::make_unique<Column>(column.type, column.required);
  return {};
}

Status JsonDecoder::AddFields(ColumnOrigin origin, std::vector<JsonField>& fields) {
  std::set<std::string, std::less<>> names;
  for (std::size_t i = 0; i < source_columns_.size(); ++i) {
    const SourceColumn& column = source_columns_[i];
    if (column.origin != origin) continue;
    std::string name = column.name;
    if (origin == ColumnOrigin::kKey && name.starts_with(options_.key_fields_prefix)) {
      name.erase(0, options_.key_fields_prefix.size());
    }
    if (!names.insert(name).second) {
      return Fail(ErrorKind::kInvalidConfig, "two columns read the field '{}'", name);
    }
    fields.push_back({std::move(name), column.type, column.required, columns_[i].get()});
  }
  return {};
}

Status JsonDecoder::Compile() {
  arrow::FieldVector arrow_fields;
  for (const SourceColumn& column : source_columns_) {
    arrow_fields.push_back(
        ArrowFieldOf(SchemaField{0, column.name, column.type, column.required, {}}));
  }
  schema_ = arrow::schema(std::move(arrow_fields));
  for (const SourceColumn& column : source_columns_) FRAZIL_TRY(AddColumn(column));
  std::vector<JsonField> value_fields;
  FRAZIL_TRY(AddFields(ColumnOrigin::kValue, value_fields));
  if (!value_fields.empty()) {
    value_reader_ =
        std::make_unique<JsonReader>(value_fields, options_.value, options_.max_depth);
  }
  std::vector<JsonField> key_fields;
  FRAZIL_TRY(AddFields(ColumnOrigin::kKey, key_fields));
  if (key_fields.empty()) return {};
  if (options_.key_format == KeyFormat::kJson) {
    key_reader_ =
        std::make_unique<JsonReader>(key_fields, options_.key, options_.max_depth);
    return {};
  }
  raw_key_type_ = key_fields[0].type.id();
  if (key_fields.size() != 1 ||
      (raw_key_type_ != TypeId::kString && raw_key_type_ != TypeId::kBinary)) {
    return Fail(
        ErrorKind::kInvalidConfig,
        "a raw key has one column, of type STRING or BYTES; there are {}, the first "
        "of type {}",
        key_fields.size(), key_fields[0].type.ToString());
  }
  raw_key_ = key_fields[0].column;
  is_raw_key_required_ = key_fields[0].is_required;
  return {};
}

bool JsonDecoder::Reserve(std::size_t record_count) {
  record_of_row_.clear();
  record_of_row_.reserve(record_count);
  for (const std::unique_ptr<Column>& column : columns_) {
    if (column != nullptr && !column->Reserve(static_cast<std::int64_t>(record_count)))
      return false;
  }
  return true;
}

DecodeError JsonDecoder::DecodeValue(const RawRecord& record, std::int64_t& row_count) {
  row_count = 0;
  if (!record.has_value) return DecodeError::kNone;
  if (record.value.size() > static_cast<std::size_t>(options_.max_record_bytes)) {
    return DecodeError::kTooLarge;
  }
  const DecodeError error = value_reader_->Open(record.value);
  return error == DecodeError::kNone ? value_reader_->ReadRows(rows_, row_count) : error;
}

DecodeError JsonDecoder::DecodeRawKey(const RawRecord& record, std::int64_t row_count) {
  DecodeError error = DecodeError::kNone;
  if (!record.has_key) {
    if (is_raw_key_required_) return DecodeError::kNullInRequired;
  } else if (raw_key_type_ == TypeId::kString && !IsUtf8(record.key)) {
    if (!options_.key.ignore_parse_errors || is_raw_key_required_) {
      return DecodeError::kInvalidUtf8;
    }
    error = DecodeError::kInvalidUtf8;
  }
  const bool is_null = !record.has_key || error != DecodeError::kNone;
  for (std::int64_t i = 0; i < row_count; ++i) {
    if (!(is_null ? raw_key_->AppendNull() : raw_key_->AppendBytes(record.key))) {
      return DecodeError::kOutOfMemory;
    }
  }
  return DecodeError::kNone;
}

DecodeError JsonDecoder::ReadKeyRows(const RawRecord& record, std::int64_t row_count) {
  DecodeError error = DecodeError::kNone;
  if (record.key.size() > static_cast<std::size_t>(options_.max_record_bytes)) {
    return DecodeError::kTooLarge;
  }
  error = key_reader_->Open(record.key);
  for (std::int64_t i = 0; i < row_count && error == DecodeError::kNone; ++i) {
    error = key_reader_->ReadOneRow(rows_ + i);
  }
  return error;
}

DecodeError JsonDecoder::DecodeKey(const RawRecord& record, std::int64_t row_count) {
  if (raw_key_ != nullptr) return DecodeRawKey(record, row_count);
  if (key_reader_ == nullptr) return DecodeError::kNone;
  if (record.has_key) {
    const DecodeError error = ReadKeyRows(record, row_count);
    const bool becomes_null = error != DecodeError::kNone &&
                              error != DecodeError::kOutOfMemory &&
                              options_.key.ignore_parse_errors;
    if (!becomes_null) return error;
  }
  for (std::int64_t i = 0; i < row_count; ++i) {
    const DecodeError error = key_reader_->ReadNothing(rows_ + i);
    if (error != DecodeError::kNone) return error;
  }
  return DecodeError::kNone;
}

DecodeError JsonDecoder::DecodeRecord(const RawRecord& record, std::int64_t& row_count) {
  row_count = 1;
  if (value_reader_ != nullptr) {
    part_ = RecordPart::kValue;
    const DecodeError error = DecodeValue(record, row_count);
    if (error != DecodeError::kNone) return error;
  }
  if (row_count == 0) return DecodeError::kNone;
  part_ = RecordPart::kKey;
  const DecodeError error = DecodeKey(record, row_count);
  if (error != DecodeError::kNone) return error;
  part_ = RecordPart::kMetadata;
  for (const MetadataColumn* column : timestamps_) {
    const DecodeError when =
        column->CheckTimestamp(record, options_.value.ignore_parse_errors);
    if (when != DecodeError::kNone) return when;
  }
  return DecodeError::kNone;
}

void JsonDecoder::Undo() {
  for (const std::unique_ptr<Column>& column : columns_) {
    if (column != nullptr) column->Truncate(rows_);
  }
}

bool JsonDecoder::IsIgnored(DecodeError error) const {
  if (error == DecodeError::kOutOfMemory) return false;
  return part_ == RecordPart::kKey ? options_.key.ignore_parse_errors
                                   : options_.value.ignore_parse_errors;
}

RecordFailure JsonDecoder::Describe(std::size_t record_index, const RawRecord& record,
                                    DecodeError error) const {
  RecordFailure failure{record_index, "decode", std::string(DecodeErrorName(error)), {}};
  if (part_ == RecordPart::kMetadata) {
    failure.message = error == DecodeError::kOutOfRange
                          ? fmt::format("the record's timestamp is out of range: {} ms",
                                        record.timestamp_ms)
                          : "the record has no timestamp, but the column is NOT NULL";
    return failure;
  }
  const bool is_key = part_ == RecordPart::kKey;
  const std::string_view part = is_key ? "key" : "value";
  if (error == DecodeError::kTooLarge) {
    failure.message = fmt::format(
        "{}: longer than json.max-record-size: {} bytes, limit {}", part,
        is_key ? record.key.size() : record.value.size(), options_.max_record_bytes);
  } else if (is_key && !record.has_key) {
    failure.message = "key: the record has none, but its column is NOT NULL";
  } else if (is_key && raw_key_ != nullptr) {
    failure.message = "key: the bytes are not UTF-8";
  } else {
    failure.message = fmt::format(
        "{}: {}", part, (is_key ? key_reader_ : value_reader_)->Describe(error));
  }
  return failure;
}

Result<DecodedBatch> JsonDecoder::Decode(const RawBatch& batch,
                                         std::size_t first_record) {
  const std::size_t end = batch.records.size();
  const std::size_t first = std::min(first_record, end);
  rows_ = 0;
  failures_.clear();
  if (!Reserve(end - first)) {
    return Fail(ErrorKind::kInternal, "out of memory for {} records", end - first);
  }
  Undo();  // what a batch before this one left when memory ran out
  for (std::size_t i = first; i < end; ++i) {
    const RawRecord& record = batch.records[i];
    std::int64_t row_count = 0;
    const DecodeError error = DecodeRecord(record, row_count);
    if (error == DecodeError::kNone) [[likely]] {
      for (std::int64_t row = 0; row < row_count; ++row) {
        record_of_row_.push_back(static_cast<std::uint32_t>(i));
      }
      rows_ += row_count;
      continue;
    }
    if (error == DecodeError::kOutOfMemory) {
      return Fail(ErrorKind::kInternal, "out of memory while decoding record {} of {}", i,
                  end);
    }
    Undo();
    if (!IsIgnored(error)) failures_.push_back(Describe(i, record, error));
  }
  return Finish(batch, first);
}

Result<DecodedBatch> JsonDecoder::Finish(const RawBatch& batch,
                                         std::size_t first_record) {
  std::vector<std::shared_ptr<arrow::ArrayData>> arrays;
  arrays.reserve(columns_.size());
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const std::shared_ptr<arrow::DataType>& type =
        schema_->field(static_cast<int>(i))->type();
    if (columns_[i] != nullptr) {
      arrays.push_back(columns_[i]->Finish(type));
      continue;
    }
    FRAZIL_ASSIGN(std::shared_ptr<arrow::ArrayData> array,
                  metadata_[i]->Fill(batch, record_of_row_, type));
    arrays.push_back(std::move(array));
  }
  DecodedBatch decoded;
  decoded.rows = arrow::RecordBatch::Make(schema_, rows_, std::move(arrays));
  bool is_one_to_one = record_of_row_.size() == batch.records.size() - first_record;
  for (std::size_t row = 0; row < record_of_row_.size() && is_one_to_one; ++row) {
    is_one_to_one = record_of_row_[row] == first_record + row;
  }
  if (!is_one_to_one) decoded.record_of_row = record_of_row_;
  decoded.failures = std::move(failures_);
  if (value_reader_ != nullptr) value_reader_->ShrinkTo(kKeptBytes);
  if (key_reader_ != nullptr) key_reader_->ShrinkTo(kKeptBytes);
  return decoded;
}

}  // namespace

Result<std::unique_ptr<Decoder>> MakeJsonDecoder(std::vector<SourceColumn> columns,
                                                 JsonOptions options) {
  auto decoder = std::make_unique<JsonDecoder>(std::move(columns), std::move(options));
  FRAZIL_TRY(decoder->Compile());
  return decoder;
}

}  // namespace frazil
