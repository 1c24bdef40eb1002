#include "model/arrow_schema.h"

#include <string>
#include <utility>
#include <vector>

#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace frazil {
namespace {

std::string FieldIdOf(const arrow::Field& field) {
  if (field.metadata() == nullptr) return "none";
  return field.metadata()->Get("PARQUET:field_id").ValueOr("none");
}

TEST(ArrowSchemaTest, EachPrimitiveTypeHasItsArrowType) {
  const std::vector<std::pair<Type, std::shared_ptr<arrow::DataType>>> cases = {
      {Type(TypeId::kBoolean), arrow::boolean()},
      {Type(TypeId::kInt), arrow::int32()},
      {Type(TypeId::kLong), arrow::int64()},
      {Type(TypeId::kFloat), arrow::float32()},
      {Type(TypeId::kDouble), arrow::float64()},
      {Type::Decimal(9, 2), arrow::decimal128(9, 2)},
      {Type(TypeId::kDate), arrow::date32()},
      {Type(TypeId::kTime), arrow::time64(arrow::TimeUnit::MICRO)},
      {Type(TypeId::kTimestamp), arrow::timestamp(arrow::TimeUnit::MICRO)},
      {Type(TypeId::kTimestamptz), arrow::timestamp(arrow::TimeUnit::MICRO, "UTC")},
      {Type(TypeId::kString), arrow::utf8()},
      {Type(TypeId::kBinary), arrow::binary()},
      {Type(TypeId::kUuid), arrow::fixed_size_binary(16)},
      {Type::Fixed(7), arrow::fixed_size_binary(7)},
  };
  for (const auto& [type, expected] : cases) {
    SCOPED_TRACE(type.ToString());
    EXPECT_TRUE(ArrowTypeOf(type)->Equals(*expected)) << ArrowTypeOf(type)->ToString();
  }
}

TEST(ArrowSchemaTest, FieldsCarryIdsAndNullabilityAtEveryLevel) {
  Schema schema;
  schema.fields = {
      {1, "id", Type(TypeId::kLong), /*required=*/true, ""},
      {2, "geo", Type::Struct({{3, "city", Type(TypeId::kString), true, ""}}), false, ""},
      {4, "tags", Type::List({5, "", Type(TypeId::kString), false, ""}), false, ""},
      {6, "attributes",
       Type::Map({7, "", Type(TypeId::kString), true, ""},
                 {8, "", Type(TypeId::kDouble), true, ""}),
       true, ""}};

  const auto arrow_schema = ArrowSchemaOf(schema);

  ASSERT_EQ(arrow_schema->num_fields(), 4);
  EXPECT_EQ(FieldIdOf(*arrow_schema->field(0)), "1");
  EXPECT_FALSE(arrow_schema->field(0)->nullable());
  EXPECT_TRUE(arrow_schema->field(1)->nullable());
  const auto city = arrow_schema->field(1)->type()->field(0);
  EXPECT_EQ(FieldIdOf(*city), "3");
  EXPECT_FALSE(city->nullable());
  const auto element = arrow_schema->field(2)->type()->field(0);
  EXPECT_EQ(element->name(), "element");
  EXPECT_EQ(FieldIdOf(*element), "5");
  EXPECT_TRUE(element->nullable());
  const auto& map = static_cast<const arrow::MapType&>(*arrow_schema->field(3)->type());
  EXPECT_EQ(map.key_field()->name(), "key");
  EXPECT_EQ(FieldIdOf(*map.key_field()), "7");
  EXPECT_EQ(map.item_field()->name(), "value");
  EXPECT_EQ(FieldIdOf(*map.item_field()), "8");
  EXPECT_FALSE(map.item_field()->nullable());
}

TEST(ArrowSchemaTest, AFieldWithoutAnIdHasNoMetadata) {
  EXPECT_EQ(ArrowFieldOf({0, "x", Type(TypeId::kInt), false, ""})->metadata(), nullptr);
}

}  // namespace
}  // namespace frazil
