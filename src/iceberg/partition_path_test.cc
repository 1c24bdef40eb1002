#include "iceberg/partition_path.h"

#include <gtest/gtest.h>

#include "iceberg/testing.h"

namespace frazil {
namespace {

using std::string_literals::operator""s;

TEST(PartitionPathTest, EscapesNamesAndValuesAsJavasUrlEncoder) {
  NewTable table;
  table.schema = SchemaOfAllTypes();
  table.location = "/t";
  table.spec.fields = {PartitionOf(table.schema, "string", "identity", "a b/c"),
                       PartitionOf(table.schema, "timestamp", "day", "day"),
                       PartitionOf(table.schema, "long", "bucket[4]", "bucket"),
                       PartitionOf(table.schema, "double", "identity", "none")};
  const auto metadata = MakeTableMetadata(table, 0);
  ASSERT_THAT(metadata, IsOk());
  EXPECT_EQ(PartitionPath(metadata->DefaultSpec(), metadata->CurrentSchema(),
                          {"x/y=z \u00e9*~"s, 20'778, 3, Literal{}}),
            "a+b%2Fc=x%2Fy%3Dz+%C3%A9*%7E/day=2026-11-21/bucket=3/none=null");
  EXPECT_EQ(PartitionPath(PartitionSpec{}, metadata->CurrentSchema(), {}), "");
}

TEST(PartitionPathTest, StaysWithinWhatFileSystemsTake) {
  NewTable table;
  table.schema = SchemaOfAllTypes();
  table.location = "/t";
  table.spec.fields = {PartitionOf(table.schema, "string", "identity", "s")};
  const auto metadata = MakeTableMetadata(table, 0);
  ASSERT_THAT(metadata, IsOk());
  const auto path_of = [&](const std::string& value) {
    return PartitionPath(metadata->DefaultSpec(), metadata->CurrentSchema(), {value});
  };
  EXPECT_EQ(path_of(std::string(198, 'a')), "s=" + std::string(198, 'a'));
  for (std::size_t blanks = 0; blanks < 3; ++blanks) {
    std::string japanese(blanks, ' ');
    for (int i = 0; i < 40; ++i) japanese += "\u65e5";
    const std::string path = path_of(japanese);
    EXPECT_LE(path.size(), 200);
    // Whole escapes, then the hash.
    EXPECT_EQ((path.size() - blanks - std::string("s=-01234567").size()) % 3, 0) << path;
    EXPECT_NE(path, path_of(japanese + "x"));
  }
  table.spec.fields.clear();
  for (int i = 0; i < 16; ++i) {
    const std::string name = std::string(20, 'n') + std::to_string(i);
    table.spec.fields.push_back(
        PartitionOf(table.schema, "string", fmt::format("truncate[{}]", i + 100), name));
  }
  const auto wide = MakeTableMetadata(table, 0);
  ASSERT_THAT(wide, IsOk());
  EXPECT_LT(PartitionPath(wide->DefaultSpec(), wide->CurrentSchema(),
                          std::vector<Literal>(16, std::string(100, 'v')))
                .size(),
            700);
}

TEST(DataFileLocationTest, FilesLieUnderTheirPartitionOfTheDataFolder) {
  TableMetadata table = MakeTable({{"int", "identity"}});
  const auto locate = [&] {
    return DataFileLocation(table, table.DefaultSpec(), {7}, "f");
  };
  EXPECT_EQ(locate(), "/lake/t/data/p0=7/f");
  table.properties["write.data.path"] = "s3://bucket/x/";
  EXPECT_EQ(locate(), "s3://bucket/x/p0=7/f");
  EXPECT_EQ(DataFileLocation(table, PartitionSpec{}, {}, "f"), "s3://bucket/x/f");
}

// Expected folders are those of Java's tests of its object store provider.
TEST(DataFileLocationTest, AnObjectStoreGetsFoldersOfAHashOfTheName) {
  TableMetadata table = MakeTable({}, {{"write.object-storage.enabled", "true"}});
  const auto locate = [&](std::string_view name) {
    return DataFileLocation(table, table.DefaultSpec(), {}, name);
  };
  EXPECT_EQ(locate("a"), "/lake/t/data/0101/0110/1001/10110010/a");
  EXPECT_EQ(locate("b"), "/lake/t/data/1110/0111/1110/00000011/b");
  EXPECT_EQ(locate("c"), "/lake/t/data/0010/1101/0110/01011111/c");
  EXPECT_EQ(locate("d"), "/lake/t/data/1001/0001/0100/01110011/d");
  table.properties["write.object-storage.partitioned-paths"] = "false";
  EXPECT_EQ(locate("a"), "/lake/t/data/0101/0110/1001/10110010-a");
  table.properties["write.data.path"] = "s3://shared";
  EXPECT_EQ(locate("a"), "s3://shared/0101/0110/1001/10110010/lake/t/a");
}

TEST(DataFileLocationTest, ThePartitionIsPartOfAnObjectsName) {
  TableMetadata table =
      MakeTable({{"int", "identity"}}, {{"write.object-storage.enabled", "true"}});
  const std::string location = DataFileLocation(table, table.DefaultSpec(), {7}, "f");
  EXPECT_TRUE(location.starts_with("/lake/t/data/"));
  EXPECT_TRUE(location.ends_with("/p0=7/f"));
  table.properties["write.object-storage.partitioned-paths"] = "false";
  const std::string flat = DataFileLocation(table, table.DefaultSpec(), {7}, "f");
  EXPECT_TRUE(flat.ends_with("-f"));
}

}  // namespace
}  // namespace frazil
