#pragma once

/// \file iceberg/testing.h
/// \brief A table with a column of each type, and files of it. Included by tests only.

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "base/result_matchers.h"
#include "iceberg/manifest.h"
#include "iceberg/table_metadata.h"

namespace frazil {

inline SchemaField Column(std::int32_t field_id, std::string name, Type type,
                          bool required = false) {
  return {field_id, std::move(name), std::move(type), required, ""};
}

/// \brief Columns 1 to 15, one of each primitive type, named after it, and nested ones.
inline Schema SchemaOfAllTypes() {
  Schema schema;
  for (int id = 0; id < static_cast<int>(TypeId::kStruct); ++id) {
    const auto type_id = static_cast<TypeId>(id);
    const Type type = type_id == TypeId::kDecimal ? Type::Decimal(9, 2)
                      : type_id == TypeId::kFixed ? Type::Fixed(3)
                                                  : Type(type_id);
    const std::string text = type.ToString();
    schema.fields.push_back(
        Column(id + 1, text.substr(0, text.find_first_of("([")), type));
  }
  schema.fields.push_back(
      Column(21, "st", Type::Struct({Column(22, "x", Type(TypeId::kInt), true)})));
  schema.fields.push_back(
      Column(23, "l", Type::List(Column(24, "", Type(TypeId::kLong)))));
  schema.fields.push_back(Column(25, "m",
                                 Type::Map(Column(26, "", Type(TypeId::kString)),
                                           Column(27, "", Type(TypeId::kDate)))));
  schema.fields[1].required = true;
  schema.fields[1].doc = "a doc with \"quotes\"";
  schema.identifier_field_ids = {2};
  return schema;
}

/// \brief A partition field of SchemaOfAllTypes.
inline PartitionField PartitionOf(const Schema& schema, std::string_view column,
                                  std::string_view transform, std::string name) {
  return {schema.FindField(column)->field_id, 0, std::move(name),
          Transform::Parse(transform)};
}

/// \brief Metadata of an empty table at /lake/t; `transforms` are pairs of column and
/// transform, fields are named p0, p1, ...
inline TableMetadata MakeTable(
    const std::vector<std::pair<std::string, std::string>>& transforms = {},
    std::map<std::string, std::string> properties = {}) {
  NewTable table;
  table.schema = SchemaOfAllTypes();
  table.location = "/lake/t";
  table.properties = std::move(properties);
  for (const auto& [column, transform] : transforms) {
    table.spec.fields.push_back(PartitionOf(
        table.schema, column, transform, "p" + std::to_string(table.spec.fields.size())));
  }
  auto metadata = MakeTableMetadata(table, /*now_ms=*/1'700'000'000'000);
  EXPECT_THAT(metadata, IsOk());
  return metadata.value_or(TableMetadata{});
}

/// \brief A data file of spec 0.
inline DataFile FileOf(std::string path, std::vector<Literal> partition = {},
                       std::int64_t rows = 10) {
  DataFile file;
  file.file_path = std::move(path);
  file.partition = std::move(partition);
  file.record_count = rows;
  file.file_size_bytes = rows * 100;
  return file;
}

/// \brief A metric, partition values and all else that a data file can have.
inline DataFile FullFileOf(std::string path, std::vector<Literal> partition = {}) {
  DataFile file = FileOf(std::move(path), std::move(partition));
  file.column_sizes = {{1, 10}, {2, 1'000'000'000'000}};
  file.value_counts = {{1, 10}, {2, 10}};
  file.null_value_counts = {{1, 0}, {2, 3}};
  file.nan_value_counts = {{4, 1}};
  file.lower_bounds = {{2, std::string("\x00\x01\x02\x03", 4)}, {11, ""}};
  file.upper_bounds = {{2, "zzzz"}};
  file.split_offsets = {4, 134'217'732};
  file.equality_ids = {1, 2};
  file.sort_order_id = 0;
  file.referenced_data_file = "/lake/t/data/other.parquet";
  file.key_metadata = std::string("\x00k", 2);
  return file;
}

}  // namespace frazil
