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
    return PrepareSuspects(*session->connection, *session->analysis.numbered) != nullptr;
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

TEST_F(SuspectsTest, SuspectsAreTheRowsWhoseExpressionsAreNullUnderTry) {
  auto session = OpenSqlSession(
      Spec("SELECT CAST(s AS BIGINT), s FROM events WHERE 10 // id > 0 AND id <> 7"),
      *database_);
  ASSERT_THAT(session, IsOk());
  ASSERT_TRUE(session->analysis.numbered.has_value());
  const auto suspects =
      PrepareSuspects(*session->connection, *session->analysis.numbered);
  ASSERT_NE(suspects, nullptr);
  // 0: the filter is null; 1: does not convert; 2: is null; 3: converts; 7: filtered out.
  session->table->SetRows(
      RowsOfJson(Spec(""), {"[0, 1, 2, 3, 7]", R"(["0", "one", null, "3", "seven"])"}));
  auto rows = suspects->Run();
  ASSERT_THAT(rows, IsOk());
  auto batch = (*rows)->All();
  ASSERT_THAT(batch, IsOk());
  auto expected = *arrow::json::ArrayFromJSONString(arrow::int64(), "[0, 1, 2]");
  EXPECT_TRUE((*batch)->column(0)->Equals(*expected)) << (*batch)->ToString();
}

}  // namespace
}  // namespace frazil
