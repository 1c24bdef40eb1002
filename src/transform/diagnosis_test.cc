#include "transform/diagnosis.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "transform/sql_session.h"
#include "transform/transform_fixture.h"

namespace frazil {
namespace {

using ::testing::ElementsAre;

class DiagnosisTest : public TransformFixture {
 protected:
  static TransformSpec Spec(const std::string& select) {
    return SpecOf(
        select, {{"id", Type(TypeId::kLong)}, {"s", Type(TypeId::kString)}},
        {FieldOf("id", Type(TypeId::kLong)), FieldOf("s", Type(TypeId::kString))});
  }

  // "numbered", "suspects": what could be made for a SELECT.
  std::vector<std::string> MadeFor(const std::string& select) {
    auto session = OpenSqlSession(Spec(select), *database_);
    EXPECT_THAT(session, IsOk());
    if (!session.has_value()) return {};
    auto diagnosis = MakeDiagnosis(*session->connection, *session->table,
                                   session->analysis, "events", *session->statement);
    EXPECT_THAT(diagnosis, IsOk());
    std::vector<std::string> made;
    if (diagnosis->numbered != nullptr) made.emplace_back("numbered");
    if (diagnosis->suspects != nullptr) made.emplace_back("suspects");
    return made;
  }
};

TEST_F(DiagnosisTest, RowWiseSelectsOfTheSourceHaveBoth) {
  for (const std::string select :
       {"SELECT id + 1, s FROM events", "SELECT * FROM events WHERE id > 0",
        "SELECT e.id, upper(e.s) FROM events AS e WHERE e.id > 0",
        "SELECT events.* FROM Events WHERE events.s <> 'x'",
        "SELECT * REPLACE (id + 1 AS id) FROM events",
        "SELECT * EXCLUDE (s), lower(s) FROM events"}) {
    EXPECT_THAT(MadeFor(select), ElementsAre("numbered", "suspects")) << select;
  }
}

TEST_F(DiagnosisTest, OthersHaveWhatDuckDbAllows) {
  EXPECT_THAT(MadeFor("SELECT id, s || uuid() FROM events"), ElementsAre("numbered"));
  EXPECT_THAT(MadeFor("SELECT id, 'x' FROM events"), ElementsAre("numbered"));
  EXPECT_THAT(MadeFor("SELECT COLUMNS(*) FROM events WHERE id > 0"), ElementsAre());
  EXPECT_THAT(MadeFor("SELECT count(*), 'x' FROM events"), ElementsAre());
  EXPECT_THAT(MadeFor("SELECT * FROM (SELECT id, s FROM events) q"), ElementsAre());
}

TEST_F(DiagnosisTest, SuspectsAreTheRowsWhoseExpressionsAreNullUnderTry) {
  auto session = OpenSqlSession(
      Spec("SELECT CAST(s AS BIGINT), s FROM events WHERE 10 // id > 0 AND id <> 7"),
      *database_);
  ASSERT_THAT(session, IsOk());
  auto diagnosis = MakeDiagnosis(*session->connection, *session->table, session->analysis,
                                 "events", *session->statement);
  ASSERT_THAT(diagnosis, IsOk());
  ASSERT_NE(diagnosis->suspects, nullptr);
  // 0: the filter is null; 1: does not convert; 2: is null; 3: converts; 7: filtered out.
  session->table->SetRows(
      RowsOfJson(Spec(""), {"[0, 1, 2, 3, 7]", R"(["0", "one", null, "3", "seven"])"}));
  auto rows = diagnosis->suspects->Run();
  ASSERT_THAT(rows, IsOk());
  auto batch = (*rows)->All();
  ASSERT_THAT(batch, IsOk());
  auto expected = *arrow::json::ArrayFromJSONString(arrow::int64(), "[0, 1, 2]");
  EXPECT_TRUE((*batch)->column(0)->Equals(*expected)) << (*batch)->ToString();
}

}  // namespace
}  // namespace frazil
