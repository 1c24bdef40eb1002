#include "catalog/sql/sql_catalog.h"

#include <signal.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "base/result_matchers.h"
#include "base/unique_id.h"
#include "catalog/sql/sqlite_database.h"

namespace frazil {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Row = SqliteDatabase::Row;

const TableIdentifier kEvents{{"db"}, "events"};

class SqlCatalogTest : public testing::Test {
 protected:
  SqlCatalogTest() { std::filesystem::create_directories(folder_); }
  ~SqlCatalogTest() override {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  [[nodiscard]] std::string Path() const { return folder_ + "/catalog.db"; }

  std::unique_ptr<Catalog> Open(const std::string& name = "lake") {
    return NewSqlCatalog(name, {Path(), folder_ + "/lake"}, io_);
  }

  // What another program sees.
  std::unique_ptr<SqliteDatabase> Database() {
    auto database = SqliteDatabase::Open(Path(), /*create=*/true);
    EXPECT_THAT(database, IsOk());
    return std::move(*database);
  }

  static NewTable Events() {
    NewTable table;
    table.schema.fields = {{1, "id", Type(TypeId::kLong), false, ""}};
    return table;
  }

  static LoadedTable Create(Catalog& catalog) {
    EXPECT_THAT(catalog.CreateNamespace({"db"}, {}), IsOk());
    auto made = catalog.CreateTable(kEvents, Events());
    EXPECT_THAT(made, IsOk());
    return made.value_or(LoadedTable{});
  }

  static std::vector<TableUpdate> Change() {
    return {SetProperties{{{"color", "blue"}}}};
  }

  void WriteFile(const std::string& path, std::string_view bytes) {
    EXPECT_THAT(io_->Delete(path), IsOk());
    EXPECT_THAT(io_->Write(path, bytes), IsOk());
  }

  std::string folder_ = testing::TempDir() + "frazil-" + RandomUuid();
  std::shared_ptr<FileIO> io_ = NewLocalFileIO();
};

// The system treats this process as an ordinary user while it lives.
class OrdinaryUser {
 public:
  OrdinaryUser() {
    if (was_root_) {
      EXPECT_EQ(::seteuid(65534), 0);
    }
  }
  ~OrdinaryUser() {
    if (was_root_) {
      EXPECT_EQ(::seteuid(0), 0);
    }
  }
  OrdinaryUser(const OrdinaryUser&) = delete;
  OrdinaryUser& operator=(const OrdinaryUser&) = delete;

 private:
  bool was_root_ = ::geteuid() == 0;
};

TEST_F(SqlCatalogTest, WithoutAFileReadsFindNothingAndMakeNothing) {
  const auto catalog = Open();
  EXPECT_THAT(catalog->NamespaceExists({"db"}), IsOkAnd(false));
  EXPECT_THAT(catalog->ListNamespaces(), IsOkAnd(IsEmpty()));
  EXPECT_THAT(catalog->ListTables({"db"}), FailsWith(ErrorKind::kNotFound));
  EXPECT_THAT(catalog->LoadTable(kEvents), FailsWith(ErrorKind::kNotFound));
  EXPECT_THAT(catalog->CreateTable(kEvents, Events()), FailsWith(ErrorKind::kNotFound));
  EXPECT_FALSE(std::filesystem::exists(Path()));
}

TEST_F(SqlCatalogTest, TheFirstWriteMakesTheFileAndItsFolder) {
  const std::string path = folder_ + "/deep/er/catalog.db";
  const auto catalog = NewSqlCatalog("lake", {path, folder_ + "/lake"}, io_);
  EXPECT_THAT(catalog->CreateNamespace({"db"}, {}), IsOk());
  EXPECT_TRUE(std::filesystem::exists(path));
}

TEST_F(SqlCatalogTest, TheRowsAreThoseThatJavaAndPyIcebergWrite) {
  const auto catalog = Open();
  const LoadedTable made = Create(*catalog);
  const auto committed = catalog->CommitTable(kEvents, {}, Change());
  ASSERT_THAT(committed, IsOk());
  const auto database = Database();
  EXPECT_THAT(
      database->Query("SELECT * FROM iceberg_tables"),
      IsOkAnd(ElementsAre(Row{"lake", "db", "events", committed->metadata_location,
                              made.metadata_location, "TABLE"})));
  EXPECT_THAT(database->Query("SELECT * FROM iceberg_namespace_properties"),
              IsOkAnd(ElementsAre(Row{"lake", "db", "exists", "true"})));
  EXPECT_THAT(database->Query("PRAGMA journal_mode"), IsOkAnd(ElementsAre(Row{"wal"})));
}

TEST_F(SqlCatalogTest, AFileOfOthersKeepsItsJournal) {
  WriteFile(Path(), "");
  const auto catalog = Open();
  Create(*catalog);
  EXPECT_THAT(Database()->Query("PRAGMA journal_mode"),
              IsOkAnd(ElementsAre(Row{"delete"})));
}

TEST_F(SqlCatalogTest, ARowWithoutATypeIsATableAndAViewIsNot) {
  const auto catalog = Open();
  Create(*catalog);
  const auto database = Database();
  EXPECT_THAT(database->Execute("UPDATE iceberg_tables SET iceberg_type = NULL"), IsOk());
  EXPECT_THAT(catalog->LoadTable(kEvents), IsOk());
  EXPECT_THAT(catalog->CommitTable(kEvents, {}, Change()), IsOk());
  EXPECT_THAT(catalog->ListTables({"db"}), IsOkAnd(ElementsAre(kEvents)));

  EXPECT_THAT(database->Execute("UPDATE iceberg_tables SET iceberg_type = 'VIEW'"),
              IsOk());
  EXPECT_THAT(catalog->LoadTable(kEvents), FailsWith(ErrorKind::kNotFound));
  EXPECT_THAT(catalog->CommitTable(kEvents, {}, Change()),
              FailsWith(ErrorKind::kNotFound));
  EXPECT_THAT(catalog->ListTables({"db"}), IsOkAnd(IsEmpty()));
  EXPECT_THAT(catalog->DropTable(kEvents), FailsWith(ErrorKind::kNotFound));
  EXPECT_THAT(catalog->CreateTable(kEvents, Events()),
              FailsWith(ErrorKind::kAlreadyExists));
}

TEST_F(SqlCatalogTest, ACatalogOfAnotherNameIsAnotherCatalog) {
  Create(*Open());
  const auto other = Open("other");
  EXPECT_THAT(other->LoadTable(kEvents), FailsWith(ErrorKind::kNotFound));
  EXPECT_THAT(other->ListNamespaces(), IsOkAnd(IsEmpty()));
  EXPECT_THAT(other->NamespaceExists({"db"}), IsOkAnd(false));
}

TEST_F(SqlCatalogTest, ANamespaceExistsByItsTablesAndByThoseBelowIt) {
  const auto catalog = Open();
  Create(*catalog);
  const auto database = Database();
  EXPECT_THAT(database->Execute("DELETE FROM iceberg_namespace_properties"), IsOk());
  EXPECT_THAT(catalog->NamespaceExists({"db"}), IsOkAnd(true));
  EXPECT_THAT(catalog->CreateNamespace({"a", "b"}, {}), IsOk());
  EXPECT_THAT(catalog->NamespaceExists({"a"}), IsOkAnd(true));
  // '_' is no wildcard.
  EXPECT_THAT(catalog->NamespaceExists({"_"}), IsOkAnd(false));
  EXPECT_THAT(catalog->ListNamespaces(),
              IsOkAnd(ElementsAre(Namespace{"a"}, Namespace{"a", "b"}, Namespace{"db"})));
}

TEST_F(SqlCatalogTest, ANamespaceMaySayWhereItsTablesLie) {
  const auto catalog = Open();
  EXPECT_THAT(catalog->CreateNamespace({"db"}, {{"location", folder_ + "/elsewhere/"}}),
              IsOk());
  const auto made = catalog->CreateTable(kEvents, Events());
  ASSERT_THAT(made, IsOk());
  EXPECT_EQ(made->metadata->location, folder_ + "/elsewhere/events");
}

TEST_F(SqlCatalogTest, WithoutAWarehouseATableNeedsALocation) {
  const auto catalog = NewSqlCatalog("lake", {Path(), ""}, io_);
  EXPECT_THAT(catalog->CreateNamespace({"db"}, {}), IsOk());
  EXPECT_THAT(catalog->CreateTable(kEvents, Events()),
              FailsWith(ErrorKind::kInvalidConfig, HasSubstr("'warehouse'")));
  NewTable table = Events();
  table.location = folder_ + "/place";
  const auto made = catalog->CreateTable(kEvents, table);
  ASSERT_THAT(made, IsOk());
  EXPECT_EQ(made->metadata->location, folder_ + "/place");
}

TEST_F(SqlCatalogTest, AFileThatIsNoDatabaseIsSaidWithWhatToDo) {
  WriteFile(Path(), std::string(5000, 'x'));
  const auto catalog = Open();
  EXPECT_THAT(catalog->LoadTable(kEvents),
              FailsWith(ErrorKind::kCorruptData,
                        AllOf(HasSubstr(Path()), HasSubstr("not a SQLite database"),
                              HasSubstr("move this one away"))));
  EXPECT_THAT(catalog->CreateNamespace({"db"}, {}), FailsWith(ErrorKind::kCorruptData));
}

TEST_F(SqlCatalogTest, AFolderInPlaceOfTheFileIsSaid) {
  std::filesystem::create_directories(Path());
  EXPECT_THAT(
      Open()->LoadTable(kEvents),
      FailsWith(ErrorKind::kIoError, AllOf(HasSubstr(Path()), HasSubstr("opened"))));
}

TEST_F(SqlCatalogTest, AMissingMetadataFileIsNoMissingTable) {
  const LoadedTable made = Create(*Open());
  EXPECT_THAT(io_->Delete(made.metadata_location), IsOk());
  EXPECT_THAT(Open()->LoadTable(kEvents),
              FailsWith(ErrorKind::kCorruptData,
                        AllOf(HasSubstr("db.events"), HasSubstr("restore it"),
                              HasSubstr(made.metadata_location))));
}

TEST_F(SqlCatalogTest, AMetadataFileThatDoesNotParseIsNamed) {
  const LoadedTable made = Create(*Open());
  WriteFile(made.metadata_location, "{");
  EXPECT_THAT(Open()->LoadTable(kEvents),
              FailsWith(ErrorKind::kCorruptData, HasSubstr(made.metadata_location)));
}

TEST_F(SqlCatalogTest, AnUnmovedPointerIsNotReadAgain) {
  const auto catalog = Open();
  const LoadedTable made = Create(*catalog);
  EXPECT_THAT(io_->Delete(made.metadata_location), IsOk());
  const auto loaded = catalog->LoadTable(kEvents);
  ASSERT_THAT(loaded, IsOk());
  EXPECT_EQ(loaded->metadata, made.metadata);
}

TEST_F(SqlCatalogTest, AWarehouseWithoutPermissionIsNamedWithTheReason) {
  const auto catalog = Open();
  EXPECT_THAT(catalog->CreateNamespace({"db"}, {}), IsOk());
  std::filesystem::create_directories(folder_ + "/lake");
  ASSERT_EQ(::chmod((folder_ + "/lake").c_str(), 0555), 0);
  {
    const OrdinaryUser ordinary;
    EXPECT_THAT(catalog->CreateTable(kEvents, Events()),
                FailsWith(ErrorKind::kIoError, AllOf(HasSubstr(folder_ + "/lake/db"),
                                                     HasSubstr("Permission denied"))));
  }
  EXPECT_THAT(catalog->LoadTable(kEvents), FailsWith(ErrorKind::kNotFound));
}

TEST_F(SqlCatalogTest, ACatalogThatOnlyMayBeReadIsReadAndRefusesWrites) {
  WriteFile(Path(), "");
  const LoadedTable made = Create(*Open());
  ASSERT_EQ(::chmod(Path().c_str(), 0444), 0);
  {
    const OrdinaryUser ordinary;
    const auto catalog = Open();
    EXPECT_THAT(catalog->LoadTable(kEvents), IsOk());
    EXPECT_THAT(catalog->CreateNamespace({"other"}, {}),
                FailsWith(ErrorKind::kIoError,
                          AllOf(HasSubstr(Path()), HasSubstr("needs to write"))));
  }
}

TEST_F(SqlCatalogTest, AFileInAnotherPlaceIsNotWrittenTo) {
  const auto catalog = Open();
  Create(*catalog);
  for (const char* suffix : {"", "-wal", "-shm"})
    std::filesystem::remove(Path() + suffix);
  EXPECT_THAT(catalog->LoadTable(kEvents), FailsWith(ErrorKind::kNotFound));
  EXPECT_THAT(catalog->CommitTable(kEvents, {}, Change()),
              FailsWith(ErrorKind::kNotFound));
  EXPECT_THAT(catalog->CreateNamespace({"new"}, {}), IsOk());
  EXPECT_THAT(Open()->ListNamespaces(), IsOkAnd(ElementsAre(Namespace{"new"})));
}

// The bytes of files of this process find no room past `bytes` while it lives.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : old_handler_(::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &old_);
    const rlimit limit{bytes, old_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &old_);
    ::signal(SIGXFSZ, old_handler_);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  sighandler_t old_handler_;
  rlimit old_{};
};

TEST_F(SqlCatalogTest, ADiskThatFailsDuringACommitLeavesItUnknownAndKeepsTheFile) {
  const auto catalog = Open();
  Create(*catalog);
  // The log grows with each commit, metadata files stay small.
  for (int i = 0; i < 5; ++i)
    EXPECT_THAT(catalog->CommitTable(kEvents, {}, Change()), IsOk());
  const auto log_bytes = std::filesystem::file_size(Path() + "-wal");
  const auto count = [&] {
    return std::distance(
        std::filesystem::directory_iterator(folder_ + "/lake/db/events/metadata"), {});
  };
  const auto files_before = count();
  {
    const FileSizeLimit limit(log_bytes);
    EXPECT_THAT(catalog->CommitTable(kEvents, {}, Change()),
                FailsWith(ErrorKind::kCommitStateUnknown, HasSubstr("disk")));
  }
  EXPECT_EQ(count(), files_before + 1);
  EXPECT_THAT(catalog->LoadTable(kEvents), IsOk());
  EXPECT_THAT(catalog->CommitTable(kEvents, {}, Change()), IsOk());
}

TEST_F(SqlCatalogTest, ALockOfAnotherIsADefiniteRefusal) {
  Create(*Open());
  const auto catalog = NewSqlCatalog(
      "lake", {Path(), folder_ + "/lake", std::chrono::milliseconds(1)}, io_);
  EXPECT_THAT(catalog->LoadTable(kEvents), IsOk());
  const auto other = Database();
  {
    const auto transaction = SqliteTransaction::Begin(*other);
    ASSERT_THAT(transaction, IsOk());
    EXPECT_THAT(catalog->CommitTable(kEvents, {}, Change()),
                FailsWith(ErrorKind::kCommitFailed, HasSubstr("locked")));
  }
  EXPECT_THAT(catalog->CommitTable(kEvents, {}, Change()), IsOk());
}

TEST_F(SqlCatalogTest, AReaderThatHoldsOnToAnOldStateDoesNotHoldUpACommit) {
  const auto catalog = Open();
  Create(*catalog);
  const auto reader = Database();
  EXPECT_THAT(reader->Execute("BEGIN"), IsOk());
  EXPECT_THAT(reader->Query("SELECT count(*) FROM iceberg_tables"), IsOk());
  EXPECT_THAT(catalog->CommitTable(kEvents, {}, Change()), IsOk());
  EXPECT_THAT(reader->Execute("COMMIT"), IsOk());
}

}  // namespace
}  // namespace frazil
