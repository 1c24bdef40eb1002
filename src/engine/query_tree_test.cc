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

TEST_F(QueryTreeTest, ReferencedTablesRefusesWhatIsNoQuery) {
  for (const char* const text : {"SELECT 'x", "DROP TABLE x", "", "SELECT 1; SELECT 2"}) {
    SCOPED_TRACE(text);
    EXPECT_THAT(ReferencedTables(text, *database_), FailsWith(ErrorKind::kInvalidConfig));
  }
}

}  // namespace
}  // namespace frazil
