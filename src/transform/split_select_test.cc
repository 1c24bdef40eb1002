#include "transform/split_select.h"

#include <cstdint>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/duck_types.h"
#include "engine/random_rows.h"
#include "transform/assignment.h"
#include "transform/sql_session.h"
#include "transform/transform_fixture.h"

namespace frazil {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const Type kLong(TypeId::kLong);
const Type kText(TypeId::kString);

std::vector<TransformColumn> Source() {
  return {{"id", kLong},
          {"s", kText},
          {"n", Type(TypeId::kInt)},
          {"price", Type::Decimal(9, 2)},
          {"geo", Type::Struct({FieldOf("city", kText),
                                FieldOf("at", Type::Struct({FieldOf("lat", kLong)}))})},
          {"tags", Type::List(FieldOf("element", kText))}};
}

ViewSpec ViewOf(std::string name, std::string select,
                std::vector<std::string> columns = {}) {
  ViewSpec view;
  view.name = std::move(name);
  view.select = std::move(select);
  view.columns = std::move(columns);
  return view;
}

class SplitSelectTest : public TransformFixture {
 protected:
  // A spec of a SELECT over `source`, with a target that takes its columns as they come.
  TransformSpec SpecFor(const std::string& select, std::vector<TransformColumn> source,
                        std::vector<ViewSpec> views = {}) {
    TransformSpec spec = SpecOf(select, std::move(source), {});
    spec.views = std::move(views);
    auto connection = database_->Connect();
    EXPECT_THAT(connection, IsOk());
    std::vector<ScanColumn> columns;
    for (const TransformColumn& column : spec.source_columns) {
      columns.push_back({column.name, column.type});
    }
    auto table = ScanTable::CreateForBatches(**connection, "events", columns);
    EXPECT_THAT(table, IsOk());
    for (const ViewSpec& view : spec.views) {
      std::string names;
      for (const std::string& name : view.columns) {
        names += (names.empty() ? "(" : ", ") + name;
      }
      if (!names.empty()) names += ")";
      EXPECT_THAT(
          (*connection)
              ->Execute("CREATE TEMP VIEW " + view.name + names + " AS " + view.select),
          IsOk());
    }
    auto described = (*connection)->Describe(select);
    EXPECT_THAT(described, IsOk()) << select;
    std::vector<SchemaField> target;
    for (const DuckColumn& column : *described) {
      target.push_back(FieldOf("c" + std::to_string(target.size()),
                               IcebergTypeOf(column.type).value()));
    }
    spec.target = SchemaOf(std::move(target));
    return spec;
  }

  // Per column of the SELECT: "4.1.0" for that member of the source's column 4, with "!" for
  // a CAST of it; "-" for what DuckDB computes. Empty if the SELECT is not split.
  std::vector<std::string> Taken(const std::string& select) {
    const TransformSpec spec = SpecFor(
        select, Source(),
        {ViewOf("plain", "SELECT id, s AS text, geo, id + 1 FROM events"),
         ViewOf("renamed", "SELECT * FROM plain WHERE id > 0", {"a", "b"}),
         ViewOf("cast_there", "SELECT CAST(n AS BIGINT) AS n, n AS m FROM events"),
         ViewOf("twice", "SELECT id, id FROM events")});
    auto session = OpenSqlSession(spec, *database_);
    EXPECT_THAT(session, IsOk()) << select;
    std::vector<std::string> result;
    if (!session.has_value() || !session->split.has_value()) return result;
    for (const auto& column : session->split->columns) {
      std::string text = "-";
      if (column.has_value()) {
        text = std::to_string(column->column);
        for (const int member : column->members) text += "." + std::to_string(member);
        if (!(column->cast == column->type)) text += "!";
      }
      result.push_back(std::move(text));
    }
    return result;
  }
};

TEST_F(SplitSelectTest, ColumnsThatPassThroughAreTakenFromTheSource) {
  EXPECT_THAT(Taken("SELECT id, upper(s), tags AS t, geo FROM events"),
              ElementsAre("0", "-", "5", "4"));
  EXPECT_THAT(Taken("SELECT e.ID, e.geo.city, geo.at.lat, e.s || 'x' FROM events AS e"),
              ElementsAre("0", "4.0", "4.1.0", "-"));
  EXPECT_THAT(Taken("SELECT s, s, id AS s FROM events WHERE s > 'a'"),
              ElementsAre("1", "1", "0"));
  EXPECT_THAT(Taken("SELECT a, s FROM events AS e(a) WHERE a = 1"),
              ElementsAre("0", "1"));
  EXPECT_THAT(Taken("FROM events WHERE id IS NOT NULL"),
              ElementsAre("0", "1", "2", "3", "4", "5"));
  EXPECT_THAT(
      Taken("SELECT * EXCLUDE (s, geo) REPLACE (id + 1 AS id), e.* FROM events e"),
      ElementsAre("-", "2", "3", "5", "0", "1", "2", "3", "4", "5"));
  EXPECT_THAT(Taken("SELECT id AS k, k + 1 FROM events WHERE k > 5"),
              ElementsAre("0", "-"));
  EXPECT_THAT(Taken("SELECT upper(s), lower(s) FROM events"), ElementsAre("-", "-"));
}

TEST_F(SplitSelectTest, LosslessCastsAreDoneWithoutDuckDb) {
  EXPECT_THAT(Taken("SELECT CAST(n AS BIGINT), n::DOUBLE, TRY_CAST(n AS DECIMAL(12, 1)), "
                    "price::DECIMAL(12, 3) FROM events WHERE id > 0"),
              ElementsAre("2!", "2!", "2!", "3!"));
  EXPECT_THAT(Taken("SELECT n::SMALLINT, s::BIGINT, s::JSON, price::DOUBLE, "
                    "n::SMALLINT::BIGINT, (n + 1)::BIGINT FROM events"),
              ElementsAre("-", "-", "-", "-", "-", "-"));
  EXPECT_THAT(Taken("SELECT n, m, n::DOUBLE FROM cast_there WHERE n > 0"),
              ElementsAre("2!", "2", "-"));
}

TEST_F(SplitSelectTest, ColumnsAreFollowedThroughViewsAndSubqueries) {
  EXPECT_THAT(Taken("SELECT text, p.geo.city, \"(id + 1)\" FROM plain p WHERE id > 0"),
              ElementsAre());
  EXPECT_THAT(Taken("SELECT text, p.geo.city, upper(text) FROM plain p WHERE id > 0"),
              ElementsAre("1", "4.0", "-"));
  EXPECT_THAT(Taken("SELECT * FROM plain"), ElementsAre("0", "1", "4", "-"));
  EXPECT_THAT(Taken("SELECT b, a, renamed.geo FROM renamed"), ElementsAre("1", "0", "4"));
  EXPECT_THAT(Taken("SELECT y, x FROM renamed AS r(x, y) WHERE x > 1"),
              ElementsAre("1", "0"));
  EXPECT_THAT(Taken("SELECT q.k, m FROM (SELECT id AS k, id * 2 AS m FROM events) q"),
              ElementsAre("0", "-"));
  EXPECT_THAT(Taken("WITH w(k) AS (SELECT s, id FROM events WHERE id > 0) SELECT id, k "
                    "FROM w WHERE k <> ''"),
              ElementsAre("0", "1"));
  EXPECT_THAT(Taken("WITH a AS (SELECT s, id FROM events), b(t, k) AS (SELECT * FROM a) "
                    "SELECT k, upper(t), t FROM b WHERE k > 0"),
              ElementsAre("0", "-", "1"));
  EXPECT_THAT(Taken("SELECT id, text || '' FROM (WITH a AS (SELECT id, text FROM plain) "
                    "SELECT text, id FROM a) q"),
              ElementsAre("0", "-"));
}

TEST_F(SplitSelectTest, ASelectThatWouldMeanSomethingElseStaysWhole) {
  for (const std::string select :
       {"SELECT COLUMNS(*) FROM events", "SELECT id, to_json(events) FROM events",
        "SELECT to_json(e), id FROM events AS e",
        "SELECT id FROM events WHERE hash(events) > 0",
        "SELECT * REPLACE (length(to_json(events)) AS id) FROM events",
        "SELECT id FROM twice", "SELECT * RENAME (s AS text) FROM events",
        "SELECT id, \"frazil input row\" FROM (SELECT *, 1 AS \"frazil input row\" "
        "FROM events)",
        "SELECT id FROM events ORDER BY id", "SELECT id FROM events LIMIT 3",
        "SELECT unnest(tags) FROM events", "SELECT count(*) FROM events"}) {
    EXPECT_THAT(Taken(select), IsEmpty()) << select;
  }
}

TEST_F(SplitSelectTest, WhatPassesThroughIsSharedIfAllRowsAreKept) {
  TransformSpec spec =
      SpecFor("SELECT id, tags, n + 1 FROM events WHERE n > 0", Source());
  RandomRows random(/*seed=*/7, /*null_percent=*/0);
  std::vector<std::shared_ptr<arrow::Array>> columns;
  for (const TransformColumn& column : spec.source_columns) {
    columns.push_back(random.Column(column.type, 3000));
  }
  auto rows = arrow::RecordBatch::Make(ArrowSourceSchema(spec), 3000, columns);
  auto zero_to = [&](std::int32_t first) {
    arrow::Int32Builder builder;
    for (std::int32_t i = 0; i < 3000; ++i) EXPECT_TRUE(builder.Append(first + i).ok());
    return *rows->SetColumn(2, rows->schema()->field(2), *builder.Finish());
  };
  const TransformedBatch all = Apply(spec, zero_to(1));
  EXPECT_EQ(all.rows->column_data(0)->buffers[1], columns[0]->data()->buffers[1]);
  EXPECT_EQ(all.rows->column_data(1)->child_data[0]->buffers[2],
            columns[5]->data()->child_data[0]->buffers[2]);
  const TransformedBatch most = Apply(spec, zero_to(0));
  EXPECT_EQ(most.rows->num_rows(), 2999);
  EXPECT_TRUE(most.rows->column(1)->Equals(*columns[5]->Slice(1)));
}

TEST_F(SplitSelectTest, RowsThatFailLeaveTheOthersInLine) {
  const std::string view = "SELECT id AS k, s AS text, tags FROM events WHERE id <> 2";
  for (const auto& [select, views] :
       std::vector<std::pair<std::string, std::vector<ViewSpec>>>{
           {"SELECT id, CAST(s AS BIGINT) AS n, tags FROM events WHERE id <> 2", {}},
           {"SELECT k, CAST(text AS BIGINT) AS n, tags FROM v", {ViewOf("v", view)}}}) {
    SCOPED_TRACE(select);
    TransformSpec spec =
        SpecOf(select, Source(),
               {FieldOf("id", kLong, true), FieldOf("n", kLong),
                FieldOf("tags", Type::List(FieldOf("element", kText)), true)});
    spec.views = views;
    const std::string nulls = "[null, null, null, null, null, null, null]";
    const TransformedBatch result = Apply(
        spec, RowsOfJson(spec, {"[0, 1, 2, 3, null, 5, 6]",
                                R"(["10", "bad", "bad", "13", "14", "15", "worse"])",
                                nulls, nulls, nulls,
                                R"([["a"], [], [], null, ["e"], ["f", "g"], []])"}));
    // The null of row 4 does not pass the filter.
    EXPECT_EQ(
        FailuresOf(result),
        (std::vector<std::string>{"1 Conversion", "3 NullInRequired", "6 Conversion"}));
    EXPECT_THAT(result.failures[0].message, HasSubstr("'bad'"));
    ExpectColumn(result, 0, "[0, 5]");
    ExpectColumn(result, 1, "[10, 15]");
    ExpectColumn(result, 2, R"([["a"], ["f", "g"]])");
  }
}

// One SELECT in parts, made by chance.
struct RandomSelect {
  std::string select;
  std::vector<ViewSpec> views;
  std::size_t taken = 0;
};

class RandomSelects {
 public:
  explicit RandomSelects(unsigned seed) : random_(seed) {}

  RandomSelect Next(std::size_t type_count) {
    RandomSelect made;
    std::string items;
    const int count = Between(1, 8);
    for (int i = 0; i < count; ++i) {
      if (i > 0) items += ", ";
      items += Item(type_count, made.taken);
    }
    const std::string where = Pick(
        {"", "WHERE true", "WHERE false", "WHERE key % 3 = 0", "WHERE key IS NOT NULL",
         "WHERE key > 0 AND text < 'k'", "WHERE length(text) BETWEEN 3 AND 9"});
    const std::string inner = Pick({"", " WHERE id % 5 <> 1", " WHERE s IS NOT NULL"});
    const std::string names = "SELECT id AS key, s AS text, * FROM events" + inner;
    const std::string from = Pick(
        {"(" + names + ") AS q", "(SELECT * FROM (" + names + ")) q", "v AS q", "w q",
         "(WITH a AS (" + names + "), b AS (SELECT * FROM a) SELECT * FROM b) q"});
    made.views = {ViewOf("v", names),
                  ViewOf("w", "SELECT *, text || '?' AS more FROM v")};
    made.select = "SELECT " + items + " FROM " + from + " " + where;
    return made;
  }

 private:
  int Between(int low, int high) {
    return std::uniform_int_distribution<int>(low, high)(random_);
  }

  std::string Pick(const std::vector<std::string>& choices) {
    return choices[static_cast<std::size_t>(
        Between(0, static_cast<int>(choices.size()) - 1))];
  }

  std::string Item(std::size_t type_count, std::size_t& taken) {
    if (Between(0, 2) == 0) {
      return Pick({"upper(text)", "key + 0.5", "coalesce(s, 'none')", "[key, id]",
                   "{'a': text, 'b': [s]}", "CASE WHEN key > 0 THEN s END", "abs(n % 7)",
                   "price::DOUBLE", "tags[1:2]", "length(geo.city)", "text || s", "1",
                   "'x'"});
    }
    ++taken;
    if (Between(0, 3) == 0) {
      return Pick({"geo.city AS key", "q.geo.at.lat", "CAST(n AS BIGINT)", "q.n::DOUBLE",
                   "TRY_CAST(n AS DECIMAL(14, 2))", "price::DECIMAL(20, 5) AS p",
                   "small::DOUBLE"});
    }
    const std::string column =
        "c" + std::to_string(Between(0, static_cast<int>(type_count) - 1));
    return Pick(
        {column, "q." + column, column + " AS \"other name\"", "key", "text AS id"});
  }

  std::mt19937 random_;
};

TEST_F(SplitSelectTest, GivesBitByBitWhatTheWholeSelectGives) {
  std::vector<TransformColumn> source = Source();
  source.push_back({"small", Type(TypeId::kFloat)});
  const std::vector<Type> types = EveryType();
  for (std::size_t i = 0; i < types.size(); ++i) {
    source.push_back({"c" + std::to_string(i), types[i]});
  }
  for (unsigned seed = 1; seed <= 8; ++seed) {
    const RandomSelect made = RandomSelects(seed).Next(types.size());
    SCOPED_TRACE(testing::Message() << "seed " << seed << ": " << made.select);
    TransformSpec spec = SpecFor(made.select, source, made.views);
    auto session = OpenSqlSession(spec, *database_);
    ASSERT_THAT(session, IsOk());
    ASSERT_TRUE(session->split.has_value());
    std::size_t taken = 0;
    for (const auto& column : session->split->columns) taken += column.has_value();
    EXPECT_EQ(taken, made.taken);
    auto transformer = MakeTransformer(spec, database_.get());
    ASSERT_THAT(transformer, IsOk());
    RandomRows random(seed, /*null_percent=*/seed % 3 == 0 ? 0 : 20);
    for (const std::int64_t count : {0, 2100}) {
      std::vector<std::shared_ptr<arrow::Array>> columns;
      for (const TransformColumn& column : source) {
        columns.push_back(random.Column(column.type, count + 3)->Slice(3));
      }
      const auto rows = arrow::RecordBatch::Make(ArrowSourceSchema(spec), count, columns);
      auto result = (*transformer)->Apply(rows);
      ASSERT_THAT(result, IsOk());
      ExpectSound(spec, *result);
      EXPECT_THAT(result->failures, IsEmpty());
      session->table->SetRows(rows);
      auto run = session->statement->Run();
      ASSERT_THAT(run, IsOk());
      auto whole = (*run)->All();
      ASSERT_THAT(whole, IsOk());
      ASSERT_EQ(result->rows->num_rows(), (*whole)->num_rows());
      for (int i = 0; i < result->rows->num_columns(); ++i) {
        EXPECT_TRUE(result->rows->column(i)->Equals(*(*whole)->column(i)))
            << "column " << i << ": " << result->rows->column(i)->ToString()
            << " instead of " << (*whole)->column(i)->ToString();
      }
    }
  }
}

}  // namespace
}  // namespace frazil
