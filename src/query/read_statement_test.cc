#include "query/read_statement.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/result_matchers.h"

namespace frazil {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(ReadStatementTest, TakesWhatReadsWithoutWhatStandsBehindIt) {
  for (const char* const text :
       {"SELECT 1", "SELECT 1 ;; -- done\n", " WITH a AS (SELECT ';') FROM a; /* x */",
        "(SELECT 1)", "FROM t", "VALUES (1)", "TABLE t", "SUMMARIZE t", "SHOW t",
        "DESCRIBE SELECT 1", "SELEC 1", "SELECT 'never closed"}) {
    SCOPED_TRACE(text);
    const auto statement = ParseReadStatement(text);
    ASSERT_THAT(statement, IsOk());
    EXPECT_FALSE(statement->show.has_value());
    EXPECT_EQ(statement->sql.find("done"), std::string::npos);
  }
  EXPECT_EQ(ParseReadStatement("SELECT 1 ;; -- done\n")->sql, "SELECT 1");
}

TEST(ReadStatementTest, RefusesWhatWritesInWordsOfItsOwn) {
  for (const char* const text :
       {"DROP TABLE t", "insert into t values (1)", "/* now */ DELETE FROM t",
        "ATTACH 'x'", "COPY t TO 'x'", "CREATE TABLE t (a INT)", "EXPLAIN SELECT 1",
        "PRAGMA version", "SET threads = 1", "PIVOT t ON a"}) {
    SCOPED_TRACE(text);
    EXPECT_THAT(ParseReadStatement(text),
                FailsWith(ErrorKind::kInvalidConfig,
                          AllOf(HasSubstr("frazil query only reads"), HasSubstr(": "))));
  }
  EXPECT_THAT(ParseReadStatement("COPY t TO 'x'"),
              FailsWith(ErrorKind::kInvalidConfig, HasSubstr("--output csv")));
  EXPECT_THAT(ParseReadStatement("SHOW CREATE TABLE t"),
              FailsWith(ErrorKind::kInvalidConfig, HasSubstr("DESCRIBE")));
  EXPECT_THAT(ParseReadStatement("SELECT 1; DROP TABLE t"),
              FailsWith(ErrorKind::kInvalidConfig, HasSubstr("several statements")));
  for (const char* const text : {"", " ", ";", "-- nothing"}) {
    EXPECT_THAT(ParseReadStatement(text),
                FailsWith(ErrorKind::kInvalidConfig, HasSubstr("is empty")));
  }
}

TEST(ReadStatementTest, KnowsQuestionsAboutCatalogs) {
  using Kind = ShowStatement::Kind;
  const auto show = [](std::string_view text) { return *ParseReadStatement(text)->show; };
  EXPECT_EQ(show("SHOW TABLES").kind, Kind::kTables);
  EXPECT_EQ(show("show all tables;").kind, Kind::kTables);
  EXPECT_THAT(show("SHOW TABLES").name, IsEmpty());
  EXPECT_THAT(show("SHOW TABLES IN lake.\"my db\"").name, ElementsAre("lake", "my db"));
  EXPECT_EQ(show("SHOW DATABASES").kind, Kind::kDatabases);
  EXPECT_EQ(show("SHOW SCHEMAS").kind, Kind::kDatabases);
  EXPECT_EQ(show("SHOW CATALOGS").kind, Kind::kCatalogs);
  EXPECT_EQ(show("DESCRIBE db.t").kind, Kind::kDescribe);
  EXPECT_THAT(show("DESC TABLE a.b.c").name, ElementsAre("a", "b", "c"));
  EXPECT_THAT(show("DESCRIBE \"table\"").name, ElementsAre("table"));
}

TEST(RowsSqlTest, QuotesNamesAndCells) {
  EXPECT_EQ(RowsSql({"a", "b\"c"}, {{"x", "it's"}, {"", "y"}}),
            "SELECT * FROM (VALUES ('x', 'it''s'), ('', 'y')) AS answer(\"a\", "
            "\"b\"\"c\")");
  EXPECT_EQ(RowsSql({"a"}, {}),
            "SELECT * FROM (VALUES ('')) AS answer(\"a\") WHERE false");
}

}  // namespace
}  // namespace frazil
