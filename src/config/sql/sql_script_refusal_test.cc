// What a script must not hold, and that the messages keep secrets.

#include <string>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/result_matchers.h"
#include "config/sql/sql_script.h"

namespace frazil {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view kLake = "CREATE CATALOG lake WITH ('type'='iceberg');\n";

Result<PipelineSpec> Parse(std::string_view text) {
  return ParseSqlScript("p.sql", text, [](std::string_view name) {
    return name == "PASSWORD" ? std::optional<std::string>("hunter2") : std::nullopt;
  });
}

TEST(SqlScriptRefusalTest, RefusesAScriptThatIsTooLongOrNotUtf8) {
  EXPECT_THAT(Parse(std::string((std::size_t{16} << 20U) + 1, ' ')),
              FailsWith(ErrorKind::kInvalidConfig, "p.sql: longer than 16 MiB"));
  EXPECT_THAT(Parse("SET a = 1;\nSET b = '\xFF';"),
              FailsWith(ErrorKind::kInvalidConfig,
                        HasSubstr("p.sql:2:10: the script is not UTF-8")));
}

TEST(SqlScriptRefusalTest, SaysWhatIsWrongInEachStatement) {
  const std::pair<const char*, const char*> bad[] = {
      {"SET;", "expected the key of a setting, found ';'"},
      {"SET a = ;", "expected the value of the setting, found ';'"},
      {"SET a = 'x' y;", "expected ';' after the statement, found 'y'"},
      {"SET a b = 1;", "expected '=', found 'b'"},
      {"SET a = 1; SET a = 2;", "setting 'a' is set twice, first in line 1"},
      {"CREATE;", "expected CATALOG, DATABASE, TABLE or TEMPORARY VIEW, found ';'"},
      {"CREATE CATALOG c;", "expected WITH ('type' = 'iceberg', ...), found ';'"},
      {"CREATE CATALOG c WITH ();", "expected the key of an option in single quotes"},
      {"CREATE CATALOG c WITH ('a'='b' 'c'='d');", "expected ',' or ')', found a string"},
      {"CREATE CATALOG c WITH ('a'=1);",
       "expected the value of the option in single quotes"},
      {"CREATE DATABASE d;", "no catalog is in use"},
      {"CREATE DATABASE c.d;", "unknown catalog 'c'"},
      {"CREATE FUNCTION f AS 'x';", "CREATE FUNCTION is not supported"},
      {"CREATE OR REPLACE TABLE t (a INT);", "CREATE OR is not supported"},
      {"CREATE TEMPORARY TABEL t (a INT);", "did you mean 'TABLE'?"},
      {"CREATE TEMPORARY TABLE t (a INT);", "a temporary table needs a connector"},
      {"CREATE TABLE t;", "expected '(' and the columns of the table, found ';'"},
      {"CREATE TABLE t ();", "expected the name of a column, found ')'"},
      {"CREATE TABLE t LIKE u;", "CREATE TABLE ... LIKE is not supported"},
      {"CREATE TABLE t AS SELECT 1;", "CREATE TABLE ... AS SELECT is not supported"},
      {"CREATE TABLE t (a INT) AS SELECT 1;",
       "CREATE TABLE ... AS SELECT is not supported"},
      {"CREATE TABLE t (PRIMARY KEY (a) NOT ENFORCED);", "a table without a column"},
      {"CREATE TABLE t (a INT, PRIMARY KEY (b) NOT ENFORCED);",
       "the table has no column 'b'"},
      {"CREATE TABLE t (a INT, PRIMARY KEY (a, a) NOT ENFORCED);", "'a' is named twice"},
      {"CREATE TABLE t (a INT PRIMARY KEY NOT ENFORCED, b INT PRIMARY KEY NOT ENFORCED);",
       "a second PRIMARY KEY"},
      {"CREATE TABLE t (a INT DEFAULT 1);", "default values are not supported"},
      {"CREATE TABLE t (a INT METADTA);", "did you mean 'METADATA'?"},
      {"CREATE TABLE t (a INT, UNIQUE (a));", "UNIQUE is not supported"},
      {"CREATE TABLE t (a INT) PARTITIONED (a);", "expected PARTITIONED BY, found '('"},
      {"CREATE TABLE t (a INT) PARTITIONED BY (a, a);",
       "this partition field is there twice"},
      {"CREATE TABLE t (a INT) PARTITIONED BY (bucket(a));", "expected ',', found ')'"},
      {"CREATE TABLE t (a INT) PARTITIONED BY (bucket(0, a));",
       "expected a number from 1"},
      {"CREATE TABLE t (a INT) DISTRIBUTED BY (a);", "DISTRIBUTED BY is not supported"},
      {"CREATE TABLE t (a INT) WIHT ('a'='b');", "did you mean 'WITH'?"},
      {"CREATE TABLE t (a INT) WITH ('a'='b') WITH ('a'='b');", "a second WITH"},
      {"CREATE TABLE a.s (a INT) WITH ('connector'='kafka');",
       "a source has a simple name"},
      {"CREATE TABLE s (a INT) PARTITIONED BY (a) WITH ('connector'='kafka');",
       "a source cannot be partitioned"},
      {"CREATE TABLE t (a INT) WITH ('connector'='iceberg');",
       "needs the option 'catalog-name'"},
      {"CREATE TABLE a.t (a INT) WITH ('connector'='iceberg','catalog-name'='c');",
       "its database is the option 'catalog-database'"},
      {"CREATE TEMPORARY VIEW a.v AS SELECT 1;", "a view has a simple name"},
      {"CREATE TEMPORARY VIEW v SELECT 1;", "expected AS, found 'SELECT'"},
      {"CREATE TEMPORARY VIEW v AS SELCT 1;", "did you mean 'SELECT'?"},
      {"USE;", "expected the name of a database, found ';'"},
      {"USE d;", "no catalog is in use"},
      {"USE c.d;", "unknown catalog 'c'"},
      {"USE MODULES a;", "USE MODULES is not supported"},
      {"INSERT t SELECT 1;", "expected INTO, found 't'"},
      {"INSERT INTO t SELECT 1;", "unknown table 't': no catalog is in use"},
      {"INSERT INTO a.b.c SELECT 1;", "unknown catalog 'a'"},
      {"INSERT INTO t PARTITION (a='b') SELECT 1;",
       "a PARTITION clause is not supported"},
      {"INSERT INTO t (a, A) SELECT 1;", "'A' is named twice"},
      {"INSERT INTO t (a b) SELECT 1;", "expected ',' or ')', found 'b'"},
      {"INSERT INTO t;", "expected SELECT, found ';'"},
      {"INSERT INTO t SELECT (1;2);", "this bracket is never closed: ')' is missing"},
      {"INSERT INTO t SELECT [1);", "')' closes nothing that is open"},
      {"INSERT INTO t SELECT 'a", "this string never ends"},
      {"EXECUTE STATMENT SET BEGIN", "did you mean 'STATEMENT'?"},
      {"EXECUTE STATEMENT SET BEGIN END;", "this statement set has no INSERT"},
      {"EXECUTE STATEMENT SET BEGIN SET a = 1;", "expected INSERT INTO or END"},
      {"EXECUTE STATEMENT SET BEGIN EXECUTE STATEMENT SET BEGIN",
       "a statement set inside a statement set"},
      {"END;", "unknown statement 'END'"},
      {"SHOW TABLES;", "SHOW is not part of a pipeline script"},
      {"DROP TABLE t;", "DROP is not supported in a pipeline script"},
      {"'x';", "expected a statement, found a string"},
  };
  for (const auto& [text, message] : bad) {
    EXPECT_THAT(Parse(text), FailsWith(ErrorKind::kInvalidConfig, HasSubstr(message)))
        << text;
  }
}

TEST(SqlScriptRefusalTest, HintsAtTheNameThatWasMeant) {
  EXPECT_THAT(Parse(std::string(kLake) + "USE lake;"),
              FailsWith(ErrorKind::kInvalidConfig, HasSubstr("write USE CATALOG lake")));
  EXPECT_THAT(Parse(std::string(kLake) + "INSERT INTO lake.t SELECT 1;"),
              FailsWith(ErrorKind::kInvalidConfig, HasSubstr("write lake.database.t")));
  EXPECT_THAT(Parse("CREATE TABLE orders (a INT) WITH ('connector'='iceberg',"
                    " 'catalog-name'='c'); INSERT INTO oders SELECT 1;"),
              FailsWith(ErrorKind::kInvalidConfig, HasSubstr("did you mean 'orders'?")));
}

TEST(SqlScriptRefusalTest, NoMessageShowsASecret) {
  for (const char* const text :
       {"CREATE CATALOG c WITH ('credential' = 'hunter2', 'type');",
        "CREATE CATALOG c WITH ('credential' 'hunter2');",
        "CREATE CATALOG c WITH ('uri' = 'postgresql://u:hunter2@h/d' 'type');",
        "SET 'sasl.password' = 'hunter2' x;", "SET 'sasl.password' = 'hunter2",
        "SET 'x.token' = hunter2 /*+ */;", "SET ${PASSWORD} ${PASSWORD};", "${PASSWORD};",
        "CREATE CATALOG '${PASSWORD}' WITH", "CREATE TABLE t (a ${PASSWORD});"}) {
    EXPECT_THAT(Parse(text),
                FailsWith(ErrorKind::kInvalidConfig, Not(HasSubstr("hunter2"))))
        << text;
  }
}

}  // namespace
}  // namespace frazil
