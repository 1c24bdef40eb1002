#include "transform/sql_transformer.h"

#include <atomic>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/random_rows.h"
#include "transform/transform_fixture.h"

namespace frazil {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

const Type kLongType(TypeId::kLong);
const Type kTextType(TypeId::kString);

const std::vector<TransformColumn> kEvents = {{"id", kLongType}, {"s", kTextType}};

class SqlTransformerTest : public TransformFixture {
 protected:
  // Rows whose text is the number, or "bad" where asked.
  static std::shared_ptr<arrow::RecordBatch> Events(
      std::int64_t count, const std::set<std::int64_t>& bad = {}) {
    arrow::Int64Builder ids;
    arrow::StringBuilder texts;
    for (std::int64_t i = 0; i < count; ++i) {
      EXPECT_TRUE(ids.Append(i).ok());
      EXPECT_TRUE(texts.Append(bad.contains(i) ? "bad" : std::to_string(i)).ok());
    }
    return arrow::RecordBatch::Make(arrow::schema({arrow::field("id", arrow::int64()),
                                                   arrow::field("s", arrow::utf8())}),
                                    count, {*ids.Finish(), *texts.Finish()});
  }

  static std::vector<std::int64_t> LongsOf(const TransformedBatch& batch, int column) {
    const auto& array =
        dynamic_cast<const arrow::Int64Array&>(*batch.rows->column(column));
    return {array.raw_values(), array.raw_values() + array.length()};
  }
};

TEST_F(SqlTransformerTest, FiltersComputesAndRenames) {
  const TransformSpec spec =
      SpecOf("SELECT id * 2 AS twice, upper(s) FROM events WHERE id % 3 = 0", kEvents,
             {FieldOf("twice", kLongType, true), FieldOf("text", kTextType)});
  auto transformer = MakeTransformer(spec, database_.get());
  ASSERT_THAT(transformer, IsOk());
  for (const std::int64_t count : {0, 1, 2, 2048, 2049, 10'000}) {
    auto result = (*transformer)->Apply(Events(count));
    ASSERT_THAT(result, IsOk());
    ExpectSound(spec, *result);
    EXPECT_THAT(result->failures, IsEmpty());
    ASSERT_EQ(result->rows->num_rows(), (count + 2) / 3);
    const std::vector<std::int64_t> ids = LongsOf(*result, 0);
    for (std::size_t i = 0; i < ids.size(); ++i) {
      ASSERT_EQ(ids[i], static_cast<std::int64_t>(i) * 6);
    }
  }
  EXPECT_EQ((*transformer)->Describe(),
            "DuckDB: SELECT id * 2 AS twice, upper(s) FROM events WHERE id % 3 = 0");
}

TEST_F(SqlTransformerTest, ValuesThatOnlyDuckDBHasFailTheirRows) {
  const auto list = Type::List(FieldOf("element", Type(TypeId::kDate)));
  const TransformSpec spec = SpecOf(
      "SELECT id, CASE id WHEN 1 THEN '24:00:00' ELSE '23:59:59.999999' END::TIME, "
      "CASE id WHEN 2 THEN 'infinity' ELSE '9999-12-31' END::DATE, "
      "CASE id WHEN 3 THEN '-infinity' ELSE '0001-01-01' END::TIMESTAMP, "
      "CASE id WHEN 4 THEN 'infinity' WHEN 5 THEN NULL ELSE '2024-01-01' "
      "END::TIMESTAMPTZ, "
      "[DATE '2024-01-01', CASE id WHEN 6 THEN '-infinity' ELSE '2024-01-01' END::DATE] "
      "FROM events",
      kEvents,
      {FieldOf("id", kLongType), FieldOf("time", Type(TypeId::kTime)),
       FieldOf("date", Type(TypeId::kDate)), FieldOf("local", Type(TypeId::kTimestamp)),
       FieldOf("instant", Type(TypeId::kTimestamptz)), FieldOf("list", list)});
  const TransformedBatch result = Apply(spec, Events(8));
  EXPECT_THAT(LongsOf(result, 0), ElementsAre(0, 5, 7));
  ASSERT_THAT(result.failures, SizeIs(5));
  const std::vector<std::string> texts = {"time", "date", "local", "instant", "list"};
  for (std::size_t i = 0; i < texts.size(); ++i) {
    SCOPED_TRACE(texts[i]);
    EXPECT_EQ(result.failures[i].row, static_cast<std::int64_t>(i) + (i == 4 ? 2 : 1));
    EXPECT_EQ(result.failures[i].error_class, "OutOfRange");
    EXPECT_THAT(result.failures[i].message,
                AllOf(HasSubstr("column " + texts[i]),
                      HasSubstr(i == 0 ? "24:00:00" : "infinity")));
  }
}

TEST_F(SqlTransformerTest, ValuesOfVariablesAreNotShown) {
  PipelineSpec pipeline;
  pipeline.variables = {{"${SALT}", "geheim123"}};
  TransformSpec spec = SpecOf("SELECT ('geheim123' || s)::BIGINT AS n FROM events",
                              kEvents, {FieldOf("n", kLongType)});
  spec.pipeline = &pipeline;
  const auto transformer = MakeTransformer(spec, database_.get());
  ASSERT_THAT(transformer, IsOk());
  EXPECT_EQ((*transformer)->Describe(),
            "DuckDB: SELECT ('${SALT}' || s)::BIGINT AS n FROM events");
  const auto result = (*transformer)->Apply(Events(1));
  ASSERT_THAT(result, IsOk());
  ASSERT_THAT(result->failures, SizeIs(1));
  EXPECT_THAT(result->failures[0].message, HasSubstr("${SALT}0"));

  spec.select = "SELECT 'geheim123' || s FROM events";
  EXPECT_THAT(MakeTransformer(spec, database_.get()),
              FailsWith(ErrorKind::kInvalidConfig,
                        AllOf(HasSubstr("'${SALT}' || "), HasSubstr("CAST("),
                              testing::Not(HasSubstr("geheim")))));
}

TEST_F(SqlTransformerTest, GivesMoreRowsThanItGot) {
  const TransformSpec spec = SpecOf("SELECT unnest([id, -id]) AS n FROM events", kEvents,
                                    {FieldOf("n", kLongType)});
  const TransformedBatch result = Apply(spec, Events(5000));
  EXPECT_EQ(result.rows->num_rows(), 10'000);
}

TEST_F(SqlTransformerTest, EveryTypeGoesThroughToATableOfThatType) {
  std::vector<TransformColumn> source;
  std::vector<SchemaField> target;
  for (const Type& type : EveryType()) {
    const std::string name = "c" + std::to_string(source.size());
    source.push_back({name, type});
    target.push_back(FieldOf(name, type));
  }
  const TransformSpec spec = SpecOf("SELECT * FROM events WHERE true", source, target);
  auto transformer = MakeTransformer(spec, database_.get());
  ASSERT_THAT(transformer, IsOk());
  unsigned seed = 1;
  for (const std::int64_t count : {0, 1, 4500}) {
    for (const int null_percent : {0, 30}) {
      SCOPED_TRACE(testing::Message() << count << " rows, nulls " << null_percent);
      RandomRows random(seed++, null_percent);
      std::vector<std::shared_ptr<arrow::Array>> arrays;
      for (const TransformColumn& column : source) {
        arrays.push_back(random.Column(column.type, count));
      }
      const auto rows = arrow::RecordBatch::Make(ArrowSourceSchema(spec), count, arrays);
      auto result = (*transformer)->Apply(rows);
      ASSERT_THAT(result, IsOk());
      ExpectSound(spec, *result);
      EXPECT_THAT(result->failures, IsEmpty());
      ASSERT_EQ(result->rows->num_rows(), count);
      for (int i = 0; i < rows->num_columns(); ++i) {
        EXPECT_TRUE(result->rows->column(i)->Equals(*rows->column(i)))
            << source[static_cast<std::size_t>(i)].type.ToString();
      }
    }
  }
}

TEST_F(SqlTransformerTest, ReadsViewsThroughViews) {
  TransformSpec spec = SpecOf("SELECT twice FROM small WHERE twice > 0", kEvents,
                              {FieldOf("n", kLongType)});
  ViewSpec unused;
  unused.name = "unused";
  unused.select = "SELECT * FROM another_source";
  ViewSpec doubled;
  doubled.name = "doubled";
  doubled.columns = {"twice", "text"};
  doubled.select = "SELECT id * 2, s FROM events";
  ViewSpec small;
  small.name = "small";
  small.select = "SELECT twice FROM doubled WHERE twice < 10";
  spec.views = {unused, doubled, small};
  EXPECT_THAT(LongsOf(Apply(spec, Events(100)), 0), ElementsAre(2, 4, 6, 8));
}

TEST_F(SqlTransformerTest, ErrorsPointIntoTheScript) {
  PipelineSpec pipeline;
  pipeline.file = "p.sql";
  pipeline.text = "INSERT INTO t SELECT id,\n  nope FROM events WHERE true";
  TransformSpec spec = SpecOf("SELECT id,\n  nope FROM events WHERE true", kEvents,
                              {FieldOf("a", kLongType), FieldOf("b", kLongType)});
  spec.pipeline = &pipeline;
  spec.select_place = {1, 15};
  EXPECT_THAT(
      MakeTransformer(spec, database_.get()),
      FailsWith(ErrorKind::kInvalidConfig,
                AllOf(StartsWith("p.sql:2:3: Referenced column \"nope\" not found"),
                      HasSubstr("2 |   nope FROM events"))));
  spec.select = "SELECT id, id FROM events, elsewhere";
  EXPECT_THAT(
      MakeTransformer(spec, database_.get()),
      FailsWith(ErrorKind::kInvalidConfig, HasSubstr("elsewhere does not exist")));
  spec.select = "SELECT id, id FROM events WHERE s = read_text('/etc/passwd')";
  EXPECT_THAT(MakeTransformer(spec, database_.get()),
              FailsWith(ErrorKind::kInvalidConfig));
  spec.select = "DELETE FROM events";
  EXPECT_THAT(MakeTransformer(spec, database_.get()),
              FailsWith(ErrorKind::kInvalidConfig));
  EXPECT_THAT(MakeTransformer(spec, nullptr), FailsWith(ErrorKind::kInvalidArgument));
}

TEST_F(SqlTransformerTest, SetsAsideTheRowsThatDoNotConvertAndKeepsTheRest) {
  const TransformSpec spec =
      SpecOf("SELECT id, CAST(s AS BIGINT) AS n FROM events", kEvents,
             {FieldOf("id", kLongType), FieldOf("n", kLongType)});
  const TransformedBatch result = Apply(spec, Events(5000, {0, 17, 2048, 4999}));
  EXPECT_THAT(FailuresOf(result), ElementsAre("0 Conversion", "17 Conversion",
                                              "2048 Conversion", "4999 Conversion"));
  EXPECT_THAT(result.failures[0].message,
              AllOf(HasSubstr("'bad'"), testing::Not(HasSubstr("Error:"))));
  EXPECT_EQ(result.rows->num_rows(), 4996);
  EXPECT_EQ(LongsOf(result, 0), LongsOf(result, 1));
}

TEST_F(SqlTransformerTest, GoesOnAfterABatchWithFailures) {
  const TransformSpec spec =
      SpecOf("SELECT id, CAST(s AS BIGINT) AS n FROM events", kEvents,
             {FieldOf("id", kLongType), FieldOf("n", kLongType)});
  auto transformer = MakeTransformer(spec, database_.get());
  ASSERT_THAT(transformer, IsOk());
  for (const std::set<std::int64_t>& bad :
       {std::set<std::int64_t>{3}, {}, {1, 2}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}}) {
    auto result = (*transformer)->Apply(Events(10, bad));
    ASSERT_THAT(result, IsOk());
    EXPECT_EQ(result->failures.size(), bad.size());
    EXPECT_EQ(result->rows->num_rows(), static_cast<std::int64_t>(10 - bad.size()));
  }
}

TEST_F(SqlTransformerTest, FindsHundredsOfFailures) {
  std::set<std::int64_t> bad;
  for (std::int64_t i = 0; i < 3000; i += 7) bad.insert(i);
  for (const std::string select :
       {"SELECT id, CAST(s AS BIGINT) AS n FROM events",
        "SELECT id, CAST(s AS BIGINT) AS n FROM (SELECT * FROM events) q"}) {
    SCOPED_TRACE(select);
    const TransformSpec spec = SpecOf(
        select, kEvents, {FieldOf("id", kLongType), FieldOf("n", kLongType, true)});
    const TransformedBatch result = Apply(spec, Events(3000, bad));
    ASSERT_THAT(result.failures, SizeIs(bad.size()));
    auto expected = bad.begin();
    for (const RowFailure& failure : result.failures) ASSERT_EQ(failure.row, *expected++);
    EXPECT_EQ(result.rows->num_rows(), static_cast<std::int64_t>(3000 - bad.size()));
  }
}

TEST_F(SqlTransformerTest, OfManyRowsThatFailAlikeOnlySomeAreRunAlone) {
  const TransformSpec spec = SpecOf(
      "SELECT id, CAST(s AS BIGINT) AS n FROM events WHERE CAST(id AS VARCHAR) <> s",
      kEvents, {FieldOf("id", kLongType), FieldOf("n", kLongType)});
  std::set<std::int64_t> bad;
  for (std::int64_t i = 0; i < 3000; ++i) bad.insert(i);
  const TransformedBatch result = Apply(spec, Events(3000, bad));
  ASSERT_THAT(result.failures, SizeIs(3000));
  EXPECT_EQ(result.rows->num_rows(), 0);
  EXPECT_THAT(FailuresOf(result), testing::Contains("2999 Conversion"));
  EXPECT_THAT(result.failures.front().message,
              StartsWith("Could not convert string 'bad'"));
  EXPECT_THAT(result.failures.back().message,
              AllOf(StartsWith("fails in the same expression"), HasSubstr("'bad'")));
}

TEST_F(SqlTransformerTest, APartOfAFilterThatIsNotLookedAtFailsNoRow) {
  // What comes first drops the rows of which the second does not convert.
  const TransformSpec spec = SpecOf(
      "SELECT CAST(s AS BIGINT) AS n FROM events WHERE id <> 5 AND CAST(s AS BIGINT) "
      ">= 0",
      kEvents, {FieldOf("n", kLongType)});
  const TransformedBatch result = Apply(spec, Events(100, {5, 7}));
  EXPECT_THAT(FailuresOf(result), testing::Contains("7 Conversion"));
  EXPECT_EQ(result.rows->num_rows(), 98);
}

TEST_F(SqlTransformerTest, AFilterThatKeepsBadRowsOutIsNoFailure) {
  const TransformSpec spec = SpecOf(
      "SELECT CAST(s AS BIGINT) AS n FROM events WHERE CASE WHEN s = 'bad' THEN false "
      "ELSE "
      "CAST(s AS BIGINT) >= 0 END",
      kEvents, {FieldOf("n", kLongType)});
  const TransformedBatch result = Apply(spec, Events(100, {5, 6}));
  EXPECT_THAT(result.failures, IsEmpty());
  EXPECT_EQ(result.rows->num_rows(), 98);
}

TEST_F(SqlTransformerTest, FindsFailuresInTheFilterToo) {
  const TransformSpec spec = SpecOf("SELECT id FROM events WHERE CAST(s AS BIGINT) >= 50",
                                    kEvents, {FieldOf("id", kLongType)});
  const TransformedBatch result = Apply(spec, Events(100, {5, 60}));
  EXPECT_THAT(FailuresOf(result), ElementsAre("5 Conversion", "60 Conversion"));
  EXPECT_EQ(result.rows->num_rows(), 49);
}

TEST_F(SqlTransformerTest, ANullForARequiredColumnIsAFailureOfItsInputRow) {
  for (const std::string select :
       {"SELECT id, TRY_CAST(s AS BIGINT) AS n FROM events e WHERE e.id <> 1",
        "SELECT *  REPLACE (TRY_CAST(s AS BIGINT) AS s) FROM events WHERE id <> 1",
        "SELECT id, TRY_CAST(s AS BIGINT) AS n FROM (FROM events) WHERE id <> 1",
        "SELECT id, TRY_CAST(s AS BIGINT) AS n FROM events WHERE id <> 1 ORDER BY id "
        "DESC"}) {
    SCOPED_TRACE(select);
    const TransformSpec spec = SpecOf(
        select, kEvents, {FieldOf("id", kLongType), FieldOf("n", kLongType, true)});
    const TransformedBatch result = Apply(spec, Events(3000, {0, 1, 2049, 2999}));
    EXPECT_THAT(FailuresOf(result), ElementsAre("0 NullInRequired", "2049 NullInRequired",
                                                "2999 NullInRequired"));
    EXPECT_EQ(result.rows->num_rows(), 2996);
  }
}

TEST_F(SqlTransformerTest, FailuresOfBothKindsKeepTheNumbersOfTheirRows) {
  const TransformSpec spec = SpecOf(
      "SELECT id, CASE WHEN id = 30 THEN NULL ELSE CAST(s AS BIGINT) END AS n FROM "
      "events",
      kEvents, {FieldOf("id", kLongType), FieldOf("n", kLongType, true)});
  const TransformedBatch result = Apply(spec, Events(60, {10, 20, 50}));
  EXPECT_THAT(FailuresOf(result), ElementsAre("10 Conversion", "20 Conversion",
                                              "30 NullInRequired", "50 Conversion"));
  EXPECT_EQ(LongsOf(result, 0), LongsOf(result, 1));
  EXPECT_THAT(LongsOf(result, 0), SizeIs(56));
}

TEST_F(SqlTransformerTest, AnAggregateLosesOnlyTheRowsItCannotDigest) {
  const TransformSpec spec =
      SpecOf("SELECT count(*) AS c, sum(CAST(s AS BIGINT))::BIGINT AS total FROM events",
             kEvents, {FieldOf("c", kLongType), FieldOf("total", kLongType)});
  const TransformedBatch result = Apply(spec, Events(1000, {100, 200}));
  EXPECT_THAT(FailuresOf(result), ElementsAre("100 Conversion", "200 Conversion"));
  ExpectColumn(result, 0, "[998]");
  ExpectColumn(result, 1, "[499200]");
}

TEST_F(SqlTransformerTest, WithoutARowToBlameTheWholeBatchFails) {
  const TransformSpec spec = SpecOf("SELECT CAST(sum(id) AS TINYINT) AS n FROM events",
                                    kEvents, {FieldOf("n", Type(TypeId::kInt))});
  const TransformedBatch result = Apply(spec, Events(100));
  EXPECT_THAT(result.failures, SizeIs(100));
  EXPECT_THAT(FailuresOf(result), Each(HasSubstr(" Conversion")));
  EXPECT_EQ(result.rows->num_rows(), 0);
}

TEST_F(SqlTransformerTest, VolatileFunctionsThatFailAreFoundByProbes) {
  const TransformSpec spec = SpecOf(
      "SELECT CASE WHEN s = 'bad' THEN error('no ' || id)::BIGINT ELSE id END AS n FROM "
      "events",
      kEvents, {FieldOf("n", kLongType)});
  const TransformedBatch result = Apply(spec, Events(500, {123, 321}));
  EXPECT_THAT(FailuresOf(result), ElementsAre("123 InvalidInput", "321 InvalidInput"));
  EXPECT_EQ(result.failures[0].message, "no 123");
}

TEST_F(SqlTransformerTest, ASelfJoinSeesTheWholeBatch) {
  const TransformSpec spec =
      SpecOf("SELECT count(*) AS c FROM events a JOIN events b USING (id)", kEvents,
             {FieldOf("c", kLongType)});
  ExpectColumn(Apply(spec, Events(5000)), 0, "[5000]");
}

TEST_F(SqlTransformerTest, WorkersOnOneInstanceKeepApart) {
  const TransformSpec spec =
      SpecOf("SELECT id, CAST(s AS BIGINT) AS n FROM events WHERE id >= 0", kEvents,
             {FieldOf("id", kLongType), FieldOf("n", kLongType)});
  std::atomic<int> wrong{0};
  std::vector<std::jthread> workers;
  for (std::int64_t worker = 0; worker < 4; ++worker) {
    workers.emplace_back([&, worker] {
      auto transformer = MakeTransformer(spec, database_.get());
      for (std::int64_t i = 0; i < 60; ++i) {
        const std::int64_t count = 1000 * (worker + 1) + i;
        auto result = (*transformer)->Apply(Events(count, {worker + 1}));
        if (!result.has_value() || result->rows->num_rows() != count - 1 ||
            result->failures.size() != 1 || result->failures[0].row != worker + 1) {
          ++wrong;
        }
      }
    });
  }
  workers.clear();
  EXPECT_EQ(wrong.load(), 0);
}

TEST_F(SqlTransformerTest, DescribesWhatIsNondeterministicByTargetColumn) {
  TransformSpec spec =
      SpecOf("SELECT uuid(), id, now() FROM events", kEvents,
             {FieldOf("key", kLongType), FieldOf("at", Type(TypeId::kTimestamptz)),
              FieldOf("token", Type(TypeId::kUuid))});
  spec.insert_columns = {"token", "key", "at"};
  auto traits = DescribeSelect(spec, database_.get());
  ASSERT_THAT(traits, IsOk());
  EXPECT_TRUE(traits->row_wise);
  EXPECT_THAT(traits->nondeterministic_columns, ElementsAre("at", "token"));
  spec = SpecOf("SELECT count(*) AS c FROM events", kEvents, {FieldOf("c", kLongType)});
  traits = DescribeSelect(spec, database_.get());
  ASSERT_THAT(traits, IsOk());
  EXPECT_FALSE(traits->row_wise);
  EXPECT_EQ(traits->not_row_wise_because, "it aggregates (count_star)");
  EXPECT_THAT(traits->nondeterministic_columns, IsEmpty());
}

TEST_F(SqlTransformerTest, NowIsOneValueInABatchAndAnotherInTheNext) {
  const TransformSpec spec = SpecOf("SELECT epoch_us(now()) AS t FROM events", kEvents,
                                    {FieldOf("t", kLongType)});
  auto transformer = MakeTransformer(spec, database_.get());
  ASSERT_THAT(transformer, IsOk());
  std::set<std::int64_t> times;
  for (int i = 0; i < 3; ++i) {
    auto result = (*transformer)->Apply(Events(5000));
    ASSERT_THAT(result, IsOk());
    const std::vector<std::int64_t> values = LongsOf(*result, 0);
    EXPECT_THAT(std::set<std::int64_t>(values.begin(), values.end()), SizeIs(1));
    times.insert(values[0]);
  }
  EXPECT_THAT(times, SizeIs(3));
}

}  // namespace
}  // namespace frazil
