#pragma once

/// \file iceberg/partition_spec.h
/// \brief How rows map to partitions, and how they are sorted: specs, not values.
///
/// Source: Iceberg specification, "Partitioning", "Sorting".

#include <cstdint>
#include <string>
#include <vector>

#include "iceberg/transform.h"

namespace frazil {

/// \brief One dimension of a partition.
struct PartitionField {
  /// Id of the column it is computed from.
  std::int32_t source_id = 0;
  /// From 1000 upward, unique over all specs of the table.
  std::int32_t field_id = 0;
  std::string name;
  Transform transform;

  bool operator==(const PartitionField&) const = default;
};

/// \brief A list of partition fields. No fields: unpartitioned.
struct PartitionSpec {
  std::int32_t spec_id = 0;
  std::vector<PartitionField> fields;

  bool operator==(const PartitionSpec&) const = default;
  [[nodiscard]] bool is_unpartitioned() const { return fields.empty(); }
};

/// \brief One key of a sort order.
struct SortField {
  std::int32_t source_id = 0;
  Transform transform;
  bool is_ascending = true;
  bool is_nulls_first = true;

  bool operator==(const SortField&) const = default;
};

/// \brief Order 0 is "unsorted" and has no fields.
struct SortOrder {
  std::int32_t order_id = 0;
  std::vector<SortField> fields;

  bool operator==(const SortOrder&) const = default;
};

}  // namespace frazil
