#include "transform/select_analysis.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "transform/transform_fixture.h"

namespace frazil {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

ViewSpec ViewOf(std::string name, std::string select,
                std::vector<std::string> columns = {}) {
  ViewSpec view;
  view.name = std::move(name);
  view.select = std::move(select);
  view.columns = std::move(columns);
  return view;
}

class SelectAnalysisTest : public TransformFixture {
 protected:
  void SetUp() override {
    TransformFixture::SetUp();
    auto connection = database_->Connect();
    ASSERT_THAT(connection, IsOk());
    connection_ = *std::move(connection);
    spec_ = SpecOf("",
                   {{"id", Type(TypeId::kLong)},
                    {"name", Type(TypeId::kString)},
                    {"tags", Type::List(FieldOf("element", Type(TypeId::kString)))}},
                   {});
    spec_.views = {
        ViewOf("plain", "SELECT id, name FROM events WHERE id > 0"),
        ViewOf("stamped", "SELECT *, now() AS t FROM plain"),
        ViewOf("renamed", "SELECT id, now() FROM events", {"a", "b"}),
        ViewOf("counted", "SELECT name, count(*) AS c FROM events GROUP BY name")};
  }

  SelectAnalysis Analyse(const std::string& select) {
    spec_.select = select;
    auto analysis = AnalyseSelect(spec_, *connection_);
    EXPECT_THAT(analysis, IsOk()) << select;
    return analysis.has_value() ? *std::move(analysis) : SelectAnalysis{};
  }

  std::unique_ptr<DuckConnection> connection_;
  TransformSpec spec_;
};

TEST_F(SelectAnalysisTest, KnowsRowWiseSelects) {
  for (const std::string select :
       {"SELECT id, upper(name) FROM events WHERE id % 2 = 0",
        "SELECT * FROM plain",
        "SELECT id FROM (SELECT id FROM events WHERE name IS NOT NULL) q",
        "WITH x AS (SELECT id FROM events) SELECT id + 1 FROM x",
        "FROM events",
        "SELECT list_transform(tags, lambda t: upper(t)) FROM events",
        "SELECT now() FROM stamped",
        "SELECT CASE WHEN id > 1 THEN 'a' END FROM events e",
        "SELECT nullif(id, 1), split_part(name, ' ', 1), list_sum([id]) FROM events",
        "WITH a AS (SELECT id, name FROM events), b (n, i) AS (SELECT name, id FROM a) "
        "SELECT n FROM b WHERE i > 0",
        "SELECT x FROM (WITH a AS (SELECT id AS x FROM events) SELECT x FROM a) q",
        "SELECT unnest(tags) FROM events",
        "SELECT id FROM events, unnest(tags)",
        "SELECT e.id, t FROM events e LEFT JOIN unnest(e.tags) AS u (t) ON true",
        "SELECT id, t FROM events, LATERAL (SELECT unnest(tags) AS t)",
        "SELECT id FROM events UNION ALL SELECT id + 1 FROM plain",
        "WITH a AS (SELECT id FROM events) SELECT id FROM a UNION ALL FROM a",
        "SELECT id, label FROM events LEFT JOIN (VALUES (1, 'a')) v (k, label) ON id = k",
        "SELECT id, label FROM (VALUES (1, 'a')) v (k, label) JOIN events ON id = k",
        "SELECT id, (SELECT max(t) FROM unnest(tags) u (t)) FROM events"}) {
    const SelectAnalysis analysis = Analyse(select);
    EXPECT_TRUE(analysis.row_wise) << select << ": " << analysis.not_row_wise_because;
  }
}

TEST_F(SelectAnalysisTest, SaysWhyASelectIsNotRowWise) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"SELECT count(*) FROM events", "it aggregates (count_star)"},
      {"SELECT Sum(id) FROM events", "it aggregates (sum)"},
      {"SELECT name FROM events GROUP BY name", "it has GROUP BY"},
      {"SELECT DISTINCT name FROM events", "it is DISTINCT"},
      {"SELECT id FROM events ORDER BY id", "it has ORDER BY"},
      {"SELECT id FROM events LIMIT 3", "it has LIMIT"},
      {"SELECT row_number() OVER () FROM events", "it has a window function"},
      {"SELECT id FROM events QUALIFY row_number() OVER () = 1", "it has QUALIFY"},
      {"SELECT e.id FROM (VALUES (1)) v (k) LEFT JOIN events e ON e.id = k", "it joins"},
      {"SELECT id FROM events RIGHT JOIN (VALUES (1)) v (k) ON id = k", "it joins"},
      {"SELECT id FROM events POSITIONAL JOIN (VALUES (1)) v (k)", "it joins"},
      {"SELECT id, t FROM events, LATERAL (SELECT max(id) AS t FROM plain)", "it joins"},
      {"WITH a AS (SELECT DISTINCT id FROM events), b AS (SELECT id FROM a) FROM b",
       "it is DISTINCT"},
      {"WITH a AS (SELECT id FROM plain) SELECT id FROM a, events", "it joins"},
      {"SELECT id FROM events UNION SELECT id FROM events",
       "it combines several queries"},
      {"SELECT id FROM events UNION ALL SELECT max(id) FROM events",
       "it aggregates (max)"},
      {"SELECT id FROM events UNION ALL SELECT 1", "it reads no table"},
      {"SELECT id FROM events UNION ALL SELECT id FROM plain LIMIT 1", "it has LIMIT"},
      {"SELECT a.id FROM events a JOIN events b USING (id)", "it joins"},
      {"SELECT id, (SELECT max(id) FROM events) FROM events", "it has a subquery"},
      {"SELECT id FROM events WHERE id IN (SELECT id FROM plain)", "it has a subquery"},
      {"SELECT id FROM events EXCEPT ALL SELECT id FROM events",
       "it combines several queries"},
      {"SELECT id FROM events TABLESAMPLE 10%", "it takes a sample"},
      {"SELECT id FROM events USING SAMPLE 3", "it takes a sample"},
      {"SELECT 1", "it reads no table"},
      {"SELECT id FROM others", "it reads another table (others)"},
      {"SELECT c FROM counted", "it has GROUP BY"},
      {"SELECT id FROM (SELECT id FROM events LIMIT 1) q", "it has LIMIT"},
      {"WITH x AS (SELECT sum(id) s FROM events) SELECT s FROM x", "it aggregates (sum)"},
      {"SELECT any_value(id ORDER BY id) FROM events", "it aggregates (any_value)"},
      {"SELECT wavg(id, id) FROM events", "it aggregates (wavg)"},
      {"SELECT get_block_size(name) FROM events", "it calls a macro (get_block_size)"},
      {"WITH events AS (SELECT max(id) AS id FROM events), b AS (SELECT id FROM events) "
       "SELECT id FROM b",
       "a WITH hides events"},
  };
  for (const auto& [select, reason] : cases) {
    SCOPED_TRACE(select);
    const SelectAnalysis analysis = Analyse(select);
    EXPECT_FALSE(analysis.row_wise);
    EXPECT_EQ(analysis.not_row_wise_because, reason);
  }
}

TEST_F(SelectAnalysisTest, FollowsNondeterministicColumns) {
  struct Case {
    std::string select;
    std::vector<std::string> columns;
    std::vector<bool> expected;
  };
  const std::vector<Case> cases = {
      {"SELECT id, now() AS t, uuid() AS u FROM events",
       {"id", "t", "u"},
       {false, true, true}},
      {"SELECT id, current_timestamp, CURRENT_DATE AS d FROM events",
       {"id", "x", "d"},
       {false, true, true}},
      {"SELECT id, upper(name) || random() FROM events", {"id", "x"}, {false, true}},
      {"SELECT nullif(id, 1) AS n, nullif(id, random()) AS r FROM events",
       {"n", "r"},
       {false, true}},
      {"SELECT *, uuid() AS u FROM events",
       {"id", "name", "tags", "u"},
       {false, false, false, true}},
      {"SELECT * FROM stamped", {"id", "name", "t"}, {false, false, true}},
      {"SELECT id, year(t) AS y FROM stamped", {"id", "y"}, {false, true}},
      {"SELECT q.id, q.x AS y FROM (SELECT id, random() AS x FROM events) q",
       {"id", "y"},
       {false, true}},
      {"WITH a AS (SELECT id, uuid() AS u FROM events), b AS (SELECT u, id FROM a) "
       "SELECT id, u FROM b",
       {"id", "u"},
       {false, true}},
      {"SELECT id FROM events WHERE ts_of(id) < now()", {"id"}, {true}},
      {"SELECT id, name FROM events ORDER BY random()", {"id", "name"}, {true, true}},
      {"SELECT id FROM events TABLESAMPLE 10%", {"id"}, {true}},
      {"SELECT a, b FROM renamed", {"a", "b"}, {true, true}},
      {"SELECT * FROM (SELECT id, now() FROM events) q", {"id", "now()"}, {true, true}},
      {"SELECT id, now() AS t FROM events UNION ALL SELECT id, NULL FROM events",
       {"id", "t"},
       {true, true}},
      {"SELECT id FROM events UNION ALL SELECT id FROM plain", {"id"}, {false}},
      {"WITH events AS (SELECT id, now() AS t FROM events) SELECT id, t FROM events",
       {"id", "t"},
       {false, true}},
      {"SELECT id, age(TIMESTAMP '2020-01-01') AS a, error('x') AS e FROM events",
       {"id", "a", "e"},
       {false, true, false}},
      {"SELECT count(*) AS c, max(now()) AS m FROM events", {"c", "m"}, {false, true}},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(one.select);
    std::vector<DuckColumn> columns;
    for (const std::string& name : one.columns) columns.push_back(DuckColumn{name, {}});
    EXPECT_EQ(NondeterministicOf(Analyse(one.select), columns), one.expected);
  }
}

TEST_F(SelectAnalysisTest, ReadsViewsOverSetOperations) {
  spec_.views = {
      ViewOf("twice",
             "SELECT id, name FROM events UNION ALL SELECT id, name FROM events"),
      ViewOf("fewer", "SELECT id, name FROM twice EXCEPT SELECT id, name FROM events"),
      ViewOf("counted",
             "WITH RECURSIVE counted AS (SELECT 1 AS n UNION ALL "
             "SELECT n + 1 FROM counted WHERE n < 3) SELECT n FROM counted"),
      ViewOf("sampled",
             "SELECT id FROM events TABLESAMPLE 10% UNION ALL SELECT id FROM events"),
      ViewOf("stamped",
             "SELECT id, now() AS t FROM twice UNION SELECT id, t FROM twice")};
  const auto is_unsteady = [&](const std::string& select) -> bool {
    return NondeterministicOf(Analyse(select), {DuckColumn{"id", {}}}).front();
  };
  EXPECT_FALSE(is_unsteady("SELECT id FROM twice"));
  EXPECT_FALSE(is_unsteady("SELECT id FROM fewer"));
  EXPECT_FALSE(is_unsteady("SELECT id FROM fewer UNION SELECT id FROM twice"));
  EXPECT_FALSE(is_unsteady("SELECT n AS id FROM counted"));
  EXPECT_TRUE(is_unsteady("SELECT id FROM sampled"));
  EXPECT_TRUE(is_unsteady("SELECT id FROM stamped"));
}

TEST_F(SelectAnalysisTest, AColumnNamedLikeATimeFunctionIsAColumn) {
  spec_.source_columns.push_back({"current_date", Type(TypeId::kDate)});
  EXPECT_THAT(NondeterministicOf(Analyse("SELECT current_date FROM events"),
                                 {DuckColumn{"current_date", {}}}),
              ElementsAre(false));
}

TEST_F(SelectAnalysisTest, ReachesViewsThroughViewsOnly) {
  std::vector<std::string> names;
  for (const ViewSpec* view : Analyse("SELECT * FROM Stamped").views) {
    names.push_back(view->name);
  }
  EXPECT_THAT(names, ElementsAre("plain", "stamped"));
  EXPECT_THAT(Analyse("SELECT id FROM events").views, IsEmpty());
}

TEST_F(SelectAnalysisTest, AViewThatReadsItselfIsRefused) {
  spec_.views = {ViewOf("v", "SELECT * FROM w"), ViewOf("w", "SELECT * FROM v")};
  spec_.select = "SELECT * FROM v";
  EXPECT_THAT(AnalyseSelect(spec_, *connection_),
              FailsWith(ErrorKind::kInvalidConfig, HasSubstr("reads itself")));
}

TEST_F(SelectAnalysisTest, ASyntaxErrorSaysWhere) {
  PipelineSpec pipeline;
  pipeline.file = "p.sql";
  pipeline.text = "INSERT INTO t SELECT id\nFROM FROM events";
  spec_.pipeline = &pipeline;
  spec_.select_place = {1, 15};
  spec_.select = "SELECT id\nFROM FROM events";
  EXPECT_THAT(
      AnalyseSelect(spec_, *connection_),
      FailsWith(ErrorKind::kInvalidConfig, StartsWith("p.sql:2:6: syntax error")));
}

}  // namespace
}  // namespace frazil
