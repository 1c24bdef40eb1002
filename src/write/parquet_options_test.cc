#include "write/parquet_options.h"

#include <map>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/result_matchers.h"

namespace frazil {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

TEST(ParquetOptionsTest, WithoutPropertiesTheDefaultsAreIcebergs) {
  const auto options = ParseParquetOptions({});
  ASSERT_THAT(options, IsOk());
  EXPECT_EQ(options->codec, arrow::Compression::ZSTD);
  EXPECT_EQ(options->compression_level, std::nullopt);
  EXPECT_EQ(options->row_group_size_bytes, 134'217'728);
  EXPECT_EQ(options->page_size_bytes, 1'048'576);
  EXPECT_EQ(options->page_row_limit, 20'000);
  EXPECT_EQ(options->dictionary_size_bytes, 2'097'152);
  EXPECT_EQ(options->target_file_size_bytes, 536'870'912);
  EXPECT_FALSE(options->has_data_pages_v2);
}

TEST(ParquetOptionsTest, ReadsWhatATableSays) {
  const auto options = ParseParquetOptions({
      {"write.parquet.compression-codec", "GZIP"},
      {"write.parquet.compression-level", "6"},
      {"write.parquet.row-group-size-bytes", "1000"},
      {"write.parquet.page-size-bytes", "100"},
      {"write.parquet.page-row-limit", "10"},
      {"write.parquet.dict-size-bytes", "50"},
      {"write.parquet.page-version", "v2"},
      {"write.parquet.bloom-filter-enabled.column.geo.city", "true"},
      {"write.parquet.bloom-filter-fpp.column.geo.city", "0.05"},
      {"write.parquet.bloom-filter-ndv.column.geo.city", "777"},
      {"write.parquet.bloom-filter-enabled.column.id", "false"},
      {"write.parquet.bloom-filter-max-bytes", "4096"},
      {"write.parquet.stats-enabled.column.blob", "false"},
      {"write.target-file-size-bytes", "2000"},
      {"write.format.default", "parquet"},
      {"write.parquet.row-group-check-min-record-count", "100"},
      {"commit.retry.num-retries", "4"},
      {"owner", "somebody"},
  });
  ASSERT_THAT(options, IsOk());
  EXPECT_EQ(options->codec, arrow::Compression::GZIP);
  EXPECT_EQ(options->compression_level, 6);
  EXPECT_EQ(options->row_group_size_bytes, 1000);
  EXPECT_EQ(options->page_size_bytes, 100);
  EXPECT_EQ(options->page_row_limit, 10);
  EXPECT_EQ(options->dictionary_size_bytes, 50);
  EXPECT_TRUE(options->has_data_pages_v2);
  EXPECT_EQ(options->bloom_filters.size(), 1U);
  EXPECT_EQ(options->bloom_filters.at("geo.city"), (BloomFilterOption{0.05, 777}));
  EXPECT_EQ(options->bloom_filter_max_bytes, 4096);
  EXPECT_THAT(options->columns_without_statistics, Contains("blob"));
  EXPECT_EQ(options->target_file_size_bytes, 2000);
}

TEST(ParquetOptionsTest, RefusesValuesThatMeanNothing) {
  const std::map<std::string, std::string> bad = {
      {"write.parquet.row-group-size-bytes", "128 MB"},
      {"write.parquet.page-row-limit", "0"},
      {"write.parquet.page-version", "v3"},
      {"write.parquet.bloom-filter-enabled.column.id", "yes"},
      {"write.parquet.compression-level", "99"},
      {"write.target-file-size-bytes", "-1"},
  };
  for (const auto& [key, value] : bad) {
    EXPECT_THAT(ParseParquetOptions({{key, value}}),
                FailsWith(ErrorKind::kInvalidConfig, HasSubstr(key)))
        << value;
  }
  EXPECT_THAT(
      ParseParquetOptions({{"write.parquet.bloom-filter-enabled.column.id", "true"},
                           {"write.parquet.bloom-filter-fpp.column.id", "1.5"}}),
      FailsWith(ErrorKind::kInvalidConfig));
}

TEST(ParquetOptionsTest, RefusesWhatItCannotHonour) {
  const std::map<std::string, std::string> unsupported = {
      {"write.format.default", "orc"},
      {"write.parquet.compression-codec", "lzo"},
      {"write.parquet.of-the-future", "1"},
      {"encryption.key-id", "k"},
      {"write.location-provider.impl", "com.example.Provider"},
  };
  for (const auto& [key, value] : unsupported) {
    EXPECT_THAT(ParseParquetOptions({{key, value}}),
                FailsWith(ErrorKind::kNotSupported, HasSubstr(key)));
  }
}

}  // namespace
}  // namespace frazil
