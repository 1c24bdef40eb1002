#pragma once

/// \file write/testing_rows.h
/// \brief Rows, tables and folders for the tests of this room. Included by tests only.

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <arrow/array.h>
#include <arrow/io/memory.h>
#include <arrow/json/from_string.h>
#include <arrow/record_batch.h>
#include <arrow/table.h>
#include <gtest/gtest.h>
#include <parquet/arrow/reader.h>
#include <parquet/file_reader.h>

#include "base/unique_id.h"
#include "iceberg/table_metadata.h"
#include "model/arrow_schema.h"
#include "storage/file_io.h"

namespace frazil {

inline SchemaField OptionalField(std::int32_t id, std::string name, Type type) {
  return {id, std::move(name), std::move(type), /*required=*/false, ""};
}

inline SchemaField RequiredField(std::int32_t id, std::string name, Type type) {
  return {id, std::move(name), std::move(type), /*required=*/true, ""};
}

inline SchemaField OptionalField(std::int32_t id, std::string name, TypeId type) {
  return OptionalField(id, std::move(name), Type(type));
}

inline SchemaField RequiredField(std::int32_t id, std::string name, TypeId type) {
  return RequiredField(id, std::move(name), Type(type));
}

/// \brief A table of one schema and one spec.
inline TableMetadata TableOf(std::vector<SchemaField> fields, PartitionSpec spec = {},
                             std::map<std::string, std::string> properties = {}) {
  TableMetadata metadata;
  metadata.location = "/table";
  Schema schema;
  schema.fields = std::move(fields);
  metadata.schemas = {std::move(schema)};
  metadata.default_spec_id = spec.spec_id;
  metadata.partition_specs = {std::move(spec)};
  metadata.properties = std::move(properties);
  return metadata;
}

/// \brief Rows from a JSON array of arrays: [[1, "a"], [2, null]].
inline std::shared_ptr<arrow::RecordBatch> RowsFromJson(const Schema& schema,
                                                        std::string_view json) {
  const auto arrow_schema = ArrowSchemaOf(schema);
  const auto structs =
      arrow::json::ArrayFromJSONString(arrow::struct_(arrow_schema->fields()), json);
  EXPECT_TRUE(structs.ok()) << structs.status().ToString();
  if (!structs.ok()) return nullptr;
  const auto& columns = static_cast<const arrow::StructArray&>(**structs).fields();
  return arrow::RecordBatch::Make(arrow_schema, (*structs)->length(), columns);
}

/// \brief A Parquet file's reader, and its rows as one batch.
struct ReadFile {
  std::shared_ptr<parquet::FileMetaData> footer;
  std::shared_ptr<arrow::RecordBatch> rows;
};

inline ReadFile ReadParquet(FileIO& io, const std::string& location) {
  auto bytes = io.Read(location);
  EXPECT_TRUE(bytes.has_value()) << location;
  if (!bytes.has_value()) return {};
  ReadFile result;
  auto reader = parquet::arrow::FileReader::Make(
      arrow::default_memory_pool(),
      parquet::ParquetFileReader::Open(std::make_shared<arrow::io::BufferReader>(
          arrow::Buffer::FromString(*std::move(bytes)))));
  EXPECT_TRUE(reader.ok()) << reader.status().ToString();
  result.footer = (*reader)->parquet_reader()->metadata();
  const auto table = (*reader)->ReadTable();
  EXPECT_TRUE(table.ok()) << table.status().ToString();
  result.rows = (*table)->CombineChunksToBatch().ValueOrDie();
  return result;
}

/// \brief A folder that goes away with the test.
class TempFolder {
 public:
  TempFolder() : path_(testing::TempDir() + "frazil-write-" + RandomUuid()) {}
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  ~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  [[nodiscard]] const std::string& path() const { return path_; }

  /// \brief Files at any depth, hidden ones included.
  [[nodiscard]] std::vector<std::string> Files() const {
    std::vector<std::string> files;
    std::error_code error;
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator(path_, error)) {
      if (entry.is_regular_file()) files.push_back(entry.path().string());
    }
    return files;
  }

 private:
  std::string path_;
};

}  // namespace frazil
