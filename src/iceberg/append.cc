#include "iceberg/append.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "base/unique_id.h"
#include "iceberg/metrics.h"

namespace frazil {
namespace {

constexpr const char* kMainBranch = "main";
constexpr std::size_t kUuidSize = 16;

// A sum in the summary and the counts of this append that change it.
struct Total {
  const char* key;
  std::int64_t added;
};

// The parent's total plus what is added. A parent that has no such total passes none on.
void AddTotal(const Snapshot* parent, const Total& total,
              std::map<std::string, std::string>& summary) {
  std::int64_t sum = 0;
  if (parent != nullptr) {
    const std::optional<std::string> text = parent->summary.Find(total.key);
    if (!text.has_value()) return;
    const auto [end, error] =
        std::from_chars(text->data(), text->data() + text->size(), sum);
    if (error != std::errc() || end != text->data() + text->size() || sum < 0) return;
    if (sum > std::numeric_limits<std::int64_t>::max() - total.added) return;
  }
  summary[total.key] = fmt::format("{}", sum + total.added);
}

void AddCount(const char* key, std::int64_t count,
              std::map<std::string, std::string>& summary) {
  if (count > 0) summary[key] = fmt::format("{}", count);
}

// A stamp that no log of the table is ahead of.
std::int64_t StampMs(const TableMetadata& base, std::int64_t now_ms) {
  std::int64_t stamp_ms = std::max(now_ms, base.last_updated_ms);
  if (!base.snapshot_log.empty()) {
    stamp_ms = std::max(stamp_ms, base.snapshot_log.back().timestamp_ms);
  }
  if (const Snapshot* parent = base.CurrentSnapshot()) {
    stamp_ms = std::max(stamp_ms, parent->timestamp_ms);
  }
  return stamp_ms;
}

Status CheckTable(const TableMetadata& metadata, std::int64_t snapshot_id) {
  if (metadata.format_version != 2) {
    return Fail(ErrorKind::kNotSupported,
                "appending to a table of format-version {}: only version 2 is written",
                metadata.format_version);
  }
  if (snapshot_id <= 0 || metadata.FindSnapshot(snapshot_id) != nullptr) {
    return Fail(ErrorKind::kInvalidArgument, "snapshot id is taken or not positive: {}",
                snapshot_id);
  }
  return {};
}

// Files of one manifest: of one spec, and with UUIDs that are in the same order for all who
// read the manifest's summaries.
using ManifestKey = std::pair<std::int32_t, std::vector<int>>;

ManifestKey KeyOf(const DataFile& file, const TableMetadata& metadata) {
  ManifestKey key{file.spec_id, {}};
  const PartitionSpec* spec = metadata.FindSpec(file.spec_id);
  if (spec == nullptr) return key;
  const std::size_t count = std::min(spec->fields.size(), file.partition.size());
  for (std::size_t i = 0; i < count; ++i) {
    const PartitionField& field = spec->fields[i];
    const SchemaField* source = metadata.CurrentSchema().FindFieldById(field.source_id);
    const auto* value = std::get_if<std::string>(&file.partition[i]);
    const bool is_uuid = field.transform.kind() == TransformKind::kIdentity &&
                         source != nullptr && source->type.id() == TypeId::kUuid;
    if (is_uuid && value != nullptr && value->size() == kUuidSize) {
      key.second.push_back(UuidSigns(*value));
    }
  }
  return key;
}

}  // namespace

Result<FastAppend> FastAppend::Make(const TableMetadata& metadata,
                                    std::vector<DataFile> files,
                                    std::int64_t snapshot_id) {
  FRAZIL_TRY(CheckTable(metadata, snapshot_id));
  FastAppend append;
  append.snapshot_id_ = snapshot_id;
  append.commit_uuid_ = RandomUuid();
  std::map<ManifestKey, std::vector<ManifestEntry>> entries;
  std::set<std::pair<std::int32_t, std::vector<Literal>>> partitions;
  for (DataFile& file : files) {
    if (file.content != FileContent::kData) {
      return Fail(ErrorKind::kInvalidArgument, "not a data file: {}", file.file_path);
    }
    ++append.added_files_;
    append.added_records_ += file.record_count;
    append.added_size_bytes_ += file.file_size_bytes;
    partitions.emplace(file.spec_id, file.partition);
    std::vector<ManifestEntry>& of_manifest = entries[KeyOf(file, metadata)];
    ManifestEntry& entry = of_manifest.emplace_back();
    entry.snapshot_id = snapshot_id;
    entry.data_file = std::move(file);
  }
  append.changed_partitions_ = static_cast<std::int64_t>(partitions.size());
  for (const auto& [key, of_manifest] : entries) {
    const PartitionSpec* spec = metadata.FindSpec(key.first);
    if (spec == nullptr) {
      return Fail(ErrorKind::kInvalidArgument,
                  "data file of an unknown partition spec: {}", key.first);
    }
    FRAZIL_ASSIGN(EncodedManifest manifest,
                  EncodeManifest(metadata.CurrentSchema(), *spec, metadata.format_version,
                                 of_manifest));
    manifest.file.manifest_path =
        fmt::format("{}/{}-m{}.avro", MetadataFolder(metadata), append.commit_uuid_,
                    append.manifests_.size());
    manifest.file.added_snapshot_id = snapshot_id;
    append.manifests_.push_back({manifest.file.manifest_path, std::move(manifest.bytes)});
    append.manifest_files_.push_back(std::move(manifest.file));
  }
  return append;
}

FastAppend::Attempt FastAppend::Build(
    const TableMetadata& base, const std::vector<ManifestFile>& parent_manifests,
    const std::map<std::string, std::string>& extra_summary, int attempt_number,
    std::int64_t now_ms) const {
  Attempt attempt;
  Snapshot& snapshot = attempt.snapshot;
  snapshot.snapshot_id = snapshot_id_;
  snapshot.parent_snapshot_id = base.current_snapshot_id;
  snapshot.sequence_number = base.last_sequence_number + 1;
  snapshot.timestamp_ms = StampMs(base, now_ms);
  snapshot.schema_id = base.current_schema_id;
  snapshot.manifest_list = fmt::format("{}/snap-{}-{}-{}.avro", MetadataFolder(base),
                                       snapshot_id_, attempt_number, commit_uuid_);

  std::vector<ManifestFile>& manifests = attempt.manifests;
  manifests.reserve(manifest_files_.size() + parent_manifests.size());
  manifests = manifest_files_;
  for (ManifestFile& manifest : manifests) {
    manifest.sequence_number = snapshot.sequence_number;
    manifest.min_sequence_number = snapshot.sequence_number;
  }
  // Manifests that only tell of former deletions end with the snapshot that made them.
  std::copy_if(parent_manifests.begin(), parent_manifests.end(),
               std::back_inserter(manifests), [](const ManifestFile& manifest) {
                 return manifest.added_files_count > 0 ||
                        manifest.existing_files_count > 0;
               });
  auto summary = Summary(base.CurrentSnapshot(), extra_summary);
  summary["manifests-kept"] =
      fmt::format("{}", manifests.size() - manifest_files_.size());
  snapshot.summary = summary;

  attempt.manifest_list = {snapshot.manifest_list,
                           EncodeManifestList(manifests, snapshot, base.format_version)};
  attempt.requirements = {AssertTableUuid{base.table_uuid},
                          AssertRefSnapshotId{kMainBranch, base.current_snapshot_id}};
  // The branch keeps its retention rules.
  SnapshotRef main;
  if (const auto found = base.refs.find(kMainBranch); found != base.refs.end()) {
    main = found->second;
  }
  main.snapshot_id = snapshot_id_;
  attempt.updates = {AddSnapshot{snapshot}, SetSnapshotRef{kMainBranch, main}};
  return attempt;
}

std::map<std::string, std::string> FastAppend::Summary(
    const Snapshot* parent, const std::map<std::string, std::string>& extra) const {
  std::map<std::string, std::string> summary = extra;
  summary["operation"] = "append";
  AddCount("added-data-files", added_files_, summary);
  AddCount("added-records", added_records_, summary);
  AddCount("added-files-size", added_size_bytes_, summary);
  summary["changed-partition-count"] = fmt::format("{}", changed_partitions_);
  summary["manifests-created"] = fmt::format("{}", manifests_.size());
  summary["manifests-replaced"] = "0";
  for (const Total& total :
       {Total{"total-data-files", added_files_}, Total{"total-records", added_records_},
        Total{"total-files-size", added_size_bytes_}, Total{"total-delete-files", 0},
        Total{"total-position-deletes", 0}, Total{"total-equality-deletes", 0}}) {
    AddTotal(parent, total, summary);
  }
  return summary;
}

}  // namespace frazil
