#pragma once

/// \file iceberg/manifest.h
/// \brief Data files, manifests and manifest lists, and their Avro form.
///
/// Source: Iceberg specification, "Manifests", "Manifest Lists". Numbers in comments are
/// the specification's field ids.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "iceberg/table_metadata.h"
#include "model/literal.h"

namespace frazil {

/// \brief What a file or manifest holds (134, 517).
enum class FileContent : std::int32_t {
  kData = 0,
  kPositionDeletes = 1,
  kEqualityDeletes = 2
};

/// \brief A file of rows with its metrics.
struct DataFile {
  FileContent content = FileContent::kData;
  /// 100: full location.
  std::string file_path;
  /// 101: upper case.
  std::string file_format = "PARQUET";
  std::int32_t spec_id = 0;
  /// 102: one per field of the spec, in its order.
  std::vector<Literal> partition;
  /// 103
  std::int64_t record_count = 0;
  /// 104
  std::int64_t file_size_bytes = 0;
  /// 108: bytes per column, compressed.
  std::map<std::int32_t, std::int64_t> column_sizes;
  /// 109: values per column, nulls and NaN included.
  std::map<std::int32_t, std::int64_t> value_counts;
  /// 110
  std::map<std::int32_t, std::int64_t> null_value_counts;
  /// 137
  std::map<std::int32_t, std::int64_t> nan_value_counts;
  /// 125: single-value binary form, truncated by the metrics mode.
  std::map<std::int32_t, std::string> lower_bounds;
  /// 128
  std::map<std::int32_t, std::string> upper_bounds;
  /// 132: offsets of the row groups, ascending.
  std::vector<std::int64_t> split_offsets;
  /// 135
  std::vector<std::int32_t> equality_ids;
  /// 140
  std::optional<std::int32_t> sort_order_id;
  /// 143: of a position delete file that concerns one data file.
  std::optional<std::string> referenced_data_file;
  /// 131: how an encrypted file was encrypted.
  std::optional<std::string> key_metadata = std::nullopt;
  /// 142, of format version 3, as are 144 and 145: where a deletion vector is in its file.
  std::optional<std::int64_t> first_row_id = std::nullopt;
  std::optional<std::int64_t> content_offset = std::nullopt;
  std::optional<std::int64_t> content_size_bytes = std::nullopt;

  bool operator==(const DataFile&) const = default;
};

/// \brief State of a file in a manifest (0).
enum class EntryStatus : std::int32_t { kExisting = 0, kAdded = 1, kDeleted = 2 };

/// \brief A file in a manifest.
struct ManifestEntry {
  EntryStatus status = EntryStatus::kAdded;
  /// 1
  std::optional<std::int64_t> snapshot_id;
  /// 3: null on kAdded entries: inherited from the manifest list.
  std::optional<std::int64_t> sequence_number;
  /// 4
  std::optional<std::int64_t> file_sequence_number;
  DataFile data_file;

  bool operator==(const ManifestEntry&) const = default;
};

/// \brief Range of one partition field over a manifest (507).
struct PartitionFieldSummary {
  bool contains_null = false;
  std::optional<bool> contains_nan;
  std::optional<std::string> lower_bound;
  std::optional<std::string> upper_bound;

  bool operator==(const PartitionFieldSummary&) const = default;
};

/// \brief A manifest as a manifest list names it.
struct ManifestFile {
  std::string manifest_path;                                // 500
  std::int64_t manifest_length = 0;                         // 501
  std::int32_t partition_spec_id = 0;                       // 502
  bool holds_deletes = false;                               // 517
  std::int64_t sequence_number = 0;                         // 515
  std::int64_t min_sequence_number = 0;                     // 516
  std::int64_t added_snapshot_id = 0;                       // 503
  std::int32_t added_files_count = 0;                       // 504
  std::int32_t existing_files_count = 0;                    // 505
  std::int32_t deleted_files_count = 0;                     // 506
  std::int64_t added_rows_count = 0;                        // 512
  std::int64_t existing_rows_count = 0;                     // 513
  std::int64_t deleted_rows_count = 0;                      // 514
  std::vector<PartitionFieldSummary> partitions;            // 507
  std::optional<std::string> key_metadata = std::nullopt;   // 519
  std::optional<std::int64_t> first_row_id = std::nullopt;  // 520, format version 3

  bool operator==(const ManifestFile&) const = default;
};

/// \brief min_sequence_number of an encoded manifest whose live entries all inherit theirs.
inline constexpr std::int64_t kInheritedSequenceNumber = -1;

/// \brief An encoded manifest and what a manifest list says of it. The path and what depends
/// on the commit (sequence_number, added_snapshot_id, an inherited min_sequence_number) are
/// the caller's to fill.
struct EncodedManifest {
  std::string bytes;
  ManifestFile file;
};

/// \brief Encodes a manifest of one spec and one kind of content. Nothing in it depends on
/// the attempt: it can be reused when a commit is retried.
/// \return kInvalidArgument if an entry is of another spec or kind, or has partition values
/// of other types; kNotSupported for format version 1 and for unknown transforms.
Result<EncodedManifest> EncodeManifest(const Schema& schema, const PartitionSpec& spec,
                                       int format_version,
                                       const std::vector<ManifestEntry>& entries);

/// \brief Decodes a manifest of any writer: fields are found by id. Snapshot id and sequence
/// numbers that entries leave out are inherited from `file`.
/// \return kCorruptData for anything else than a manifest of a spec of `metadata`.
Result<std::vector<ManifestEntry>> DecodeManifest(std::string_view bytes,
                                                  const ManifestFile& file,
                                                  const TableMetadata& metadata);

/// \brief Encodes the manifest list of a snapshot. \pre format_version is 2 or 3.
std::string EncodeManifestList(const std::vector<ManifestFile>& manifests,
                               const Snapshot& snapshot, int format_version);

/// \brief Decodes a manifest list of any writer and format version.
/// \return kCorruptData for anything else than a manifest list; kNotSupported for one of
/// version 1 that does not tell how many files its manifests hold.
Result<std::vector<ManifestFile>> DecodeManifestList(std::string_view bytes);

}  // namespace frazil
