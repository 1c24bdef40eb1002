// What every catalog must do, checked of each implementation.

#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/result_matchers.h"
#include "base/unique_id.h"
#include "catalog/catalog.h"
#include "catalog/hadoop/hadoop_catalog.h"
#include "catalog/memory/memory_catalog.h"
#include "catalog/rest/fake_rest_server.h"
#include "catalog/rest/rest_catalog.h"
#include "catalog/sql/sql_catalog.h"
#include "catalog/sql/sqlite_database.h"

namespace frazil {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;

// Opens a catalog over a folder of its own; the same folder gives the same catalog.
using OpenFunction = std::function<std::shared_ptr<Catalog>(const std::string& folder,
                                                            std::shared_ptr<FileIO>)>;

std::shared_ptr<Catalog> OpenSql(const std::string& folder, std::shared_ptr<FileIO> io) {
  return NewSqlCatalog("lake", {folder + "/db/catalog.db", folder + "/lake"},
                       std::move(io));
}

// As Java makes it without jdbc.schema-version: no column iceberg_type.
std::shared_ptr<Catalog> OpenSqlV0(const std::string& folder,
                                   std::shared_ptr<FileIO> io) {
  auto database = SqliteDatabase::Open(folder + "/db/catalog.db", /*create=*/true);
  EXPECT_THAT(database, IsOk());
  EXPECT_THAT(
      (*database)->Execute(
          "CREATE TABLE IF NOT EXISTS iceberg_tables (catalog_name VARCHAR(255) NOT "
          "NULL, table_namespace VARCHAR(255) NOT NULL, table_name VARCHAR(255) NOT "
          "NULL, metadata_location VARCHAR(1000), previous_metadata_location "
          "VARCHAR(1000), PRIMARY KEY (catalog_name, table_namespace, table_name))"),
      IsOk());
  return OpenSql(folder, std::move(io));
}

std::shared_ptr<Catalog> OpenHadoop(const std::string& folder,
                                    std::shared_ptr<FileIO> io) {
  auto catalog = NewHadoopCatalog("lake", folder + "/lake", std::move(io));
  EXPECT_THAT(catalog, IsOk());
  return std::move(*catalog);
}

// One catalog per folder, as long as the test holds one.
std::shared_ptr<Catalog> OpenMemory(const std::string& folder,
                                    std::shared_ptr<FileIO> io) {
  static std::string last_folder;
  static std::weak_ptr<Catalog> last;
  std::shared_ptr<Catalog> catalog = last.lock();
  if (catalog == nullptr || last_folder != folder) {
    catalog = NewMemoryCatalog("lake", folder + "/lake", std::move(io));
    last_folder = folder;
    last = catalog;
  }
  return catalog;
}

// A client of its own for each; one server per folder, as long as the test has a client.
std::shared_ptr<Catalog> OpenRest(const std::string& folder, std::shared_ptr<FileIO> io) {
  static std::string last_folder;
  static std::weak_ptr<FakeRestServer> last;
  std::shared_ptr<FakeRestServer> server = last.lock();
  if (server == nullptr || last_folder != folder) {
    server =
        std::make_shared<FakeRestServer>(NewMemoryCatalog("m", folder + "/lake", io));
    last_folder = folder;
    last = server;
  }
  RestCatalogOptions options;
  options.properties = {{"uri", server->url()}};
  auto client = NewRestCatalog("lake", std::move(options));
  EXPECT_THAT(client, IsOk());
  return {client->release(), [server](Catalog* catalog) { delete catalog; }};
}

struct Implementation {
  std::string name;
  OpenFunction open;

  friend void PrintTo(const Implementation& implementation, std::ostream* out) {
    *out << implementation.name;
  }
};

class CatalogContractTest : public testing::TestWithParam<Implementation> {
 protected:
  CatalogContractTest() : folder_(Folder()), catalog_(Open()) {
    EXPECT_THAT(catalog_->CreateNamespace({"db"}, {}), IsOk());
  }
  ~CatalogContractTest() override {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  static std::string Folder() { return testing::TempDir() + "frazil-" + RandomUuid(); }

  // Another connection to the same catalog.
  std::shared_ptr<Catalog> Open() { return GetParam().open(folder_, io_); }

  static NewTable Events() {
    NewTable table;
    table.schema.fields = {{1, "id", Type(TypeId::kLong), true, ""},
                           {2, "name", Type(TypeId::kString), false, ""}};
    table.properties = {{"owner", "frazil"}};
    return table;
  }

  LoadedTable Create(const TableIdentifier& identifier = kEvents) {
    auto made = catalog_->CreateTable(identifier, Events());
    EXPECT_THAT(made, IsOk());
    return made.value_or(LoadedTable{});
  }

  static std::vector<TableUpdate> Set(const std::string& key, const std::string& value) {
    return {SetProperties{{{key, value}}}};
  }

  // How many metadata files lie in the folder of the table.
  [[nodiscard]] int CountMetadataFiles() const {
    int count = 0;
    for (const auto& entry :
         std::filesystem::directory_iterator(folder_ + "/lake/db/events/metadata")) {
      if (entry.path().string().ends_with(".metadata.json")) ++count;
    }
    return count;
  }

  inline static const TableIdentifier kEvents{{"db"}, "events"};

  std::string folder_;
  std::shared_ptr<FileIO> io_ = NewLocalFileIO();
  std::shared_ptr<Catalog> catalog_;
};

TEST_P(CatalogContractTest, ANamespaceIsThereOnceItIsCreated) {
  EXPECT_THAT(catalog_->NamespaceExists({"sales"}), IsOkAnd(false));
  EXPECT_THAT(catalog_->CreateNamespace({"sales"}, {}), IsOk());
  EXPECT_THAT(Open()->NamespaceExists({"sales"}), IsOkAnd(true));
  EXPECT_THAT(catalog_->CreateNamespace({"sales"}, {}),
              FailsWith(ErrorKind::kAlreadyExists, HasSubstr("sales")));
  EXPECT_THAT(catalog_->ListNamespaces(),
              IsOkAnd(ElementsAre(Namespace{"db"}, Namespace{"sales"})));
}

TEST_P(CatalogContractTest, ANestedNamespaceHasTablesOfItsOwn) {
  EXPECT_THAT(catalog_->CreateNamespace({"db", "eu"}, {}), IsOk());
  EXPECT_THAT(catalog_->CreateTable({{"db", "eu"}, "events"}, Events()), IsOk());
  EXPECT_THAT(catalog_->ListTables({"db"}), IsOkAnd(IsEmpty()));
  EXPECT_THAT(catalog_->ListTables({"db", "eu"}),
              IsOkAnd(ElementsAre(TableIdentifier{{"db", "eu"}, "events"})));
  EXPECT_THAT(catalog_->ListNamespaces(),
              IsOkAnd(IsSupersetOf({Namespace{"db"}, Namespace{"db", "eu"}})));
  const auto loaded = catalog_->LoadTable({{"db", "eu"}, "events"});
  ASSERT_THAT(loaded, IsOk());
  EXPECT_THAT(loaded->metadata->location, EndsWith("/lake/db/eu/events"));
}

TEST_P(CatalogContractTest, WithoutItsNamespaceNothingWorks) {
  EXPECT_THAT(catalog_->ListTables({"no"}),
              FailsWith(ErrorKind::kNotFound, HasSubstr("no")));
  EXPECT_THAT(catalog_->CreateTable({{"no"}, "events"}, Events()),
              FailsWith(ErrorKind::kNotFound, HasSubstr("namespace")));
  EXPECT_THAT(catalog_->LoadTable({{"no"}, "events"}), FailsWith(ErrorKind::kNotFound));
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/lake/no/events"));
}

TEST_P(CatalogContractTest, ACreatedTableIsLoadedAsItWasMade) {
  const LoadedTable made = Create();
  const auto loaded = Open()->LoadTable(kEvents);
  ASSERT_THAT(loaded, IsOk());
  EXPECT_EQ(loaded->metadata_location, made.metadata_location);
  EXPECT_EQ(loaded->metadata->table_uuid, made.metadata->table_uuid);
  EXPECT_EQ(loaded->metadata->location, folder_ + "/lake/db/events");
  EXPECT_EQ(loaded->metadata->Property("owner", ""), "frazil");
  EXPECT_EQ(loaded->metadata->CurrentSchema(), made.metadata->CurrentSchema());
  EXPECT_EQ(loaded->metadata->CurrentSnapshot(), nullptr);
  EXPECT_THAT(catalog_->ListTables({"db"}), IsOkAnd(ElementsAre(kEvents)));
}

TEST_P(CatalogContractTest, ATakenTableNameIsRefusedAndLeavesTheTable) {
  const LoadedTable made = Create();
  EXPECT_THAT(Open()->CreateTable(kEvents, Events()),
              FailsWith(ErrorKind::kAlreadyExists, HasSubstr("db.events")));
  const auto loaded = catalog_->LoadTable(kEvents);
  ASSERT_THAT(loaded, IsOk());
  EXPECT_EQ(loaded->metadata->table_uuid, made.metadata->table_uuid);
  EXPECT_EQ(CountMetadataFiles(), 1);
}

TEST_P(CatalogContractTest, ATableWithAnInvalidSpecIsNotMade) {
  NewTable table = Events();
  table.spec.fields = {{99, 1000, "none", Transform(TransformKind::kIdentity)}};
  EXPECT_THAT(catalog_->CreateTable(kEvents, table),
              FailsWith(ErrorKind::kInvalidArgument));
  EXPECT_THAT(catalog_->LoadTable(kEvents), FailsWith(ErrorKind::kNotFound));
}

TEST_P(CatalogContractTest, NamesThatLeadOutOfTheWarehouseAreRefused) {
  for (const std::string name : {"", ".", "..", "a/b", "../../etc"}) {
    SCOPED_TRACE(name);
    EXPECT_THAT(catalog_->CreateTable({{"db"}, name}, Events()),
                FailsWith(ErrorKind::kInvalidArgument));
    EXPECT_THAT(catalog_->CreateNamespace({"db", name}, {}),
                FailsWith(ErrorKind::kInvalidArgument));
    EXPECT_THAT(catalog_->LoadTable({{"db"}, name}), FailsWith(ErrorKind::kNotFound));
  }
  EXPECT_THAT(catalog_->CreateNamespace({}, {}), FailsWith(ErrorKind::kInvalidArgument));
  EXPECT_THAT(catalog_->CreateNamespace({"a.b"}, {}),
              FailsWith(ErrorKind::kInvalidArgument));
}

TEST_P(CatalogContractTest, AnUnknownTableIsNotFound) {
  EXPECT_THAT(catalog_->LoadTable(kEvents),
              FailsWith(ErrorKind::kNotFound, HasSubstr("db.events")));
  EXPECT_THAT(catalog_->CommitTable(kEvents, {}, Set("a", "b")),
              FailsWith(ErrorKind::kNotFound));
  EXPECT_THAT(catalog_->DropTable(kEvents), FailsWith(ErrorKind::kNotFound));
}

TEST_P(CatalogContractTest, ADroppedTableCanBeMadeAnew) {
  const LoadedTable first = Create();
  const std::string data = first.metadata->location + "/data/f.parquet";
  EXPECT_THAT(io_->Write(data, "x"), IsOk());
  // Seen in each version, to be found in none of them again.
  const auto other = Open();
  EXPECT_THAT(other->LoadTable(kEvents), IsOk());
  EXPECT_THAT(catalog_->CommitTable(kEvents, {}, Set("a", "1")), IsOk());
  EXPECT_THAT(other->LoadTable(kEvents), IsOk());

  EXPECT_THAT(catalog_->DropTable(kEvents), IsOk());
  EXPECT_THAT(catalog_->ListTables({"db"}), IsOkAnd(IsEmpty()));
  EXPECT_THAT(other->LoadTable(kEvents), FailsWith(ErrorKind::kNotFound));
  EXPECT_THAT(io_->Exists(data), IsOkAnd(true));

  const LoadedTable second = Create();
  EXPECT_NE(second.metadata->table_uuid, first.metadata->table_uuid);
  const auto loaded = other->LoadTable(kEvents);
  ASSERT_THAT(loaded, IsOk());
  EXPECT_EQ(loaded->metadata->table_uuid, second.metadata->table_uuid);
}

TEST_P(CatalogContractTest, ACommitIsSeenByEveryone) {
  const LoadedTable made = Create();
  const auto other = Open();
  EXPECT_THAT(other->LoadTable(kEvents), IsOk());
  const auto committed = catalog_->CommitTable(
      kEvents, {AssertTableUuid{made.metadata->table_uuid}}, Set("color", "blue"));
  ASSERT_THAT(committed, IsOk());
  EXPECT_EQ(committed->metadata->Property("color", ""), "blue");
  EXPECT_NE(committed->metadata_location, made.metadata_location);

  for (const auto& catalog : {catalog_, other, Open()}) {
    const auto loaded = catalog->LoadTable(kEvents);
    ASSERT_THAT(loaded, IsOk());
    EXPECT_EQ(loaded->metadata_location, committed->metadata_location);
    EXPECT_EQ(loaded->metadata->Property("color", ""), "blue");
    EXPECT_EQ(loaded->metadata->Property("owner", ""), "frazil");
    ASSERT_EQ(loaded->metadata->metadata_log.size(), 1U);
    EXPECT_EQ(loaded->metadata->metadata_log[0].metadata_file, made.metadata_location);
  }
}

TEST_P(CatalogContractTest, ASnapshotIsCommittedOnce) {
  const LoadedTable made = Create();
  Snapshot snapshot;
  snapshot.snapshot_id = 42;
  snapshot.sequence_number = 1;
  snapshot.timestamp_ms = made.metadata->last_updated_ms + 1;
  snapshot.manifest_list = made.metadata->location + "/metadata/snap-42.avro";
  snapshot.summary = {{"operation", "append"}};
  snapshot.schema_id = made.metadata->current_schema_id;
  const std::vector<TableRequirement> requirements = {AssertRefSnapshotId{"main", {}}};
  SnapshotRef main;
  main.snapshot_id = 42;
  const std::vector<TableUpdate> updates = {AddSnapshot{snapshot},
                                            SetSnapshotRef{"main", main}};
  EXPECT_THAT(catalog_->CommitTable(kEvents, requirements, updates), IsOk());
  EXPECT_THAT(Open()->CommitTable(kEvents, requirements, updates),
              FailsWith(ErrorKind::kCommitFailed));
  const auto loaded = catalog_->LoadTable(kEvents);
  ASSERT_THAT(loaded, IsOk());
  ASSERT_NE(loaded->metadata->CurrentSnapshot(), nullptr);
  EXPECT_EQ(loaded->metadata->CurrentSnapshot()->snapshot_id, 42);
  EXPECT_EQ(loaded->metadata->last_sequence_number, 1);
}

TEST_P(CatalogContractTest, ARequirementThatDoesNotHoldChangesNothing) {
  const LoadedTable made = Create();
  EXPECT_THAT(
      catalog_->CommitTable(kEvents, {AssertTableUuid{RandomUuid()}}, Set("a", "b")),
      FailsWith(ErrorKind::kCommitFailed));
  const auto loaded = Open()->LoadTable(kEvents);
  ASSERT_THAT(loaded, IsOk());
  EXPECT_EQ(loaded->metadata_location, made.metadata_location);
  EXPECT_EQ(CountMetadataFiles(), 1);
}

TEST_P(CatalogContractTest, OldMetadataFilesGoIfTheTableSaysSo) {
  Create();
  EXPECT_THAT(catalog_->CommitTable(
                  kEvents, {},
                  {SetProperties{{{"write.metadata.delete-after-commit.enabled", "true"},
                                  {"write.metadata.previous-versions-max", "2"}}}}),
              IsOk());
  for (int i = 0; i < 5; ++i) {
    EXPECT_THAT(catalog_->CommitTable(kEvents, {}, Set("i", std::to_string(i))), IsOk());
  }
  EXPECT_EQ(CountMetadataFiles(), 3);
  EXPECT_THAT(Open()->LoadTable(kEvents), IsOk());
}

TEST_P(CatalogContractTest, OldMetadataFilesStayOtherwise) {
  Create();
  EXPECT_THAT(catalog_->CommitTable(kEvents, {},
                                    Set("write.metadata.previous-versions-max", "2")),
              IsOk());
  for (int i = 0; i < 5; ++i) {
    EXPECT_THAT(catalog_->CommitTable(kEvents, {}, Set("i", std::to_string(i))), IsOk());
  }
  EXPECT_EQ(CountMetadataFiles(), 7);
}

TEST_P(CatalogContractTest, RacingCommitsAreAllThereOnce) {
  constexpr int kThreads = 2;
  constexpr int kCommits = 100;
  Create();
  std::vector<int> conflicts(kThreads);
  {
    std::vector<std::jthread> threads;
    for (std::size_t t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t, catalog = Open()] {
        for (int i = 0; i < kCommits; ++i) {
          const auto updates = Set(fmt::format("{}-{}", t, i), "x");
          auto committed = catalog->CommitTable(kEvents, {}, updates);
          while (!committed.has_value() &&
                 committed.error().kind == ErrorKind::kCommitFailed) {
            ++conflicts[t];
            committed = catalog->CommitTable(kEvents, {}, updates);
          }
          EXPECT_THAT(committed, IsOk());
        }
      });
    }
  }
  const auto loaded = Open()->LoadTable(kEvents);
  ASSERT_THAT(loaded, IsOk());
  for (int t = 0; t < kThreads; ++t) {
    for (int i = 0; i < kCommits; ++i) {
      EXPECT_EQ(loaded->metadata->Property(fmt::format("{}-{}", t, i), ""), "x");
    }
  }
  // Each success left a file, no conflict did.
  EXPECT_EQ(CountMetadataFiles(), 1 + kThreads * kCommits);
}

TEST_P(CatalogContractTest, OfTwoThatCreateATableOneSucceeds) {
  constexpr std::size_t kThreads = 4;
  std::vector<Result<LoadedTable>> outcomes(kThreads);
  {
    std::vector<std::jthread> threads;
    for (std::size_t t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t, catalog = Open()] {
        outcomes[t] = catalog->CreateTable(kEvents, Events());
      });
    }
  }
  const auto loaded = Open()->LoadTable(kEvents);
  ASSERT_THAT(loaded, IsOk());
  int made = 0;
  for (const auto& outcome : outcomes) {
    if (!outcome.has_value()) {
      EXPECT_THAT(outcome, FailsWith(ErrorKind::kAlreadyExists));
      continue;
    }
    ++made;
    EXPECT_EQ(outcome->metadata->table_uuid, loaded->metadata->table_uuid);
  }
  EXPECT_EQ(made, 1);
  EXPECT_EQ(CountMetadataFiles(), 1);
}

#ifdef FRAZIL_ENABLE_FAULTS

// Faults are armed once per process: each of these runs in a fresh one.
class CatalogFaultTest : public CatalogContractTest {
 protected:
  CatalogFaultTest() { GTEST_FLAG_SET(death_test_style, "threadsafe"); }

  // Commits once with a fault armed, and tells of the outcome by the exit code: 0 if all is
  // as expected.
  void CommitWith(const char* faults, ErrorKind kind, bool is_committed) {
    ::setenv("FRAZIL_FAULTS", faults, /*overwrite=*/1);
    Create();
    EXPECT_THAT(catalog_->CommitTable(kEvents, {}, Set("color", "blue")),
                FailsWith(kind));
    const auto loaded = Open()->LoadTable(kEvents);
    EXPECT_THAT(loaded, IsOk());
    EXPECT_EQ(loaded->metadata->Property("color", "none"),
              is_committed ? "blue" : "none");
    EXPECT_EQ(CountMetadataFiles(), is_committed ? 2 : 1);
    std::filesystem::remove_all(folder_);
    ::_exit(HasFailure() ? 1 : 0);
  }
};

TEST_P(CatalogFaultTest, AnErrorBeforeTheSwapCommitsNothing) {
  for (const char* fault :
       {"commit.metadata.before=error@1", "commit.metadata.after=error@1",
        "commit.swap.before=error@1"}) {
    SCOPED_TRACE(fault);
    EXPECT_EXIT(CommitWith(fault, ErrorKind::kIoError, /*is_committed=*/false),
                testing::ExitedWithCode(0), "");
  }
}

TEST_P(CatalogFaultTest, AnErrorAfterTheSwapIsAnUnknownOutcome) {
  EXPECT_EXIT(CommitWith("commit.swap.after=error@1", ErrorKind::kCommitStateUnknown,
                         /*is_committed=*/true),
              testing::ExitedWithCode(0), "");
}

#endif

const auto kImplementations = testing::Values(
    Implementation{"sql", OpenSql}, Implementation{"sql_v0", OpenSqlV0},
    Implementation{"hadoop", OpenHadoop}, Implementation{"memory", OpenMemory},
    Implementation{"rest", OpenRest});

std::string NameOf(const testing::TestParamInfo<Implementation>& test) {
  return test.param.name;
}

INSTANTIATE_TEST_SUITE_P(All, CatalogContractTest, kImplementations, NameOf);
#ifdef FRAZIL_ENABLE_FAULTS
INSTANTIATE_TEST_SUITE_P(All, CatalogFaultTest, kImplementations, NameOf);
#endif

}  // namespace
}  // namespace frazil
