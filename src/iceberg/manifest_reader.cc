#include <algorithm>
#include <utility>

#include "iceberg/avro.h"
#include "iceberg/avro_record.h"
#include "iceberg/manifest.h"
#include "iceberg/manifest_schema.h"
#include "iceberg/single_value.h"

namespace frazil {
namespace {

// A field of a spec and, unless its transform is unknown, the type of its values.
struct PartitionTarget {
  std::int32_t field_id = 0;
  std::string avro_name;
  std::optional<Type> type;
};

// The source column may be gone from the current schema: older ones still know it.
std::vector<PartitionTarget> TargetsOf(const PartitionSpec& spec,
                                       const TableMetadata& metadata) {
  std::vector<PartitionTarget> targets;
  for (const PartitionField& field : spec.fields) {
    const SchemaField* source = metadata.CurrentSchema().FindFieldById(field.source_id);
    for (auto schema = metadata.schemas.rbegin();
         source == nullptr && schema != metadata.schemas.rend(); ++schema) {
      source = schema->FindFieldById(field.source_id);
    }
    PartitionTarget target{field.field_id, AvroName(field.name), std::nullopt};
    if (source != nullptr) {
      auto type = field.transform.ResultType(source->type);
      if (type.has_value()) target.type = *std::move(type);
    }
    targets.push_back(std::move(target));
  }
  return targets;
}

Result<Literal> NativeLiteral(const AvroNode& node, const AvroValue& value) {
  switch (node.kind) {
    case AvroKind::kBoolean:
      return Literal(std::get<bool>(value.value));
    case AvroKind::kInt:
      return Literal(static_cast<std::int32_t>(std::get<std::int64_t>(value.value)));
    case AvroKind::kLong:
      return Literal(std::get<std::int64_t>(value.value));
    case AvroKind::kFloat:
      return Literal(static_cast<float>(std::get<double>(value.value)));
    case AvroKind::kDouble:
      return Literal(std::get<double>(value.value));
    case AvroKind::kString:
      return Literal(std::get<std::string>(value.value));
    case AvroKind::kBytes:
    case AvroKind::kFixed: {
      const auto& bytes = std::get<std::string>(value.value);
      if (node.logical_type != "decimal") return Literal(bytes);
      FRAZIL_ASSIGN(const Int128 unscaled, DecimalFromBytes(bytes));
      return Literal(unscaled);
    }
    default:
      return Fail(ErrorKind::kCorruptData, "partition value of a nested type");
  }
}

// Columns may have been widened since the file was written, and some writers take another
// integer than Java does.
Literal Widen(Literal value, const Type& type) {
  const bool is_narrow = type.id() == TypeId::kInt || type.id() == TypeId::kDate;
  if (const auto* small = std::get_if<std::int32_t>(&value);
      small != nullptr && !is_narrow) {
    return std::int64_t{*small};
  }
  if (const auto* large = std::get_if<std::int64_t>(&value);
      large != nullptr && is_narrow && *large == static_cast<std::int32_t>(*large)) {
    return static_cast<std::int32_t>(*large);
  }
  if (const auto* real = std::get_if<float>(&value);
      real != nullptr && type.id() == TypeId::kDouble) {
    return double{*real};
  }
  return value;
}

Status ReadPartition(const RecordView& data_file,
                     const std::vector<PartitionTarget>& targets, DataFile& file) {
  if (targets.empty()) return {};
  const AvroValue* tuple = data_file.Find(102, "partition");
  if (tuple == nullptr) return Fail(ErrorKind::kCorruptData, "missing field: partition");
  FRAZIL_ASSIGN(const RecordView record, RecordView::Make(data_file.schema(), *tuple));
  for (const PartitionTarget& target : targets) {
    const AvroValue* value = record.Find(target.field_id, target.avro_name);
    Literal& literal = file.partition.emplace_back();
    if (value == nullptr) continue;
    FRAZIL_ASSIGN(literal, NativeLiteral(data_file.schema().node(value->node), *value));
    if (!target.type) continue;
    literal = Widen(std::move(literal), *target.type);
    if (!IsOfType(literal, *target.type)) {
      return Fail(ErrorKind::kCorruptData, "partition value of {} is not a {}",
                  target.avro_name, target.type->ToString());
    }
  }
  return {};
}

Status ReadMetrics(const RecordView& record, DataFile& file) {
  FRAZIL_TRY(record.ReadIfPresent(108, "column_sizes", file.column_sizes));
  FRAZIL_TRY(record.ReadIfPresent(109, "value_counts", file.value_counts));
  FRAZIL_TRY(record.ReadIfPresent(110, "null_value_counts", file.null_value_counts));
  FRAZIL_TRY(record.ReadIfPresent(137, "nan_value_counts", file.nan_value_counts));
  FRAZIL_TRY(record.ReadIfPresent(125, "lower_bounds", file.lower_bounds));
  return record.ReadIfPresent(128, "upper_bounds", file.upper_bounds);
}

Result<DataFile> ReadDataFile(const RecordView& record,
                              const std::vector<PartitionTarget>& targets,
                              std::int32_t spec_id) {
  DataFile file;
  file.spec_id = spec_id;
  std::int32_t content = 0;  // version 1 has data files only
  FRAZIL_TRY(record.ReadIfPresent(134, "content", content));
  if (content < 0 || content > 2) {
    return Fail(ErrorKind::kCorruptData, "unknown content of a file: {}", content);
  }
  file.content = static_cast<FileContent>(content);
  FRAZIL_TRY(record.Read(100, "file_path", file.file_path));
  FRAZIL_TRY(record.Read(101, "file_format", file.file_format));
  for (char& c : file.file_format) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  FRAZIL_TRY(ReadPartition(record, targets, file));
  FRAZIL_TRY(record.Read(103, "record_count", file.record_count));
  FRAZIL_TRY(record.Read(104, "file_size_in_bytes", file.file_size_bytes));
  FRAZIL_TRY(ReadMetrics(record, file));
  FRAZIL_TRY(record.Read(131, "key_metadata", file.key_metadata));
  FRAZIL_TRY(record.ReadIfPresent(132, "split_offsets", file.split_offsets));
  FRAZIL_TRY(record.ReadIfPresent(135, "equality_ids", file.equality_ids));
  FRAZIL_TRY(record.Read(140, "sort_order_id", file.sort_order_id));
  FRAZIL_TRY(record.Read(142, "first_row_id", file.first_row_id));
  FRAZIL_TRY(record.Read(143, "referenced_data_file", file.referenced_data_file));
  FRAZIL_TRY(record.Read(144, "content_offset", file.content_offset));
  FRAZIL_TRY(record.Read(145, "content_size_in_bytes", file.content_size_bytes));
  return file;
}

// Entries of a manifest that is new in a snapshot do not know its number; those of version 1
// manifests have none, which counts as 0.
void Inherit(const ManifestFile& manifest, ManifestEntry& entry) {
  if (!entry.snapshot_id) entry.snapshot_id = manifest.added_snapshot_id;
  if (entry.status != EntryStatus::kAdded && manifest.sequence_number != 0) return;
  if (!entry.sequence_number) entry.sequence_number = manifest.sequence_number;
  if (!entry.file_sequence_number) entry.file_sequence_number = manifest.sequence_number;
}

Result<ManifestEntry> ReadEntry(const AvroSchema& schema, const AvroValue& value,
                                const std::vector<PartitionTarget>& targets,
                                const ManifestFile& manifest) {
  FRAZIL_ASSIGN(const RecordView record, RecordView::Make(schema, value));
  ManifestEntry entry;
  std::int32_t status = 0;
  FRAZIL_TRY(record.Read(0, "status", status));
  if (status < 0 || status > 2) {
    return Fail(ErrorKind::kCorruptData, "unknown status of an entry: {}", status);
  }
  entry.status = static_cast<EntryStatus>(status);
  FRAZIL_TRY(record.Read(1, "snapshot_id", entry.snapshot_id));
  FRAZIL_TRY(record.Read(3, "sequence_number", entry.sequence_number));
  FRAZIL_TRY(record.Read(4, "file_sequence_number", entry.file_sequence_number));
  const AvroValue* data_file = record.Find(2, "data_file");
  if (data_file == nullptr)
    return Fail(ErrorKind::kCorruptData, "missing field: data_file");
  FRAZIL_ASSIGN(const RecordView file_record, RecordView::Make(schema, *data_file));
  FRAZIL_ASSIGN(entry.data_file,
                ReadDataFile(file_record, targets, manifest.partition_spec_id));
  Inherit(manifest, entry);
  return entry;
}

Status ReadSummaries(const RecordView& record, ManifestFile& manifest) {
  const AvroValue* list = record.Find(507, "partitions");
  if (list == nullptr) return {};
  const auto* items = std::get_if<AvroValue::Items>(&list->value);
  if (items == nullptr) {
    return Fail(ErrorKind::kCorruptData, "field of another type: partitions");
  }
  for (const AvroValue& item : *items) {
    FRAZIL_ASSIGN(const RecordView fields, RecordView::Make(record.schema(), item));
    PartitionFieldSummary& summary = manifest.partitions.emplace_back();
    FRAZIL_TRY(fields.Read(509, "contains_null", summary.contains_null));
    FRAZIL_TRY(fields.Read(518, "contains_nan", summary.contains_nan));
    FRAZIL_TRY(fields.Read(510, "lower_bound", summary.lower_bound));
    FRAZIL_TRY(fields.Read(511, "upper_bound", summary.upper_bound));
  }
  return {};
}

// The first lists of version 1 told no counts. Taking them for 0 would hide files.
Status ReadCounts(const RecordView& record, ManifestFile& manifest) {
  if (record.Find(504, "added_files_count") == nullptr) {
    return Fail(ErrorKind::kNotSupported, "manifest list without counts of files: {}",
                manifest.manifest_path);
  }
  FRAZIL_TRY(record.Read(504, "added_files_count", manifest.added_files_count));
  FRAZIL_TRY(record.Read(505, "existing_files_count", manifest.existing_files_count));
  FRAZIL_TRY(record.Read(506, "deleted_files_count", manifest.deleted_files_count));
  FRAZIL_TRY(record.ReadIfPresent(512, "added_rows_count", manifest.added_rows_count));
  FRAZIL_TRY(
      record.ReadIfPresent(513, "existing_rows_count", manifest.existing_rows_count));
  return record.ReadIfPresent(514, "deleted_rows_count", manifest.deleted_rows_count);
}

Result<ManifestFile> ReadManifestFile(const AvroSchema& schema, const AvroValue& value) {
  FRAZIL_ASSIGN(const RecordView record, RecordView::Make(schema, value));
  ManifestFile manifest;
  FRAZIL_TRY(record.Read(500, "manifest_path", manifest.manifest_path));
  FRAZIL_TRY(record.Read(501, "manifest_length", manifest.manifest_length));
  FRAZIL_TRY(record.Read(502, "partition_spec_id", manifest.partition_spec_id));
  std::int32_t content = 0;
  FRAZIL_TRY(record.ReadIfPresent(517, "content", content));
  if (content < 0 || content > 1) {
    return Fail(ErrorKind::kCorruptData, "unknown content of a manifest: {}", content);
  }
  manifest.holds_deletes = content == 1;
  FRAZIL_TRY(record.ReadIfPresent(515, "sequence_number", manifest.sequence_number));
  FRAZIL_TRY(
      record.ReadIfPresent(516, "min_sequence_number", manifest.min_sequence_number));
  FRAZIL_TRY(record.ReadIfPresent(503, "added_snapshot_id", manifest.added_snapshot_id));
  FRAZIL_TRY(ReadCounts(record, manifest));
  FRAZIL_TRY(ReadSummaries(record, manifest));
  FRAZIL_TRY(record.Read(519, "key_metadata", manifest.key_metadata));
  FRAZIL_TRY(record.Read(520, "first_row_id", manifest.first_row_id));
  return manifest;
}

Result<std::vector<ManifestEntry>> ReadEntries(
    std::string_view bytes, FixedForm fixed_form,
    const std::vector<PartitionTarget>& targets, const ManifestFile& file) {
  FRAZIL_ASSIGN(AvroReader reader, AvroReader::Open(bytes, fixed_form));
  std::vector<ManifestEntry> entries;
  while (true) {
    FRAZIL_ASSIGN(const auto value, reader.Next());
    if (!value) return entries;
    FRAZIL_ASSIGN(auto entry, ReadEntry(reader.schema(), *value, targets, file));
    entries.push_back(std::move(entry));
  }
}

bool IsFixed(const PartitionTarget& target) {
  return target.type.has_value() && target.type->id() == TypeId::kFixed;
}

}  // namespace

Result<std::vector<ManifestEntry>> DecodeManifest(std::string_view bytes,
                                                  const ManifestFile& file,
                                                  const TableMetadata& metadata) {
  const PartitionSpec* spec = metadata.FindSpec(file.partition_spec_id);
  if (spec == nullptr) {
    return Fail(ErrorKind::kCorruptData, "manifest of an unknown partition spec: {}",
                file.partition_spec_id);
  }
  const std::vector<PartitionTarget> targets = TargetsOf(*spec, metadata);
  auto entries = ReadEntries(bytes, FixedForm::kPlain, targets, file);
  if (entries.has_value() || entries.error().kind != ErrorKind::kCorruptData ||
      std::none_of(targets.begin(), targets.end(), IsFixed)) {
    return entries;
  }
  auto entries_of_java = ReadEntries(bytes, FixedForm::kWithLength, targets, file);
  return entries_of_java.has_value() ? std::move(entries_of_java) : std::move(entries);
}

Result<std::vector<ManifestFile>> DecodeManifestList(std::string_view bytes) {
  FRAZIL_ASSIGN(AvroReader reader, AvroReader::Open(bytes));
  std::vector<ManifestFile> manifests;
  while (true) {
    FRAZIL_ASSIGN(const auto value, reader.Next());
    if (!value) return manifests;
    FRAZIL_ASSIGN(auto manifest, ReadManifestFile(reader.schema(), *value));
    manifests.push_back(std::move(manifest));
  }
}

}  // namespace frazil
