#pragma once

/// \file iceberg/manifest_schema.h
/// \brief Avro schemas of manifests and manifest lists, and the types of partition values.
///
/// Names and ids are exactly Java's: some readers find records by name.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "iceberg/partition_spec.h"
#include "model/literal.h"
#include "model/type.h"

namespace frazil {

/// \brief A field of a partition tuple with the type of its values.
struct PartitionColumn {
  std::int32_t field_id = 0;
  std::string name;
  Type type;
};

/// \brief The tuple of a spec.
/// \return kInvalidArgument if a source column is absent or of a type that its transform does
/// not take; kNotSupported for an unknown transform.
Result<std::vector<PartitionColumn>> PartitionColumnsOf(const PartitionSpec& spec,
                                                        const Schema& schema);

/// \brief Whether a value, null included, is one of the type.
bool IsOfType(const Literal& value, const Type& type);

/// \brief A legal Avro name: other characters become "_x2E", a leading digit "_1".
std::string AvroName(std::string_view name);

/// \brief The schema of a manifest's entries, record manifest_entry. \pre version 2 or 3.
std::string ManifestEntrySchema(const std::vector<PartitionColumn>& partition,
                                int format_version);

/// \brief The schema of a manifest list's records, record manifest_file. \pre version 2 or 3.
std::string ManifestFileSchema(int format_version);

}  // namespace frazil
