#pragma once

/// \file write/parquet_options.h
/// \brief How a table wants its Parquet files: properties write.parquet.*.
///
/// Source: Iceberg's table properties; docs of each in Java's TableProperties.

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>

#include <arrow/util/compression.h>

#include "base/result.h"

namespace frazil {

/// \brief A Bloom filter that a column has in each row group.
struct BloomFilterOption {
  /// Probability of a false positive, in (0, 1).
  double false_positive_probability = 0.01;
  /// Expected number of distinct values in a row group; absent: as many as the largest
  /// filter takes, the filter is then folded to what was seen.
  std::optional<std::int64_t> distinct_values;

  bool operator==(const BloomFilterOption&) const = default;
};

/// \brief The honoured properties, with Iceberg's defaults.
struct ParquetOptions {
  arrow::Compression::type codec = arrow::Compression::ZSTD;
  /// Level of the codec; absent: 1 for zstd, the codec's own default for the others.
  std::optional<int> compression_level;
  std::int64_t row_group_size_bytes = std::int64_t{128} << 20;
  std::int64_t page_size_bytes = std::int64_t{1} << 20;
  std::int64_t page_row_limit = 20'000;
  std::int64_t dictionary_size_bytes = std::int64_t{2} << 20;
  bool has_data_pages_v2 = false;
  std::int64_t bloom_filter_max_bytes = std::int64_t{1} << 20;
  /// By dotted column path ("geo.city").
  std::map<std::string, BloomFilterOption> bloom_filters;
  /// Dotted paths of the columns for which statistics are switched off.
  std::set<std::string> columns_without_statistics;
  std::int64_t target_file_size_bytes = std::int64_t{512} << 20;
};

/// \brief Reads the properties of a table.
/// \return kInvalidConfig for a value that does not parse or is out of range; kNotSupported
/// for what Frazil cannot honour: another file format, encryption, an unknown codec or
/// write.parquet.* property.
Result<ParquetOptions> ParseParquetOptions(
    const std::map<std::string, std::string>& properties);

}  // namespace frazil
