#include "config/sql/type_parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/result_matchers.h"
#include "config/sql/variables.h"

namespace frazil {
namespace {

using ::testing::HasSubstr;

Result<ParsedType> Parse(std::string text) {
  PipelineSpec spec;
  spec.file = "p.sql";
  spec.text = std::move(text);
  const auto expanded =
      ExpandedText::Expand(spec, [](std::string_view) { return std::nullopt; });
  if (!expanded.has_value()) return Fail(expanded.error());
  TokenCursor cursor(spec, *expanded);
  auto parsed = ParseSqlType(cursor);
  if (parsed.has_value() && !cursor.AtEnd()) return Fail(cursor.Unexpected("the end"));
  return parsed;
}

TEST(ParseSqlTypeTest, MapsEveryPrimitiveNameToIceberg) {
  const std::pair<const char*, const char*> types[] = {
      {"BOOLEAN", "boolean"},
      {"bool", "boolean"},
      {"TINYINT", "int"},
      {"SMALLINT", "int"},
      {"INT", "int"},
      {"INTEGER", "int"},
      {"BIGINT", "long"},
      {"long", "long"},
      {"UINTEGER", "long"},
      {"FLOAT", "float"},
      {"REAL", "float"},
      {"DOUBLE", "double"},
      {"DOUBLE PRECISION", "double"},
      {"DECIMAL", "decimal(10, 0)"},
      {"DECIMAL(9)", "decimal(9, 0)"},
      {"DEC(38, 38)", "decimal(38, 38)"},
      {"NUMERIC(9,2)", "decimal(9, 2)"},
      {"STRING", "string"},
      {"TEXT", "string"},
      {"VARCHAR", "string"},
      {"VARCHAR(20)", "string"},
      {"CHARACTER VARYING(20)", "string"},
      {"CHAR(1)", "string"},
      {"BYTES", "binary"},
      {"BINARY", "binary"},
      {"BINARY(16)", "fixed[16]"},
      {"VARBINARY(16)", "binary"},
      {"fixed[16]", "fixed[16]"},
      {"FIXED(3)", "fixed[3]"},
      {"BLOB", "binary"},
      {"UUID", "uuid"},
      {"DATE", "date"},
      {"TIME", "time"},
      {"TIME(3) WITHOUT TIME ZONE", "time"},
      {"TIMESTAMP", "timestamp"},
      {"TIMESTAMP(3)", "timestamp"},
      {"TIMESTAMP(6) WITHOUT TIME ZONE", "timestamp"},
      {"TIMESTAMP_NTZ", "timestamp"},
      {"DATETIME", "timestamp"},
      {"TIMESTAMP_LTZ(3)", "timestamptz"},
      {"TIMESTAMP(3) WITH LOCAL TIME ZONE", "timestamptz"},
      {"TIMESTAMP WITH TIME ZONE", "timestamptz"},
      {"timestamptz", "timestamptz"},
  };
  for (const auto& [text, iceberg] : types) {
    const auto parsed = Parse(text);
    ASSERT_THAT(parsed, IsOk()) << text;
    EXPECT_EQ(parsed->type.ToString(), iceberg) << text;
    EXPECT_FALSE(parsed->required) << text;
  }
}

TEST(ParseSqlTypeTest, TakesNestedTypesInEveryWriting) {
  const Type row = Type::Struct({{0, "a", Type(TypeId::kInt), false, ""},
                                 {0, "b", Type(TypeId::kString), true, "who"}});
  for (const char* const text :
       {"ROW<a INT, b STRING NOT NULL COMMENT 'who'>",
        "ROW(a INT, b STRING NOT NULL 'who')",
        "STRUCT<a: INT, b: STRING NOT NULL COMMENT 'who'>",
        "struct(a INTEGER, \"b\" VARCHAR NOT NULL COMMENT 'who')",
        "ROW<`a` INT NULL, b STRING NOT NULL COMMENT 'who'>"}) {
    const auto parsed = Parse(text);
    ASSERT_THAT(parsed, IsOk()) << text;
    EXPECT_EQ(parsed->type, row) << text;
  }
  const Type list = Type::List({0, "element", Type(TypeId::kInt), false, ""});
  for (const char* const text : {"ARRAY<INT>", "INT ARRAY", "LIST<int>", "INT[]"}) {
    const auto parsed = Parse(text);
    ASSERT_THAT(parsed, IsOk()) << text;
    EXPECT_EQ(parsed->type, list) << text;
  }
  for (const char* const text :
       {"MAP<STRING, INT>", "MAP(VARCHAR, INTEGER)", "MAP<STRING NOT NULL, INT NULL>"}) {
    const auto parsed = Parse(text);
    ASSERT_THAT(parsed, IsOk()) << text;
    EXPECT_EQ(parsed->type, Type::Map({0, "key", Type(TypeId::kString), true, ""},
                                      {0, "value", Type(TypeId::kInt), false, ""}))
        << text;
  }
}

TEST(ParseSqlTypeTest, KeepsNotNullWhereItStands) {
  const auto parsed = Parse("ARRAY<MAP<STRING, INT NOT NULL> NOT NULL> NOT NULL");
  ASSERT_THAT(parsed, IsOk());
  EXPECT_TRUE(parsed->required);
  const SchemaField& element = parsed->type.fields()[0];
  EXPECT_TRUE(element.required);
  EXPECT_TRUE(element.type.fields()[1].required);

  const auto postfix = Parse("INT NOT NULL ARRAY[]");
  ASSERT_THAT(postfix, IsOk());
  EXPECT_FALSE(postfix->required);
  EXPECT_EQ(postfix->type.ToString(), "list<list<int>>");
  EXPECT_TRUE(postfix->type.fields()[0].type.fields()[0].required);
}

TEST(ParseSqlTypeTest, SaysWhatIsWrong) {
  const std::pair<const char*, const char*> bad[] = {
      {"INTERGER", "did you mean 'INTEGER'?"},
      {"MULTISET<INT>", "Iceberg tables have no type MULTISET"},
      {"INT MULTISET", "Iceberg tables have no type MULTISET"},
      {"INTERVAL DAY", "write BIGINT"},
      {"UBIGINT", "write DECIMAL(20, 0)"},
      {"TIMESTAMP(7)", "a precision of 7 digits is not supported"},
      {"TIMESTAMP_LTZ(9)", "a precision of 9 digits is not supported"},
      {"TIMESTAMP(10)", "expected a precision from 0 to 9"},
      {"TIME WITH TIME ZONE", "Iceberg tables have no TIME with a zone"},
      {"DECIMAL(0)", "from 1 to 38"},
      {"DECIMAL(5, 6)", "the scale, a number from 0 to 5"},
      {"DECIMAL(5", "expected ')', found the end of the script"},
      {"CHAR(0)", "expected a length from 1"},
      {"FIXED", "expected '(', found the end of the script"},
      {"BINARY(99999999999)", "expected a length"},
      {"ROW<>", "a ROW of no fields"},
      {"ROW<a>", "expected a type, found '>'"},
      {"ROW<a INT, A INT>", "field 'A' is there twice"},
      {"ROW<a INT b INT>", "expected ',' or '>', found 'b'"},
      {"ARRAY INT", "expected '<', found 'INT'"},
      {"ARRAY<INT)", "expected '>', found ')'"},
      {"MAP<INT>", "expected ',', found '>'"},
      {"'INT'", "expected a type, found a string"},
      {"\"INT\"", "expected a type"},
      {"", "expected a type, found the end of the script"},
  };
  for (const auto& [text, message] : bad) {
    EXPECT_THAT(Parse(text), FailsWith(ErrorKind::kInvalidConfig, HasSubstr(message)))
        << text;
  }
}

TEST(ParseSqlTypeTest, BoundsTheDepth) {
  const auto nested = [](int levels) {
    std::string text;
    for (int i = 1; i < levels; ++i) text += "ARRAY<";
    return text + "INT" + std::string(static_cast<std::size_t>(levels) - 1, '>');
  };
  const auto suffixed = [](int levels) {
    std::string text = "INT";
    for (int i = 1; i < levels; ++i) text += "[]";
    return text;
  };
  EXPECT_THAT(Parse(nested(kMaxTypeDepth)), IsOk());
  EXPECT_THAT(Parse(suffixed(kMaxTypeDepth)), IsOk());
  for (const std::string& text :
       {nested(kMaxTypeDepth + 1), nested(2000), suffixed(kMaxTypeDepth + 1)}) {
    EXPECT_THAT(Parse(text),
                FailsWith(ErrorKind::kInvalidConfig, HasSubstr("deeper than 32 levels")));
  }
}

}  // namespace
}  // namespace frazil
