#include "catalog/hadoop/hadoop_catalog.h"

#include <filesystem>
#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/result_matchers.h"
#include "base/unique_id.h"
#include "catalog/hadoop/version_files.h"

namespace frazil {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const TableIdentifier kEvents{{"db"}, "events"};

class HadoopCatalogTest : public testing::Test {
 protected:
  HadoopCatalogTest() {
    auto catalog = NewHadoopCatalog("lake", "file://" + folder_, io_);
    EXPECT_THAT(catalog, IsOk());
    catalog_ = std::move(*catalog);
  }
  ~HadoopCatalogTest() override {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  LoadedTable Create() {
    EXPECT_THAT(catalog_->CreateNamespace({"db"}, {}), IsOk());
    auto made = catalog_->CreateTable(kEvents, Events());
    EXPECT_THAT(made, IsOk());
    return made.value_or(LoadedTable{});
  }

  static NewTable Events() {
    NewTable table;
    table.schema.fields = {{1, "id", Type(TypeId::kLong), false, ""}};
    return table;
  }

  Result<LoadedTable> Commit(const std::string& value) {
    return catalog_->CommitTable(kEvents, {}, {SetProperties{{{"color", value}}}});
  }

  [[nodiscard]] std::string Metadata(const std::string& name) const {
    return folder_ + "/db/events/metadata/" + name;
  }

  void Replace(const std::string& path, std::string_view bytes) {
    EXPECT_THAT(io_->Delete(path), IsOk());
    EXPECT_THAT(io_->Write(path, bytes), IsOk());
  }

  std::string ColorNow() {
    const auto loaded = catalog_->LoadTable(kEvents);
    EXPECT_THAT(loaded, IsOk());
    return loaded.has_value() ? loaded->metadata->Property("color", "none") : "";
  }

  std::string folder_ = testing::TempDir() + "frazil-" + RandomUuid();
  std::shared_ptr<FileIO> io_ = NewLocalFileIO();
  std::unique_ptr<Catalog> catalog_;
};

TEST_F(HadoopCatalogTest, VersionsCountFromOneAndTheHintFollows) {
  const LoadedTable made = Create();
  EXPECT_EQ(made.metadata_location, "file://" + Metadata("v1.metadata.json"));
  EXPECT_EQ(made.metadata->location, "file://" + folder_ + "/db/events");
  EXPECT_THAT(io_->Read(Metadata("version-hint.text")), IsOkAnd("1"));
  const auto committed = Commit("blue");
  ASSERT_THAT(committed, IsOk());
  EXPECT_EQ(committed->metadata_location, "file://" + Metadata("v2.metadata.json"));
  EXPECT_THAT(io_->Read(Metadata("version-hint.text")), IsOkAnd("2"));
}

TEST_F(HadoopCatalogTest, AHintThatIsBehindOrWrongDoesNotMatter) {
  Create();
  for (const char* color : {"red", "green", "blue"}) EXPECT_THAT(Commit(color), IsOk());
  for (const char* hint : {"1", "3\n", "99", "-1", "x", "", "4 4"}) {
    SCOPED_TRACE(hint);
    Replace(Metadata("version-hint.text"), hint);
    EXPECT_EQ(ColorNow(), "blue");
  }
  EXPECT_THAT(io_->Delete(Metadata("version-hint.text")), IsOk());
  EXPECT_EQ(ColorNow(), "blue");
}

TEST_F(HadoopCatalogTest, AChecksumOfAFormerHintGoes) {
  Create();
  EXPECT_THAT(io_->Write(Metadata(".version-hint.text.crc"), "crc"), IsOk());
  EXPECT_THAT(Commit("blue"), IsOk());
  EXPECT_THAT(io_->Exists(Metadata(".version-hint.text.crc")), IsOkAnd(false));
}

TEST_F(HadoopCatalogTest, VersionsOfWritersThatCompressCount) {
  Create();
  EXPECT_THAT(Commit("blue"), IsOk());
  std::filesystem::rename(Metadata("v2.metadata.json"), Metadata("v2.gz.metadata.json"));
  // The name says gzip; the bytes decide.
  EXPECT_EQ(ColorNow(), "blue");
  const auto committed = Commit("red");
  ASSERT_THAT(committed, IsOk());
  EXPECT_EQ(committed->metadata_location, "file://" + Metadata("v3.metadata.json"));
}

TEST_F(HadoopCatalogTest, FoldersThatAreNoTablesAreNamespaces) {
  Create();
  std::filesystem::create_directories(folder_ + "/other/deep");
  std::filesystem::create_directories(folder_ + "/.hidden");
  EXPECT_THAT(catalog_->ListNamespaces(),
              IsOkAnd(ElementsAre(Namespace{"db"}, Namespace{"other"},
                                  Namespace{"other", "deep"})));
  EXPECT_THAT(catalog_->NamespaceExists({"db", "events"}), IsOkAnd(false));
  EXPECT_THAT(catalog_->ListTables({"other"}), IsOkAnd(IsEmpty()));
}

TEST_F(HadoopCatalogTest, WhatFoldersCannotHoldIsRefused) {
  EXPECT_THAT(catalog_->CreateNamespace({"db"}, {{"owner", "me"}}),
              FailsWith(ErrorKind::kNotSupported, HasSubstr("owner")));
  EXPECT_THAT(catalog_->CreateNamespace({"db"}, {}), IsOk());
  NewTable table = Events();
  table.location = folder_ + "/elsewhere";
  EXPECT_THAT(catalog_->CreateTable(kEvents, table),
              FailsWith(ErrorKind::kNotSupported, HasSubstr("elsewhere")));
  table = Events();
  table.properties["write.metadata.path"] = folder_ + "/elsewhere";
  EXPECT_THAT(catalog_->CreateTable(kEvents, table), FailsWith(ErrorKind::kNotSupported));
}

TEST_F(HadoopCatalogTest, AVersionThatDoesNotParseIsNamed) {
  const LoadedTable made = Create();
  Replace(Metadata("v1.metadata.json"), "{");
  EXPECT_THAT(catalog_->LoadTable(kEvents),
              FailsWith(ErrorKind::kCorruptData, HasSubstr(made.metadata_location)));
}

TEST_F(HadoopCatalogTest, OnlyLocalWarehousesWork) {
  EXPECT_THAT(NewHadoopCatalog("lake", "s3://bucket/lake", io_),
              FailsWith(ErrorKind::kNotSupported, HasSubstr("s3://bucket/lake")));
}

TEST(VersionFilesTest, NamesOfVersionsAreTold) {
  EXPECT_EQ(ParseVersionFileName("v12.metadata.json"), 12);
  EXPECT_EQ(ParseVersionFileName("v12.gz.metadata.json"), 12);
  EXPECT_EQ(ParseVersionFileName("v12.metadata.json.gz"), 12);
  for (const std::string_view name :
       {"", "v", "12.metadata.json", "v.metadata.json", "v-1.metadata.json",
        "v1x.metadata.json", "v1.metadata.json.tmp", "00001-x.metadata.json",
        "version-hint.text", "v99999999999.metadata.json"}) {
    SCOPED_TRACE(name);
    EXPECT_EQ(ParseVersionFileName(name), std::nullopt);
  }
}

TEST_F(HadoopCatalogTest, WhatWeWroteIsNotReadBackUnlessAnotherFileTookItsName) {
  Create();
  Snapshot snapshot;
  snapshot.snapshot_id = 42;
  snapshot.sequence_number = 1;
  snapshot.manifest_list = "/list";
  SnapshotRef ref;
  ref.snapshot_id = 42;
  const auto committed = catalog_->CommitTable(
      kEvents, {}, {AddSnapshot{snapshot}, SetSnapshotRef{"main", ref}});
  ASSERT_THAT(committed, IsOk());
  // The same object: no file was parsed.
  EXPECT_EQ(catalog_->LoadTable(kEvents)->metadata, committed->metadata);

  TableMetadata other = *committed->metadata;
  other.properties["color"] = "green";
  Replace(Metadata("v2.metadata.json"), SerializeTableMetadata(other));
  EXPECT_EQ(ColorNow(), "green");
}

}  // namespace
}  // namespace frazil
