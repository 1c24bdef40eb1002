#include "catalog/sql/sqlite_database.h"

#include <filesystem>
#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/result_matchers.h"
#include "base/unique_id.h"

namespace frazil {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Row = SqliteDatabase::Row;
using std::chrono::milliseconds;

class SqliteDatabaseTest : public testing::Test {
 protected:
  ~SqliteDatabaseTest() override {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  std::unique_ptr<SqliteDatabase> Open() {
    auto database =
        SqliteDatabase::Open(folder_ + "/t.db", /*create=*/true, milliseconds(1));
    EXPECT_THAT(database, IsOk());
    return std::move(*database);
  }

  std::string folder_ = testing::TempDir() + "frazil-" + RandomUuid();
};

TEST_F(SqliteDatabaseTest, ValuesGoInAndOutAsTheyAre) {
  const auto database = Open();
  EXPECT_THAT(database->Execute("CREATE TABLE t (a TEXT, b TEXT)"), IsOk());
  const std::string odd = "o'dd \"\xC3\xA9\n";
  EXPECT_THAT(database->Execute("INSERT INTO t VALUES (?1, ?2), (?2, NULL)", {odd, ""}),
              IsOkAnd(2));
  EXPECT_THAT(database->Query("SELECT a, b FROM t ORDER BY rowid"),
              IsOkAnd(ElementsAre(Row{odd, ""}, Row{"", std::nullopt})));
  EXPECT_THAT(database->Query("SELECT a FROM t WHERE a = ?1", {"none"}),
              IsOkAnd(IsEmpty()));
}

TEST_F(SqliteDatabaseTest, ATakenKeyIsSaid) {
  const auto database = Open();
  EXPECT_THAT(database->Execute("CREATE TABLE t (a TEXT PRIMARY KEY)"), IsOk());
  EXPECT_THAT(database->Execute("INSERT INTO t VALUES ('x')"), IsOk());
  EXPECT_THAT(database->Execute("INSERT INTO t VALUES ('x')"),
              FailsWith(ErrorKind::kAlreadyExists));
}

TEST_F(SqliteDatabaseTest, AMissingFileIsNotMadeUnlessAsked) {
  EXPECT_THAT(SqliteDatabase::Open(folder_ + "/t.db", /*create=*/false),
              FailsWith(ErrorKind::kIoError, HasSubstr("t.db")));
  EXPECT_FALSE(std::filesystem::exists(folder_));
}

TEST_F(SqliteDatabaseTest, ATransactionThatIsDroppedDidNotHappen) {
  const auto database = Open();
  EXPECT_THAT(database->Execute("CREATE TABLE t (a TEXT)"), IsOk());
  {
    const auto transaction = SqliteTransaction::Begin(*database);
    ASSERT_THAT(transaction, IsOk());
    EXPECT_THAT(database->Execute("INSERT INTO t VALUES ('x')"), IsOk());
  }
  EXPECT_FALSE(database->is_in_transaction());
  EXPECT_THAT(database->Query("SELECT * FROM t"), IsOkAnd(IsEmpty()));
}

TEST_F(SqliteDatabaseTest, TwoCannotWriteAtOnceAndTheSecondDidNothing) {
  const auto one = Open();
  const auto other = Open();
  {
    const auto transaction = SqliteTransaction::Begin(*one);
    ASSERT_THAT(transaction, IsOk());
    EXPECT_THAT(SqliteTransaction::Begin(*other),
                FailsWith(ErrorKind::kUnavailable, HasSubstr("locked")));
  }
  EXPECT_THAT(SqliteTransaction::Begin(*other), IsOk());
}

TEST_F(SqliteDatabaseTest, ACommitThatReadersHoldUpDidNotHappen) {
  const auto writer = Open();
  // Without a write-ahead log a reader holds up the end of a commit.
  EXPECT_THAT(writer->Query("PRAGMA journal_mode = DELETE"),
              IsOkAnd(ElementsAre(Row{"delete"})));
  EXPECT_THAT(writer->Execute("CREATE TABLE t (a TEXT)"), IsOk());
  const auto reader = Open();
  EXPECT_THAT(reader->Execute("BEGIN"), IsOk());
  EXPECT_THAT(reader->Query("SELECT * FROM t"), IsOk());
  {
    auto transaction = SqliteTransaction::Begin(*writer);
    ASSERT_THAT(transaction, IsOk());
    EXPECT_THAT(writer->Execute("INSERT INTO t VALUES ('x')"), IsOk());
    EXPECT_THAT(transaction->Commit(), FailsWith(ErrorKind::kUnavailable));
    EXPECT_FALSE(writer->is_in_transaction());
  }
  EXPECT_THAT(reader->Execute("COMMIT"), IsOk());
  EXPECT_THAT(writer->Query("SELECT * FROM t"), IsOkAnd(IsEmpty()));
}

TEST_F(SqliteDatabaseTest, AFileThatWasReplacedIsNoticed) {
  const auto database = Open();
  EXPECT_TRUE(database->is_in_place());
  std::filesystem::rename(folder_ + "/t.db", folder_ + "/other.db");
  EXPECT_FALSE(database->is_in_place());
  const auto other = Open();
  EXPECT_TRUE(other->is_in_place());
  EXPECT_FALSE(database->is_in_place());
}

}  // namespace
}  // namespace frazil
