#pragma once

/// \file iceberg/partition_path.h
/// \brief Where data files go: the folder of a partition, the location of a file.
///
/// Readers never take values from a path; it is for people and for object stores.
/// Source: Java's PartitionSpec.partitionToPath and LocationProviders.

#include <string>
#include <string_view>
#include <vector>

#include "iceberg/partition_spec.h"
#include "iceberg/table_metadata.h"
#include "model/literal.h"
#include "model/type.h"

namespace frazil {

/// \brief "day=2026-11-21/bucket=3": names and values escaped as in a URL's query. Empty
/// for an unpartitioned spec. What is longer than a file system takes is cut, and ends in a
/// hash.
/// \param schema knows the source columns of `spec`.
/// \param values one per field of `spec`, in its order.
std::string PartitionPath(const PartitionSpec& spec, const Schema& schema,
                          const std::vector<Literal>& values);

/// \brief The location of a data file: `<data>/<partition path>/<file>`, where data is
/// write.data.path or `<location>/data`; with write.object-storage.enabled folders of a
/// hash of the name come first, so that an object store spreads the files.
std::string DataFileLocation(const TableMetadata& metadata, const PartitionSpec& spec,
                             const std::vector<Literal>& partition,
                             std::string_view file_name);

}  // namespace frazil
