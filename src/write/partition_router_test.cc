#include "write/partition_router.h"

#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/result_matchers.h"
#include "write/testing_rows.h"

namespace frazil {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

Schema SchemaOf(std::vector<SchemaField> fields) {
  Schema schema;
  schema.fields = std::move(fields);
  return schema;
}

PartitionSpec SpecOf(std::vector<std::pair<std::int32_t, std::string>> sources) {
  PartitionSpec spec;
  for (const auto& [source_id, transform] : sources) {
    const auto field_id = static_cast<std::int32_t>(1000 + spec.fields.size());
    spec.fields.push_back({source_id, field_id, "p" + std::to_string(field_id),
                           Transform::Parse(transform)});
  }
  return spec;
}

// A partition with its rows.
struct Part {
  std::vector<Literal> partition;
  std::string key;
  std::shared_ptr<arrow::RecordBatch> rows;
};

Result<std::vector<Part>> Route(
    PartitionRouter& router, std::vector<std::shared_ptr<arrow::RecordBatch>> batches) {
  FRAZIL_ASSIGN(const RoutedRows routed, router.Route(std::move(batches)));
  std::vector<Part> parts;
  for (const RoutedPartition& partition : routed.partitions()) {
    FRAZIL_ASSIGN(auto rows, routed.Take(partition, 0, partition.row_count()));
    EXPECT_TRUE(rows->ValidateFull().ok());
    parts.push_back({partition.values, partition.key, std::move(rows)});
  }
  return parts;
}

// The ids (column 0, a long) of rows.
std::vector<std::int64_t> Ids(const arrow::RecordBatch& rows) {
  const auto& ids = static_cast<const arrow::Int64Array&>(*rows.column(0));
  return {ids.raw_values(), ids.raw_values() + ids.length()};
}

const Schema kEvents = SchemaOf({RequiredField(1, "id", TypeId::kLong),
                                 OptionalField(2, "country", TypeId::kString),
                                 OptionalField(3, "ts", TypeId::kTimestamptz)});

TEST(PartitionRouterTest, AnUnpartitionedTableTakesTheBatchAsItIs) {
  auto router = PartitionRouter::Make(kEvents, PartitionSpec());
  ASSERT_THAT(router, IsOk());
  const auto rows = RowsFromJson(kEvents, R"([[1, "de", 0], [2, "fr", 0]])");
  const auto parts = Route(*router, {rows});
  ASSERT_THAT(parts, IsOkAnd(SizeIs(1)));
  EXPECT_EQ((*parts)[0].rows.get(), rows.get());
  EXPECT_THAT((*parts)[0].partition, IsEmpty());
}

TEST(PartitionRouterTest, ABatchOfOnePartitionIsPassedOn) {
  auto router = PartitionRouter::Make(kEvents, SpecOf({{3, "day"}}));
  ASSERT_THAT(router, IsOk());
  const auto rows =
      RowsFromJson(kEvents, R"([[1, "de", 86400000000], [2, "fr", 86400000001]])");
  const auto parts = Route(*router, {rows});
  ASSERT_THAT(parts, IsOkAnd(SizeIs(1)));
  EXPECT_EQ((*parts)[0].rows.get(), rows.get());
  EXPECT_THAT((*parts)[0].partition, ElementsAre(Literal(std::int32_t{1})));
}

TEST(PartitionRouterTest, RowsOfAPartitionKeepTheirOrder) {
  auto router = PartitionRouter::Make(kEvents, SpecOf({{2, "identity"}}));
  ASSERT_THAT(router, IsOk());
  const auto parts = Route(
      *router,
      {RowsFromJson(
          kEvents,
          R"([[1, "fr", 0], [2, "de", 0], [3, null, 0], [4, "fr", 0], [5, null, 0]])")});
  ASSERT_THAT(parts, IsOkAnd(SizeIs(3)));
  EXPECT_THAT(Ids(*(*parts)[0].rows), ElementsAre(1, 4));
  EXPECT_THAT(Ids(*(*parts)[1].rows), ElementsAre(2));
  EXPECT_THAT(Ids(*(*parts)[2].rows), ElementsAre(3, 5));
  EXPECT_THAT((*parts)[0].partition, ElementsAre(Literal(std::string("fr"))));
  EXPECT_THAT((*parts)[2].partition, ElementsAre(Literal()));
}

TEST(PartitionRouterTest, ClusteredRowsAreNotCopied) {
  auto router = PartitionRouter::Make(kEvents, SpecOf({{2, "identity"}}));
  ASSERT_THAT(router, IsOk());
  const auto rows = RowsFromJson(kEvents, R"([[1, "b", 0], [2, "b", 0], [3, "a", 0]])");
  const auto parts = Route(*router, {rows});
  ASSERT_THAT(parts, IsOkAnd(SizeIs(2)));
  EXPECT_EQ((*parts)[1].rows->column(0)->data()->buffers[1],
            rows->column(0)->data()->buffers[1]);
  EXPECT_THAT(Ids(*(*parts)[1].rows), ElementsAre(3));
}

TEST(PartitionRouterTest, SeveralFieldsMakeOnePartition) {
  auto router = PartitionRouter::Make(kEvents, SpecOf({{3, "day"}, {2, "identity"}}));
  ASSERT_THAT(router, IsOk());
  const auto parts = Route(
      *router,
      {RowsFromJson(
          kEvents, R"([[1, "a", 0], [2, "a", 86400000000], [3, "b", 0], [4, "a", 1]])")});
  ASSERT_THAT(parts, IsOkAnd(SizeIs(3)));
  EXPECT_THAT(Ids(*(*parts)[0].rows), ElementsAre(1, 4));
  EXPECT_NE((*parts)[0].key, (*parts)[1].key);
  EXPECT_NE((*parts)[0].key, (*parts)[2].key);
}

TEST(PartitionRouterTest, AColumnInsideAStructCanPartition) {
  const Schema schema = SchemaOf(
      {RequiredField(1, "id", TypeId::kLong),
       OptionalField(
           2, "geo",
           Type::Struct({OptionalField(
               3, "at", Type::Struct({OptionalField(4, "city", TypeId::kString)}))}))});
  auto router = PartitionRouter::Make(schema, SpecOf({{4, "truncate[1]"}}));
  ASSERT_THAT(router, IsOk());
  const auto parts = Route(
      *router, {RowsFromJson(
                   schema, R"([[1, {"at": {"city": "Ulm"}}], [2, null], [3, {"at": null}],
                  [4, {"at": {"city": "Ufa"}}], [5, {"at": {"city": null}}]])")});
  ASSERT_THAT(parts, IsOkAnd(SizeIs(2)));
  EXPECT_THAT(Ids(*(*parts)[0].rows), ElementsAre(1, 4));
  EXPECT_THAT((*parts)[0].partition, ElementsAre(Literal(std::string("U"))));
  EXPECT_THAT(Ids(*(*parts)[1].rows), ElementsAre(2, 3, 5));
}

TEST(PartitionRouterTest, AVoidFieldIsAlwaysNull) {
  auto router = PartitionRouter::Make(kEvents, SpecOf({{2, "void"}, {1, "bucket[2]"}}));
  ASSERT_THAT(router, IsOk());
  const auto parts = Route(*router, {RowsFromJson(kEvents, R"([[1, "a", 0]])")});
  ASSERT_THAT(parts, IsOkAnd(SizeIs(1)));
  EXPECT_EQ((*parts)[0].partition[0], Literal());
}

TEST(PartitionRouterTest, TruncationCountsCodePoints) {
  auto router = PartitionRouter::Make(kEvents, SpecOf({{2, "truncate[2]"}}));
  ASSERT_THAT(router, IsOk());
  const auto parts = Route(
      *router,
      {RowsFromJson(kEvents,
                    R"([[1, "äöü", 0], [2, "äö", 0], [3, "äox", 0], [4, "ä", 0]])")});
  ASSERT_THAT(parts, IsOkAnd(SizeIs(3)));
  EXPECT_THAT(Ids(*(*parts)[0].rows), ElementsAre(1, 2));
  EXPECT_THAT((*parts)[0].partition, ElementsAre(Literal(std::string("äö"))));
}

TEST(PartitionRouterTest, SpecsThatCannotBeWrittenAreRefused) {
  EXPECT_THAT(PartitionRouter::Make(kEvents, SpecOf({{2, "of-the-future[3]"}})),
              FailsWith(ErrorKind::kNotSupported));
  EXPECT_THAT(PartitionRouter::Make(kEvents, SpecOf({{99, "identity"}})),
              FailsWith(ErrorKind::kInvalidArgument));
  EXPECT_THAT(PartitionRouter::Make(kEvents, SpecOf({{2, "day"}})),
              FailsWith(ErrorKind::kInvalidArgument));
  const Schema listed = SchemaOf({OptionalField(
      1, "tags", Type::List(OptionalField(2, "element", TypeId::kString)))});
  EXPECT_THAT(PartitionRouter::Make(listed, SpecOf({{2, "identity"}})),
              FailsWith(ErrorKind::kInvalidArgument));
}

TEST(PartitionRouterTest, RowsOfSeveralBatchesComeTogether) {
  auto router =
      PartitionRouter::Make(kEvents, SpecOf({{2, "identity"}, {1, "truncate[10]"}}));
  ASSERT_THAT(router, IsOk());
  const auto parts = Route(
      *router, {RowsFromJson(kEvents, R"([[1, "a", 0], [2, "b", 0]])"),
                RowsFromJson(kEvents, "[]"),
                RowsFromJson(kEvents, R"([[3, "b", 0], [4, "a", 0], [14, "a", 0]])")});
  ASSERT_THAT(parts, IsOkAnd(SizeIs(3)));
  EXPECT_THAT(Ids(*(*parts)[0].rows), ElementsAre(1, 4));
  EXPECT_THAT(Ids(*(*parts)[1].rows), ElementsAre(2, 3));
  EXPECT_THAT(Ids(*(*parts)[2].rows), ElementsAre(14));
}

TEST(PartitionRouterTest, APartitionIsTakenPieceByPiece) {
  auto router = PartitionRouter::Make(kEvents, SpecOf({{2, "identity"}}));
  ASSERT_THAT(router, IsOk());
  const auto routed = router->Route({RowsFromJson(
      kEvents, R"([[1, "a", 0], [2, "b", 0], [3, "a", 0], [4, "a", 0], [5, "b", 0]])")});
  ASSERT_THAT(routed, IsOk());
  const RoutedPartition& partition = routed->partitions().front();
  EXPECT_THAT(Ids(**routed->Take(partition, 0, 2)), ElementsAre(1, 3));
  EXPECT_THAT(Ids(**routed->Take(partition, 2, 2)), ElementsAre(4));
  EXPECT_THAT(Ids(**routed->Take(partition, 3, 2)), IsEmpty());
}

TEST(PartitionRouterTest, ManyPartitionsOutgrowTheTable) {
  auto router = PartitionRouter::Make(kEvents, SpecOf({{1, "identity"}}));
  ASSERT_THAT(router, IsOk());
  std::string json = "[";
  for (int i = 0; i < 1000; ++i) {
    json += (i == 0 ? "[" : ",[") + std::to_string(i * 37 % 500) + ", null, 0]";
  }
  const auto parts = Route(*router, {RowsFromJson(kEvents, json + "]")});
  ASSERT_THAT(parts, IsOkAnd(SizeIs(500)));
  for (const Part& part : *parts) {
    const std::int64_t id = std::get<std::int64_t>(part.partition[0]);
    EXPECT_THAT(Ids(*part.rows), ElementsAre(id, id));
  }
}

}  // namespace
}  // namespace frazil
