#include "transform/projection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "transform/transform_fixture.h"

namespace frazil {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const Type kLongType(TypeId::kLong);
const Type kIntType(TypeId::kInt);
const Type kTextType(TypeId::kString);

Type GeoType() {
  return Type::Struct({FieldOf("city", kTextType),
                       FieldOf("point", Type::Struct({FieldOf("x", kIntType)}))});
}

std::vector<TransformColumn> EventColumns() {
  return {{"id", kLongType},
          {"Small", kIntType},
          {"name", kTextType},
          {"geo", GeoType()},
          {"price", Type::Decimal(9, 2)},
          {"ratio", Type(TypeId::kFloat)},
          {"odd name", kTextType}};
}

TransformSpec EventSpec(std::string select, std::vector<SchemaField> target = {}) {
  return SpecOf(std::move(select), EventColumns(), std::move(target));
}

class ProjectionTest : public TransformFixture {};

TEST_F(ProjectionTest, KnowsWhatNeedsNoDuckDb) {
  for (const std::string select :
       {"SELECT id FROM events", "select ID, small from EVENTS;", "SELECT * FROM events",
        "SELECT *, id AS again FROM events", "SELECT e.id, e.geo.city FROM events AS e",
        "SELECT e.* FROM events e", "SELECT events.id FROM events",
        "SELECT geo.point.x AS x, \"odd name\" FROM \"events\"",
        "SELECT CAST(small AS BIGINT) AS b, small::BIGINT, price::DECIMAL(12,4) FROM "
        "events",
        "SELECT CAST(ratio AS DOUBLE), CAST(small AS DOUBLE) FROM events -- done",
        "SELECT id -- the key\n, /* and */ name FROM events"}) {
    EXPECT_TRUE(IsPlainProjection(EventSpec(select))) << select;
  }
}

TEST_F(ProjectionTest, LeavesTheRestToDuckDb) {
  for (const std::string select :
       {"SELECT id FROM events WHERE id > 0",
        "SELECT id + 1 FROM events",
        "SELECT upper(name) FROM events",
        "SELECT DISTINCT id FROM events",
        "SELECT id FROM events LIMIT 1",
        "SELECT id FROM events ORDER BY id",
        "SELECT id FROM other",
        "SELECT nope FROM events",
        "SELECT id FROM events, events",
        "SELECT id FROM events e JOIN events f USING (id)",
        "SELECT 1 FROM events",
        "SELECT NULL AS x FROM events",
        "SELECT CAST(id AS INTEGER) FROM events",
        "SELECT CAST(name AS BIGINT) FROM events",
        "SELECT TRY_CAST(small AS BIGINT) FROM events",
        "SELECT name[1] FROM events",
        "SELECT * EXCLUDE (id) FROM events",
        "SELECT * REPLACE (1 AS id) FROM events",
        "SELECT id id2 FROM events",
        "WITH x AS (SELECT 1) SELECT id FROM events",
        "FROM events",
        "SELECT geo.nope FROM events",
        "SELECT id FROM events UNION ALL SELECT id FROM events",
        "SELECT (id) FROM events",
        "SELECT id FROM db.events",
        "SELECT id FROM (SELECT * FROM events)",
        "SELECT FROM events",
        "SELECT id, FROM events",
        "SELECT name COLLATE NOCASE FROM events",
        "SELECT id ISNULL FROM events",
        "SELECT count(*) FROM events",
        "",
        "SELECT current_date FROM events",
        "SELECT id FROM events TABLESAMPLE 10%"}) {
    EXPECT_FALSE(IsPlainProjection(EventSpec(select))) << select;
  }
  TransformSpec hidden = EventSpec("SELECT id FROM events");
  ViewSpec view;
  view.name = "Events";
  hidden.views.push_back(view);
  EXPECT_FALSE(IsPlainProjection(hidden));
  TransformSpec twice = EventSpec("SELECT id FROM events");
  twice.source_columns.push_back({"ID", kLongType});
  EXPECT_FALSE(IsPlainProjection(twice));
  TransformSpec clash = EventSpec("SELECT events.id FROM events");
  clash.source_columns.push_back({"events", Type::Struct({FieldOf("id", kIntType)})});
  EXPECT_FALSE(IsPlainProjection(clash));
}

TEST_F(ProjectionTest, PicksRenamesAndWidensWithoutCopying) {
  TransformSpec spec = EventSpec(
      "SELECT e.id, geo.city AS town, geo.point.x, small, CAST(price AS DECIMAL(12, 3)), "
      "ratio "
      "FROM events e",
      {FieldOf("id", kLongType, true), FieldOf("town", kTextType),
       FieldOf("x", kLongType), FieldOf("small", Type(TypeId::kDouble)),
       FieldOf("price", Type::Decimal(20, 4)), FieldOf("ratio", Type(TypeId::kDouble)),
       FieldOf("extra", GeoType())});
  spec.insert_columns = {"id", "town", "x", "small", "price", "RATIO"};
  const auto rows = RowsOfJson(
      spec,
      {"[1, 2, 3]", "[7, null, -1]", R"(["a", "b", "c"])",
       R"([{"city": "Ulm", "point": {"x": 5}}, null, {"city": null, "point": null}])",
       R"(["1.50", null, "-0.01"])", "[0.5, null, 2]", "[null, null, null]"});
  const TransformedBatch result = Apply(spec, rows);
  EXPECT_THAT(result.failures, IsEmpty());
  ExpectColumn(result, 0, "[1, 2, 3]");
  ExpectColumn(result, 1, R"(["Ulm", null, null])");
  ExpectColumn(result, 2, "[5, null, null]");
  ExpectColumn(result, 3, "[7, null, -1]");
  ExpectColumn(result, 4, R"(["1.5000", null, "-0.0100"])");
  ExpectColumn(result, 5, "[0.5, null, 2]");
  ExpectColumn(result, 6, "[null, null, null]");
  EXPECT_EQ(result.rows->column_data(0)->buffers[1], rows->column_data(0)->buffers[1]);
}

TEST_F(ProjectionTest, DecimalsBecomeTheNearestNumber) {
  const TransformSpec spec = SpecOf(
      "SELECT wide, whole, small FROM events",
      {{"wide", Type::Decimal(15, 7)},
       {"whole", Type::Decimal(15, 0)},
       {"small", Type::Decimal(6, 3)}},
      {FieldOf("wide", Type(TypeId::kDouble)), FieldOf("whole", Type(TypeId::kDouble)),
       FieldOf("small", Type(TypeId::kFloat))});
  // Digits read as a double or a float are the nearest one.
  const auto columns_of = [&](const std::string& wide, const std::string& whole,
                              const std::string& small) {
    return RowsOfJson(spec, {wide, whole, small});
  };
  const auto rows =
      columns_of(R"(["0.7000000", "1.1000000", "-12345678.1234567", null, "0.0000001"])",
                 R"(["999999999999999", "-1", "0", null, "7"])",
                 R"(["0.618", "-999.999", "0.001", null, "0.700"])");
  TransformedBatch result = Apply(spec, rows);
  ExpectColumn(result, 0, "[0.7, 1.1, -12345678.1234567, null, 0.0000001]");
  ExpectColumn(result, 1, "[999999999999999, -1, 0, null, 7]");
  ExpectColumn(result, 2, "[0.618, -999.999, 0.001, null, 0.7]");
  result = Apply(spec, rows->Slice(1, 3));
  ExpectColumn(result, 0, "[1.1, -12345678.1234567, null]");
  ExpectColumn(result, 2, "[-999.999, 0.001, null]");
  for (int i = 0; i < 1000; ++i) {
    const std::string text = fmt::format("{}.{:03}", i % 7, i);
    result = Apply(spec, columns_of("[null]", "[null]", "[\"" + text + "\"]"));
    ExpectColumn(result, 2, "[" + text + "]");
  }
}

TEST_F(ProjectionTest, AMemberOfANullStructIsNull) {
  const TransformSpec spec =
      SpecOf("SELECT s.a FROM events", {{"s", Type::Struct({FieldOf("a", kLongType)})}},
             {FieldOf("a", kLongType)});
  arrow::Int64Builder builder;
  ASSERT_TRUE(builder.AppendValues({1, 2}).ok());
  const auto bitmap = *arrow::AllocateBitmap(2);
  bitmap->mutable_data()[0] = 0b01;
  const std::shared_ptr<arrow::Array> column = *arrow::StructArray::Make(
      {*builder.Finish()}, std::vector<std::string>{"a"}, bitmap, 1);
  const auto rows = arrow::RecordBatch::Make(ArrowSourceSchema(spec), 2, {column});
  ExpectColumn(Apply(spec, rows), 0, "[1, null]");
}

TEST_F(ProjectionTest, ANullInARequiredColumnIsAFailureOfItsRow) {
  const TransformSpec spec =
      EventSpec("SELECT id, name FROM events",
                {FieldOf("id", kLongType, true), FieldOf("name", kTextType, true)});
  std::vector<std::string> columns(7, "[null, null, null, null]");
  columns[0] = "[1, null, 3, null]";
  columns[2] = R"(["a", "b", null, null])";
  const TransformedBatch result = Apply(spec, RowsOfJson(spec, columns));
  EXPECT_THAT(FailuresOf(result),
              ElementsAre("1 NullInRequired", "2 NullInRequired", "3 NullInRequired"));
  EXPECT_THAT(result.failures[1].message, HasSubstr("name"));
  ExpectColumn(result, 0, "[1]");
  ExpectColumn(result, 1, R"(["a"])");
}

TEST_F(ProjectionTest, DescribesItself) {
  const TransformSpec spec =
      EventSpec("SELECT id, name FROM events",
                {FieldOf("id", kLongType), FieldOf("name", kTextType)});
  auto transformer = MakeTransformer(spec, nullptr);
  ASSERT_THAT(transformer, IsOk());
  EXPECT_EQ((*transformer)->Describe(), "projection (2 columns)");
  auto traits = DescribeSelect(spec, nullptr);
  ASSERT_THAT(traits, IsOk());
  EXPECT_TRUE(traits->row_wise);
  EXPECT_THAT(traits->nondeterministic_columns, IsEmpty());
}

// The oracle is DuckDB: what the projection does must be what DuckDB would have done.
TEST_F(ProjectionTest, GivesWhatDuckDbGives) {
  for (const std::string items :
       {"id, small, name", "*", "events.*", "geo.city, geo.point, geo.point.x",
        "small::BIGINT, CAST(small AS DOUBLE), CAST(ratio AS DOUBLE)",
        "price::DECIMAL(18,6), CAST(price AS DOUBLE), CAST(id AS DECIMAL(19,0))"}) {
    SCOPED_TRACE(items);
    TransformSpec plain = EventSpec("SELECT " + items + " FROM events");
    ASSERT_TRUE(IsPlainProjection(plain));
    auto parsed = ParseProjection(plain);
    for (std::size_t i = 0; i < parsed->size(); ++i) {
      plain.target.fields.push_back(
          FieldOf("c" + std::to_string(i), (*parsed)[i].value.cast));
    }
    plain.target = AssignFreshIds(plain.target);
    TransformSpec by_duck = plain;
    by_duck.select += " WHERE true";
    ASSERT_FALSE(IsPlainProjection(by_duck));
    const auto rows = RowsOfJson(
        plain,
        {"[1, 2, -9223372036854775808]", "[7, null, -2147483648]",
         R"(["a", "", "more than twelve bytes"])",
         R"([{"city": "Ulm", "point": {"x": 5}}, null, {"city": null, "point": null}])",
         R"(["1.50", null, "-9999999.99"])", "[0.1, null, -2.5]", "[null, null, null]"});
    const TransformedBatch one = Apply(plain, rows);
    const TransformedBatch other = Apply(by_duck, rows);
    EXPECT_TRUE(one.rows->Equals(*other.rows))
        << one.rows->ToString() << other.rows->ToString();
  }
}

}  // namespace
}  // namespace frazil
