#include "write/parquet_options.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <limits>
#include <string_view>
#include <utility>

#include <arrow/util/compression.h>

namespace frazil {
namespace {

using arrow::Compression;
using Properties = std::map<std::string, std::string>;

constexpr std::string_view kParquet = "write.parquet.";
constexpr std::string_view kBloomEnabled = "write.parquet.bloom-filter-enabled.column.";
constexpr std::string_view kBloomProbability = "write.parquet.bloom-filter-fpp.column.";
constexpr std::string_view kBloomDistinct = "write.parquet.bloom-filter-ndv.column.";
constexpr std::string_view kStatistics = "write.parquet.stats-enabled.column.";

// Hints for Java's writer about when to look at sizes; shredding concerns variants only.
constexpr std::array<std::string_view, 4> kWithoutEffect = {
    "write.parquet.row-group-check-min-record-count",
    "write.parquet.row-group-check-max-record-count",
    "write.parquet.shred-variants",
    "write.parquet.variant-inference-buffer-size",
};

std::string Lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

template <typename Number>
Result<Number> ParseNumber(std::string_view key, std::string_view text, Number least) {
  Number value{};
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !(value >= least)) {
    return Fail(ErrorKind::kInvalidConfig, "table property {}: not a valid number: '{}'",
                key, text);
  }
  return value;
}

Result<bool> ParseBool(std::string_view key, const std::string& text) {
  const std::string lower = Lower(text);
  if (lower == "true") return true;
  if (lower == "false") return false;
  return Fail(ErrorKind::kInvalidConfig,
              "table property {}: neither true nor false: '{}'", key, text);
}

Result<Compression::type> ParseCodec(const std::string& text) {
  // Java's names; lz4 is written in its Parquet form, lz4_raw.
  constexpr std::array<std::pair<std::string_view, Compression::type>, 8> kCodecs = {{
      {"zstd", Compression::ZSTD},
      {"gzip", Compression::GZIP},
      {"snappy", Compression::SNAPPY},
      {"brotli", Compression::BROTLI},
      {"lz4", Compression::LZ4},
      {"lz4_raw", Compression::LZ4},
      {"uncompressed", Compression::UNCOMPRESSED},
      {"none", Compression::UNCOMPRESSED},
  }};
  const std::string name = Lower(text);
  for (const auto& [known, codec] : kCodecs) {
    if (name == known) return codec;
  }
  return Fail(ErrorKind::kNotSupported,
              "table property write.parquet.compression-codec: unknown codec: '{}'",
              text);
}

Result<int> ParseLevel(const std::string& text, Compression::type codec) {
  constexpr int kLowest = -131'072;  // of zstd
  FRAZIL_ASSIGN(const int level,
                ParseNumber("write.parquet.compression-level", text, kLowest));
  if (codec == Compression::UNCOMPRESSED || codec == Compression::SNAPPY) return level;
  const auto least = arrow::util::Codec::MinimumCompressionLevel(codec);
  const auto most = arrow::util::Codec::MaximumCompressionLevel(codec);
  if (!least.ok() || !most.ok()) return level;
  if (level < *least || level > *most) {
    return Fail(
        ErrorKind::kInvalidConfig,
        "table property write.parquet.compression-level: the codec takes {} to {}, "
        "not {}",
        *least, *most, level);
  }
  return level;
}

// Properties with a fixed name and one number.
Result<bool> ParseSize(const std::string& key, const std::string& value,
                       ParquetOptions& options) {
  const std::array<std::pair<std::string_view, std::int64_t*>, 6> sizes = {{
      {"write.parquet.row-group-size-bytes", &options.row_group_size_bytes},
      {"write.parquet.page-size-bytes", &options.page_size_bytes},
      {"write.parquet.page-row-limit", &options.page_row_limit},
      {"write.parquet.dict-size-bytes", &options.dictionary_size_bytes},
      {"write.parquet.bloom-filter-max-bytes", &options.bloom_filter_max_bytes},
      {"write.target-file-size-bytes", &options.target_file_size_bytes},
  }};
  for (const auto& [name, target] : sizes) {
    if (key != name) continue;
    FRAZIL_ASSIGN(*target, ParseNumber(key, value, std::int64_t{1}));
    return true;
  }
  return false;
}

Result<bool> ParseColumnProperty(const std::string& key, const std::string& value,
                                 ParquetOptions& options) {
  if (key.starts_with(kBloomEnabled)) {
    FRAZIL_ASSIGN(const bool is_enabled, ParseBool(key, value));
    if (is_enabled) options.bloom_filters[key.substr(kBloomEnabled.size())];
    return true;
  }
  if (key.starts_with(kStatistics)) {
    FRAZIL_ASSIGN(const bool is_enabled, ParseBool(key, value));
    if (!is_enabled) {
      options.columns_without_statistics.insert(key.substr(kStatistics.size()));
    }
    return true;
  }
  return key.starts_with(kBloomProbability) || key.starts_with(kBloomDistinct);
}

// After all filters are known: their numbers.
Status ParseBloomNumbers(const Properties& properties, ParquetOptions& options) {
  for (auto& [column, filter] : options.bloom_filters) {
    const std::string probability_key = std::string(kBloomProbability) + column;
    if (const auto at = properties.find(probability_key); at != properties.end()) {
      FRAZIL_ASSIGN(
          filter.false_positive_probability,
          ParseNumber(probability_key, at->second, std::numeric_limits<double>::min()));
      if (filter.false_positive_probability >= 1.0) {
        return Fail(ErrorKind::kInvalidConfig,
                    "table property {}: not between 0 and 1: '{}'", probability_key,
                    at->second);
      }
    }
    const std::string distinct_key = std::string(kBloomDistinct) + column;
    if (const auto at = properties.find(distinct_key); at != properties.end()) {
      FRAZIL_ASSIGN(filter.distinct_values,
                    ParseNumber(distinct_key, at->second, std::int64_t{1}));
    }
  }
  return {};
}

Status RefuseWhatCannotBeHonoured(const Properties& properties) {
  const auto format = properties.find("write.format.default");
  if (format != properties.end() && Lower(format->second) != "parquet") {
    return Fail(
        ErrorKind::kNotSupported,
        "table property write.format.default: Frazil writes Parquet only, not '{}'",
        format->second);
  }
  for (const char* key : {"encryption.key-id", "write.location-provider.impl"}) {
    if (properties.contains(key)) {
      return Fail(ErrorKind::kNotSupported, "table property {} is not supported", key);
    }
  }
  return {};
}

Status ParseParquetProperty(const std::string& key, const std::string& value,
                            ParquetOptions& options) {
  if (key == "write.parquet.compression-codec" ||
      key == "write.parquet.compression-level" ||
      std::find(kWithoutEffect.begin(), kWithoutEffect.end(), key) !=
          kWithoutEffect.end()) {
    return {};
  }
  if (key == "write.parquet.page-version") {
    const std::string version = Lower(value);
    if (version != "v1" && version != "v2") {
      return Fail(ErrorKind::kInvalidConfig, "table property {}: neither v1 nor v2: '{}'",
                  key, value);
    }
    options.has_data_pages_v2 = version == "v2";
    return {};
  }
  FRAZIL_ASSIGN(const bool is_column_property, ParseColumnProperty(key, value, options));
  if (is_column_property) return {};
  FRAZIL_ASSIGN(const bool is_size, ParseSize(key, value, options));
  if (is_size || !key.starts_with(kParquet)) return {};
  return Fail(ErrorKind::kNotSupported, "table property {} is not known to Frazil", key);
}

}  // namespace

Result<ParquetOptions> ParseParquetOptions(const Properties& properties) {
  FRAZIL_TRY(RefuseWhatCannotBeHonoured(properties));
  ParquetOptions options;
  for (const auto& [key, value] : properties) {
    FRAZIL_TRY(ParseParquetProperty(key, value, options));
  }
  FRAZIL_TRY(ParseBloomNumbers(properties, options));
  if (const auto codec = properties.find("write.parquet.compression-codec");
      codec != properties.end()) {
    FRAZIL_ASSIGN(options.codec, ParseCodec(codec->second));
  }
  if (const auto level = properties.find("write.parquet.compression-level");
      level != properties.end() && level->second != "null") {
    FRAZIL_ASSIGN(options.compression_level, ParseLevel(level->second, options.codec));
  }
  return options;
}

}  // namespace frazil
