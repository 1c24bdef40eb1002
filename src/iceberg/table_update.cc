#include "iceberg/table_update.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <set>

#include <fmt/format.h>

namespace frazil {
namespace {

constexpr std::string_view kMainBranch = "main";
constexpr int kDefaultPreviousVersions = 100;

bool EqualsIgnoringCase(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    return std::tolower(static_cast<unsigned char>(x)) ==
           std::tolower(static_cast<unsigned char>(y));
  });
}

std::string ShowId(const std::optional<std::int64_t>& snapshot_id) {
  return snapshot_id ? fmt::format("{}", *snapshot_id) : "none";
}

struct RequirementChecker {
  const TableMetadata& base;

  Status operator()(const AssertTableUuid& requirement) const {
    if (EqualsIgnoringCase(requirement.uuid, base.table_uuid)) return {};
    return Fail(ErrorKind::kCommitFailed, "table-uuid must be {}, is {}",
                requirement.uuid, base.table_uuid);
  }
  Status operator()(const AssertRefSnapshotId& requirement) const {
    const auto found = base.refs.find(requirement.ref);
    const auto actual = found == base.refs.end()
                            ? std::nullopt
                            : std::optional<std::int64_t>(found->second.snapshot_id);
    if (actual == requirement.snapshot_id) return {};
    return Fail(ErrorKind::kCommitFailed, "snapshot of ref {} must be {}, is {}",
                requirement.ref, ShowId(requirement.snapshot_id), ShowId(actual));
  }
  Status operator()(const AssertCurrentSchemaId& requirement) const {
    if (requirement.schema_id == base.current_schema_id) return {};
    return Fail(ErrorKind::kCommitFailed, "current-schema-id must be {}, is {}",
                requirement.schema_id, base.current_schema_id);
  }
  Status operator()(const AssertDefaultSpecId& requirement) const {
    if (requirement.spec_id == base.default_spec_id) return {};
    return Fail(ErrorKind::kCommitFailed, "default-spec-id must be {}, is {}",
                requirement.spec_id, base.default_spec_id);
  }
};

// The latest stamp anything in the metadata carries.
std::int64_t LatestStampMs(const TableMetadata& metadata) {
  std::int64_t latest_ms = metadata.last_updated_ms;
  if (!metadata.snapshot_log.empty()) {
    latest_ms = std::max(latest_ms, metadata.snapshot_log.back().timestamp_ms);
  }
  if (!metadata.metadata_log.empty()) {
    latest_ms = std::max(latest_ms, metadata.metadata_log.back().timestamp_ms);
  }
  return latest_ms;
}

class UpdateApplier {
 public:
  UpdateApplier(TableMetadata& metadata, std::int64_t now_ms)
      : metadata_(metadata), stamp_ms_(std::max(now_ms, LatestStampMs(metadata))) {}

  [[nodiscard]] std::int64_t stamp_ms() const { return stamp_ms_; }

  Status operator()(const AddSnapshot& update) {
    const Snapshot& snapshot = update.snapshot;
    if (metadata_.format_version > 2) {
      return Fail(ErrorKind::kNotSupported,
                  "adding a snapshot to a table of format-version {}",
                  metadata_.format_version);
    }
    if (metadata_.FindSnapshot(snapshot.snapshot_id) != nullptr) {
      return Fail(ErrorKind::kInvalidArgument, "snapshot is there already: {}",
                  snapshot.snapshot_id);
    }
    if (metadata_.format_version > 1) {
      if (snapshot.sequence_number <= metadata_.last_sequence_number) {
        return Fail(ErrorKind::kCommitFailed,
                    "stale sequence number: {}, the table's last is {}",
                    snapshot.sequence_number, metadata_.last_sequence_number);
      }
      metadata_.last_sequence_number = snapshot.sequence_number;
    }
    stamp_ms_ = std::max(stamp_ms_, snapshot.timestamp_ms);
    metadata_.snapshots.Add(snapshot);
    added_ids_.insert(snapshot.snapshot_id);
    return {};
  }

  Status operator()(const SetSnapshotRef& update) {
    if (metadata_.FindSnapshot(update.ref.snapshot_id) == nullptr) {
      return Fail(ErrorKind::kInvalidArgument, "ref {} names no snapshot: {}",
                  update.ref_name, update.ref.snapshot_id);
    }
    if (update.ref_name == kMainBranch) {
      if (!update.ref.is_branch) {
        return Fail(ErrorKind::kInvalidArgument, "main must be a branch");
      }
      if (metadata_.current_snapshot_id != update.ref.snapshot_id) {
        AppendSnapshotLog(update.ref.snapshot_id);
      }
      metadata_.current_snapshot_id = update.ref.snapshot_id;
    }
    metadata_.refs[update.ref_name] = update.ref;
    return {};
  }

  Status operator()(const SetProperties& update) {
    for (const auto& [key, value] : update.updates) {
      if (key == "format-version") {
        return Fail(ErrorKind::kInvalidArgument, "format-version is not a property");
      }
      metadata_.properties[key] = value;
    }
    return {};
  }

  Status operator()(const RemoveProperties& update) {
    for (const std::string& key : update.removals) metadata_.properties.erase(key);
    return {};
  }

 private:
  // A new snapshot is current from its own stamp on, as time travel sees it; an old one made
  // current again, from now on.
  void AppendSnapshotLog(std::int64_t snapshot_id) {
    auto& log = metadata_.snapshot_log;
    const std::int64_t last_ms = log.empty() ? 0 : log.back().timestamp_ms;
    const std::int64_t since_ms = added_ids_.contains(snapshot_id)
                                      ? metadata_.FindSnapshot(snapshot_id)->timestamp_ms
                                      : stamp_ms_;
    log.push_back({std::max(since_ms, last_ms), snapshot_id});
  }

  TableMetadata& metadata_;
  std::int64_t stamp_ms_;
  std::set<std::int64_t> added_ids_;
};

std::size_t PreviousVersionsMax(const TableMetadata& metadata) {
  const std::string text = metadata.Property("write.metadata.previous-versions-max", "");
  int count = kDefaultPreviousVersions;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc() || end != text.data() + text.size()) {
    count = kDefaultPreviousVersions;
  }
  return static_cast<std::size_t>(std::max(count, 1));
}

void ExtendMetadataLog(const TableMetadata& base, std::string_view base_location,
                       TableMetadata& metadata) {
  auto& log = metadata.metadata_log;
  if (!base_location.empty()) {
    const std::int64_t last_ms = log.empty() ? 0 : log.back().timestamp_ms;
    log.push_back({std::max(base.last_updated_ms, last_ms), std::string(base_location)});
  }
  const std::size_t kept = PreviousVersionsMax(metadata);
  if (log.size() > kept) {
    log.erase(log.begin(), log.end() - static_cast<std::ptrdiff_t>(kept));
  }
}

}  // namespace

Status CheckRequirements(const TableMetadata& base,
                         const std::vector<TableRequirement>& requirements) {
  for (const TableRequirement& requirement : requirements) {
    FRAZIL_TRY(std::visit(RequirementChecker{base}, requirement));
  }
  return {};
}

Result<TableMetadata> ApplyUpdates(const TableMetadata& base,
                                   std::string_view base_location,
                                   const std::vector<TableUpdate>& updates,
                                   std::int64_t now_ms) {
  TableMetadata metadata = base;
  UpdateApplier applier(metadata, now_ms);
  for (const TableUpdate& update : updates) FRAZIL_TRY(std::visit(applier, update));
  ExtendMetadataLog(base, base_location, metadata);
  metadata.last_updated_ms = applier.stamp_ms();
  return metadata;
}

}  // namespace frazil
