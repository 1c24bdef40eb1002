#include "write/required_columns.h"

#include <string>

#include <arrow/array.h>
#include <arrow/buffer.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/result_matchers.h"
#include "write/testing_rows.h"

namespace frazil {
namespace {

using ::testing::HasSubstr;

Status Check(const SchemaField& field, std::string_view json) {
  const auto array = arrow::json::ArrayFromJSONString(ArrowTypeOf(field.type), json);
  EXPECT_TRUE(array.ok()) << array.status().ToString();
  return CheckRequired(field, **array);
}

TEST(RequiredColumnsTest, ANullInARequiredColumnIsFound) {
  EXPECT_THAT(Check(RequiredField(1, "id", TypeId::kLong), "[1, 2]"), IsOk());
  EXPECT_THAT(Check(RequiredField(1, "id", TypeId::kLong), "[1, null]"),
              FailsWith(ErrorKind::kInvalidArgument, HasSubstr("column id, at value 1")));
  EXPECT_THAT(Check(OptionalField(1, "id", TypeId::kLong), "[1, null]"), IsOk());
}

TEST(RequiredColumnsTest, AMemberOfANullStructMayBeNull) {
  const SchemaField geo =
      OptionalField(1, "geo", Type::Struct({RequiredField(2, "city", TypeId::kString)}));
  EXPECT_THAT(Check(geo, R"([null, {"city": "Ulm"}])"), IsOk());
  EXPECT_THAT(Check(geo, R"([null, {"city": null}])"),
              FailsWith(ErrorKind::kInvalidArgument, HasSubstr("geo.city")));
}

TEST(RequiredColumnsTest, ANullUnderANullStructIsNotSeen) {
  const SchemaField geo =
      OptionalField(1, "geo", Type::Struct({RequiredField(2, "city", TypeId::kString)}));
  const auto cities = arrow::json::ArrayFromJSONString(arrow::utf8(), R"([null, "Ulm"])");
  ASSERT_TRUE(cities.ok());
  const auto structs_with = [&](char validity) {
    return arrow::StructArray(ArrowTypeOf(geo.type), 2, arrow::ArrayVector{*cities},
                              arrow::Buffer::FromString(std::string(1, validity)));
  };
  EXPECT_THAT(CheckRequired(geo, structs_with('\2')), IsOk());
  EXPECT_THAT(CheckRequired(geo, structs_with('\3')),
              FailsWith(ErrorKind::kInvalidArgument));
}

TEST(RequiredColumnsTest, AStructInANullStructMayBeNull) {
  const SchemaField outer = OptionalField(
      1, "a",
      Type::Struct(
          {RequiredField(2, "b", Type::Struct({RequiredField(3, "c", TypeId::kInt)}))}));
  EXPECT_THAT(Check(outer, R"([null, {"b": {"c": 1}}])"), IsOk());
  EXPECT_THAT(Check(outer, R"([null, {"b": null}])"),
              FailsWith(ErrorKind::kInvalidArgument, HasSubstr("a.b,")));
  EXPECT_THAT(Check(outer, R"([null, {"b": {"c": null}}])"),
              FailsWith(ErrorKind::kInvalidArgument, HasSubstr("a.b.c,")));
}

TEST(RequiredColumnsTest, ElementsAndValuesAreLookedAt) {
  const SchemaField list =
      OptionalField(1, "tags", Type::List(RequiredField(2, "element", TypeId::kString)));
  EXPECT_THAT(Check(list, R"([["a"], [], null])"), IsOk());
  EXPECT_THAT(Check(list, R"([["a"], [null], null])"),
              FailsWith(ErrorKind::kInvalidArgument, HasSubstr("tags.element")));
  const SchemaField map =
      OptionalField(1, "m",
                    Type::Map(RequiredField(2, "key", TypeId::kString),
                              RequiredField(3, "value", TypeId::kInt)));
  EXPECT_THAT(Check(map, R"([[["a", 1]], null])"), IsOk());
  EXPECT_THAT(Check(map, R"([[["a", null]]])"),
              FailsWith(ErrorKind::kInvalidArgument, HasSubstr("m.value")));
}

TEST(RequiredColumnsTest, OnlyTheElementsOfTheGivenRowsCount) {
  const SchemaField list =
      OptionalField(1, "tags", Type::List(RequiredField(2, "element", TypeId::kString)));
  const auto array = arrow::json::ArrayFromJSONString(
      ArrowTypeOf(list.type), R"([[null], ["a"], ["b", "c"], [null]])");
  ASSERT_TRUE(array.ok());
  EXPECT_THAT(CheckRequired(list, *(*array)->Slice(1, 2)), IsOk());
  EXPECT_THAT(CheckRequired(list, *(*array)->Slice(1, 3)),
              FailsWith(ErrorKind::kInvalidArgument));
}

}  // namespace
}  // namespace frazil
