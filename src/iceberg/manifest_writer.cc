#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "iceberg/avro.h"
#include "iceberg/manifest.h"
#include "iceberg/manifest_schema.h"
#include "iceberg/metadata_json.h"
#include "iceberg/single_value.h"

namespace frazil {
namespace {

void PutOptionalLong(AvroEncoder& encoder, const std::optional<std::int64_t>& value) {
  encoder.PutIsPresent(value.has_value());
  if (value) encoder.PutLong(*value);
}

void PutOptionalBytes(AvroEncoder& encoder, const std::optional<std::string>& value) {
  encoder.PutIsPresent(value.has_value());
  if (value) encoder.PutBytes(*value);
}

void PutMap(AvroEncoder& encoder, const std::map<std::int32_t, std::int64_t>& map) {
  encoder.PutIsPresent(!map.empty());
  if (map.empty()) return;
  encoder.StartArray(map.size());
  for (const auto& [key, value] : map) {
    encoder.PutLong(key);
    encoder.PutLong(value);
  }
  encoder.EndArray();
}

void PutMap(AvroEncoder& encoder, const std::map<std::int32_t, std::string>& map) {
  encoder.PutIsPresent(!map.empty());
  if (map.empty()) return;
  encoder.StartArray(map.size());
  for (const auto& [key, value] : map) {
    encoder.PutLong(key);
    encoder.PutBytes(value);
  }
  encoder.EndArray();
}

template <typename Integer>
void PutList(AvroEncoder& encoder, const std::vector<Integer>& list) {
  encoder.PutIsPresent(!list.empty());
  if (list.empty()) return;
  encoder.StartArray(list.size());
  for (const Integer value : list) encoder.PutLong(value);
  encoder.EndArray();
}

// A partition value in the Avro type of its column.
struct ValueWriter {
  AvroEncoder& encoder;
  const Type& type;

  void operator()(std::monostate) const {}
  void operator()(bool value) const { encoder.PutBoolean(value); }
  void operator()(std::int32_t value) const { encoder.PutLong(value); }
  void operator()(std::int64_t value) const { encoder.PutLong(value); }
  void operator()(float value) const { encoder.PutFloat(value); }
  void operator()(double value) const { encoder.PutDouble(value); }
  void operator()(Int128 value) const {
    const std::string bytes = DecimalToBytes(value);
    const auto size = static_cast<std::size_t>(DecimalRequiredBytes(type.precision()));
    encoder.PutFixed(std::string(size - bytes.size(), value < 0 ? '\xff' : '\0'));
    encoder.PutFixed(bytes);
  }
  void operator()(const std::string& value) const {
    type.id() == TypeId::kUuid ? encoder.PutFixed(value) : encoder.PutBytes(value);
  }
};

// The summary of one partition field over the entries seen so far.
class SummaryBuilder {
 public:
  explicit SummaryBuilder(const Type& type) : type_(type) {}

  void Add(const Literal& value) {
    if (IsNull(value)) {
      contains_null_ = true;
    } else if (IsNan(value)) {
      contains_nan_ = true;
    } else if (IsNull(min_)) {
      min_ = value;
      max_ = value;
    } else {
      if (value < min_) min_ = value;
      if (max_ < value) max_ = value;
    }
  }

  [[nodiscard]] PartitionFieldSummary Build() const {
    PartitionFieldSummary summary;
    summary.contains_null = contains_null_;
    summary.contains_nan = contains_nan_;
    if (!IsNull(min_)) {
      summary.lower_bound = EncodeSingleValue(WithZeroSign(min_, true), type_);
      summary.upper_bound = EncodeSingleValue(WithZeroSign(max_, false), type_);
    }
    return summary;
  }

 private:
  static bool IsNan(const Literal& value) {
    const auto* small = std::get_if<float>(&value);
    const auto* large = std::get_if<double>(&value);
    return (small != nullptr && std::isnan(*small)) ||
           (large != nullptr && std::isnan(*large));
  }

  // Zero is -0.0 as a lower and +0.0 as an upper bound: it stands for both.
  static Literal WithZeroSign(const Literal& value, bool is_negative) {
    if (const auto* small = std::get_if<float>(&value); small != nullptr && *small == 0) {
      return is_negative ? -0.0F : 0.0F;
    }
    if (const auto* large = std::get_if<double>(&value);
        large != nullptr && *large == 0) {
      return is_negative ? -0.0 : 0.0;
    }
    return value;
  }

  Type type_;
  bool contains_null_ = false;
  bool contains_nan_ = false;
  Literal min_;
  Literal max_;
};

void PutDataFile(AvroEncoder& encoder, const DataFile& file,
                 const std::vector<PartitionColumn>& partition, int format_version) {
  encoder.PutLong(static_cast<std::int32_t>(file.content));
  encoder.PutBytes(file.file_path);
  encoder.PutBytes(file.file_format);
  for (std::size_t i = 0; i < partition.size(); ++i) {
    encoder.PutIsPresent(!IsNull(file.partition[i]));
    std::visit(ValueWriter{encoder, partition[i].type}, file.partition[i]);
  }
  encoder.PutLong(file.record_count);
  encoder.PutLong(file.file_size_bytes);
  PutMap(encoder, file.column_sizes);
  PutMap(encoder, file.value_counts);
  PutMap(encoder, file.null_value_counts);
  PutMap(encoder, file.nan_value_counts);
  PutMap(encoder, file.lower_bounds);
  PutMap(encoder, file.upper_bounds);
  PutOptionalBytes(encoder, file.key_metadata);
  PutList(encoder, file.split_offsets);
  PutList(encoder, file.equality_ids);
  PutOptionalLong(encoder, file.sort_order_id);
  if (format_version > 2) PutOptionalLong(encoder, file.first_row_id);
  PutOptionalBytes(encoder, file.referenced_data_file);
  if (format_version > 2) {
    PutOptionalLong(encoder, file.content_offset);
    PutOptionalLong(encoder, file.content_size_bytes);
  }
}

void PutEntry(AvroEncoder& encoder, const ManifestEntry& entry,
              const std::vector<PartitionColumn>& partition, int format_version) {
  encoder.PutLong(static_cast<std::int32_t>(entry.status));
  PutOptionalLong(encoder, entry.snapshot_id);
  PutOptionalLong(encoder, entry.sequence_number);
  PutOptionalLong(encoder, entry.file_sequence_number);
  PutDataFile(encoder, entry.data_file, partition, format_version);
}

Status CheckEntry(const ManifestEntry& entry, const PartitionSpec& spec,
                  bool holds_deletes, const std::vector<PartitionColumn>& partition) {
  const DataFile& file = entry.data_file;
  if (file.spec_id != spec.spec_id || file.partition.size() != partition.size()) {
    return Fail(ErrorKind::kInvalidArgument, "file is not of partition spec {}: {}",
                spec.spec_id, file.file_path);
  }
  if ((file.content != FileContent::kData) != holds_deletes) {
    return Fail(ErrorKind::kInvalidArgument, "manifest of data and deletes: {}",
                file.file_path);
  }
  for (std::size_t i = 0; i < partition.size(); ++i) {
    if (!IsOfType(file.partition[i], partition[i].type)) {
      return Fail(ErrorKind::kInvalidArgument, "partition value of {} is not a {}: {}",
                  partition[i].name, partition[i].type.ToString(), file.file_path);
    }
  }
  return {};
}

void Count(const ManifestEntry& entry, ManifestFile& manifest) {
  const std::int64_t rows = entry.data_file.record_count;
  switch (entry.status) {
    case EntryStatus::kAdded:
      ++manifest.added_files_count;
      manifest.added_rows_count += rows;
      break;
    case EntryStatus::kExisting:
      ++manifest.existing_files_count;
      manifest.existing_rows_count += rows;
      break;
    case EntryStatus::kDeleted:
      ++manifest.deleted_files_count;
      manifest.deleted_rows_count += rows;
      return;
  }
  if (!entry.sequence_number) return;
  manifest.min_sequence_number =
      manifest.min_sequence_number == kInheritedSequenceNumber
          ? *entry.sequence_number
          : std::min(manifest.min_sequence_number, *entry.sequence_number);
}

}  // namespace

Result<EncodedManifest> EncodeManifest(const Schema& schema, const PartitionSpec& spec,
                                       int format_version,
                                       const std::vector<ManifestEntry>& entries) {
  if (format_version < 2) {
    return Fail(ErrorKind::kNotSupported, "writing manifests of format-version {}",
                format_version);
  }
  FRAZIL_ASSIGN(const auto partition, PartitionColumnsOf(spec, schema));
  EncodedManifest manifest;
  manifest.file.partition_spec_id = spec.spec_id;
  manifest.file.holds_deletes =
      !entries.empty() && entries.front().data_file.content != FileContent::kData;
  manifest.file.min_sequence_number = kInheritedSequenceNumber;

  AvroWriter writer(ManifestEntrySchema(partition, format_version),
                    {{"schema", DumpJson(SchemaToJson(schema))},
                     {"schema-id", fmt::format("{}", schema.schema_id)},
                     {"partition-spec", DumpJson(PartitionFieldsToJson(spec))},
                     {"partition-spec-id", fmt::format("{}", spec.spec_id)},
                     {"format-version", fmt::format("{}", format_version)},
                     {"content", manifest.file.holds_deletes ? "deletes" : "data"}});
  std::vector<SummaryBuilder> summaries;
  summaries.reserve(partition.size());
  for (const PartitionColumn& column : partition) summaries.emplace_back(column.type);
  for (const ManifestEntry& entry : entries) {
    FRAZIL_TRY(CheckEntry(entry, spec, manifest.file.holds_deletes, partition));
    PutEntry(writer.encoder(), entry, partition, format_version);
    writer.Commit();
    Count(entry, manifest.file);
    for (std::size_t i = 0; i < partition.size(); ++i) {
      summaries[i].Add(entry.data_file.partition[i]);
    }
  }
  for (const SummaryBuilder& summary : summaries) {
    manifest.file.partitions.push_back(summary.Build());
  }
  manifest.bytes = writer.Finish();
  manifest.file.manifest_length = static_cast<std::int64_t>(manifest.bytes.size());
  return manifest;
}

std::string EncodeManifestList(const std::vector<ManifestFile>& manifests,
                               const Snapshot& snapshot, int format_version) {
  std::map<std::string, std::string> metadata = {
      {"snapshot-id", fmt::format("{}", snapshot.snapshot_id)},
      {"parent-snapshot-id", snapshot.parent_snapshot_id
                                 ? fmt::format("{}", *snapshot.parent_snapshot_id)
                                 : "null"},
      {"sequence-number", fmt::format("{}", snapshot.sequence_number)},
      {"format-version", fmt::format("{}", format_version)}};
  if (format_version > 2) {
    metadata["first-row-id"] =
        snapshot.first_row_id ? fmt::format("{}", *snapshot.first_row_id) : "null";
  }
  AvroWriter writer(ManifestFileSchema(format_version), metadata);
  for (const ManifestFile& manifest : manifests) {
    AvroEncoder& encoder = writer.encoder();
    encoder.PutBytes(manifest.manifest_path);
    encoder.PutLong(manifest.manifest_length);
    encoder.PutLong(manifest.partition_spec_id);
    encoder.PutLong(manifest.holds_deletes ? 1 : 0);
    encoder.PutLong(manifest.sequence_number);
    encoder.PutLong(manifest.min_sequence_number);
    encoder.PutLong(manifest.added_snapshot_id);
    encoder.PutLong(manifest.added_files_count);
    encoder.PutLong(manifest.existing_files_count);
    encoder.PutLong(manifest.deleted_files_count);
    encoder.PutLong(manifest.added_rows_count);
    encoder.PutLong(manifest.existing_rows_count);
    encoder.PutLong(manifest.deleted_rows_count);
    encoder.PutIsPresent(true);
    encoder.StartArray(manifest.partitions.size());
    for (const PartitionFieldSummary& summary : manifest.partitions) {
      encoder.PutBoolean(summary.contains_null);
      encoder.PutIsPresent(summary.contains_nan.has_value());
      if (summary.contains_nan) encoder.PutBoolean(*summary.contains_nan);
      PutOptionalBytes(encoder, summary.lower_bound);
      PutOptionalBytes(encoder, summary.upper_bound);
    }
    encoder.EndArray();
    PutOptionalBytes(encoder, manifest.key_metadata);
    if (format_version > 2) PutOptionalLong(encoder, manifest.first_row_id);
    writer.Commit();
  }
  return writer.Finish();
}

}  // namespace frazil
