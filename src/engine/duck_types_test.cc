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

// DuckDB itself is asked, about a value of each type.
TEST(DuckTypesTest, KnowsWhichCastsThereAre) {
  const std::pair<Type, std::string> kValues[] = {
      {Type(TypeId::kBoolean), "true"},
      {Type(TypeId::kInt), "1::INTEGER"},
      {Type(TypeId::kLong), "1::BIGINT"},
      {Type(TypeId::kFloat), "1::FLOAT"},
      {Type(TypeId::kDouble), "1::DOUBLE"},
      {Type::Decimal(9, 2), "1::DECIMAL(9, 2)"},
      {Type(TypeId::kDate), "DATE '2026-01-02'"},
      {Type(TypeId::kTime), "TIME '01:02:03'"},
      {Type(TypeId::kTimestamp), "TIMESTAMP '2026-01-02 03:04:05'"},
      {Type(TypeId::kTimestamptz), "TIMESTAMPTZ '2026-01-02 03:04:05+00'"},
      {Type(TypeId::kString), "'1'"},
      {Type(TypeId::kUuid), "UUID '30313233-3435-3637-3839-616263646566'"},
      {Type(TypeId::kBinary), "'0123456789abcdef'::BLOB"},
  };
  const auto database = *DuckDatabase::Open({});
  const auto connection = *database->Connect();
  for (const auto& [from, value] : kValues) {
    for (const auto& [to, other] : kValues) {
      SCOPED_TRACE(from.ToString() + " to " + to.ToString());
      const auto rows = connection->QueryTexts(
          fmt::format("SELECT CAST(v AS {}) FROM (SELECT {} AS v FROM range(1))",
                      DuckTypeName(to), value));
      const bool is_missing =
          !rows.has_value() &&
          rows.error().message.find("Unimplemented type for cast") != std::string::npos;
      EXPECT_EQ(HasCast(from, to), !is_missing);
    }
  }
}

}  // namespace
}  // namespace frazil
