// The exact text of messages: places, carets, hints.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/result_matchers.h"
#include "config/settings.h"
#include "config/sql/sql_script.h"

namespace frazil {
namespace {

struct MessageCase {
  const char* name;
  const char* script;
  const char* message;
};

// The message for a script of which anything up to its settings is wrong.
std::string MessageOf(std::string_view script) {
  const auto spec = ParseSqlScript("p.sql", script, [](std::string_view name) {
    return name == "PW" ? std::optional<std::string>("hunter2") : std::nullopt;
  });
  if (!spec.has_value()) return spec.error().message;
  const auto settings = ParseSettings(*spec);
  return settings.has_value() ? "no error" : settings.error().message;
}

const MessageCase kCases[] = {
    {"AnUnknownStatement",
     "SET 'commit.interval' = '1 s';\n"
     "CRAETE TABLE t (a INT);",
     "p.sql:2:1: unknown statement 'CRAETE'\n"
     "  2 | CRAETE TABLE t (a INT);\n"
     "    | ^\n"
     "  hint: did you mean 'CREATE'?"},
    {"ASelectAlone", "SELECT * FROM t;",
     "p.sql:1:1: a pipeline has no place for the rows of a SELECT\n"
     "  1 | SELECT * FROM t;\n"
     "    | ^\n"
     "  hint: to write them: INSERT INTO ... SELECT; to look at tables: frazil"
     " query"},
    {"Explain", "EXPLAIN INSERT INTO t SELECT 1;",
     "p.sql:1:1: EXPLAIN is not part of a pipeline script\n"
     "  1 | EXPLAIN INSERT INTO t SELECT 1;\n"
     "    | ^\n"
     "  hint: frazil check prints the plan of the whole script"},
    {"AMissingParenthesis",
     "CREATE TABLE t (\n"
     "  a INT,\n"
     "  b STRING\n"
     "WITH ('connector' = 'kafka');",
     "p.sql:4:1: expected ',' or ')' after the column, found 'WITH'\n"
     "  4 | WITH ('connector' = 'kafka');\n"
     "    | ^"},
    {"AMissingComma", "CREATE TABLE t (a INT b STRING) WITH ('connector'='kafka');",
     "p.sql:1:23: expected ',' or ')' after the column, found 'b'\n"
     "  1 | CREATE TABLE t (a INT b STRING) WITH ('connector'='kafka');\n"
     "    |                       ^"},
    {"AMisspelledKeyword", "CREATE TABEL t (a INT);",
     "p.sql:1:8: expected CATALOG, DATABASE, TABLE or TEMPORARY VIEW, found 'T"
     "ABEL'\n"
     "  1 | CREATE TABEL t (a INT);\n"
     "    |        ^\n"
     "  hint: did you mean 'TABLE'?"},
    {"AMisspelledType", "CREATE TABLE t (a INT, b STIRNG) WITH ('connector'='kafka');",
     "p.sql:1:26: unknown type 'STIRNG'\n"
     "  1 | CREATE TABLE t (a INT, b STIRNG) WITH ('connector'='kafka');\n"
     "    |                          ^\n"
     "  hint: did you mean 'STRING'?"},
    {"ATypeIcebergLacks", "CREATE TABLE t (a MULTISET<INT>);",
     "p.sql:1:19: Iceberg tables have no type MULTISET\n"
     "  1 | CREATE TABLE t (a MULTISET<INT>);\n"
     "    |                   ^\n"
     "  hint: write MAP<T, INT>, from a value to how often it occurs"},
    {"NanosecondsAreRefused", "CREATE TABLE t (ts TIMESTAMP(9));",
     "p.sql:1:30: a precision of 9 digits is not supported\n"
     "  1 | CREATE TABLE t (ts TIMESTAMP(9));\n"
     "    |                              ^\n"
     "  hint: Iceberg v2 keeps microseconds: write a precision of up to 6"},
    {"APrecisionTooLarge", "CREATE TABLE t (a DECIMAL(39, 2));",
     "p.sql:1:27: expected the precision, a number from 1 to 38, found '39'\n"
     "  1 | CREATE TABLE t (a DECIMAL(39, 2));\n"
     "    |                           ^"},
    {"AMisspelledConnectorOption",
     "CREATE TABLE t (a INT) WITH (\n"
     "\t'conector' = 'kafka', 'topic' = 't');",
     "p.sql:2:2: unknown option 'conector'\n"
     "  2 | \t'conector' = 'kafka', 'topic' = 't');\n"
     "    | \t^\n"
     "  hint: did you mean 'connector'?"},
    {"ATableInNoCatalog", "CREATE TABLE t (a INT);",
     "p.sql:1:14: this table has neither a connector nor a catalog to be in\n"
     "  1 | CREATE TABLE t (a INT);\n"
     "    |              ^\n"
     "  hint: a source needs WITH ('connector' = 'kafka', ...); for a table in"
     " a catalog write catalog.database.table, or USE first"},
    {"AnUnknownCatalog",
     "CREATE CATALOG lake WITH ('type'='iceberg');\n"
     "USE CATALOG laek;",
     "p.sql:2:13: unknown catalog 'laek'\n"
     "  2 | USE CATALOG laek;\n"
     "    |             ^\n"
     "  hint: did you mean 'lake'?"},
    {"AnUnknownTransform", "CREATE TABLE t (ts TIMESTAMP) PARTITIONED BY (dya(ts));",
     "p.sql:1:47: unknown partition transform 'dya'\n"
     "  1 | CREATE TABLE t (ts TIMESTAMP) PARTITIONED BY (dya(ts));\n"
     "    |                                               ^\n"
     "  hint: did you mean 'day'?"},
    {"APartitionOfNoColumn",
     "CREATE TABLE t (user_id BIGINT) PARTITIONED BY (bucket(16, userid));",
     "p.sql:1:60: the table has no column 'userid'\n"
     "  1 | CREATE TABLE t (user_id BIGINT) PARTITIONED BY (bucket(16, userid)"
     ");\n"
     "    |                                                            ^\n"
     "  hint: did you mean 'user_id'?"},
    {"AKeyThatIsEnforced", "CREATE TABLE t (a INT, PRIMARY KEY (a));",
     "p.sql:1:39: a PRIMARY KEY that is enforced is not supported\n"
     "  1 | CREATE TABLE t (a INT, PRIMARY KEY (a));\n"
     "    |                                       ^\n"
     "  hint: write PRIMARY KEY (...) NOT ENFORCED"},
    {"AKeyOfADouble", "CREATE TABLE t (a DOUBLE, PRIMARY KEY (a) NOT ENFORCED);",
     "p.sql:1:40: a key column cannot be of the type double\n"
     "  1 | CREATE TABLE t (a DOUBLE, PRIMARY KEY (a) NOT ENFORCED);\n"
     "    |                                        ^"},
    {"AWatermark",
     "CREATE TABLE t (\n"
     "  ts TIMESTAMP(3),\n"
     "  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND\n"
     ") WITH ('connector'='kafka');",
     "p.sql:3:3: watermarks are not supported\n"
     "  3 |   WATERMARK FOR ts AS ts - INTERVAL '5' SECOND\n"
     "    |   ^\n"
     "  hint: remove the line: Frazil commits by time and never waits for late"
     " rows"},
    {"AComputedColumn", "CREATE TABLE t (a INT, b AS a + 1) WITH ('connector'='kafka');",
     "p.sql:1:26: computed columns are not supported\n"
     "  1 | CREATE TABLE t (a INT, b AS a + 1) WITH ('connector'='kafka');\n"
     "    |                          ^\n"
     "  hint: compute it in the SELECT, or in a CREATE TEMPORARY VIEW over the"
     " table"},
    {"AColumnTwice",
     "CREATE TABLE t (\n"
     "  id INT,\n"
     "  Id INT\n"
     ") WITH ('connector'='kafka');",
     "p.sql:3:3: column 'Id' is there twice, first in line 2\n"
     "  3 |   Id INT\n"
     "    |   ^"},
    {"AnOptionTwice",
     "CREATE TABLE t (a INT) WITH ('connector'='kafka',\n"
     " 'topic'='a',\n"
     " 'topic'='b');",
     "p.sql:3:2: option 'topic' is given twice, first in line 2\n"
     "  3 |  'topic'='b');\n"
     "    |  ^"},
    {"AnOptionInDoubleQuotes", "CREATE TABLE t (a INT) WITH (\"connector\" = 'kafka');",
     "p.sql:1:30: the key of an option stands in double quotes\n"
     "  1 | CREATE TABLE t (a INT) WITH (\"connector\" = 'kafka');\n"
     "    |                              ^\n"
     "  hint: double quotes are for names: write 'text'"},
    {"AStringThatNeverEnds",
     "SET 'commit.interval' = '1 s;\n"
     "INSERT INTO t SELECT 1;",
     "p.sql:1:25: this string never ends: the closing ' is missing\n"
     "  1 | SET 'commit.interval' = '1 s;\n"
     "    |                         ^"},
    {"ACommentThatNeverEnds",
     "/* what follows\n"
     "INSERT INTO t SELECT 1;",
     "p.sql:1:1: this comment never ends: '*/' is missing\n"
     "  1 | /* what follows\n"
     "    | ^"},
    {"ATypographicQuote", "SET ‘commit.interval’ = '1 s';",
     "p.sql:1:5: a typographic quote; write '\n"
     "  1 | SET ‘commit.interval’ = '1 s';\n"
     "    |     ^"},
    {"AnOverwrite", "INSERT OVERWRITE t SELECT 1;",
     "p.sql:1:8: INSERT OVERWRITE is not supported: a stream has no end to ove"
     "rwrite at\n"
     "  1 | INSERT OVERWRITE t SELECT 1;\n"
     "    |        ^\n"
     "  hint: write INSERT INTO"},
    {"InsertedValues", "INSERT INTO t VALUES (1, 2);",
     "p.sql:1:15: INSERT ... VALUES is not supported in a pipeline script\n"
     "  1 | INSERT INTO t VALUES (1, 2);\n"
     "    |               ^\n"
     "  hint: a pipeline inserts what a SELECT takes from a source"},
    {"ABracketThatIsNeverClosed", "INSERT INTO t SELECT coalesce(a, (b) FROM s;",
     "p.sql:1:30: this bracket is never closed: ')' is missing\n"
     "  1 | INSERT INTO t SELECT coalesce(a, (b) FROM s;\n"
     "    |                              ^"},
    {"ABracketThatClosesNothing", "INSERT INTO t SELECT a) FROM s;",
     "p.sql:1:23: ')' closes nothing that is open\n"
     "  1 | INSERT INTO t SELECT a) FROM s;\n"
     "    |                       ^"},
    {"AHint", "INSERT INTO t SELECT * FROM s /*+ OPTIONS('x'='y') */;",
     "p.sql:1:31: hints are not supported\n"
     "  1 | INSERT INTO t SELECT * FROM s /*+ OPTIONS('x'='y') */;\n"
     "    |                               ^\n"
     "  hint: put the options into the WITH (...) of the table"},
    {"AnInsertIntoASource",
     "CREATE TABLE s (a INT) WITH ('connector'='kafka');\n"
     "INSERT INTO s SELECT 1;",
     "p.sql:2:13: 's' is a source: it cannot be written to\n"
     "  2 | INSERT INTO s SELECT 1;\n"
     "    |             ^"},
    {"AStatementSetThatNeverEnds",
     "CREATE CATALOG a WITH ('type'='iceberg');\n"
     "EXECUTE STATEMENT SET BEGIN\n"
     "INSERT INTO a.b.c SELECT 1 FROM s;",
     "p.sql:2:1: this statement set never ends\n"
     "  2 | EXECUTE STATEMENT SET BEGIN\n"
     "    | ^\n"
     "  hint: close it with END;"},
    {"AVariableThatIsNotSet", "SET 'pipeline.name' = '${PIPELINE}';",
     "p.sql:1:24: the environment variable PIPELINE is not set\n"
     "  1 | SET 'pipeline.name' = '${PIPELINE}';\n"
     "    |                        ^\n"
     "  hint: set it, or give a default: ${PIPELINE:-...}"},
    {"AVariableWithoutAnEnd", "SET 'pipeline.name' = '${PIPELINE';",
     "p.sql:1:24: this variable never ends: '}' is missing\n"
     "  1 | SET 'pipeline.name' = '${PIPELINE';\n"
     "    |                        ^"},
    {"AMissingSemicolon",
     "SET 'commit.interval' = '1 s'\n"
     "SET 'memory.limit' = '1 GiB';",
     "p.sql:2:1: expected ';' after the statement, found 'SET'\n"
     "  2 | SET 'memory.limit' = '1 GiB';\n"
     "    | ^"},
    {"TheEndOfTheScript", "CREATE TABLE t (a INT,",
     "p.sql:1:23: expected the name of a column, found the end of the script\n"
     "  1 | CREATE TABLE t (a INT,\n"
     "    |                       ^"},
    {"ACaretBelowTabs",
     "CREATE TABLE t (\n"
     "\t\ta\tINTT) WITH ('connector'='kafka');",
     "p.sql:2:5: unknown type 'INTT'\n"
     "  2 | \t\ta\tINTT) WITH ('connector'='kafka');\n"
     "    | \t\t \t^\n"
     "  hint: did you mean 'INT'?"},
    {"ACaretAfterUtf8",
     "SET 'größe' = '1'; -- ü\n"
     "SET '名前' 1;",
     "p.sql:2:10: expected '=', found '1'\n"
     "  2 | SET '名前' 1;\n"
     "    |            ^"},
    {"ACaretInALongLine",
     "CREATE TABLE t (column_00 BIGINT, column_01 BIGINT, column_02 BIGINT, co"
     "lumn_03 BIGINT, column_04 BIGINT, column_05 BIGINT, column_06 BIGINT, co"
     "lumn_07 BIGINT, column_08 BIGINT, column_09 BIGINT, column_10 BIGINT, co"
     "lumn_11 BIGINT, x INTT, more_00 BIGINT, more_01 BIGINT, more_02 BIGINT, "
     "more_03 BIGINT, more_04 BIGINT, more_05 BIGINT, more_06 BIGINT, more_07 "
     "BIGINT);",
     "p.sql:1:235: unknown type 'INTT'\n"
     "  1 | ...NT, column_09 BIGINT, column_10 BIGINT, column_11 BIGINT, x INT"
     "T, more_00 BIGINT, more_01 BIGINT, more_02 BIGINT, more_0...\n"
     "    |                                                                ^\n"
     "  hint: did you mean 'INT'?"},
    {"ASecretInTheLineIsHidden",
     "CREATE TABLE t (a INT) WITH ('properties.sasl.password' = 'hunter2' 'con"
     "nector' = 'kafka');",
     "p.sql:1:69: expected ',' or ')', found a string\n"
     "  1 | CREATE TABLE t (a INT) WITH ('properties.sasl.password' = '***' 'c"
     "onnector' = 'kafka');\n"
     "    |                                                                 ^"},
    {"AVariablesValueIsHidden", "SET 'commit.interval' = '1 s' ${PW};",
     "p.sql:1:31: expected ';' after the statement, found '${PW}'\n"
     "  1 | SET 'commit.interval' = '1 s' ${PW};\n"
     "    |                               ^"},
    {"AnUnknownSetting", "SET 'commit.intervall' = '10 s';",
     "p.sql:1:5: unknown option 'commit.intervall' of the pipeline\n"
     "  1 | SET 'commit.intervall' = '10 s';\n"
     "    |     ^\n"
     "  hint: did you mean 'commit.interval'?"},
    {"ASettingOfTheWrongForm", "SET 'commit.interval' = 'soon';",
     "p.sql:1:25: option 'commit.interval' of the pipeline takes a duration su"
     "ch as '10 s'\n"
     "  1 | SET 'commit.interval' = 'soon';\n"
     "    |                         ^"},
    {"ASettingWithTwoNames",
     "SET 'commit.interval' = '1 s';\n"
     "SET execution.checkpointing.interval = 2 s;",
     "p.sql:2:40: 'execution.checkpointing.interval' is another name of 'commi"
     "t.interval', set in line 1\n"
     "  2 | SET execution.checkpointing.interval = 2 s;\n"
     "    |                                        ^"},
    {"DeadLettersNowhere", "SET 'dead-letters' = 'topic:';",
     "p.sql:1:22: this is not a name of a topic\n"
     "  1 | SET 'dead-letters' = 'topic:';\n"
     "    |                      ^\n"
     "  hint: a topic has 1 to 249 letters, digits, '.', '_' and '-'"},
    {"AViewThatIsNotTemporary", "CREATE VIEW v AS SELECT 1;",
     "p.sql:1:8: a view of a script is temporary\n"
     "  1 | CREATE VIEW v AS SELECT 1;\n"
     "    |        ^\n"
     "  hint: write CREATE TEMPORARY VIEW"},
    {"APrimaryKeyOnASource",
     "CREATE TABLE t (a INT, PRIMARY KEY (a) NOT ENFORCED) WITH ('connector'='"
     "kafka');",
     "p.sql:1:37: a source has no key\n"
     "  1 | CREATE TABLE t (a INT, PRIMARY KEY (a) NOT ENFORCED) WITH ('connec"
     "tor'='kafka');\n"
     "    |                                     ^\n"
     "  hint: PRIMARY KEY belongs to the Iceberg table"},
    {"MetadataInATable",
     "CREATE CATALOG c WITH ('type'='iceberg');\n"
     "CREATE TABLE c.d.t (p INT METADATA FROM 'partition');",
     "p.sql:2:21: an Iceberg table has no METADATA columns\n"
     "  2 | CREATE TABLE c.d.t (p INT METADATA FROM 'partition');\n"
     "    |                     ^\n"
     "  hint: declare it in the source, and select it into a plain column"},
    {"ABackslash", "SET a = \\x;",
     "p.sql:1:9: a backslash outside of quotes\n"
     "  1 | SET a = \\x;\n"
     "    |         ^"},
    {"DeepTypes",
     "CREATE TABLE t (a ARRAY<ARRAY<ARRAY<ARRAY<ARRAY<ARRAY<ARRAY<ARRAY<ARRAY<"
     "ARRAY<ARRAY<ARRAY<ARRAY<ARRAY<ARRAY<ARRAY<ARRAY<ARRAY<ARRAY<ARRAY<ARRAY<"
     "ARRAY<ARRAY<ARRAY<ARRAY<ARRAY<ARRAY<ARRAY<ARRAY<ARRAY<ARRAY<ARRAY<ARRAY<"
     "INT>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>);",
     "p.sql:1:211: types nest deeper than 32 levels\n"
     "  1 | ...ARRAY<ARRAY<ARRAY<ARRAY<ARRAY<ARRAY<ARRAY<ARRAY<ARRAY<ARRAY<ARR"
     "AY<INT>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>);\n"
     "    |                                                                ^"},
};

class MessageTest : public testing::TestWithParam<MessageCase> {};

TEST_P(MessageTest, IsExactlyThis) {
  EXPECT_EQ(MessageOf(GetParam().script), GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(SqlScript, MessageTest, testing::ValuesIn(kCases),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace frazil
