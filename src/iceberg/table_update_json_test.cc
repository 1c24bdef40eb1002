#include "iceberg/table_update_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace frazil {
namespace {

// The texts follow the examples of the specification's OpenAPI document and of Java's
// TestMetadataUpdateParser and TestUpdateRequirementParser.

TEST(CommitTableRequestTest, EachRequirementIsWrittenAsTheSpecificationNamesIt) {
  EXPECT_EQ(
      CommitTableRequestJson(
          {AssertTableUuid{"2cc52516-5e73-41f2-b139-545d41a4e151"},
           AssertRefSnapshotId{"main", 42}, AssertRefSnapshotId{"b", {}},
           AssertCurrentSchemaId{3}, AssertDefaultSpecId{5}},
          {}),
      R"({"requirements":[)"
      R"({"type":"assert-table-uuid","uuid":"2cc52516-5e73-41f2-b139-545d41a4e151"},)"
      R"({"type":"assert-ref-snapshot-id","ref":"main","snapshot-id":42},)"
      R"({"type":"assert-ref-snapshot-id","ref":"b","snapshot-id":null},)"
      R"({"type":"assert-current-schema-id","current-schema-id":3},)"
      R"({"type":"assert-default-spec-id","default-spec-id":5}],"updates":[]})");
}

TEST(CommitTableRequestTest, EachUpdateIsWrittenAsTheSpecificationNamesIt) {
  Snapshot snapshot;
  snapshot.snapshot_id = 42;
  snapshot.parent_snapshot_id = 41;
  snapshot.sequence_number = 7;
  snapshot.timestamp_ms = 1'700'000'000'000;
  snapshot.manifest_list = "/l.avro";
  snapshot.summary = {{"operation", "append"}};
  snapshot.schema_id = 1;
  SnapshotRef tag;
  tag.snapshot_id = 42;
  tag.is_branch = false;
  tag.max_ref_age_ms = 1;
  EXPECT_EQ(
      CommitTableRequestJson(
          {}, {AddSnapshot{snapshot}, SetSnapshotRef{"v1", tag},
               SetProperties{{{"a", "b\""}}}, RemoveProperties{{"c", "d"}}}),
      R"({"requirements":[],"updates":[)"
      R"({"action":"add-snapshot","snapshot":{"sequence-number":7,"snapshot-id":42,)"
      R"("parent-snapshot-id":41,"timestamp-ms":1700000000000,)"
      R"("summary":{"operation":"append"},"manifest-list":"/l.avro","schema-id":1}},)"
      R"({"action":"set-snapshot-ref","ref-name":"v1","snapshot-id":42,"type":"tag",)"
      R"("max-ref-age-ms":1},)"
      R"({"action":"set-properties","updates":{"a":"b\""}},)"
      R"({"action":"remove-properties","removals":["c","d"]}]})");
}

}  // namespace
}  // namespace frazil
