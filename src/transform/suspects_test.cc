#include "transform/suspects.h"

#include <gtest/gtest.h>

#include "transform/sql_session.h"
#include "transform/transform_fixture.h"

namespace frazil {
namespace {

class SuspectsTest : public TransformFixture {
 protected:
  static TransformSpec Spec(const std::string& select) {
    return SpecOf(
        select, {{"id", Type(TypeId::kLong)}, {"s", Type(TypeId::kString)}},
        {FieldOf("id", Type(TypeId::kLong)), FieldOf("s", Type(TypeId::kString))});
  }

  // Whether suspects could be prepared for a row-wise SELECT.
  bool HasSuspects(const std::string& select) {
    auto session = OpenSqlSession(Spec(select), *database_);
    EXPECT_THAT(session, IsOk());
    if (!session.has_value() || !session->analysis.numbered.has_value()) return false;
    return PrepareSuspects(*session->connection, *session->analysis.numbered).has_value();
  }
};

TEST_F(SuspectsTest, ArePreparedWhereDuckDbAllows) {
  for (const std::string select :
       {"SELECT id + 1, s FROM events", "SELECT * FROM events WHERE id > 0",
        "SELECT e.id, upper(e.s) FROM events AS e WHERE e.id > 0",
        "SELECT events.* FROM Events WHERE events.s <> 'x'",
        "SELECT * REPLACE (id + 1 AS id) FROM events",
        "SELECT * EXCLUDE (s), lower(s) FROM events",
        "SELECT id + 1, s FROM (SELECT id, s FROM events) q"}) {
    EXPECT_TRUE(HasSuspects(select)) << select;
  }
  EXPECT_FALSE(HasSuspects("SELECT id, s || uuid() FROM events"));
  EXPECT_FALSE(HasSuspects("SELECT id, 'x' FROM events"));
}

TEST_F(SuspectsTest, NameTheRowsInWhichAnExpressionFails) {
  auto session = OpenSqlSession(
      Spec("SELECT id + CAST(s AS INT), CAST(s AS BIGINT) || s FROM events WHERE 10 // "
           "CAST(left(s, 1) AS INT) > 0"),
      *database_);
  ASSERT_THAT(session, IsOk());
  ASSERT_TRUE(session->analysis.numbered.has_value());
  const auto suspects =
      PrepareSuspects(*session->connection, *session->analysis.numbered);
  ASSERT_TRUE(suspects.has_value());
  EXPECT_TRUE(suspects->is_filter_certain);
  ASSERT_EQ(suspects->fails.size(), 2U);
  // The filter fails; is null; drops the row; then both, the second and no column fails. A
  // column that is null does not fail.
  session->table->SetRows(
      RowsOfJson(Spec(""), {"[0, 1, 2, 3, null, 5, 6]",
                            R"(["x", null, "0x", "3x", "4", "5000000000", "6"])"}));
  const auto expect = [](DuckStatement& query, const char* expected) {
    auto rows = query.Run();
    ASSERT_THAT(rows, IsOk());
    auto batch = (*rows)->All();
    ASSERT_THAT(batch, IsOk());
    auto numbers = *arrow::json::ArrayFromJSONString(arrow::int64(), expected);
    EXPECT_TRUE((*batch)->column(0)->Equals(*numbers)) << (*batch)->ToString();
  };
  expect(*suspects->filter_fails, "[0]");
  expect(*suspects->filter_keeps, "[3, 4, 5, 6]");
  expect(*suspects->fails[0], "[0, 2, 3, 5]");
  expect(*suspects->fails[1], "[0, 2, 3]");
}

TEST_F(SuspectsTest, PartsOfAFilterMakeItUncertain) {
  auto session = OpenSqlSession(Spec("SELECT id, s FROM events WHERE id > 0 AND s > 'x'"),
                                *database_);
  ASSERT_THAT(session, IsOk());
  const auto suspects =
      PrepareSuspects(*session->connection, *session->analysis.numbered);
  ASSERT_TRUE(suspects.has_value());
  EXPECT_FALSE(suspects->is_filter_certain);
}

}  // namespace
}  // namespace frazil
