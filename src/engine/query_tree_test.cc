#include "engine/query_tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/result_matchers.h"

namespace frazil {
namespace {

using ::testing::UnorderedElementsAre;

class QueryTreeTest : public ::testing::Test {
 protected:
  QueryTreeTest() : database_(*DuckDatabase::Open({})) {}

  std::unique_ptr<DuckDatabase> database_;
};

TEST_F(QueryTreeTest, NamesReferencedTables) {
  EXPECT_THAT(ReferencedTables(
                  "WITH x AS (SELECT * FROM events) SELECT * FROM x JOIN lake.db.t USING "
                  "(id) WHERE id IN (SELECT id FROM EVENTS) AND 'FROM z' <> name",
                  *database_),
              IsOkAnd(UnorderedElementsAre("events", "lake.db.t")));
}

TEST_F(QueryTreeTest, NamesAreTakenApartWhereTheyHaveDots) {
  const auto connection = *database_->Connect();
  const auto tree = QueryTree::Parse(
      *connection,
      R"(WITH x AS (SELECT 1) SELECT * FROM lake.db."a.b-c", db.x, x, LAKE.db."a.b-c")");
  ASSERT_THAT(tree, IsOk());
  using Parts = std::vector<std::string>;
  EXPECT_THAT(tree->TableParts(),
              UnorderedElementsAre(Parts{"lake", "db", "a.b-c"}, Parts{"db", "x"}));
}

// Trees are compared in time linear in their size: deep ones ended after hours.
TEST_F(QueryTreeTest, DeepQueriesAreReadBackAtOnce) {
  const auto connection = *database_->Connect();
  std::string nested = "s";
  std::string chained = "s";
  std::string select = "SELECT s FROM events";
  for (int i = 0; i < 60; ++i) {
    nested = "upper(" + nested + ")";
    chained += " || s";
  }
  for (int i = 0; i < 20; ++i) select = "SELECT s FROM (" + select + ") q";
  for (const std::string& query : {"SELECT " + nested + " FROM events",
                                   "SELECT " + chained + " FROM events", select}) {
    const auto tree = QueryTree::Parse(*connection, query);
    ASSERT_THAT(tree, IsOk());
    EXPECT_NE(QueryTree::ToSameSql(*connection, tree->node()), std::nullopt);
  }
}

TEST_F(QueryTreeTest, ReferencedTablesRefusesWhatIsNoQuery) {
  for (const char* const text : {"SELECT 'x", "DROP TABLE x", "", "SELECT 1; SELECT 2"}) {
    SCOPED_TRACE(text);
    EXPECT_THAT(ReferencedTables(text, *database_), FailsWith(ErrorKind::kInvalidConfig));
  }
}

}  // namespace
}  // namespace frazil
