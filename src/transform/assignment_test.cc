#include "transform/assignment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "transform/transform_fixture.h"

namespace frazil {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

const Type kLongType(TypeId::kLong);
const Type kIntType(TypeId::kInt);
const Type kTextType(TypeId::kString);

Type ListOf(Type element, bool required = false) {
  return Type::List(FieldOf("element", std::move(element), required));
}
Type MapOf(Type key, Type value, bool required = false) {
  return Type::Map(FieldOf("key", std::move(key), true),
                   FieldOf("value", std::move(value), required));
}

class AssignmentTest : public TransformFixture {};

TEST_F(AssignmentTest, TakesWhatLosesNothing) {
  const auto struct_of = [](const std::string& name, Type type) {
    return Type::Struct({FieldOf(name, std::move(type))});
  };
  const std::vector<std::tuple<Type, Type, bool>> cases = {
      {kIntType, kLongType, true},
      {kIntType, Type(TypeId::kDouble), true},
      {kIntType, Type(TypeId::kFloat), false},
      {kIntType, Type::Decimal(12, 2), true},
      {kIntType, Type::Decimal(11, 2), false},
      {kLongType, kIntType, false},
      {kLongType, Type(TypeId::kDouble), false},
      {kLongType, Type::Decimal(19, 0), true},
      {kLongType, Type::Decimal(18, 0), false},
      {kLongType, Type(TypeId::kTimestamp), false},
      {Type(TypeId::kFloat), Type(TypeId::kDouble), true},
      {Type(TypeId::kDouble), Type(TypeId::kFloat), false},
      {Type::Decimal(9, 2), Type::Decimal(9, 2), true},
      {Type::Decimal(9, 2), Type::Decimal(10, 3), true},
      {Type::Decimal(9, 2), Type::Decimal(10, 4), false},
      {Type::Decimal(9, 2), Type::Decimal(9, 1), false},
      {Type::Decimal(15, 2), Type(TypeId::kDouble), true},
      {Type::Decimal(16, 2), Type(TypeId::kDouble), false},
      {Type(TypeId::kDate), Type(TypeId::kTimestamp), false},
      {Type(TypeId::kTimestamp), Type(TypeId::kTimestamptz), false},
      {Type(TypeId::kTimestamptz), Type(TypeId::kTimestamp), false},
      {kTextType, Type(TypeId::kUuid), false},
      {kTextType, Type(TypeId::kBinary), false},
      {Type(TypeId::kUuid), kTextType, false},
      {Type(TypeId::kBinary), Type::Fixed(4), true},
      {Type::Fixed(4), Type::Fixed(4), true},
      {Type::Fixed(4), Type::Fixed(5), false},
      {Type::Fixed(4), Type(TypeId::kBinary), true},
      {struct_of("a", kIntType), struct_of("A", kLongType), true},
      {struct_of("a", kIntType), struct_of("b", kIntType), false},
      {ListOf(kIntType), ListOf(kLongType), true},
      {ListOf(kIntType), kIntType, false},
      {kIntType, ListOf(kIntType), false},
      {MapOf(kTextType, kIntType), MapOf(kTextType, kLongType), true},
      {MapOf(kTextType, kIntType), MapOf(kLongType, kIntType), false},
      {ListOf(kTextType), MapOf(kTextType, kTextType), false},
  };
  for (const auto& [from, to, expected] : cases) {
    EXPECT_EQ(IsAssignable(from, to), expected)
        << from.ToString() << " into " << to.ToString();
  }
}

TEST_F(AssignmentTest, WidensInsideNestedColumnsAlsoOfSlices) {
  const Type geo = Type::Struct({FieldOf("n", kIntType), FieldOf("t", kTextType)});
  const Type wide = Type::Struct({FieldOf("N", kLongType), FieldOf("t", kTextType)});
  const TransformSpec spec =
      SpecOf("SELECT g, l, m, b FROM events",
             {{"g", geo},
              {"l", ListOf(geo)},
              {"m", MapOf(kTextType, kIntType)},
              {"b", Type::Fixed(2)}},
             {FieldOf("g", wide), FieldOf("l", ListOf(wide)),
              FieldOf("m", MapOf(kTextType, Type(TypeId::kDouble))),
              FieldOf("b", Type(TypeId::kBinary))});
  const auto rows = RowsOfJson(
      spec, {R"([{"n": 0, "t": "z"}, {"n": 1, "t": "a"}, null, {"n": null, "t": "c"}])",
             R"([[{"n": 9, "t": "z"}], [{"n": 2, "t": "b"}, null], null, []])",
             R"([[["k", 0]], [["k", 3], ["l", null]], null, []])",
             R"(["zz", "xy", null, "\u0000a"])"});
  const TransformedBatch result = Apply(spec, rows->Slice(1));
  EXPECT_THAT(result.failures, IsEmpty());
  ExpectColumn(result, 0, R"([{"N": 1, "t": "a"}, null, {"N": null, "t": "c"}])");
  ExpectColumn(result, 1, R"([[{"N": 2, "t": "b"}, null], null, []])");
  ExpectColumn(result, 2, R"([[["k", 3], ["l", null]], null, []])");
  ExpectColumn(result, 3, R"(["xy", null, "\u0000a"])");
}

TEST_F(AssignmentTest, FindsNullsInRequiredFieldsAtEveryDepth) {
  const Type loose = Type::Struct({FieldOf("n", kIntType)});
  const Type strict = Type::Struct({FieldOf("n", kIntType, true)});
  const TransformSpec spec =
      SpecOf("SELECT g, l, m FROM events",
             {{"g", loose}, {"l", ListOf(loose)}, {"m", MapOf(kTextType, kIntType)}},
             {FieldOf("g", strict), FieldOf("l", ListOf(strict, true)),
              FieldOf("m", MapOf(kTextType, kIntType, true))});
  const auto rows = RowsOfJson(
      spec,
      {R"([{"n": null}, {"n": 1}, {"n": null}, null, {"n": 1}, {"n": 1}, {"n": 2}])",
       R"([[], [{"n": 1}], [{"n": 1}], null, [{"n": 1}, null], [{"n": 1}, {"n": null}], []])",
       R"([[], [["a", 1]], [["a", 1]], null, [], [], [["a", 1], ["b", null]]])"});
  const TransformedBatch result = Apply(spec, rows->Slice(1));
  EXPECT_THAT(FailuresOf(result), ElementsAre("1 NullInRequired", "3 NullInRequired",
                                              "4 NullInRequired", "5 NullInRequired"));
  EXPECT_THAT(result.failures[0].message, HasSubstr("g.n"));
  EXPECT_THAT(result.failures[1].message, HasSubstr("l.element"));
  EXPECT_THAT(result.failures[2].message, HasSubstr("l.element.n"));
  EXPECT_THAT(result.failures[3].message, HasSubstr("m.value"));
  EXPECT_EQ(result.rows->num_rows(), 2);
}

TEST_F(AssignmentTest, ARequiredMemberMayBeNullWhereItsStructIs) {
  const Type loose = Type::Struct({FieldOf("n", kIntType)});
  const TransformSpec spec =
      SpecOf("SELECT g FROM events WHERE true", {{"g", loose}},
             {FieldOf("g", Type::Struct({FieldOf("n", kIntType, true)}))});
  // DuckDB makes the members of a null struct null.
  const TransformedBatch result =
      Apply(spec, RowsOfJson(spec, {R"([{"n": 1}, null, {"n": null}])"}));
  EXPECT_THAT(FailuresOf(result), ElementsAre("2 NullInRequired"));
  ExpectColumn(result, 0, R"([{"n": 1}, null])");
}

TEST_F(AssignmentTest, BinaryOfAnotherLengthThanFixedIsAFailure) {
  const TransformSpec spec =
      SpecOf("SELECT b, l FROM events",
             {{"b", Type(TypeId::kBinary)}, {"l", ListOf(Type(TypeId::kBinary))}},
             {FieldOf("b", Type::Fixed(3)), FieldOf("l", ListOf(Type::Fixed(1)))});
  const auto rows = RowsOfJson(spec, {R"(["abc", "ab", null, "xyz", "def"])",
                                      R"([["a"], [], null, ["b", "cc"], ["x", null]])"});
  const TransformedBatch result = Apply(spec, rows);
  EXPECT_THAT(FailuresOf(result), ElementsAre("1 WrongLength", "3 WrongLength"));
  ExpectColumn(result, 0, R"(["abc", null, "def"])");
  ExpectColumn(result, 1, R"([["a"], null, ["x", null]])");
}

TEST_F(AssignmentTest, SaysWhatDoesNotFitAndHowToCastIt) {
  PipelineSpec pipeline;
  pipeline.file = "p.sql";
  pipeline.text = "INSERT INTO t\n  SELECT id,\n    name FROM events";
  const std::vector<TransformColumn> source = {{"id", kLongType}, {"name", kTextType}};
  const auto error_of = [&](std::string select, std::vector<SchemaField> target,
                            std::vector<std::string> columns = {}) {
    TransformSpec spec = SpecOf(std::move(select), source, std::move(target));
    spec.insert_columns = std::move(columns);
    spec.pipeline = &pipeline;
    spec.select_place = {2, 3};
    auto made = MakeTransformer(spec, database_.get());
    EXPECT_THAT(made, FailsWith(ErrorKind::kInvalidConfig));
    return made.has_value() ? "" : made.error().message;
  };
  EXPECT_THAT(
      error_of("SELECT id,\n    name FROM events",
               {FieldOf("id", kLongType), FieldOf("name", Type(TypeId::kUuid))}),
      AllOf(StartsWith("p.sql:3:5: column 2 of the SELECT, name, has type VARCHAR"),
            HasSubstr("column name of lake.db.events, of type uuid"),
            HasSubstr("hint: write CAST(name AS UUID)")));
  // The same through DuckDB.
  EXPECT_THAT(error_of("SELECT id,\n    upper(name) AS n FROM events",
                       {FieldOf("id", kLongType), FieldOf("name", Type(TypeId::kDate))}),
              AllOf(StartsWith("p.sql:3:5: column 2 of the SELECT, n, has type VARCHAR"),
                    HasSubstr("CAST(n AS DATE)")));
  EXPECT_THAT(error_of("SELECT sum(id) AS total, 'x' FROM events",
                       {FieldOf("id", kLongType), FieldOf("name", kTextType)}),
              HasSubstr("has type HUGEINT"));
  // Only what DuckDB can do is suggested.
  const std::pair<Type, const char*> kOfANumber[] = {
      {Type(TypeId::kDate), "write DATE '1970-01-01' + CAST(id AS INTEGER)"},
      {Type(TypeId::kTimestamp), "write epoch_ms(id)"},
      {Type(TypeId::kTimestamptz), "write to_timestamp(id / 1000)"},
      {Type(TypeId::kTime),
       "no CAST makes TIME of BIGINT: it fits a column of type long"},
      {Type(TypeId::kInt), "write CAST(id AS INTEGER)"},
  };
  for (const auto& [type, hint] : kOfANumber) {
    EXPECT_THAT(error_of("SELECT id FROM events", {FieldOf("made", type)}),
                HasSubstr(hint));
  }
  EXPECT_THAT(error_of("SELECT INTERVAL 1 DAY AS i FROM events",
                       {FieldOf("made", Type(TypeId::kDate))}),
              HasSubstr("no CAST makes DATE of INTERVAL"));
  EXPECT_THAT(error_of("SELECT id FROM events",
                       {FieldOf("id", kLongType), FieldOf("name", kTextType)}),
              HasSubstr("gives 1 columns, but lake.db.events has 2"));
  EXPECT_THAT(error_of("SELECT id FROM events",
                       {FieldOf("id", kLongType), FieldOf("name", kTextType)}, {"ids"}),
              AllOf(HasSubstr("has no column ids"), HasSubstr("did you mean id?")));
  EXPECT_THAT(
      error_of("SELECT id, id FROM events",
               {FieldOf("id", kLongType), FieldOf("name", kTextType)}, {"id", "ID"}),
      HasSubstr("twice"));
  EXPECT_THAT(
      error_of("SELECT id FROM events",
               {FieldOf("id", kLongType), FieldOf("name", kTextType, true)}, {"id"}),
      HasSubstr("name of lake.db.events is NOT NULL, but the INSERT does not give it"));
  EXPECT_THAT(error_of("SELECT id, NULL FROM events",
                       {FieldOf("id", kLongType), FieldOf("name", kTextType, true)}),
              HasSubstr("name of lake.db.events is NOT NULL, but the SELECT gives NULL"));
}

TEST_F(AssignmentTest, WhatIsSuggestedForNumbersFits) {
  const std::pair<Type, const char*> kSuggested[] = {
      {Type(TypeId::kDate), "SELECT DATE '1970-01-01' + CAST(id AS INTEGER) FROM events"},
      {Type(TypeId::kTimestamp), "SELECT epoch_ms(id) FROM events"},
      {Type(TypeId::kTimestamptz), "SELECT to_timestamp(id / 1000) FROM events"},
  };
  for (const auto& [type, select] : kSuggested) {
    SCOPED_TRACE(select);
    EXPECT_THAT(
        MakeTransformer(SpecOf(select, {{"id", kLongType}}, {FieldOf("made", type)}),
                        database_.get()),
        IsOk());
  }
}

TEST_F(AssignmentTest, ABareNullGoesIntoEveryOptionalColumn) {
  const TransformSpec spec =
      SpecOf("SELECT NULL, id, null AS x FROM events", {{"id", kLongType}},
             {FieldOf("a", Type(TypeId::kUuid)), FieldOf("id", kLongType),
              FieldOf("b", ListOf(kTextType))});
  const TransformedBatch result = Apply(spec, RowsOfJson(spec, {"[1, 2]"}));
  ExpectColumn(result, 0, "[null, null]");
  ExpectColumn(result, 1, "[1, 2]");
  ExpectColumn(result, 2, "[null, null]");
}

}  // namespace
}  // namespace frazil
