#include "config/sql/sql_script.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/result_matchers.h"

namespace frazil {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

constexpr std::string_view kLake = "CREATE CATALOG lake WITH ('type'='iceberg');\n";

Result<PipelineSpec> Parse(std::string_view text) {
  return ParseSqlScript("p.sql", text,
                        [](std::string_view name) -> std::optional<std::string> {
                          if (name == "TOPIC") return "events";
                          if (name == "PASSWORD") return "hunter2";
                          return std::nullopt;
                        });
}

// The spec of a script that must parse.
PipelineSpec Spec(std::string_view text) {
  auto spec = Parse(text);
  EXPECT_THAT(spec, IsOk()) << text;
  return spec.has_value() ? *std::move(spec) : PipelineSpec();
}

std::vector<std::string> Pairs(const Options& options) {
  std::vector<std::string> pairs;
  pairs.reserve(options.all().size());
  for (const Option& option : options.all())
    pairs.push_back(option.key + "=" + option.value);
  return pairs;
}

TEST(SqlScriptTest, TheScopeIsThatOfTheEnd) {
  const PipelineSpec spec = Spec(std::string(kLake) +
                                 "USE CATALOG lake; USE first; USE lake.shop;"
                                 "CREATE TABLE Orders (id BIGINT) WITH ("
                                 "'connector'='iceberg', 'catalog-name'='lake',"
                                 " 'catalog-database'='a', 'catalog-table'='b')");
  EXPECT_EQ(spec.scope.catalog, "lake");
  EXPECT_THAT(spec.scope.database, ElementsAre("shop"));
  ASSERT_TRUE(spec.scope.tables.contains("orders"));
  EXPECT_EQ(spec.scope.tables.at("orders").ToString(), "lake.a.b");
  EXPECT_EQ(Spec(kLake).scope.catalog, "");
}

TEST(SqlScriptTest, ReadsTheScriptOfTheTour) {
  const PipelineSpec spec = Spec(R"sql(
    SET 'commit.interval' = '10 s';
    CREATE CATALOG lake WITH ('type'='iceberg', 'catalog-type'='sql',
                              'uri'='sqlite:///lake/catalog.db', 'warehouse'='lake');
    CREATE DATABASE IF NOT EXISTS lake.db;
    CREATE TABLE events (id BIGINT, user_id STRING, ts TIMESTAMP_LTZ(3), amount DOUBLE,
                         pos BIGINT METADATA FROM 'offset')
      WITH ('connector'='kafka', 'topic'='${TOPIC}',
            'properties.bootstrap.servers'='localhost:9092',
            'scan.startup.mode'='earliest-offset', 'value.format'='json');
    CREATE TABLE IF NOT EXISTS lake.db.events (id BIGINT, user_id STRING,
        ts TIMESTAMP_LTZ(6), amount DOUBLE)
      PARTITIONED BY (day(ts), bucket(16, user_id))
      WITH ('write.target-file-size-bytes'='134217728');
    INSERT INTO lake.db.events SELECT id, user_id, ts, amount FROM events WHERE amount > 0;
  )sql");

  EXPECT_EQ(spec.file, "p.sql");
  EXPECT_THAT(Pairs(spec.settings), ElementsAre("commit.interval=10 s"));
  ASSERT_THAT(spec.catalogs, SizeIs(1));
  EXPECT_EQ(spec.catalogs[0].name, "lake");
  EXPECT_EQ(spec.catalogs[0].place, (TextPlace{3, 20}));
  EXPECT_THAT(Pairs(spec.catalogs[0].options),
              ElementsAre("type=iceberg", "catalog-type=sql",
                          "uri=sqlite:///lake/catalog.db", "warehouse=lake"));
  ASSERT_THAT(spec.databases, SizeIs(1));
  EXPECT_EQ(spec.databases[0].catalog, "lake");
  EXPECT_THAT(spec.databases[0].levels, ElementsAre("db"));
  EXPECT_TRUE(spec.databases[0].if_not_exists);

  ASSERT_THAT(spec.sources, SizeIs(1));
  EXPECT_EQ(spec.sources[0].name, "events");
  EXPECT_EQ(spec.sources[0].connector, "kafka");
  EXPECT_EQ(spec.sources[0].options.Get("topic"), "events");
  ASSERT_THAT(spec.sources[0].columns, SizeIs(5));
  EXPECT_EQ(spec.sources[0].columns[2].type.ToString(), "timestamptz");
  EXPECT_EQ(spec.sources[0].columns[0].metadata_key, std::nullopt);
  EXPECT_EQ(spec.sources[0].columns[4].metadata_key, "offset");

  ASSERT_THAT(spec.targets, SizeIs(1));
  EXPECT_EQ(spec.targets[0].name.ToString(), "lake.db.events");
  EXPECT_TRUE(spec.targets[0].if_not_exists);
  ASSERT_THAT(spec.targets[0].partition, SizeIs(2));
  EXPECT_EQ(spec.targets[0].partition[0].column, "ts");
  EXPECT_EQ(spec.targets[0].partition[0].transform, "day");
  EXPECT_EQ(spec.targets[0].partition[1].transform, "bucket[16]");
  EXPECT_THAT(Pairs(spec.targets[0].properties),
              ElementsAre("write.target-file-size-bytes=134217728"));

  ASSERT_THAT(spec.inserts, SizeIs(1));
  EXPECT_EQ(spec.inserts[0].target.ToString(), "lake.db.events");
  EXPECT_EQ(spec.inserts[0].target_place, (TextPlace{15, 17}));
  EXPECT_EQ(spec.inserts[0].select,
            "SELECT id, user_id, ts, amount FROM events WHERE amount > 0");
  EXPECT_EQ(spec.inserts[0].select_place, (TextPlace{15, 32}));
}

TEST(SqlScriptTest, ReadsSettingsWithAndWithoutQuotes) {
  const PipelineSpec spec = Spec(
      "SET 'a.b-c' = 'it''s';\n"
      "SET commit.max-bytes = 64 MiB ;\n"
      "set x=1.5;;\n"
      "SET execution.checkpointing.interval = 3min");
  EXPECT_THAT(Pairs(spec.settings),
              ElementsAre("a.b-c=it's", "commit.max-bytes=64 MiB", "x=1.5",
                          "execution.checkpointing.interval=3min"));
  EXPECT_EQ(spec.settings.all()[0].key_place, (TextPlace{1, 5}));
  EXPECT_EQ(spec.settings.all()[0].value_place, (TextPlace{1, 15}));
}

TEST(SqlScriptTest, FindsTheTableThatANameMeans) {
  const struct {
    const char* use;
    const char* name;
    const char* table;
  } cases[] = {
      {"", "lake.db.t", "lake.db.t"},
      {"", "lake.a.b.t", "lake.a.b.t"},
      {"USE CATALOG lake;", "t", "lake.default.t"},
      {"USE CATALOG lake;", "db.t", "lake.db.t"},
      {"USE CATALOG lake;", "other.db.t", "other.db.t"},
      {"USE lake.db;", "t", "lake.db.t"},
      {"USE lake.a.b;", "t", "lake.a.b.t"},
      {"USE CATALOG lake; USE db;", "t", "lake.db.t"},
      {"USE lake.db; USE CATALOG other;", "t", "other.start.t"},
      {"USE lake.db;", "`a.b`.\"c d\"", "lake.a.b.c d"},
  };
  for (const auto& [use, name, table] : cases) {
    SCOPED_TRACE(std::string(use) + name);
    const std::string script =
        std::string(kLake) +
        "CREATE CATALOG other WITH ('type'='iceberg', 'default-database'='start');" + use;
    const PipelineSpec created = Spec(script + "CREATE TABLE " + name + " (a INT)");
    const PipelineSpec written = Spec(script + "INSERT INTO " + name + " SELECT 1");
    ASSERT_THAT(created.catalogs, SizeIs(2));
    EXPECT_THAT(Pairs(created.catalogs[1].options), ElementsAre("type=iceberg"));
    ASSERT_THAT(created.targets, SizeIs(1));
    ASSERT_THAT(written.inserts, SizeIs(1));
    EXPECT_EQ(created.targets[0].name.ToString(), table);
    EXPECT_EQ(written.inserts[0].target, created.targets[0].name);
  }
}

TEST(SqlScriptTest, ReadsDatabases) {
  const PipelineSpec spec = Spec(
      std::string(kLake) +
      "CREATE DATABASE lake.a COMMENT 'first' WITH ('owner'='me');"
      "CREATE DATABASE IF NOT EXISTS lake.a; CREATE SCHEMA lake.a.b; USE CATALOG lake;"
      "CREATE DATABASE c;");
  ASSERT_THAT(spec.databases, SizeIs(3));
  EXPECT_FALSE(spec.databases[0].if_not_exists);
  EXPECT_THAT(Pairs(spec.databases[0].properties),
              ElementsAre("owner=me", "comment=first"));
  EXPECT_THAT(spec.databases[1].levels, ElementsAre("a", "b"));
  EXPECT_EQ(spec.databases[2].catalog, "lake");
  EXPECT_THAT(spec.databases[2].levels, ElementsAre("c"));
}

TEST(SqlScriptTest, ReadsColumnsWithAllTheirClauses) {
  const PipelineSpec spec = Spec(
      "CREATE TEMPORARY TABLE s ("
      "  `key` BYTES NOT NULL COMMENT 'the key',"
      "  primary INT,"
      "  watermark STRING NULL,"
      "  place ROW<lat DOUBLE, tags ARRAY<STRING>> COMMENT 'where',"
      "  topic STRING METADATA VIRTUAL,"
      "  ts TIMESTAMP_LTZ(3) NOT NULL METADATA FROM 'timestamp' COMMENT 'when'"
      ") COMMENT 'a source' WITH ('connector' = 'datagen',)");
  ASSERT_THAT(spec.sources, SizeIs(1));
  const std::vector<ColumnSpec>& columns = spec.sources[0].columns;
  ASSERT_THAT(columns, SizeIs(6));
  EXPECT_EQ(columns[0].name, "key");
  EXPECT_TRUE(columns[0].required);
  EXPECT_EQ(columns[0].comment, "the key");
  EXPECT_EQ(columns[0].place, (TextPlace{1, 29}));
  EXPECT_EQ(columns[1].name, "primary");
  EXPECT_EQ(columns[2].name, "watermark");
  EXPECT_FALSE(columns[2].required);
  EXPECT_EQ(columns[3].type.ToString(), "struct<lat: double, tags: list<string>>");
  EXPECT_EQ(columns[3].comment, "where");
  EXPECT_EQ(columns[4].metadata_key, "topic");
  EXPECT_EQ(columns[5].metadata_key, "timestamp");
  EXPECT_TRUE(columns[5].required);
  EXPECT_EQ(columns[5].comment, "when");
}

TEST(SqlScriptTest, MapsKeyAndPartitionOfATable) {
  const PipelineSpec spec = Spec(
      std::string(kLake) +
      "CREATE TABLE lake.db.t (id BIGINT, region STRING, ts TIMESTAMP, geo ROW<city "
      "STRING>,"
      "  CONSTRAINT pk PRIMARY KEY (id, region) NOT ENFORCED)"
      " COMMENT 'orders'"
      " PARTITIONED BY (region, years(ts), month(ts), day(ts), hours(ts), bucket(16, id),"
      "   bucket(id, 8), truncate(4, geo.city), identity(id), void(ts))"
      " WITH ('format-version'='2');"
      "CREATE TABLE lake.db.u (id BIGINT PRIMARY KEY NOT ENFORCED COMMENT 'x')");
  ASSERT_THAT(spec.targets, SizeIs(2));
  const TargetSpec& target = spec.targets[0];
  EXPECT_THAT(target.primary_key, ElementsAre("id", "region"));
  EXPECT_TRUE(target.columns[0].required);
  EXPECT_TRUE(target.columns[1].required);
  EXPECT_FALSE(target.columns[2].required);
  std::vector<std::string> partition;
  partition.reserve(target.partition.size());
  for (const PartitionItemSpec& item : target.partition) {
    partition.push_back(item.transform + "(" + item.column + ")");
  }
  EXPECT_THAT(partition,
              ElementsAre("identity(region)", "year(ts)", "month(ts)", "day(ts)",
                          "hour(ts)", "bucket[16](id)", "bucket[8](id)",
                          "truncate[4](geo.city)", "identity(id)", "void(ts)"));
  EXPECT_THAT(Pairs(target.properties),
              ElementsAre("format-version=2", "comment=orders"));
  EXPECT_THAT(spec.targets[1].primary_key, ElementsAre("id"));
}

TEST(SqlScriptTest, MakesCatalogDatabaseAndTableOfAnIcebergConnector) {
  const PipelineSpec spec = Spec(
      "CREATE TABLE t (a INT) WITH ('connector'='iceberg', 'catalog-name'='lake',"
      " 'catalog-type'='hadoop', 'warehouse'='file:///lake', 'format-version'='2',"
      " 'write.format.default'='parquet');"
      "CREATE TABLE u (a INT) WITH ('connector'='iceberg', 'catalog-name'='lake',"
      " 'catalog-database'='db', 'catalog-table'='orders');"
      "INSERT INTO T SELECT 1; INSERT INTO u SELECT 1");
  ASSERT_THAT(spec.catalogs, SizeIs(1));
  EXPECT_THAT(
      Pairs(spec.catalogs[0].options),
      ElementsAre("type=iceberg", "catalog-type=hadoop", "warehouse=file:///lake"));
  ASSERT_THAT(spec.databases, SizeIs(2));
  EXPECT_THAT(spec.databases[0].levels, ElementsAre("default"));
  EXPECT_TRUE(spec.databases[0].if_not_exists);
  EXPECT_THAT(spec.databases[1].levels, ElementsAre("db"));
  ASSERT_THAT(spec.targets, SizeIs(2));
  EXPECT_EQ(spec.targets[0].name.ToString(), "lake.default.t");
  EXPECT_TRUE(spec.targets[0].if_not_exists);
  EXPECT_THAT(Pairs(spec.targets[0].properties),
              ElementsAre("format-version=2", "write.format.default=parquet"));
  EXPECT_EQ(spec.targets[1].name.ToString(), "lake.db.orders");
  EXPECT_THAT(spec.sources, IsEmpty());
  EXPECT_EQ(spec.inserts[0].target, spec.targets[0].name);
  EXPECT_EQ(spec.inserts[1].target, spec.targets[1].name);
}

TEST(SqlScriptTest, RefusesOneCatalogWithTwoSetsOfOptions) {
  EXPECT_THAT(
      Parse("CREATE TABLE t (a INT) WITH ('connector'='iceberg', 'catalog-name'='lake',"
            " 'uri'='a');"
            "CREATE TABLE u (a INT) WITH ('connector'='iceberg', 'catalog-name'='lake',"
            " 'uri'='b');"),
      FailsWith(ErrorKind::kInvalidConfig, HasSubstr("with other options")));
}

TEST(SqlScriptTest, CopiesASelectAsItIsButForBackticks) {
  const struct {
    const char* select;
    const char* copied;
  } cases[] = {
      {"SELECT 1", "SELECT 1"},
      {"SELECT `a`, t.`b\"c` FROM `t` ; SET x = 1",
       "SELECT \"a\", t.\"b\"\"c\" FROM \"t\""},
      {"WITH c AS (SELECT ';' FROM s)\n\tSELECT * FROM c -- all; of it\n;",
       "WITH c AS (SELECT ';' FROM s)\n\tSELECT * FROM c"},
      {"SELECT a /* ; ` */ , b FROM s", "SELECT a /* ; ` */ , b FROM s"},
      {"(SELECT 1) UNION ALL (SELECT 2)", "(SELECT 1) UNION ALL (SELECT 2)"},
      {"FROM s SELECT [a, {'k': (b)}][1]", "FROM s SELECT [a, {'k': (b)}][1]"},
      {"SELECT CASE a WHEN 1 THEN 'END;' END FROM s",
       "SELECT CASE a WHEN 1 THEN 'END;' END FROM s"},
      {"SELECT $$;`$$, E'\\';' FROM s", "SELECT $$;`$$, E'\\';' FROM s"},
      {"SELECT '${TOPIC}', '${NONE:-;}' FROM ${TOPIC}",
       "SELECT 'events', ';' FROM events"},
  };
  for (const auto& [select, copied] : cases) {
    const PipelineSpec spec = Spec(std::string(kLake) + "INSERT INTO lake.d.t " + select);
    ASSERT_THAT(spec.inserts, SizeIs(1)) << select;
    EXPECT_EQ(spec.inserts[0].select, copied);
    const PipelineSpec view = Spec(std::string("CREATE TEMPORARY VIEW v AS ") + select);
    ASSERT_THAT(view.views, SizeIs(1)) << select;
    EXPECT_EQ(view.views[0].select, copied);
  }
}

TEST(SqlScriptTest, ReadsColumnsOfInsertsAndViews) {
  const PipelineSpec spec =
      Spec(std::string(kLake) +
           "CREATE TEMPORARY VIEW IF NOT EXISTS v (x, `y z`) AS SELECT 1, 2;"
           "INSERT INTO lake.d.t (a, \"b\") SELECT * FROM v;"
           "INSERT INTO lake.d.t ((SELECT 1));");
  ASSERT_THAT(spec.views, SizeIs(1));
  EXPECT_THAT(spec.views[0].columns, ElementsAre("x", "y z"));
  ASSERT_THAT(spec.inserts, SizeIs(2));
  EXPECT_THAT(spec.inserts[0].columns, ElementsAre("a", "b"));
  EXPECT_THAT(spec.inserts[1].columns, IsEmpty());
  EXPECT_EQ(spec.inserts[1].select, "((SELECT 1))");
}

TEST(SqlScriptTest, TakesStatementSetsOfBothForms) {
  const PipelineSpec spec =
      Spec(std::string(kLake) +
           "EXECUTE STATEMENT SET BEGIN"
           " INSERT INTO lake.d.t SELECT 1;"
           " INSERT INTO lake.d.u SELECT 2; END;"
           "BEGIN STATEMENT SET; INSERT INTO lake.d.v SELECT 3; END");
  ASSERT_THAT(spec.inserts, SizeIs(3));
  EXPECT_EQ(spec.inserts[2].target.table, "v");
}

TEST(SqlScriptTest, IfNotExistsKeepsTheFirst) {
  const PipelineSpec spec =
      Spec(std::string(kLake) +
           "CREATE CATALOG IF NOT EXISTS lake WITH ('type'='other');"
           "CREATE TABLE s (a INT) WITH ('connector'='kafka');"
           "CREATE TABLE IF NOT EXISTS s (b INT) WITH ('connector'='kafka');"
           "CREATE TABLE lake.d.t (a INT); CREATE TABLE IF NOT EXISTS lake.d.t (b INT);");
  EXPECT_THAT(spec.catalogs, SizeIs(1));
  ASSERT_THAT(spec.sources, SizeIs(1));
  EXPECT_EQ(spec.sources[0].columns[0].name, "a");
  ASSERT_THAT(spec.targets, SizeIs(1));
  EXPECT_EQ(spec.targets[0].columns[0].name, "a");
}

TEST(SqlScriptTest, RefusesASecondOfTheSameName) {
  for (const char* const second :
       {"CREATE CATALOG lake WITH ('type'='iceberg');", "CREATE DATABASE lake.d;",
        "CREATE TABLE S (a INT) WITH ('connector'='kafka');",
        "CREATE TEMPORARY VIEW s AS SELECT 1;", "CREATE TABLE lake.d.t (a INT);"}) {
    EXPECT_THAT(Parse(std::string(kLake) +
                      "CREATE DATABASE lake.d; CREATE TABLE lake.d.t (a INT);"
                      "CREATE TABLE s (a INT) WITH ('connector'='kafka');" +
                      second),
                FailsWith(ErrorKind::kInvalidConfig, HasSubstr("is there already")))
        << second;
  }
}

TEST(SqlScriptTest, TakesAnEmptyScriptAByteOrderMarkAndWindowsLines) {
  EXPECT_THAT(Spec("").inserts, IsEmpty());
  EXPECT_THAT(Spec(" ;; -- nothing\n").inserts, IsEmpty());
  const PipelineSpec spec = Spec("\xEF\xBB\xBFSET a = 1;\r\nSET 'b' = '2';\r\n");
  EXPECT_EQ(spec.settings.all()[1].key_place, (TextPlace{2, 5}));
}

TEST(SqlScriptTest, PlacesAreThoseOfTheScriptAlsoBehindVariables) {
  const PipelineSpec spec =
      Spec(std::string(kLake) +
           "SET a = '${TOPIC}';SET b = '${PASSWORD}';\n"
           "INSERT INTO lake.${TOPIC}.t /* */ SELECT '${TOPIC}' AS x;");
  EXPECT_EQ(spec.settings.all()[1].value_place, (TextPlace{2, 28}));
  EXPECT_EQ(spec.inserts[0].select_place, (TextPlace{3, 35}));
  EXPECT_EQ(spec.inserts[0].target.ToString(), "lake.events.t");
  EXPECT_THAT(spec.text, Not(HasSubstr("hunter2")));
}

}  // namespace
}  // namespace frazil
