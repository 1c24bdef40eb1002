// Reads tables that Spark with Java's library (1.12) and PyIceberg (0.12) wrote: three inserts
// and deletes over seven partition fields, an added and a widened column, a tag.

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "iceberg/manifest.h"
#include "iceberg/partition_path.h"
#include "iceberg/single_value.h"
#include "iceberg/testing.h"

namespace frazil {
namespace {

using ::testing::ElementsAre;
using std::string_literals::operator""s;

std::string ReadGolden(const std::string& table, const std::string& location) {
  const auto name = std::filesystem::path(location).filename();
  std::ifstream file(std::filesystem::path(FRAZIL_GOLDEN) / table / name,
                     std::ios::binary);
  EXPECT_TRUE(file.is_open()) << name;
  return {std::istreambuf_iterator<char>(file), {}};
}

struct Golden {
  TableMetadata metadata;
  // Manifests of the current snapshot with their entries.
  std::vector<std::pair<ManifestFile, std::vector<ManifestEntry>>> manifests;
};

Golden ReadTable(const std::string& table) {
  Golden golden;
  auto metadata = ParseTableMetadata(ReadGolden(table, "metadata.json"));
  EXPECT_THAT(metadata, IsOk());
  golden.metadata = *std::move(metadata);
  const auto manifests = DecodeManifestList(
      ReadGolden(table, golden.metadata.CurrentSnapshot()->manifest_list));
  EXPECT_THAT(manifests, IsOk());
  for (const ManifestFile& file : *manifests) {
    const std::string bytes = ReadGolden(table, file.manifest_path);
    EXPECT_EQ(static_cast<std::int64_t>(bytes.size()), file.manifest_length);
    auto entries = DecodeManifest(bytes, file, golden.metadata);
    EXPECT_THAT(entries, IsOk());
    golden.manifests.emplace_back(file, *std::move(entries));
  }
  return golden;
}

const std::vector<std::string> kTables = {"spark-v1", "spark-v2", "spark-v3",
                                          "pyiceberg"};

TEST(InteropTest, MetadataIsWrittenBackWithTheSameContent) {
  for (const std::string& table : kTables) {
    SCOPED_TRACE(table);
    const std::string text = ReadGolden(table, "metadata.json");
    const auto metadata = ParseTableMetadata(text);
    ASSERT_THAT(metadata, IsOk());
    // Compared without regard to the order of keys.
    nlohmann::json expected = nlohmann::json::parse(text);
    for (auto& schema : expected["schemas"]) {
      if (schema.contains("identifier-field-ids") &&
          schema["identifier-field-ids"].empty()) {
        schema.erase("identifier-field-ids");  // Java leaves an empty list out
      }
    }
    EXPECT_EQ(nlohmann::json::parse(SerializeTableMetadata(*metadata)), expected);
  }
}

TEST(InteropTest, ManifestListsCountWhatTheirManifestsHold) {
  for (const std::string& table : kTables) {
    SCOPED_TRACE(table);
    for (const auto& [file, entries] : ReadTable(table).manifests) {
      std::map<EntryStatus, std::int64_t> files;
      std::map<EntryStatus, std::int64_t> rows;
      for (const ManifestEntry& entry : entries) {
        ++files[entry.status];
        rows[entry.status] += entry.data_file.record_count;
        EXPECT_EQ(entry.data_file.content != FileContent::kData, file.holds_deletes);
        ASSERT_TRUE(entry.sequence_number.has_value());
        if (entry.status != EntryStatus::kDeleted) {
          EXPECT_GE(entry.sequence_number, file.min_sequence_number);
        }
      }
      EXPECT_EQ(files[EntryStatus::kAdded], file.added_files_count);
      EXPECT_EQ(files[EntryStatus::kExisting], file.existing_files_count);
      EXPECT_EQ(files[EntryStatus::kDeleted], file.deleted_files_count);
      EXPECT_EQ(rows[EntryStatus::kAdded], file.added_rows_count);
      EXPECT_EQ(rows[EntryStatus::kDeleted], file.deleted_rows_count);
    }
  }
}

TEST(InteropTest, PartitionsHaveThePathsThatOthersGaveThem) {
  for (const std::string& table : kTables) {
    SCOPED_TRACE(table);
    const Golden golden = ReadTable(table);
    int files = 0;
    for (const auto& [file, entries] : golden.manifests) {
      const PartitionSpec* spec = golden.metadata.FindSpec(file.partition_spec_id);
      for (const ManifestEntry& entry : entries) {
        const std::string& path = entry.data_file.file_path;
        if (path.ends_with(".puffin")) continue;  // Java keeps these in the data folder
        const std::size_t begin = path.find("/data/") + 6;
        EXPECT_EQ(path.substr(begin, path.rfind('/') - begin),
                  PartitionPath(*spec, golden.metadata.CurrentSchema(),
                                entry.data_file.partition));
        ++files;
      }
    }
    EXPECT_GT(files, 1);
  }
}

// The row of which Spark made the first file, and what it says its partition is.
TEST(InteropTest, TransformsGiveTheValuesOfJava) {
  const std::map<std::string, Literal> row = {
      {"id", std::int64_t{1}},
      {"s", "iceberg"s},
      {"ts", std::int64_t{-3'600'000'000}},
      {"dec", Int128{1234}},
      {"bo", true},
      {"d", -2},
      {"tz", std::int64_t{1'577'934'245'000'000}}};
  for (const char* table : {"spark-v1", "spark-v2", "spark-v3"}) {
    SCOPED_TRACE(table);
    const Golden golden = ReadTable(table);
    const PartitionSpec& spec = *golden.metadata.FindSpec(0);
    const Schema& schema = golden.metadata.CurrentSchema();
    std::vector<Literal> expected;
    for (const PartitionField& field : spec.fields) {
      const SchemaField* source = schema.FindFieldById(field.source_id);
      expected.push_back(field.transform.Apply(row.at(source->name), source->type));
    }
    bool found = false;
    for (const auto& [file, entries] : golden.manifests) {
      for (const ManifestEntry& entry : entries) {
        found = found || entry.data_file.partition == expected;
      }
    }
    EXPECT_TRUE(found);
  }
}

TEST(InteropTest, BoundsDecodeToTheValuesWritten) {
  const Golden golden = ReadTable("spark-v2");
  const Schema& schema = golden.metadata.CurrentSchema();
  bool found = false;
  for (const auto& [file, entries] : golden.manifests) {
    for (const ManifestEntry& entry : entries) {
      const DataFile& data_file = entry.data_file;
      if (data_file.file_path.find("dec=12.34") == std::string::npos) continue;
      if (data_file.content != FileContent::kData) continue;
      const auto bound = [&](const char* column) {
        const SchemaField* field = schema.FindField(column);
        return DecodeSingleValue(data_file.lower_bounds.at(field->field_id), field->type);
      };
      EXPECT_EQ(bound("id"), Literal(std::int64_t{1}));
      EXPECT_EQ(bound("i"), Literal(std::int64_t{2}));  // was an int when it was written
      EXPECT_EQ(bound("s"), Literal("iceberg"s));
      EXPECT_EQ(bound("dec"), Literal(Int128{1234}));
      EXPECT_EQ(bound("f"), Literal(1.5F));
      EXPECT_EQ(data_file.record_count, 2);
      EXPECT_EQ(data_file.value_counts.at(1), 2);
      EXPECT_EQ(data_file.nan_value_counts.at(10), 0);
      EXPECT_THAT(data_file.split_offsets, ElementsAre(4));
      EXPECT_EQ(data_file.file_format, "PARQUET");
      EXPECT_EQ(data_file.sort_order_id, 0);
      found = true;
    }
  }
  EXPECT_TRUE(found);
}

TEST(InteropTest, DeletesOfOthersAreSeen) {
  const auto deletes = [](const std::string& table) {
    std::vector<DataFile> files;
    for (const auto& [file, entries] : ReadTable(table).manifests) {
      for (const ManifestEntry& entry : entries) {
        if (file.holds_deletes) files.push_back(entry.data_file);
      }
    }
    return files;
  };
  const auto positions = deletes("spark-v2");
  ASSERT_EQ(positions.size(), 1U);
  EXPECT_EQ(positions[0].content, FileContent::kPositionDeletes);
  EXPECT_EQ(positions[0].record_count, 1);

  const auto vectors = deletes("spark-v3");
  ASSERT_EQ(vectors.size(), 1U);
  EXPECT_EQ(vectors[0].file_format, "PUFFIN");
  EXPECT_EQ(vectors[0].content_offset, 4);
  EXPECT_EQ(vectors[0].content_size_bytes, 42);
  EXPECT_TRUE(vectors[0].referenced_data_file.has_value());
}

TEST(InteropTest, RowIdsOfVersionThreeAreRead) {
  const Golden golden = ReadTable("spark-v3");
  EXPECT_EQ(golden.metadata.next_row_id, 4);
  EXPECT_EQ(golden.metadata.snapshots[1].first_row_id, 3);
  EXPECT_EQ(golden.metadata.snapshots[1].added_rows, 1);
  for (const auto& [file, entries] : golden.manifests) {
    EXPECT_EQ(file.first_row_id.has_value(), !file.holds_deletes);
  }
}

// A manifest of Java's encoded by us and read again says the same.
TEST(InteropTest, ManifestsOfOthersSurviveBeingRewritten) {
  for (const std::string& table : kTables) {
    SCOPED_TRACE(table);
    const Golden golden = ReadTable(table);
    const int version =
        golden.metadata.format_version < 2 ? 2 : golden.metadata.format_version;
    for (const auto& [file, entries] : golden.manifests) {
      const auto encoded = EncodeManifest(
          golden.metadata.CurrentSchema(),
          *golden.metadata.FindSpec(file.partition_spec_id), version, entries);
      ASSERT_THAT(encoded, IsOk());
      EXPECT_THAT(DecodeManifest(encoded->bytes, file, golden.metadata),
                  IsOkAnd(entries));
      // Java fills in summaries by the same rules.
      EXPECT_EQ(encoded->file.partitions, file.partitions);
    }
  }
}

}  // namespace
}  // namespace frazil
