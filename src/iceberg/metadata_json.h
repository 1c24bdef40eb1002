#pragma once

/// \file iceberg/metadata_json.h
/// \brief JSON of the parts of table metadata that only metadata and REST requests hold.
///
/// Source: Iceberg specification, Appendix C. Members are in the order Java writes them.

#include <string>

#include "base/json.h"
#include "base/result.h"
#include "iceberg/partition_spec.h"
#include "iceberg/snapshot.h"

namespace frazil {

struct TableMetadata;

/// \brief ParseTableMetadata of a document that is parsed: it is a part of REST answers.
Result<TableMetadata> TableMetadataFromJson(const Json& json);

/// \name Each FromJson returns kCorruptData naming the member, or kNotSupported for what a
/// later specification allows.
/// @{
Json SortOrderToJson(const SortOrder& order);
Result<SortOrder> SortOrderFromJson(const Json& json);

/// \brief Appends the text of a snapshot's object: a table writes thousands at a time.
void AppendSnapshotJson(const Snapshot& snapshot, std::string& text);
Result<Snapshot> SnapshotFromJson(const Json& json);

Json SnapshotRefToJson(const SnapshotRef& ref);
Result<SnapshotRef> SnapshotRefFromJson(const Json& json);

/// \brief The fields alone, as manifests and version 1 metadata hold them.
Json PartitionFieldsToJson(const PartitionSpec& spec);
/// \brief Reads such fields. Where version 1 left ids out, they count from 1000.
Result<PartitionSpec> PartitionFieldsFromJson(const Json& fields, std::int32_t spec_id);
/// @}

}  // namespace frazil
