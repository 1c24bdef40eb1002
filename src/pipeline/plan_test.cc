#include "pipeline/plan.h"

#include <filesystem>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/result_matchers.h"
#include "base/unique_id.h"
#include "config/sql/sql_script.h"

namespace frazil {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// Scripts over a catalog in a folder of the test's own.
class PlanTest : public ::testing::Test {
 protected:
  PlanTest() : folder_(testing::TempDir() + "frazil-plan-" + RandomUuid()) {}
  ~PlanTest() override { std::filesystem::remove_all(folder_); }

  [[nodiscard]] Result<PipelinePlan> Plan(const std::string& text) const {
    const Environment nothing = [](std::string_view) { return std::nullopt; };
    FRAZIL_ASSIGN(PipelineSpec spec, ParseSqlScript("p.sql", text, nothing));
    return PlanPipeline(std::move(spec));
  }

  // Four lines, then the sources.
  [[nodiscard]] std::string Script(const std::string& sources,
                                   const std::string& setting = "") const {
    return "CREATE CATALOG lake WITH ('type'='hadoop', 'warehouse'='" + folder_ +
           "');\nCREATE DATABASE lake.db;\nCREATE TABLE lake.db.t (id BIGINT);\n" +
           setting + "\n" + sources + "\nINSERT INTO lake.db.t SELECT id FROM events;\n";
  }

  static std::string Kafka(const std::string& name, const std::string& option) {
    return "CREATE TABLE " + name +
           " (id BIGINT) WITH ('connector'='kafka', 'topic'='t', 'format'='json',\n"
           "'properties.bootstrap.servers'='127.0.0.1:1'" +
           (option.empty() ? "" : ",\n" + option) + ");";
  }

  std::string folder_;
};

TEST_F(PlanTest, ReachesForNoBrokerAndMakesNothing) {
  const auto plan = Plan(Script(Kafka("events", "")));
  ASSERT_THAT(plan, IsOk());
  EXPECT_EQ(plan->name, "lake.db.t");
  EXPECT_FALSE(std::filesystem::exists(folder_));
}

TEST_F(PlanTest, ChecksThePropertiesOfAKafkaClient) {
  EXPECT_THAT(Plan(Script(Kafka("events", "'properties.interceptor.classes'='a.B'"))),
              FailsWith(ErrorKind::kInvalidConfig,
                        AllOf(StartsWith("p.sql:7:"), HasSubstr("interceptor.classes"))));
  EXPECT_THAT(Plan(Script(Kafka("events", "'properties.fetch.min.bites'='1'"))),
              FailsWith(ErrorKind::kInvalidConfig,
                        AllOf(StartsWith("p.sql:7:"), HasSubstr("fetch.min.bytes"))));
  EXPECT_THAT(Plan(Script(Kafka("events", "'properties.fetch.min.bytes'='many'"))),
              FailsWith(ErrorKind::kInvalidConfig, StartsWith("p.sql:7:")));
}

TEST_F(PlanTest, ChecksWhatOptionsMeanTogether) {
  EXPECT_THAT(Plan(Script(Kafka("events", "'key.format'='json'"))),
              FailsWith(ErrorKind::kInvalidConfig, HasSubstr("key.fields")));
}

TEST_F(PlanTest, ChecksHowKeysAreRead) {
  const auto with_key = [](const std::string& format, const std::string& fields) {
    return "CREATE TABLE events (id BIGINT, name STRING, o BIGINT METADATA FROM "
           "'offset')\n"
           "WITH ('connector'='kafka', 'topic'='t', 'format'='json',\n"
           "'properties.bootstrap.servers'='127.0.0.1:1', 'key.format'='" +
           format + "',\n'key.fields'='" + fields + "');";
  };
  EXPECT_THAT(Plan(Script(with_key("json", "id;name"))), IsOk());
  EXPECT_THAT(Plan(Script(with_key("raw", "name"))), IsOk());
  for (const std::string format : {"avro", "csv", "JSON", ""}) {
    EXPECT_THAT(Plan(Script(with_key(format, "id"))),
                FailsWith(ErrorKind::kInvalidConfig,
                          AllOf(StartsWith("p.sql:7:"), HasSubstr("'json' or 'raw'"))));
  }
  EXPECT_THAT(Plan(Script(with_key("json", "nothing"))),
              FailsWith(ErrorKind::kInvalidConfig, StartsWith("p.sql:8:")));
  EXPECT_THAT(Plan(Script(with_key("json", "o"))),
              FailsWith(ErrorKind::kInvalidConfig,
                        AllOf(StartsWith("p.sql:8:"), HasSubstr("metadata column: o"))));
}

TEST_F(PlanTest, ChecksSourcesThatNothingReads) {
  const std::string unread = Kafka("unread", "'properties.fetch.min.bites'='1'");
  EXPECT_THAT(Plan(Script(Kafka("events", "") + "\n" + unread)),
              FailsWith(ErrorKind::kInvalidConfig, StartsWith("p.sql:9:")));
}

TEST_F(PlanTest, AColumnIsNotPartitionedByTwoPartsOfItsTime) {
  const auto plan = [&](const std::string& items) {
    std::string script = Script(Kafka("events", ""));
    const std::string table = "(id BIGINT);\n\n";
    script.replace(script.find(table), table.size(),
                   "(id BIGINT, ts TIMESTAMP(6), made TIMESTAMP(6))\nPARTITIONED BY (" +
                       items + ");\n");
    const std::string target = "lake.db.t SELECT";
    script.replace(script.find(target), target.size(), "lake.db.t (id) SELECT");
    return Plan(script);
  };
  EXPECT_THAT(plan("month(ts), hour(made), bucket(4, ts), ts"), IsOk());
  EXPECT_THAT(plan("month(ts), hour(made), day(ts)"),
              FailsWith(ErrorKind::kInvalidConfig,
                        AllOf(StartsWith("p.sql:4:"), HasSubstr("month already"),
                              HasSubstr("keep one of year, month, day and hour"))));
  EXPECT_THAT(plan("bucket(4, ts), bucket(4, ts)"),
              FailsWith(ErrorKind::kInvalidConfig,
                        AllOf(StartsWith("p.sql:4:"), HasSubstr("twice"))));
}

TEST_F(PlanTest, ATableThatCouldNotBeWrittenIsRefused) {
  const auto plan = [&](const std::string& tail) {
    std::string script = Script(Kafka("events", ""));
    const std::string table = "(id BIGINT);\n\n";
    script.replace(script.find(table), table.size(), "(id BIGINT)\n" + tail + ";\n");
    return Plan(script);
  };
  EXPECT_THAT(plan("WITH ('write.parquet.compression-codec'='gzip')"), IsOk());
  for (const std::string tail :
       {"WITH ('write.parquet.compression-codec'='foo')",
        "WITH ('write.format.default'='orc')", "WITH ('format-version'='1')",
        "WITH ('write.target-file-size-bytes'='abc')",
        "WITH ('write.upsert.enabled'='true')",
        "PARTITIONED BY (bucket(2, id), bucket(4, id))"}) {
    EXPECT_THAT(plan(tail),
                FailsWith(ErrorKind::kInvalidConfig,
                          AllOf(StartsWith("p.sql:3:"), HasSubstr("lake.db.t: "))))
        << tail;
  }
}

TEST_F(PlanTest, PropertiesThatFrazilCannotTakeAreRefusedWhereTheyStand) {
  const auto plan = [&](const std::string& property) {
    std::string script = Script(Kafka("events", ""));
    const std::string table = "(id BIGINT);\n\n";
    script.replace(script.find(table), table.size(),
                   "(id BIGINT) WITH (\n" + property + ");\n");
    return Plan(script);
  };
  EXPECT_THAT(plan("'location'='/lake/t', 'write.upsert.enabled'='false', 'mine'='x'"),
              IsOk());
  EXPECT_THAT(plan("'frazil.ledger.p'='{}'"),
              FailsWith(ErrorKind::kInvalidConfig,
                        AllOf(StartsWith("p.sql:4:1"), HasSubstr("Frazil's own"))));
  EXPECT_THAT(plan("'location'='s3://bucket/t'"),
              FailsWith(ErrorKind::kInvalidConfig,
                        AllOf(StartsWith("p.sql:4:12"), HasSubstr("s3"))));
}

TEST_F(PlanTest, ATopicOfDeadLettersNeedsBrokers) {
  const std::string setting = "SET 'dead-letters'='topic:bad';";
  EXPECT_THAT(Plan(Script(Kafka("events", ""), setting)), IsOk());
  EXPECT_THAT(Plan(Script("CREATE TABLE events (id BIGINT) WITH ('connector'='datagen');",
                          setting)),
              FailsWith(ErrorKind::kInvalidConfig,
                        AllOf(StartsWith("p.sql:5:"), HasSubstr("connector 'kafka'"))));
}

}  // namespace
}  // namespace frazil
