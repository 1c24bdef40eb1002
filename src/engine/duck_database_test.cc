#include "engine/duck_database.h"

#include <map>
#include <set>

#include <arrow/api.h>
#include <arrow/json/from_string.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/result_matchers.h"

namespace frazil {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class DuckDatabaseTest : public testing::Test {
 protected:
  void SetUp() override {
    auto database = DuckDatabase::Open({});
    ASSERT_THAT(database, IsOk());
    database_ = *std::move(database);
    auto connection = database_->Connect();
    ASSERT_THAT(connection, IsOk());
    connection_ = *std::move(connection);
  }

  // The single column of a query.
  std::shared_ptr<arrow::Array> Column(const std::string& sql) {
    auto statement = connection_->PrepareForArrow(sql);
    EXPECT_THAT(statement, IsOk());
    if (!statement.has_value()) return nullptr;
    auto rows = (*statement)->Run();
    EXPECT_THAT(rows, IsOk());
    if (!rows.has_value()) return nullptr;
    auto batch = (*rows)->All();
    EXPECT_THAT(batch, IsOk());
    if (!batch.has_value()) return nullptr;
    EXPECT_TRUE((*batch)->ValidateFull().ok());
    return (*batch)->column(0);
  }

  std::unique_ptr<DuckDatabase> database_;
  std::unique_ptr<DuckConnection> connection_;
};

TEST_F(DuckDatabaseTest, IsTheVersionOfItsHeader) {
  EXPECT_EQ(DuckDatabase::Version(), "v1.4.4");
}

TEST_F(DuckDatabaseTest, OpensWithTheGivenLimitsAndNothingAutomatic) {
  DuckOptions options;
  options.memory_limit_bytes = 96LL << 20;
  options.threads = 3;
  options.temp_directory = "/tmp/frazil-spill";
  auto database = DuckDatabase::Open(options);
  ASSERT_THAT(database, IsOk());
  auto connection = (*database)->Connect();
  ASSERT_THAT(connection, IsOk());
  auto rows =
      (*connection)
          ->QueryTexts(
              "SELECT name, value FROM duckdb_settings() WHERE name IN ('threads', "
              "'memory_limit', 'TimeZone', 'autoload_known_extensions', "
              "'autoinstall_known_extensions', 'allow_community_extensions', "
              "'lock_configuration', 'enable_external_access', 'temp_directory')");
  ASSERT_THAT(rows, IsOk());
  std::map<std::string, std::string> settings;
  for (const auto& row : *rows) settings[row[0]] = row[1];
  EXPECT_EQ(settings["threads"], "3");
  EXPECT_EQ(settings["memory_limit"], "96.0 MiB");
  EXPECT_EQ(settings["TimeZone"], "UTC");
  EXPECT_EQ(settings["autoload_known_extensions"], "false");
  EXPECT_EQ(settings["autoinstall_known_extensions"], "false");
  EXPECT_EQ(settings["allow_community_extensions"], "false");
  EXPECT_EQ(settings["lock_configuration"], "true");
  EXPECT_EQ(settings["enable_external_access"], "false");
  EXPECT_EQ(settings["temp_directory"], "/tmp/frazil-spill");
}

TEST_F(DuckDatabaseTest, EveryConnectionSeesUtc) {
  EXPECT_THAT(
      connection_->QueryTexts("SELECT TIMESTAMPTZ '2026-01-01 00:00:00+01'::VARCHAR"),
      IsOkAnd(ElementsAre(ElementsAre("2025-12-31 23:00:00+00"))));
}

TEST_F(DuckDatabaseTest, WithoutATempDirectoryTooMuchMemoryIsAnError) {
  DuckOptions options;
  options.memory_limit_bytes = 16LL << 20;
  auto database = DuckDatabase::Open(options);
  ASSERT_THAT(database, IsOk());
  auto connection = (*database)->Connect();
  ASSERT_THAT(connection, IsOk());
  auto statement = (*connection)
                       ->Prepare(
                           "SELECT count(*) FROM (SELECT DISTINCT hash(range) AS h, "
                           "range::VARCHAR || 'some longer "
                           "text' AS t FROM range(5000000)) q");
  ASSERT_THAT(statement, IsOk());
  auto rows = (*statement)->Run();
  const Status status = rows.has_value() ? (*rows)->Drain() : Status(Fail(rows.error()));
  EXPECT_THAT(status, FailsWith(ErrorKind::kInvalidConfig, HasSubstr("Out of Memory")));
}

TEST_F(DuckDatabaseTest, DescribesAQueryWithoutRunningIt) {
  auto columns = connection_->Describe(
      "SELECT error('ran')::INTEGER AS a, now() AS b, [1.5] AS c, sum(r) AS d FROM "
      "range(3) "
      "t(r) GROUP BY ALL");
  ASSERT_THAT(columns, IsOk());
  std::vector<std::string> texts;
  for (const DuckColumn& column : *columns)
    texts.push_back(column.name + " " + column.type.name);
  EXPECT_THAT(texts, ElementsAre("a INTEGER", "b TIMESTAMP WITH TIME ZONE",
                                 "c DECIMAL(2,1)[]", "d HUGEINT"));
}

TEST_F(DuckDatabaseTest, GivesRowsInPiecesOfTheWantedSize) {
  auto statement = connection_->Prepare("SELECT range AS n FROM range(10000)");
  ASSERT_THAT(statement, IsOk());
  for (int run = 0; run < 2; ++run) {
    auto rows = (*statement)->Run();
    ASSERT_THAT(rows, IsOk());
    std::int64_t next = 0;
    int pieces = 0;
    while (true) {
      auto piece = (*rows)->Next(3000);
      ASSERT_THAT(piece, IsOk());
      if (*piece == nullptr) break;
      ++pieces;
      EXPECT_LE((*piece)->num_rows(), 3000 + 2047);
      const auto& numbers = dynamic_cast<const arrow::Int64Array&>(*(*piece)->column(0));
      for (std::int64_t i = 0; i < numbers.length(); ++i)
        ASSERT_EQ(numbers.Value(i), next++);
    }
    EXPECT_EQ(next, 10000);
    EXPECT_GE(pieces, 2);
  }
}

TEST_F(DuckDatabaseTest, AResultAbandonedHalfwayLeavesTheStatementUsable) {
  auto statement =
      connection_->Prepare("SELECT range AS n, range::VARCHAR AS s FROM range(9000)");
  ASSERT_THAT(statement, IsOk());
  {
    auto rows = (*statement)->Run();
    ASSERT_THAT(rows, IsOk());
    ASSERT_THAT((*rows)->Next(1), IsOk());
  }
  auto rows = (*statement)->Run();
  ASSERT_THAT(rows, IsOk());
  auto batch = (*rows)->All();
  ASSERT_THAT(batch, IsOk());
  EXPECT_EQ((*batch)->num_rows(), 9000);
  EXPECT_TRUE((*batch)->ValidateFull().ok());
}

TEST_F(DuckDatabaseTest, NowIsEvaluatedByEachRun) {
  auto statement = connection_->Prepare("SELECT now() AS n, uuid() AS u");
  ASSERT_THAT(statement, IsOk());
  std::set<std::string> times;
  std::set<std::string> uuids;
  for (int run = 0; run < 3; ++run) {
    auto rows = (*statement)->Run();
    ASSERT_THAT(rows, IsOk());
    auto batch = (*rows)->All();
    ASSERT_THAT(batch, IsOk());
    times.insert((*(*batch)->column(0)->GetScalar(0))->ToString());
    uuids.insert((*(*batch)->column(1)->GetScalar(0))->ToString());
  }
  EXPECT_EQ(times.size(), 3U);
  EXPECT_EQ(uuids.size(), 3U);
}

TEST_F(DuckDatabaseTest, ForeignTypesOfDuckDbBecomeArrow) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"SELECT unnest([1, NULL, -128])::TINYINT", "[1, null, -128]"},
      {"SELECT unnest([0, 65535])::USMALLINT", "[0, 65535]"},
      {"SELECT unnest([0, 4294967295])::UINTEGER", "[0, 4294967295]"},
      {"SELECT unnest([0, 18446744073709551615])::UBIGINT",
       R"(["0", "18446744073709551615"])"},
      {"SELECT sum(i) FROM (VALUES (9223372036854775807), (2)) t(i)",
       R"(["9223372036854775809"])"},
      {"SELECT unnest(['a', NULL, 'ccc'])::ENUM('ccc', 'a')", R"(["a", null, "ccc"])"},
      {"SELECT unnest([[1, 2], NULL, [3, NULL]]::INTEGER[2][])",
       "[[1, 2], null, [3, null]]"},
      {"SELECT INTERVAL 3 DAY", R"(["3 days"])"},
      {"SELECT TIMESTAMP_NS '2020-01-01 00:00:00.000000001'",
       R"(["2020-01-01 00:00:00.000000001"])"},
      {"SELECT TIMESTAMP_MS '1970-01-01 00:00:01.5'",
       R"(["1970-01-01 00:00:01.500000"])"},
      {"SELECT TIMESTAMP_S '1970-01-01 00:00:01'", R"(["1970-01-01 00:00:01"])"},
      {"SELECT [INTERVAL 1 DAY] -- a comment", R"(["[1 day]"])"},
      {"SELECT NULL", "[null]"},
  };
  for (const auto& [sql, json] : cases) {
    SCOPED_TRACE(sql);
    const std::shared_ptr<arrow::Array> column = Column(sql);
    ASSERT_NE(column, nullptr);
    auto expected = arrow::json::ArrayFromJSONString(column->type(), json);
    ASSERT_TRUE(expected.ok()) << expected.status().ToString() << column->ToString();
    EXPECT_TRUE(column->Equals(**expected)) << column->ToString();
  }
}

TEST_F(DuckDatabaseTest, ATypeWithoutIcebergTypeIsRefusedByAPlainRun) {
  auto statement = connection_->Prepare("SELECT INTERVAL 1 DAY AS i");
  ASSERT_THAT(statement, IsOk());
  EXPECT_THAT((*statement)->Run(),
              FailsWith(ErrorKind::kNotSupported, HasSubstr("INTERVAL")));
}

TEST_F(DuckDatabaseTest, DictionaryAndConstantVectorsComeOutFlat) {
  const std::string sql =
      "SELECT ['x', s, 'a text of more than twelve bytes'] AS l, {'k': s, 'c': 7} AS t, "
      "MAP {s: [n]} AS m FROM (SELECT CASE WHEN range % 3 = 0 THEN NULL ELSE 'v' || "
      "range END "
      "AS s0, coalesce(s0, 'none') AS s, range AS n FROM range(5000)) q WHERE n % 2 = 0";
  auto statement = connection_->Prepare(sql);
  ASSERT_THAT(statement, IsOk());
  auto rows = (*statement)->Run();
  ASSERT_THAT(rows, IsOk());
  auto batch = (*rows)->All();
  ASSERT_THAT(batch, IsOk());
  ASSERT_TRUE((*batch)->ValidateFull().ok());
  ASSERT_EQ((*batch)->num_rows(), 2500);
  for (const std::int64_t row : {0, 1, 1029, 2499}) {
    const std::int64_t n = row * 2;
    const std::string s = n % 3 == 0 ? "none" : "v" + std::to_string(n);
    auto expected = arrow::json::ArrayFromJSONString(
        (*batch)->column(0)->type(),
        R"([["x", ")" + s + R"(", "a text of more than twelve bytes"]])");
    ASSERT_TRUE(expected.ok());
    EXPECT_TRUE((*batch)->column(0)->Slice(row, 1)->Equals(**expected));
    expected = arrow::json::ArrayFromJSONString(
        (*batch)->column(2)->type(),
        R"([[[")" + s + R"(", [)" + std::to_string(n) + "]]]]");
    ASSERT_TRUE(expected.ok()) << expected.status().ToString();
    EXPECT_TRUE((*batch)->column(2)->Slice(row, 1)->Equals(**expected));
  }
}

}  // namespace
}  // namespace frazil
