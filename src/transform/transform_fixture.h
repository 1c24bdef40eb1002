#pragma once

/// \file transform/transform_fixture.h
/// \brief Specs and rows for the tests of transform/. Included by tests only.

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <arrow/api.h>
#include <arrow/json/from_string.h>
#include <gtest/gtest.h>

#include "base/result_matchers.h"
#include "engine/duck_database.h"
#include "model/arrow_schema.h"
#include "transform/transform_spec.h"

namespace frazil {

/// \brief A member of a nested type, or a column of a target. Ids count from 1 by Target().
inline SchemaField FieldOf(std::string name, Type type, bool required = false) {
  SchemaField field;
  field.name = std::move(name);
  field.type = std::move(type);
  field.required = required;
  return field;
}

inline Schema SchemaOf(std::vector<SchemaField> fields) {
  Schema schema;
  schema.fields = std::move(fields);
  return AssignFreshIds(schema);
}

/// \brief A spec that reads `source` from "events".
inline TransformSpec SpecOf(std::string select, std::vector<TransformColumn> source,
                            std::vector<SchemaField> target) {
  TransformSpec spec;
  spec.select = std::move(select);
  spec.source_name = "events";
  spec.source_columns = std::move(source);
  spec.target_name = "lake.db.events";
  spec.target = SchemaOf(std::move(target));
  return spec;
}

inline std::shared_ptr<arrow::Schema> ArrowSourceSchema(const TransformSpec& spec) {
  arrow::FieldVector fields;
  for (const TransformColumn& column : spec.source_columns) {
    fields.push_back(arrow::field(column.name, ArrowTypeOf(column.type)));
  }
  return arrow::schema(std::move(fields));
}

/// \brief Rows of the source, each column as a JSON array.
inline std::shared_ptr<arrow::RecordBatch> RowsOfJson(
    const TransformSpec& spec, const std::vector<std::string>& columns) {
  const auto schema = ArrowSourceSchema(spec);
  std::vector<std::shared_ptr<arrow::Array>> arrays;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    auto array = arrow::json::ArrayFromJSONString(
        schema->field(static_cast<int>(i))->type(), columns[i]);
    EXPECT_TRUE(array.ok()) << array.status().ToString();
    arrays.push_back(*array);
  }
  return arrow::RecordBatch::Make(schema, arrays.at(0)->length(), arrays);
}

/// \brief Expects a column of a batch to be as the JSON array says.
inline void ExpectColumn(const TransformedBatch& batch, int column,
                         const std::string& json) {
  ASSERT_LT(column, batch.rows->num_columns());
  const std::shared_ptr<arrow::Array> actual = batch.rows->column(column);
  auto expected = arrow::json::ArrayFromJSONString(actual->type(), json);
  ASSERT_TRUE(expected.ok()) << expected.status().ToString();
  EXPECT_TRUE(actual->Equals(**expected)) << actual->ToString() << " instead of " << json;
}

/// \brief "row class" of each failure.
inline std::vector<std::string> FailuresOf(const TransformedBatch& batch) {
  std::vector<std::string> result;
  for (const RowFailure& failure : batch.failures) {
    result.push_back(std::to_string(failure.row) + " " + failure.error_class);
  }
  return result;
}

/// \brief A fixture with an instance of DuckDB.
class TransformFixture : public testing::Test {
 protected:
  void SetUp() override {
    auto database = DuckDatabase::Open({});
    ASSERT_THAT(database, IsOk());
    database_ = *std::move(database);
  }

  // Makes the transformer and runs it; checks what always holds of a result.
  TransformedBatch Apply(const TransformSpec& spec,
                         const std::shared_ptr<arrow::RecordBatch>& rows) {
    auto transformer = MakeTransformer(spec, database_.get());
    EXPECT_THAT(transformer, IsOk());
    if (!transformer.has_value()) return {};
    auto result = (*transformer)->Apply(rows);
    EXPECT_THAT(result, IsOk());
    if (!result.has_value()) return {};
    ExpectSound(spec, *result);
    return *std::move(result);
  }

  static void ExpectSound(const TransformSpec& spec, const TransformedBatch& result) {
    ASSERT_NE(result.rows, nullptr);
    EXPECT_TRUE(result.rows->ValidateFull().ok())
        << result.rows->ValidateFull().ToString();
    EXPECT_TRUE(result.rows->schema()->Equals(*ArrowSchemaOf(spec.target), true))
        << result.rows->schema()->ToString(true);
    for (int i = 0; i < result.rows->num_columns(); ++i) {
      EXPECT_TRUE(result.rows->column(i)->type()->Equals(
          *result.rows->schema()->field(i)->type(), true));
    }
  }

  std::unique_ptr<DuckDatabase> database_;
};

}  // namespace frazil
