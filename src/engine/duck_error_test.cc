#include "engine/duck_error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/result_matchers.h"
#include "engine/duck_database.h"

namespace frazil {
namespace {

using ::testing::HasSubstr;

class DuckErrorTest : public testing::Test {
 protected:
  void SetUp() override {
    auto database = DuckDatabase::Open({});
    ASSERT_THAT(database, IsOk());
    database_ = *std::move(database);
    auto connection = database_->Connect();
    ASSERT_THAT(connection, IsOk());
    connection_ = *std::move(connection);
  }

  Error RunError(const std::string& sql) {
    auto statement = connection_->Prepare(sql);
    if (!statement.has_value()) return std::move(statement).error();
    auto rows = (*statement)->Run();
    if (!rows.has_value()) return std::move(rows).error();
    const Status status = (*rows)->Drain();
    return status.has_value() ? Error{} : status.error();
  }

  std::unique_ptr<DuckDatabase> database_;
  std::unique_ptr<DuckConnection> connection_;
};

TEST_F(DuckErrorTest, ValuesThatFailAreInvalidRecordsWithTheirClass) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"SELECT CAST(s AS BIGINT) FROM (VALUES ('1'), ('x')) t(s)", "Conversion"},
      {"SELECT CAST(n AS TINYINT) FROM (VALUES (1), (1000)) t(n)", "Conversion"},
      {"SELECT n + 9223372036854775807 FROM (VALUES (1::BIGINT), (2)) t(n)",
       "OutOfRange"},
      {"SELECT error('no ' || n) FROM (VALUES ('way')) t(n)", "InvalidInput"},
  };
  for (const auto& [sql, name] : cases) {
    SCOPED_TRACE(sql);
    const Error error = RunError(sql);
    EXPECT_EQ(error.kind, ErrorKind::kInvalidRecord) << error.message;
    EXPECT_EQ(DuckErrorClass(error), name) << error.message;
    EXPECT_THAT(error.message, testing::Not(HasSubstr("LINE")));
    EXPECT_THAT(std::string(DuckErrorText(error)), testing::Not(HasSubstr("Error: ")));
  }
}

TEST_F(DuckErrorTest, TextsThatDoNotBindAreInvalidConfigWithTheLine) {
  for (const std::string sql :
       {"SELECT nope FROM (VALUES (1)) t(n)", "SELECT 1 FROM nowhere", "SELECT FROM FROM",
        "SELECT nofunction(1)", "SELECT 1 + DATE '2020-01-01' + 'x'::BLOB"}) {
    SCOPED_TRACE(sql);
    EXPECT_THAT(connection_->Prepare(sql),
                FailsWith(ErrorKind::kInvalidConfig, HasSubstr("LINE 1: ")));
  }
  EXPECT_THAT(connection_->Prepare("SELECT 1; SELECT 2"),
              FailsWith(ErrorKind::kInvalidConfig, HasSubstr("multiple statements")));
  EXPECT_THAT(connection_->Prepare("SELECT ?"), FailsWith(ErrorKind::kInvalidConfig));
}

TEST_F(DuckErrorTest, FilesAreOutOfReachUnlessAllowed) {
  EXPECT_THAT(
      connection_->Prepare("SELECT * FROM read_csv('/etc/passwd')"),
      FailsWith(ErrorKind::kInvalidConfig, HasSubstr("disabled by configuration")));
  EXPECT_THAT(connection_->Execute("ATTACH '/tmp/x.duckdb'"),
              FailsWith(ErrorKind::kInvalidConfig));
  EXPECT_THAT(connection_->Execute("SET threads = 4"),
              FailsWith(ErrorKind::kInvalidConfig));
}

TEST_F(DuckErrorTest, AnErrorOfOursPassesThroughDuckUnchanged) {
  const Error error{ErrorKind::kCorruptData, "page 7: torn\n\nLINE 3: x"};
  const Error passed = DuckRunError("Invalid Input Error: " + PassThroughDuck(error));
  EXPECT_EQ(passed.kind, error.kind);
  EXPECT_EQ(passed.message, error.message);
}

TEST_F(DuckErrorTest, TooLittleMemoryIsNoBug) {
  const Error error = DuckRunError(
      "Out of Memory Error: failed to allocate data of size 4.0 MiB (45.0 MiB/48.0 MiB "
      "used)\nPossible solutions:\n* Reducing the number of threads (SET threads=X)");
  EXPECT_TRUE(IsOutOfDuckMemory(error));
  EXPECT_EQ(error.kind, ErrorKind::kInvalidConfig);
  EXPECT_THAT(error.message, testing::EndsWith("used)"));
  EXPECT_EQ(DuckErrorClass(error), "OutOfMemory");
  EXPECT_FALSE(IsOutOfDuckMemory(DuckRunError("Conversion Error: x")));
}

TEST_F(DuckErrorTest, AnErrorOfOursHasNoClass) {
  EXPECT_EQ(DuckErrorClass(Error{ErrorKind::kIoError, "disk full: /x"}), "");
  EXPECT_EQ(DuckErrorText(Error{ErrorKind::kIoError, "disk full: /x"}), "disk full: /x");
  EXPECT_EQ(DuckRunError("what is this").kind, ErrorKind::kInternal);
}

}  // namespace
}  // namespace frazil
