#include "iceberg/manifest.h"

#include <limits>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "iceberg/avro.h"
#include "iceberg/manifest_schema.h"
#include "iceberg/single_value.h"
#include "iceberg/testing.h"

namespace frazil {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using std::string_literals::operator""s;

// One partition field of each kind of value.
std::vector<std::pair<std::string, std::string>> AllTransforms() {
  std::vector<std::pair<std::string, std::string>> transforms;
  for (const char* column :
       {"boolean", "int", "long", "float", "double", "decimal", "date", "time",
        "timestamp", "timestamptz", "string", "uuid", "fixed", "binary"}) {
    transforms.emplace_back(column, "identity");
  }
  transforms.emplace_back("long", "bucket[16]");
  transforms.emplace_back("decimal", "truncate[10]");
  transforms.emplace_back("timestamptz", "month");
  transforms.emplace_back("date", "day");
  transforms.emplace_back("timestamp", "hour");
  transforms.emplace_back("string", "void");
  return transforms;
}

std::vector<Literal> AllValues() {
  return {true,
          -7,
          std::int64_t{1} << 40,
          1.5F,
          -2.5,
          Int128{-1420},
          -1,
          std::int64_t{81'068'000'000},
          std::int64_t{-1},
          std::int64_t{1'510'871'468'000'001},
          "h\u00e9"s,
          std::string(16, '\xfe'),
          "a\x00z"s,
          ""s,
          3,
          Int128{999'999'999},
          574,
          17'486,
          -1,
          Literal{}};
}

ManifestEntry Added(DataFile file) {
  ManifestEntry entry;
  entry.snapshot_id = 77;
  entry.data_file = std::move(file);
  return entry;
}

ManifestFile InList(const EncodedManifest& manifest, std::int64_t sequence_number) {
  ManifestFile file = manifest.file;
  file.sequence_number = sequence_number;
  file.added_snapshot_id = 77;
  return file;
}

TEST(ManifestTest, EveryTypeOfPartitionValueReadsBack) {
  const TableMetadata table = MakeTable(AllTransforms());
  const std::vector<Literal> nulls(AllValues().size());
  const std::vector<ManifestEntry> entries = {Added(FullFileOf("a", AllValues())),
                                              Added(FullFileOf("b", nulls))};
  const auto manifest =
      EncodeManifest(table.CurrentSchema(), table.DefaultSpec(), 2, entries);
  ASSERT_THAT(manifest, IsOk());
  const auto decoded = DecodeManifest(manifest->bytes, InList(*manifest, 5), table);
  ASSERT_THAT(decoded, IsOk());
  ASSERT_EQ(decoded->size(), 2U);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(decoded->at(i).data_file, entries[i].data_file);
    EXPECT_EQ(decoded->at(i).snapshot_id, 77);
    EXPECT_EQ(decoded->at(i).sequence_number, 5);
    EXPECT_EQ(decoded->at(i).file_sequence_number, 5);
  }
}

// The file with `from` replaced in its schema.
std::string WithSchemaChanged(const std::string& bytes, const std::string& from,
                              const std::string& to) {
  const std::string schema = AvroReader::Open(bytes)->metadata().at("avro.schema");
  std::string changed = schema;
  changed.replace(changed.find(from), from.size(), to);
  const auto encoded = [](const std::string& text) {
    AvroEncoder encoder;
    encoder.PutBytes(text);
    return encoder.bytes();
  };
  std::string file = bytes;
  file.replace(file.find(encoded(schema)), encoded(schema).size(), encoded(changed));
  return file;
}

// Java's library up to 1.12 writes such a value as bytes under a schema that says fixed.
TEST(ManifestTest, AFixedWithALengthAsJavaWritesItIsRead) {
  const TableMetadata table =
      MakeTable({{"int", "identity"}, {"fixed", "identity"}, {"string", "identity"}});
  const std::vector<ManifestEntry> entries = {
      Added(FullFileOf("a", {7, "a\x00z"s, "s"s})),
      Added(FullFileOf("b", {Literal{}, Literal{}, Literal{}})),
      Added(FullFileOf("c", {-7, "\x06\x06\x06"s, ""s}))};
  const auto manifest =
      EncodeManifest(table.CurrentSchema(), table.DefaultSpec(), 2, entries);
  ASSERT_THAT(manifest, IsOk());
  const ManifestFile file = InList(*manifest, 5);
  const auto decode = [&](const std::string& type) {
    return DecodeManifest(
        WithSchemaChanged(manifest->bytes, R"("name":"p1","type":["null","bytes"])",
                          R"("name":"p1","type":["null",)" + type + "]"),
        file, table);
  };
  const auto decoded = decode(R"({"type":"fixed","name":"fixed_3","size":3})");
  ASSERT_THAT(decoded, IsOk());
  ASSERT_EQ(decoded->size(), entries.size());
  for (std::size_t i = 0; i < entries.size(); ++i) {
    EXPECT_EQ(decoded->at(i).data_file, entries[i].data_file);
  }
  // A length that is not the type's.
  EXPECT_THAT(decode(R"({"type":"fixed","name":"fixed_4","size":4})"),
              FailsWith(ErrorKind::kCorruptData));
}

TEST(ManifestTest, TellsTheManifestListWhatItHolds) {
  const TableMetadata table = MakeTable({{"int", "identity"}, {"double", "identity"}});
  const double nan = std::numeric_limits<double>::quiet_NaN();
  ManifestEntry existing = Added(FileOf("b", {-4, nan}, 20));
  existing.status = EntryStatus::kExisting;
  existing.sequence_number = 3;
  existing.file_sequence_number = 3;
  ManifestEntry deleted = Added(FileOf("c", {9, 0.0}, 40));
  deleted.status = EntryStatus::kDeleted;
  deleted.sequence_number = 1;
  const auto manifest =
      EncodeManifest(table.CurrentSchema(), table.DefaultSpec(), 2,
                     {Added(FileOf("a", {Literal{}, 1.0}, 10)), existing, deleted});
  ASSERT_THAT(manifest, IsOk());
  const ManifestFile& file = manifest->file;
  EXPECT_EQ(file.manifest_length, static_cast<std::int64_t>(manifest->bytes.size()));
  EXPECT_EQ(file.added_files_count, 1);
  EXPECT_EQ(file.existing_files_count, 1);
  EXPECT_EQ(file.deleted_files_count, 1);
  EXPECT_EQ(file.added_rows_count, 10);
  EXPECT_EQ(file.existing_rows_count, 20);
  EXPECT_EQ(file.deleted_rows_count, 40);
  EXPECT_EQ(file.min_sequence_number, 3);
  EXPECT_FALSE(file.holds_deletes);
  const auto bound = [](const Literal& value, TypeId id) {
    return std::optional(EncodeSingleValue(value, Type(id)));
  };
  EXPECT_THAT(file.partitions,
              ElementsAre(PartitionFieldSummary{true, false, bound(-4, TypeId::kInt),
                                                bound(9, TypeId::kInt)},
                          // Zero is below and above both zeros.
                          PartitionFieldSummary{false, true, bound(-0.0, TypeId::kDouble),
                                                bound(1.0, TypeId::kDouble)}));
}

TEST(ManifestTest, AManifestOfNewFilesInheritsItsNumbers) {
  const TableMetadata table = MakeTable();
  const auto manifest = EncodeManifest(table.CurrentSchema(), table.DefaultSpec(), 2,
                                       {Added(FileOf("a")), Added(FileOf("b"))});
  ASSERT_THAT(manifest, IsOk());
  EXPECT_EQ(manifest->file.min_sequence_number, kInheritedSequenceNumber);
  const auto reader = AvroReader::Open(manifest->bytes);
  EXPECT_EQ(reader->metadata().at("content"), "data");
  EXPECT_EQ(reader->metadata().at("format-version"), "2");
  EXPECT_EQ(reader->metadata().at("partition-spec"), "[]");
  EXPECT_EQ(reader->metadata().at("partition-spec-id"), "0");
  EXPECT_EQ(reader->metadata().at("schema"),
            DumpJson(SchemaToJson(table.CurrentSchema())));
}

TEST(ManifestTest, OnlyExistingAndDeletedEntriesKeepTheirNumbers) {
  const TableMetadata table = MakeTable();
  ManifestEntry existing = Added(FileOf("a"));
  existing.status = EntryStatus::kExisting;
  existing.snapshot_id = 3;
  existing.sequence_number = 1;
  existing.file_sequence_number = 2;
  const auto manifest =
      EncodeManifest(table.CurrentSchema(), table.DefaultSpec(), 2, {existing});
  const auto decoded = DecodeManifest(manifest->bytes, InList(*manifest, 9), table);
  ASSERT_THAT(decoded, IsOk());
  EXPECT_EQ(decoded->at(0), existing);
}

TEST(ManifestTest, EqualDecimalTypesHaveTypesOfTheirOwnName) {
  const TableMetadata table = MakeTable(
      {{"decimal", "identity"}, {"decimal", "truncate[3]"}, {"uuid", "identity"}});
  const auto columns = PartitionColumnsOf(table.DefaultSpec(), table.CurrentSchema());
  ASSERT_THAT(columns, IsOk());
  const std::string schema = ManifestEntrySchema(*columns, 2);
  EXPECT_THAT(schema, HasSubstr(R"("name":"decimal_9_2",)"));
  EXPECT_THAT(schema, HasSubstr(R"("name":"decimal_9_2_1001",)"));
  EXPECT_THAT(schema, HasSubstr(R"("name":"uuid_fixed",)"));
}

// Java's library reads a length before a fixed, against the specification.
TEST(ManifestTest, AFixedIsWrittenAsBytesSoThatJavaReadsIt) {
  const TableMetadata table = MakeTable({{"fixed", "identity"}});
  const auto columns = PartitionColumnsOf(table.DefaultSpec(), table.CurrentSchema());
  EXPECT_THAT(ManifestEntrySchema(*columns, 2),
              HasSubstr(R"({"name":"p0","type":["null","bytes"])"));
}

TEST(ManifestTest, NamesThatAvroDoesNotAllowAreReplaced) {
  EXPECT_EQ(AvroName("plain_1"), "plain_1");
  EXPECT_EQ(AvroName("a.b"), "a_x2Eb");
  EXPECT_EQ(AvroName("1st day"), "_1st_x20day");
  NewTable table;
  table.schema = SchemaOfAllTypes();
  table.location = "/t";
  table.spec.fields = {PartitionOf(table.schema, "long", "bucket[4]", "1 \"b\"")};
  const auto metadata = MakeTableMetadata(table, 0);
  const auto manifest = EncodeManifest(metadata->CurrentSchema(), metadata->DefaultSpec(),
                                       2, {Added(FileOf("a", {2}))});
  ASSERT_THAT(manifest, IsOk());
  EXPECT_THAT(AvroReader::Open(manifest->bytes)->metadata().at("avro.schema"),
              HasSubstr(R"("iceberg-field-name":"1 \"b\"")"));
  const auto decoded = DecodeManifest(manifest->bytes, InList(*manifest, 1), *metadata);
  ASSERT_THAT(decoded, IsOk());
  EXPECT_THAT(decoded->at(0).data_file.partition, ElementsAre(Literal(2)));
}

TEST(ManifestTest, RefusesEntriesThatDoNotFit) {
  const TableMetadata table = MakeTable({{"int", "identity"}});
  const auto encode = [&](std::vector<ManifestEntry> entries) {
    return EncodeManifest(table.CurrentSchema(), table.DefaultSpec(), 2, entries);
  };
  EXPECT_THAT(encode({Added(FileOf("a"))}), FailsWith(ErrorKind::kInvalidArgument));
  EXPECT_THAT(encode({Added(FileOf("a", {"x"s}))}),
              FailsWith(ErrorKind::kInvalidArgument));
  EXPECT_THAT(encode({Added(FileOf("a", {std::int64_t{1}}))}),
              FailsWith(ErrorKind::kInvalidArgument));
  DataFile other_spec = FileOf("a", {1});
  other_spec.spec_id = 4;
  EXPECT_THAT(encode({Added(other_spec)}), FailsWith(ErrorKind::kInvalidArgument));
  DataFile deletes = FileOf("a", {1});
  deletes.content = FileContent::kPositionDeletes;
  EXPECT_THAT(encode({Added(FileOf("b", {1})), Added(deletes)}),
              FailsWith(ErrorKind::kInvalidArgument));
  EXPECT_THAT(EncodeManifest(table.CurrentSchema(), table.DefaultSpec(), 1, {}),
              FailsWith(ErrorKind::kNotSupported));
  PartitionSpec unknown = table.DefaultSpec();
  unknown.fields[0].transform = Transform::Parse("zorder");
  EXPECT_THAT(EncodeManifest(table.CurrentSchema(), unknown, 2, {}),
              FailsWith(ErrorKind::kNotSupported));
}

TEST(ManifestTest, AValueWrittenBeforeAColumnWasWidenedIsWidened) {
  const TableMetadata before = MakeTable({{"int", "identity"}, {"float", "identity"}});
  const auto manifest = EncodeManifest(before.CurrentSchema(), before.DefaultSpec(), 2,
                                       {Added(FileOf("a", {-7, 1.5F}))});
  TableMetadata after = before;
  after.schemas[0].fields[1].type = Type(TypeId::kLong);
  after.schemas[0].fields[3].type = Type(TypeId::kDouble);
  const auto decoded = DecodeManifest(manifest->bytes, InList(*manifest, 1), after);
  ASSERT_THAT(decoded, IsOk());
  EXPECT_THAT(decoded->at(0).data_file.partition,
              ElementsAre(Literal(std::int64_t{-7}), Literal(1.5)));
}

TEST(ManifestTest, RefusesAManifestOfAnotherTable) {
  const TableMetadata table = MakeTable({{"int", "identity"}});
  const auto manifest = EncodeManifest(table.CurrentSchema(), table.DefaultSpec(), 2,
                                       {Added(FileOf("a", {1}))});
  ManifestFile file = InList(*manifest, 1);
  file.partition_spec_id = 3;
  EXPECT_THAT(DecodeManifest(manifest->bytes, file, table),
              FailsWith(ErrorKind::kCorruptData));
  EXPECT_THAT(DecodeManifest(manifest->bytes, InList(*manifest, 1),
                             MakeTable({{"string", "identity"}})),
              FailsWith(ErrorKind::kCorruptData));
  EXPECT_THAT(DecodeManifestList(manifest->bytes), FailsWith(ErrorKind::kCorruptData));
  EXPECT_THAT(DecodeManifestList("no Avro"), FailsWith(ErrorKind::kCorruptData));
}

ManifestFile AnyManifestFile() {
  const auto number = [] { return *rc::gen::arbitrary<std::int64_t>(); };
  const auto count = [] { return *rc::gen::inRange<std::int32_t>(0, 1'000'000); };
  const auto text = [] { return *rc::gen::arbitrary<std::string>(); };
  const auto is = [] { return *rc::gen::arbitrary<bool>(); };
  ManifestFile file;
  file.manifest_path = text();
  file.manifest_length = number();
  file.partition_spec_id = count();
  file.holds_deletes = is();
  file.sequence_number = number();
  file.min_sequence_number = number();
  file.added_snapshot_id = number();
  file.added_files_count = count();
  file.existing_files_count = count();
  file.deleted_files_count = count();
  file.added_rows_count = number();
  file.existing_rows_count = number();
  file.deleted_rows_count = number();
  for (int i = *rc::gen::inRange(0, 4); i > 0; --i) {
    PartitionFieldSummary& summary = file.partitions.emplace_back();
    summary.contains_null = is();
    if (is()) summary.contains_nan = is();
    if (is()) summary.lower_bound = text();
    if (is()) summary.upper_bound = text();
  }
  if (is()) file.key_metadata = text();
  return file;
}

RC_GTEST_PROP(ManifestListProperty, ReadsBack, ()) {
  std::vector<ManifestFile> manifests;
  for (int i = *rc::gen::inRange(0, 5); i > 0; --i)
    manifests.push_back(AnyManifestFile());
  const int format_version = *rc::gen::inRange(2, 4);
  if (format_version == 3) {
    for (ManifestFile& file : manifests)
      file.first_row_id = *rc::gen::arbitrary<std::int64_t>();
  }
  const auto decoded =
      DecodeManifestList(EncodeManifestList(manifests, Snapshot{}, format_version));
  RC_ASSERT(decoded.has_value());
  RC_ASSERT((*decoded == manifests));
}

TEST(ManifestListTest, NamesItsSnapshotAndParent) {
  Snapshot snapshot;
  snapshot.snapshot_id = 7;
  snapshot.sequence_number = 4;
  const std::string first = EncodeManifestList({}, snapshot, 2);
  snapshot.parent_snapshot_id = 6;
  const std::string second = EncodeManifestList({}, snapshot, 2);
  EXPECT_EQ(AvroReader::Open(first)->metadata().at("parent-snapshot-id"), "null");
  const auto metadata = AvroReader::Open(second)->metadata();
  EXPECT_EQ(metadata.at("parent-snapshot-id"), "6");
  EXPECT_EQ(metadata.at("snapshot-id"), "7");
  EXPECT_EQ(metadata.at("sequence-number"), "4");
  EXPECT_EQ(metadata.at("format-version"), "2");
}

TEST(ManifestListTest, AListOfVersionOneWithoutCountsIsNotTakenForEmpty) {
  AvroWriter writer(R"({"type":"record","name":"manifest_file","fields":[
      {"name":"manifest_path","type":"string","field-id":500},
      {"name":"manifest_length","type":"long","field-id":501},
      {"name":"partition_spec_id","type":"int","field-id":502}]})",
                    {});
  writer.encoder().PutBytes("m.avro");
  writer.encoder().PutLong(1);
  writer.encoder().PutLong(0);
  writer.Commit();
  EXPECT_THAT(DecodeManifestList(writer.Finish()), FailsWith(ErrorKind::kNotSupported));
}

RC_GTEST_PROP(ManifestProperty, AnyChangedByteIsReadOrRefused, ()) {
  static const TableMetadata kTable = MakeTable(AllTransforms());
  static const auto kManifest =
      EncodeManifest(kTable.CurrentSchema(), kTable.DefaultSpec(), 2,
                     {Added(FullFileOf("a", AllValues()))});
  std::string bytes = kManifest->bytes;
  for (int i = *rc::gen::inRange(1, 4); i > 0; --i) {
    bytes[*rc::gen::inRange<std::size_t>(0, bytes.size())] = *rc::gen::arbitrary<char>();
  }
  static_cast<void>(DecodeManifest(bytes, InList(*kManifest, 1), kTable));
}

}  // namespace
}  // namespace frazil
