#include "engine/duck_types.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/result_matchers.h"
#include "engine/duck_database.h"
#include "engine/random_rows.h"

namespace frazil {
namespace {

Type WithBinaryForFixed(const Type& type) {
  return type.id() == TypeId::kFixed ? Type(TypeId::kBinary) : type;
}

TEST(DuckTypesTest, EveryIcebergTypeComesBackAsItself) {
  for (const Type& type : EveryType()) {
    SCOPED_TRACE(type.ToString());
    const std::optional<Type> back = IcebergTypeOf(DuckTypeOf(type));
    ASSERT_TRUE(back.has_value());
    EXPECT_EQ(*back, WithBinaryForFixed(type)) << back->ToString();
  }
}

TEST(DuckTypesTest, DuckDbSpellsAndDescribesTheTypesAsWeDo) {
  auto database = DuckDatabase::Open({});
  ASSERT_THAT(database, IsOk());
  auto connection = (*database)->Connect();
  ASSERT_THAT(connection, IsOk());
  for (const Type& type : EveryType()) {
    SCOPED_TRACE(type.ToString());
    auto columns =
        (*connection)->Describe("SELECT CAST(NULL AS " + DuckTypeName(type) + ")");
    ASSERT_THAT(columns, IsOk());
    EXPECT_EQ((*columns)[0].type, DuckTypeOf(type)) << (*columns)[0].type.name;
  }
}

TEST(DuckTypesTest, ForeignTypesGoToTheNarrowestThatHoldsThemOrToNone) {
  auto database = DuckDatabase::Open({});
  ASSERT_THAT(database, IsOk());
  auto connection = (*database)->Connect();
  ASSERT_THAT(connection, IsOk());
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"TINYINT", "int"},
      {"SMALLINT", "int"},
      {"UTINYINT", "int"},
      {"USMALLINT", "int"},
      {"UINTEGER", "long"},
      {"UBIGINT", Type::Decimal(20, 0).ToString()},
      {"TIMESTAMP_S", "timestamp"},
      {"TIMESTAMP_MS", "timestamp"},
      {"JSON", "string"},
      {"ENUM('a', 'b')", "string"},
      {"INTEGER[3]", Type::List(Member("element", Type(TypeId::kInt))).ToString()},
      {"HUGEINT", ""},
      {"UHUGEINT", ""},
      {"INTERVAL", ""},
      {"TIMESTAMP_NS", ""},
      {"TIMETZ", ""},
      {"BIT", ""},
      {"UNION(a INTEGER)", ""},
      {"STRUCT(a HUGEINT)", ""},
  };
  for (const auto& [duck, iceberg] : cases) {
    SCOPED_TRACE(duck);
    auto columns = (*connection)->Describe("SELECT CAST(NULL AS " + duck + ")");
    ASSERT_THAT(columns, IsOk());
    const std::optional<Type> type = IcebergTypeOf((*columns)[0].type);
    EXPECT_EQ(type.has_value() ? type->ToString() : "", iceberg);
    EXPECT_THAT((*columns)[0].type.name, testing::Not(testing::IsEmpty()));
  }
}

}  // namespace
}  // namespace frazil
