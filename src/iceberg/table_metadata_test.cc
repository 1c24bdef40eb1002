#include "iceberg/table_metadata.h"

#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "iceberg/metadata_json.h"
#include "iceberg/testing.h"

namespace frazil {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::StartsWith;

// The example of version 1 in Java's tests, where everything optional is absent.
constexpr std::string_view kMinimalV1 = R"({
  "format-version": 1,
  "location": "s3://bucket/test/location",
  "last-updated-ms": 1602638573874,
  "last-column-id": 3,
  "schema": {"type": "struct", "fields": [
    {"id": 1, "name": "x", "required": true, "type": "long"},
    {"id": 2, "name": "y", "required": true, "type": "long", "doc": "comment"},
    {"id": 3, "name": "z", "required": true, "type": "long"}]},
  "partition-spec": [{"name": "x", "transform": "identity", "source-id": 1}],
  "properties": {},
  "current-snapshot-id": -1,
  "snapshots": []
})";

// Two snapshots, a branch and a tag, two schemas, a sort order, logs, statistics.
constexpr std::string_view kFullV2 = R"json({
  "format-version": 2,
  "table-uuid": "9c12d441-03fe-4693-9a96-a0705ddf69c1",
  "location": "s3://bucket/test/location/",
  "last-sequence-number": 34,
  "last-updated-ms": 1602638573590,
  "last-column-id": 3,
  "current-schema-id": 1,
  "schemas": [
    {"type": "struct", "schema-id": 0, "fields": [
      {"id": 1, "name": "x", "required": true, "type": "long"}]},
    {"type": "struct", "schema-id": 1, "identifier-field-ids": [1, 2], "fields": [
      {"id": 1, "name": "x", "required": true, "type": "long"},
      {"id": 2, "name": "y", "required": true, "type": "long", "doc": "comment"},
      {"id": 3, "name": "z", "required": true, "type": "decimal(9,2)"
}]
}],
  "default-spec-id": 0,
  "partition-specs": [{"spec-id": 0, "fields": [
    {"name": "x", "transform": "identity", "source-id": 1, "field-id": 1000}]}],
  "last-partition-id": 1000,
  "default-sort-order-id": 3,
  "sort-orders": [{"order-id": 3, "fields": [
    {"transform": "identity", "source-id": 2, "direction": "asc", "null-order": "nulls-first"},
    {"transform": "bucket[4]", "source-id": 3, "direction": "desc",
     "null-order": "nulls-last"}]}],
  "properties": {"read.split.target.size": "134217728"},
  "current-snapshot-id": 3055729675574597004,
  "snapshots": [
    {"snapshot-id": 3051729675574597004, "timestamp-ms": 1515100955770, "sequence-number": 0,
     "summary": {"operation": "append"}, "manifest-list": "s3://a/b/1.avro"},
    {"snapshot-id": 3055729675574597004, "parent-snapshot-id": 3051729675574597004,
     "timestamp-ms": 1555100955770, "sequence-number": 1,
     "summary": {"operation": "append", "added-records": 5}, "manifest-list": "s3://a/b/2.avro",
     "schema-id": 1}],
  "refs": {
    "main": {"snapshot-id": 3055729675574597004, "type": "branch", "min-snapshots-to-keep": 5},
    "old": {"snapshot-id": 3051729675574597004, "type": "tag", "max-ref-age-ms": 9}},
  "snapshot-log": [
    {"snapshot-id": 3051729675574597004, "timestamp-ms": 1515100955770},
    {"snapshot-id": 3055729675574597004, "timestamp-ms": 1555100955770}],
  "metadata-log": [{"metadata-file": "s3://bucket/.../v1.json", "timestamp-ms": 1515100}],
  "statistics": [{"snapshot-id": 3051729675574597004, "statistics-path": "s3://a/s.puffin"}],
  "a-later-member": {
  "kept" : [ 1, 2.5, null ]
}
})json";

std::string Without(std::string_view text, const char* key) {
  Json json = *ParseJson(text);
  json.erase(key);
  return DumpJson(json);
}

std::string Changed(std::string_view text, const std::function<void(Json&)>& change) {
  Json json = *ParseJson(text);
  change(json);
  return DumpJson(json);
}

TEST(TableMetadataTest, ReadsAFullTable) {
  const auto metadata = ParseTableMetadata(kFullV2);
  ASSERT_THAT(metadata, IsOk());
  EXPECT_EQ(metadata->location, "s3://bucket/test/location");
  EXPECT_EQ(metadata->CurrentSchema().fields[2].type, Type::Decimal(9, 2));
  EXPECT_THAT(metadata->CurrentSchema().identifier_field_ids, ElementsAre(1, 2));
  ASSERT_NE(metadata->CurrentSnapshot(), nullptr);
  EXPECT_EQ(metadata->CurrentSnapshot()->parent_snapshot_id, 3051729675574597004);
  EXPECT_EQ(metadata->CurrentSnapshot()->schema_id, 1);
  EXPECT_EQ(metadata->CurrentSnapshot()->summary.Find("added-records"), "5");
  EXPECT_EQ(metadata->refs.at("main").min_snapshots_to_keep, 5);
  EXPECT_FALSE(metadata->refs.at("old").is_branch);
  EXPECT_EQ(metadata->refs.at("old").max_ref_age_ms, 9);
  EXPECT_FALSE(metadata->sort_orders[0].fields[1].is_ascending);
  EXPECT_FALSE(metadata->sort_orders[0].fields[1].is_nulls_first);
  EXPECT_EQ(metadata->Property("read.split.target.size", ""), "134217728");
  EXPECT_EQ(metadata->Property("absent", "fallback"), "fallback");
}

TEST(TableMetadataTest, WritesBackWhatItDoesNotInterpret) {
  const auto metadata = ParseTableMetadata(kFullV2);
  const auto json = ParseJson(SerializeTableMetadata(*metadata));
  ASSERT_THAT(json, IsOk());
  const auto original = ParseJson(kFullV2);
  for (const char* key : {"statistics", "a-later-member", "refs", "snapshot-log",
                          "metadata-log", "sort-orders", "partition-specs"}) {
    // Compared without regard to the order of keys.
    EXPECT_EQ(nlohmann::json(json->at(key)), nlohmann::json(original->at(key))) << key;
  }
  EXPECT_EQ(json->at("partition-statistics"), Json::array());
}

TEST(TableMetadataTest, WritingAndReadingAgainChangesNothing) {
  for (const std::string_view text : {kMinimalV1, kFullV2}) {
    const auto first = ParseTableMetadata(text);
    ASSERT_THAT(first, IsOk());
    const std::string written = SerializeTableMetadata(*first);
    const auto second = ParseTableMetadata(written);
    ASSERT_THAT(second, IsOk());
    EXPECT_EQ(SerializeTableMetadata(*second), written);
    EXPECT_EQ(second->schemas, first->schemas);
    EXPECT_EQ(second->snapshots, first->snapshots);
  }
}

TEST(TableMetadataTest, TheTextOfASnapshotKeepsItsFormAndWhatIsNotInterpreted) {
  const auto metadata = ParseTableMetadata(Changed(kFullV2, [](Json& json) {
    Json& snapshot = json["snapshots"][1];
    snapshot["summary"]["name"] = "a \"b\" \\ \u00fc\n";
    snapshot["manifest-list"] = "s3://a/\"b\"/2.avro";
    snapshot["key-id"] = "k1";
    snapshot["first-row-id"] = 1000;
    snapshot["added-rows"] = 375;
    snapshot["a-later-member"] = {{"b", 1}};
  }));
  ASSERT_THAT(metadata, IsOk());
  EXPECT_THAT(
      SerializeTableMetadata(*metadata),
      EndsWith(
          R"("snapshots":[{"snapshot-id":3051729675574597004,"timestamp-ms":1515100955770,)"
          R"("summary":{"operation":"append"},"manifest-list":"s3://a/b/1.avro"},)"
          R"({"sequence-number":1,"snapshot-id":3055729675574597004,)"
          R"("parent-snapshot-id":3051729675574597004,"timestamp-ms":1555100955770,)"
          "\"summary\":{\"added-records\":\"5\",\"name\":\"a \\\"b\\\" \\\\ \u00fc\\n\","
          R"("operation":"append"},"manifest-list":"s3://a/\"b\"/2.avro","schema-id":1,)"
          R"("first-row-id":1000,"added-rows":375,"key-id":"k1","a-later-member":{"b":1}}],)"
          R"("statistics":[{"snapshot-id":3051729675574597004,)"
          R"("statistics-path":"s3://a/s.puffin"}],"partition-statistics":[],)"
          R"("snapshot-log":[{"timestamp-ms":1515100955770,)"
          R"("snapshot-id":3051729675574597004},{"timestamp-ms":1555100955770,)"
          R"("snapshot-id":3055729675574597004}],"metadata-log":[{"timestamp-ms":1515100,)"
          R"("metadata-file":"s3://bucket/.../v1.json"}],)"
          R"("a-later-member":{"kept":[1,2.5,null]}})"));
}

TEST(TableMetadataTest, VersionOneMayLeaveMuchOut) {
  const auto metadata = ParseTableMetadata(kMinimalV1);
  ASSERT_THAT(metadata, IsOk());
  EXPECT_EQ(metadata->schemas.size(), 1U);
  EXPECT_EQ(metadata->DefaultSpec().fields[0].field_id, 1000);
  EXPECT_EQ(metadata->last_partition_id, 1000);
  EXPECT_EQ(metadata->sort_orders, std::vector<SortOrder>{SortOrder{}});
  EXPECT_EQ(metadata->current_snapshot_id, std::nullopt);
  EXPECT_EQ(metadata->last_sequence_number, 0);
  const auto json = ParseJson(SerializeTableMetadata(*metadata));
  EXPECT_TRUE(json->contains("schema"));
  EXPECT_TRUE(json->contains("partition-spec"));
  EXPECT_FALSE(json->contains("last-sequence-number"));
  EXPECT_FALSE(json->contains("table-uuid"));
}

TEST(TableMetadataTest, LaterVersionsMustHaveTheirMembers) {
  for (const char* key :
       {"format-version", "table-uuid", "location", "last-sequence-number",
        "last-updated-ms", "last-column-id", "current-schema-id", "schemas",
        "default-spec-id", "partition-specs", "last-partition-id",
        "default-sort-order-id", "sort-orders"}) {
    SCOPED_TRACE(key);
    EXPECT_THAT(ParseTableMetadata(Without(kFullV2, key)),
                FailsWith(ErrorKind::kCorruptData, HasSubstr(key)));
  }
  for (const char* key :
       {"properties", "refs", "snapshot-log", "metadata-log", "statistics"}) {
    EXPECT_THAT(ParseTableMetadata(Without(kFullV2, key)), IsOk()) << key;
  }
}

TEST(TableMetadataTest, RefusesWhatJavaRefuses) {
  const std::map<std::string, std::function<void(Json&)>> changes = {
      {"current-schema-id", [](Json& json) { json["current-schema-id"] = 7; }},
      {"default-spec-id", [](Json& json) { json["default-spec-id"] = 7; }},
      {"default-sort-order-id", [](Json& json) { json["default-sort-order-id"] = 7; }},
      {"current-snapshot-id", [](Json& json) { json["current-snapshot-id"] = 7; }},
      {"main", [](Json& json) { json["refs"].erase("main"); }},
      {"names no snapshot", [](Json& json) { json["refs"]["old"]["snapshot-id"] = 7; }},
      {"unknown type of ref", [](Json& json) { json["refs"]["old"]["type"] = "twig"; }},
      {"last-sequence-number", [](Json& json) { json["last-sequence-number"] = 0; }},
      {"last-updated-ms",
       [](Json& json) { json["last-updated-ms"] = 1'555'100'890'000; }},
      {"not in order of time",
       [](Json& json) { json["snapshot-log"][1]["timestamp-ms"] = 1'515'100'890'000; }},
      {"two snapshots of one id",
       [](Json& json) { json["snapshots"][0] = json["snapshots"][1]; }},
      {"two schemas of one id",
       [](Json& json) { json["schemas"][0] = json["schemas"][1]; }},
      {"two fields of one id",
       [](Json& json) { json["schemas"][1]["fields"][1]["id"] = 1; }},
      {"two fields of one name",
       [](Json& json) { json["schemas"][1]["fields"][1]["name"] = "x"; }},
      {"identifier-field-ids",
       [](Json& json) { json["schemas"][1]["identifier-field-ids"] = {99}; }},
      {"unknown type",
       [](Json& json) { json["schemas"][1]["fields"][1]["type"] = "bigint"; }},
      {"partition field of no column",
       [](Json& json) { json["partition-specs"][0]["fields"][0]["source-id"] = 99; }},
      {"property is not a string", [](Json& json) { json["properties"]["n"] = 1; }},
      {"sort direction",
       [](Json& json) { json["sort-orders"][0]["fields"][0]["direction"] = "up"; }},
      {"manifest-list", [](Json& json) { json["snapshots"][0].erase("manifest-list"); }},
      {"format-version", [](Json& json) { json["format-version"] = 0; }}};
  for (const auto& [message, change] : changes) {
    SCOPED_TRACE(message);
    EXPECT_THAT(ParseTableMetadata(Changed(kFullV2, change)),
                FailsWith(ErrorKind::kCorruptData, HasSubstr(message)));
  }
}

TEST(TableMetadataTest, ClocksOfWritersMayDifferByAMinute) {
  EXPECT_THAT(
      ParseTableMetadata(Changed(
          kFullV2,
          [](Json& json) { json["last-updated-ms"] = 1'555'100'955'770 - 60'000; })),
      IsOk());
}

TEST(TableMetadataTest, SaysWhatIsOfALaterVersion) {
  const auto fails = [](const std::function<void(Json&)>& change) {
    return ParseTableMetadata(Changed(kFullV2, change));
  };
  EXPECT_THAT(fails([](Json& json) { json["format-version"] = 4; }),
              FailsWith(ErrorKind::kNotSupported, HasSubstr("4")));
  EXPECT_THAT(
      fails([](Json& json) { json["schemas"][1]["fields"][2]["type"] = "timestamp_ns"; }),
      FailsWith(ErrorKind::kNotSupported, HasSubstr("z: type of format version 3")));
  EXPECT_THAT(fails([](Json& json) {
                json["partition-specs"][0]["fields"][0].erase("source-id");
                json["partition-specs"][0]["fields"][0]["source-ids"] = {1, 2};
              }),
              FailsWith(ErrorKind::kNotSupported));
  EXPECT_THAT(fails([](Json& json) {
                json["snapshots"][0].erase("manifest-list");
                json["snapshots"][0]["manifests"] = Json::array();
              }),
              FailsWith(ErrorKind::kNotSupported));
}

TEST(TableMetadataTest, ReadsAndKeepsVersionThree) {
  const std::string text = Changed(kFullV2, [](Json& json) {
    json["format-version"] = 3;
    json["next-row-id"] = 1375;
    json["encryption-keys"] = Json::array();
    json["snapshots"][1]["first-row-id"] = 1000;
    json["snapshots"][1]["added-rows"] = 375;
    json["schemas"][1]["fields"][1]["initial-default"] = 5;
    json["schemas"][1]["fields"][1]["write-default"] = "abc";
    json["partition-specs"][0]["fields"][0].erase("source-id");
    json["partition-specs"][0]["fields"][0]["source-ids"] = {1};
  });
  const auto metadata = ParseTableMetadata(text);
  ASSERT_THAT(metadata, IsOk());
  EXPECT_EQ(metadata->next_row_id, 1375);
  EXPECT_EQ(metadata->CurrentSnapshot()->first_row_id, 1000);
  const auto json = ParseJson(SerializeTableMetadata(*metadata));
  EXPECT_EQ(json->at("next-row-id"), 1375);
  EXPECT_EQ(json->at("snapshots")[1]["added-rows"], 375);
  EXPECT_EQ(json->at("schemas")[1]["fields"][1]["initial-default"], 5);
  EXPECT_EQ(json->at("schemas")[1]["fields"][1]["write-default"], "abc");
  EXPECT_TRUE(json->contains("encryption-keys"));
  EXPECT_THAT(ParseTableMetadata(Without(text, "next-row-id")),
              FailsWith(ErrorKind::kCorruptData, HasSubstr("next-row-id")));
}

TEST(TableMetadataTest, ATableWithoutSnapshotsSaysSoAsItsVersionDoes) {
  TableMetadata metadata = MakeTable();
  EXPECT_EQ(ParseJson(SerializeTableMetadata(metadata))->at("current-snapshot-id"), -1);
  metadata.format_version = 3;
  const std::string text = SerializeTableMetadata(metadata);
  EXPECT_TRUE(ParseJson(text)->at("current-snapshot-id").is_null());
  EXPECT_EQ(ParseTableMetadata(text)->current_snapshot_id, std::nullopt);
}

TEST(TableMetadataTest, ReadsGzip) {
  // {"format-version":9} by the gzip program.
  const std::string bytes(
      "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xab\x56\x4a\xcb\x2f\xca\x4d\x2c\xd1\x2d"
      "\x4b\x2d"
      "\x2a\xce\xcc\xcf\x53\xb2\xb2\xac\x05\x00\x11\xe8\xd8\xe8\x14\x00\x00\x00",
      40);
  EXPECT_THAT(ParseTableMetadata(bytes), FailsWith(ErrorKind::kNotSupported));
  EXPECT_THAT(ParseTableMetadata(bytes.substr(0, 30)),
              FailsWith(ErrorKind::kCorruptData));
}

TEST(TableMetadataTest, RefusesWhatIsNoMetadata) {
  for (const char* text :
       {"", "{", "[]", "7", "null", "{}", R"({"format-version":"2"})"}) {
    EXPECT_THAT(ParseTableMetadata(text), FailsWith(ErrorKind::kCorruptData)) << text;
  }
}

TEST(MakeTableMetadataTest, MakesAnEmptyTableWithFreshIds) {
  NewTable table;
  table.schema.schema_id = 4;
  table.schema.fields = {Column(30, "ts", Type(TypeId::kTimestamptz)),
                         Column(10, "id", Type(TypeId::kLong), true)};
  table.schema.identifier_field_ids = {10};
  table.spec.fields = {PartitionOf(table.schema, "ts", "day", "ts_day"),
                       PartitionOf(table.schema, "id", "bucket[4]", "id_bucket")};
  table.sort_order.fields = {{30, Transform(), false, true}};
  table.location = "file:///lake/db/t/";
  table.properties = {{"format-version", "2"}, {"owner", "me"}};

  const auto metadata = MakeTableMetadata(table, 1234);
  ASSERT_THAT(metadata, IsOk());
  EXPECT_EQ(metadata->format_version, 2);
  EXPECT_EQ(metadata->table_uuid.size(), 36U);
  EXPECT_EQ(metadata->location, "file:///lake/db/t");
  EXPECT_EQ(metadata->last_updated_ms, 1234);
  EXPECT_EQ(metadata->last_column_id, 2);
  EXPECT_EQ(metadata->CurrentSchema().schema_id, 0);
  EXPECT_THAT(metadata->CurrentSchema().identifier_field_ids, ElementsAre(2));
  EXPECT_EQ(metadata->DefaultSpec().fields[0].source_id, 1);
  EXPECT_EQ(metadata->DefaultSpec().fields[0].field_id, 1000);
  EXPECT_EQ(metadata->DefaultSpec().fields[1].source_id, 2);
  EXPECT_EQ(metadata->DefaultSpec().fields[1].field_id, 1001);
  EXPECT_EQ(metadata->last_partition_id, 1001);
  EXPECT_EQ(metadata->default_sort_order_id, 1);
  EXPECT_EQ(metadata->sort_orders[0].fields[0].source_id, 1);
  EXPECT_THAT(metadata->properties,
              ElementsAre(std::pair("owner", "me"),
                          std::pair("write.parquet.compression-codec", "zstd")));
  EXPECT_THAT(ParseTableMetadata(SerializeTableMetadata(*metadata)), IsOk());
}

TEST(MakeTableMetadataTest, AnUnpartitionedUnsortedTableHasTheNumbersOfNone) {
  const TableMetadata metadata =
      MakeTable({}, {{"write.parquet.compression-codec", "snappy"}});
  EXPECT_EQ(metadata.last_partition_id, 999);
  EXPECT_EQ(metadata.default_spec_id, 0);
  EXPECT_EQ(metadata.default_sort_order_id, 0);
  EXPECT_EQ(metadata.Property("write.parquet.compression-codec", ""), "snappy");
}

TEST(MakeTableMetadataTest, RefusesWhatNoReaderWouldTake) {
  const std::map<std::string, std::function<void(NewTable&)>> changes = {
      {"without a location", [](NewTable& t) { t.location = ""; }},
      {"format-version", [](NewTable& t) { t.properties["format-version"] = "3"; }},
      {"reserved", [](NewTable& t) { t.properties["uuid"] = "x"; }},
      {"two columns of one name",
       [](NewTable& t) { t.schema.fields[1].name = "boolean"; }},
      {"two columns of one id", [](NewTable& t) { t.schema.fields[2].field_id = 1; }},
      {"column without a name", [](NewTable& t) { t.schema.fields[3].name = ""; }},
      {"identifier must be required",
       [](NewTable& t) { t.schema.identifier_field_ids = {3}; }},
      {"not a plain column", [](NewTable& t) { t.schema.identifier_field_ids = {24}; }},
      {"identifier is not", [](NewTable& t) { t.schema.identifier_field_ids = {99}; }},
      {"does not take a",
       [](NewTable& t) { t.spec.fields = {PartitionOf(t.schema, "time", "day", "d")}; }},
      {"needs a column outside",
       [](NewTable& t) { t.spec.fields = {{24, 0, "e", Transform()}}; }},
      {"needs a column",
       [](NewTable& t) { t.spec.fields = {{99, 0, "e", Transform()}}; }},
      {"partition field without a name",
       [](NewTable& t) {
         t.spec.fields = {PartitionOf(t.schema, "int", "identity", "")};
       }},
      {"two partition fields of one name",
       [](NewTable& t) {
         t.spec.fields = {PartitionOf(t.schema, "int", "bucket[2]", "p"),
                          PartitionOf(t.schema, "long", "bucket[2]", "p")};
       }},
      {"redundant: q beside p",
       [](NewTable& t) {
         t.spec.fields = {PartitionOf(t.schema, "int", "bucket[2]", "p"),
                          PartitionOf(t.schema, "int", "bucket[2]", "q")};
       }},
      {"redundant: h beside y",
       [](NewTable& t) {
         t.spec.fields = {PartitionOf(t.schema, "timestamp", "year", "y"),
                          PartitionOf(t.schema, "timestamp", "hour", "h")};
       }},
      {"has the name of a column",
       [](NewTable& t) {
         t.spec.fields = {PartitionOf(t.schema, "int", "bucket[2]", "int")};
       }},
      {"name of a column:",
       [](NewTable& t) {
         t.spec.fields = {PartitionOf(t.schema, "int", "identity", "long")};
       }},
      {"transform bucket[2]", [](NewTable& t) {
         t.sort_order.fields = {{1, Transform(TransformKind::kBucket, 2), true, true}};
       }}};
  for (const auto& [message, change] : changes) {
    SCOPED_TRACE(message);
    NewTable table;
    table.schema = SchemaOfAllTypes();
    table.location = "/t";
    change(table);
    EXPECT_THAT(MakeTableMetadata(table, 0),
                FailsWith(ErrorKind::kInvalidArgument, HasSubstr(message)));
  }
}

TEST(MakeTableMetadataTest, AFieldInsideStructsCanPartition) {
  NewTable table;
  table.schema = SchemaOfAllTypes();
  table.location = "/t";
  table.spec.fields = {{22, 0, "x", Transform()}, {2, 0, "int", Transform()}};
  const auto metadata = MakeTableMetadata(table, 0);
  ASSERT_THAT(metadata, IsOk());
  const SchemaField* source = metadata->CurrentSchema().FindFieldById(
      metadata->DefaultSpec().fields[0].source_id);
  ASSERT_NE(source, nullptr);
  EXPECT_EQ(source->name, "x");
}

TEST(MetadataFileTest, NamesFollowTheCatalogsOfJava) {
  TableMetadata metadata = MakeTable();
  EXPECT_THAT(MetadataFileLocation(metadata, 7),
              MatchesRegex("/lake/t/metadata/00007-[0-9a-f-]{36}\\.metadata\\.json"));
  metadata.properties["write.metadata.path"] = "s3://other/place/";
  EXPECT_THAT(MetadataFileLocation(metadata, 123456),
              StartsWith("s3://other/place/123456-"));
}

TEST(MetadataFileTest, VersionsReadBackFromNames) {
  EXPECT_EQ(ParseMetadataFileVersion(MetadataFileLocation(MakeTable(), 42)), 42);
  EXPECT_EQ(ParseMetadataFileVersion("00003-x.gz.metadata.json"), 3);
  for (const char* name : {"", "/", "v3.metadata.json", "x-3.json", "-1-x", "3", "00007",
                           "99999999999999-x.metadata.json", "12-dir/v1.json"}) {
    EXPECT_EQ(ParseMetadataFileVersion(name), -1) << name;
  }
}

}  // namespace
}  // namespace frazil
