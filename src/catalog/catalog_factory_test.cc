#include "catalog/catalog_factory.h"

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/result_matchers.h"
#include "base/unique_id.h"
#include "storage/memory/memory_file_io.h"

namespace frazil {
namespace {

using ::testing::HasSubstr;

Status Open(const CatalogOptions& options) {
  auto catalog = OpenCatalog("lake", options, NewMemoryFileIO());
  if (!catalog.has_value()) return Fail(std::move(catalog).error());
  EXPECT_EQ((*catalog)->name(), "lake");
  return {};
}

TEST(CatalogFactoryTest, ThreeSlashesAreRelativeAndFourAbsolute) {
  const std::string here = std::filesystem::current_path().string();
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"sqlite:///lake/c.db", here + "/lake/c.db"},
      {"sqlite:///./c.db", here + "/c.db"},
      {"sqlite:////lake/c.db", "/lake/c.db"},
      {"sqlite+pysqlite:////lake/c.db?timeout=5", "/lake/c.db"},
      {"jdbc:sqlite:/lake/c.db?journal_mode=WAL", "/lake/c.db"},
      {"jdbc:sqlite:file:/lake/c.db", "/lake/c.db"},
      {"jdbc:sqlite:lake/c.db", here + "/lake/c.db"}};
  for (const auto& [uri, path] : cases) {
    SCOPED_TRACE(uri);
    EXPECT_THAT(SqlitePathOf(uri), IsOkAnd(path));
  }
}

TEST(CatalogFactoryTest, OtherUrisAreRefusedWithTheReason) {
  EXPECT_THAT(SqlitePathOf("postgresql://host/db"),
              FailsWith(ErrorKind::kNotSupported, HasSubstr("SQLite")));
  EXPECT_THAT(SqlitePathOf("lake/c.db"), FailsWith(ErrorKind::kNotSupported));
  EXPECT_THAT(SqlitePathOf("postgresql://user:secret@host/db"),
              FailsWith(ErrorKind::kNotSupported, Not(HasSubstr("secret"))));
  EXPECT_THAT(SqlitePathOf("sqlite://lake/c.db"),
              FailsWith(ErrorKind::kInvalidConfig, HasSubstr("three slashes")));
  for (const std::string_view uri : {"sqlite://", "sqlite:///", "sqlite:///:memory:",
                                     "jdbc:sqlite:", "jdbc:sqlite::memory:"}) {
    SCOPED_TRACE(uri);
    EXPECT_THAT(SqlitePathOf(uri), FailsWith(ErrorKind::kInvalidConfig));
  }
}

TEST(CatalogFactoryTest, TheKindIsTakenFromFlinksAndPyIcebergsKeys) {
  const std::vector<std::pair<CatalogOptions, std::string>> cases = {
      {{{"type", "iceberg"}, {"catalog-type", "sql"}}, "sql"},
      {{{"type", "iceberg"}, {"catalog-type", "jdbc"}}, "sql"},
      {{{"catalog-type", "hadoop"}}, "hadoop"},
      {{{"type", "sql"}}, "sql"},
      {{{"uri", "sqlite:///c.db"}}, "sql"},
      {{{"uri", "jdbc:sqlite:c.db"}}, "sql"},
      {{{"type", "rest"}}, "rest"},
      {{{"type", "iceberg"}, {"catalog-type", "rest"}}, "rest"},
      {{{"uri", "http://h"}}, "rest"},
      {{{"uri", "https://h"}}, "rest"}};
  for (const auto& [options, type] : cases) {
    SCOPED_TRACE(type);
    EXPECT_THAT(CatalogTypeOf(options), IsOkAnd(type));
  }
  EXPECT_THAT(CatalogTypeOf({}), FailsWith(ErrorKind::kInvalidConfig));
  EXPECT_THAT(CatalogTypeOf({{"catalog-type", "hive"}}),
              FailsWith(ErrorKind::kNotSupported, HasSubstr("hive")));
  EXPECT_THAT(CatalogTypeOf({{"type", "jdbc"}}), IsOkAnd("sql"));
}

TEST(CatalogFactoryTest, OpeningTouchesNothing) {
  const std::string folder = testing::TempDir() + "frazil-" + RandomUuid();
  EXPECT_THAT(Open({{"catalog-type", "sql"},
                    {"uri", "sqlite:///" + folder + "/db/catalog.db"},
                    {"warehouse", folder + "/lake"}}),
              IsOk());
  EXPECT_THAT(Open({{"catalog-type", "hadoop"}, {"warehouse", folder + "/lake"}}),
              IsOk());
  EXPECT_THAT(Open({{"catalog-type", "memory"}, {"warehouse", folder + "/lake"}}),
              IsOk());
  EXPECT_FALSE(std::filesystem::exists(folder));
  // Nobody listens there, and nobody is asked.
  EXPECT_THAT(Open({{"catalog-type", "rest"}, {"uri", "http://127.0.0.1:1"}}), IsOk());
}

TEST(CatalogFactoryTest, MissingAndWrongOptionsAreNamed) {
  EXPECT_THAT(Open({{"catalog-type", "sql"}}),
              FailsWith(ErrorKind::kInvalidConfig, HasSubstr("'uri'")));
  EXPECT_THAT(Open({{"catalog-type", "hadoop"}}),
              FailsWith(ErrorKind::kInvalidConfig, HasSubstr("'warehouse'")));
  EXPECT_THAT(Open({{"catalog-type", "hadoop"}, {"warehouse", "s3://b/lake"}}),
              FailsWith(ErrorKind::kNotSupported, HasSubstr("'warehouse'")));
  EXPECT_THAT(Open({{"catalog-type", "rest"}}),
              FailsWith(ErrorKind::kInvalidConfig, HasSubstr("'uri'")));
  EXPECT_THAT(Open({{"catalog-type", "rest"}, {"uri", "localhost:8181"}}),
              FailsWith(ErrorKind::kInvalidConfig, HasSubstr("'uri'")));
}

TEST(CatalogFactoryTest, ARelativeWarehouseLiesInTheWorkingFolder) {
  const auto io = NewMemoryFileIO();
  const auto catalog =
      OpenCatalog("lake", {{"catalog-type", "memory"}, {"warehouse", "lake/"}}, io);
  ASSERT_THAT(catalog, IsOk());
  EXPECT_THAT((*catalog)->CreateNamespace({"db"}, {}), IsOk());
  NewTable table;
  table.schema.fields = {{1, "id", Type(TypeId::kLong), false, ""}};
  const auto made = (*catalog)->CreateTable({{"db"}, "t"}, table);
  ASSERT_THAT(made, IsOk());
  EXPECT_EQ(made->metadata->location,
            std::filesystem::current_path().string() + "/lake/db/t");
}

TEST(CatalogFactoryTest, EveryTypeDeclaresItsOptions) {
  for (const std::string_view type : {"sql", "hadoop", "rest", "other"}) {
    SCOPED_TRACE(type);
    bool has_warehouse = false;
    for (const OptionDeclaration& option : CatalogOptionsOf(type)) {
      EXPECT_FALSE(option.description.empty());
      has_warehouse = has_warehouse || option.key == "warehouse";
    }
    EXPECT_TRUE(has_warehouse);
  }
}

}  // namespace
}  // namespace frazil
