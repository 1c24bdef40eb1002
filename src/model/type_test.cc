#include "model/type.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/result_matchers.h"

namespace frazil {
namespace {

Schema NestedSchema() {
  const Type point = Type::Struct({{70, "x", Type(TypeId::kDouble), true, ""},
                                   {71, "y", Type(TypeId::kDouble), true, ""}});
  const Type list = Type::List({60, "", point, false, ""});
  const Type map = Type::Map({50, "", Type(TypeId::kString), false, ""},
                             {51, "", Type(TypeId::kInt), true, ""});
  return Schema{
      0,
      {{10, "points", list, false, ""},
       {20, "counts", map, false, ""},
       {30, "geo", Type::Struct({{31, "city", Type(TypeId::kString), false, ""}}), false,
        ""},
       {40, "geo.zip", Type(TypeId::kString), true, ""}},
      {40}};
}

TEST(TypeTest, WritesTheNamesOfTheSpecification) {
  EXPECT_EQ(Type(TypeId::kTimestamptz).ToString(), "timestamptz");
  EXPECT_EQ(Type::Decimal(9, 2).ToString(), "decimal(9, 2)");
  EXPECT_EQ(Type::Fixed(16).ToString(), "fixed[16]");
  EXPECT_EQ(NestedSchema().fields[0].type.ToString(),
            "list<struct<x: double, y: double>>");
  EXPECT_EQ(NestedSchema().fields[1].type.ToString(), "map<string, int>");
  EXPECT_EQ(Type::Struct({}).ToString(), "struct<>");
}

TEST(TypeTest, ReadsDecimalsWithAndWithoutBlanks) {
  EXPECT_THAT(ParsePrimitiveType("decimal(9,2)"), IsOkAnd(Type::Decimal(9, 2)));
  EXPECT_THAT(ParsePrimitiveType("decimal(38, 38)"), IsOkAnd(Type::Decimal(38, 38)));
  EXPECT_THAT(ParsePrimitiveType("fixed[3]"), IsOkAnd(Type::Fixed(3)));
}

TEST(TypeTest, RefusesWhatIsNoPrimitiveType) {
  for (const char* text :
       {"", "struct", "list", "bigint", "INT", "decimal", "decimal()", "decimal(9)",
        "decimal(0,0)", "decimal(39,0)", "decimal(9,10)", "decimal(9,-1)", "decimal(9,2",
        "fixed", "fixed[]", "fixed[-1]", "fixed[a]", "fixed[99999999999]", "long "}) {
    SCOPED_TRACE(text);
    EXPECT_THAT(ParsePrimitiveType(text), FailsWith(ErrorKind::kInvalidArgument));
  }
}

TEST(TypeTest, EqualityLooksAtParametersAndFields) {
  EXPECT_EQ(NestedSchema(), NestedSchema());
  EXPECT_NE(Type::Decimal(9, 2), Type::Decimal(9, 3));
  EXPECT_NE(Type::Fixed(1), Type::Fixed(2));
  EXPECT_NE(Type::List({1, "", Type(TypeId::kInt), true, ""}),
            Type::List({1, "", Type(TypeId::kInt), false, ""}));
}

TEST(SchemaTest, FindsFieldsByNameIdAndPath) {
  const Schema schema = NestedSchema();
  ASSERT_NE(schema.FindField("geo"), nullptr);
  EXPECT_EQ(schema.FindField("geo")->field_id, 30);
  EXPECT_EQ(schema.FindField("city"), nullptr);
  ASSERT_NE(schema.FindFieldById(71), nullptr);
  EXPECT_EQ(schema.FindFieldById(71)->name, "y");
  EXPECT_EQ(schema.FindFieldById(51)->name, "value");
  EXPECT_EQ(schema.FindFieldById(99), nullptr);
  ASSERT_NE(schema.FindFieldByPath("geo.city"), nullptr);
  EXPECT_EQ(schema.FindFieldByPath("geo.city")->field_id, 31);
  EXPECT_EQ(schema.FindFieldByPath("geo.zip")->field_id, 40);
  EXPECT_EQ(schema.FindFieldByPath("geo.none"), nullptr);
  EXPECT_EQ(schema.FindFieldByPath("geo."), nullptr);
  EXPECT_EQ(schema.HighestFieldId(), 71);
  EXPECT_EQ(Schema{}.HighestFieldId(), 0);
}

TEST(SchemaTest, FreshIdsNumberALevelBeforeWhatIsInsideIt) {
  std::map<std::int32_t, std::int32_t> new_ids;
  const Schema fresh = AssignFreshIds(NestedSchema(), &new_ids);

  const std::map<std::int32_t, std::int32_t> expected = {
      {10, 1}, {20, 2}, {30, 3}, {40, 4}, {60, 5},
      {70, 6}, {71, 7}, {50, 8}, {51, 9}, {31, 10}};
  EXPECT_EQ(new_ids, expected);
  for (const auto& [old_id, new_id] : expected) {
    EXPECT_EQ(fresh.FindFieldById(new_id)->name,
              NestedSchema().FindFieldById(old_id)->name);
  }
  EXPECT_THAT(fresh.identifier_field_ids, ::testing::ElementsAre(4));
  EXPECT_EQ(AssignFreshIds(fresh), fresh);
}

}  // namespace
}  // namespace frazil
