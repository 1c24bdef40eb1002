#include "engine/scan_table.h"

#include <atomic>
#include <thread>

#include <arrow/api.h>
#include <arrow/json/from_string.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/result_matchers.h"
#include "engine/random_rows.h"

namespace frazil {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class ScanTableTest : public testing::Test {
 protected:
  void SetUp() override {
    auto database = DuckDatabase::Open({});
    ASSERT_THAT(database, IsOk());
    database_ = *std::move(database);
    connection_ = Connect();
  }

  std::unique_ptr<DuckConnection> Connect() {
    auto connection = database_->Connect();
    EXPECT_THAT(connection, IsOk());
    return *std::move(connection);
  }

  static std::shared_ptr<arrow::RecordBatch> Numbers(std::int64_t first,
                                                     std::int64_t count) {
    arrow::Int64Builder builder;
    for (std::int64_t i = 0; i < count; ++i) EXPECT_TRUE(builder.Append(first + i).ok());
    return arrow::RecordBatch::Make(arrow::schema({arrow::field("n", arrow::int64())}),
                                    count, {*builder.Finish()});
  }

  static Result<std::shared_ptr<arrow::RecordBatch>> RunAll(DuckStatement& statement) {
    FRAZIL_ASSIGN(const std::unique_ptr<DuckRows> rows, statement.Run());
    return rows->All();
  }

  std::unique_ptr<DuckDatabase> database_;
  std::unique_ptr<DuckConnection> connection_;
};

const std::vector<ScanColumn> kNumber = {{"n", Type(TypeId::kLong)}};

TEST_F(ScanTableTest, EveryTypeGoesThroughDuckDbAndBack) {
  const std::vector<Type> types = EveryType();
  std::vector<ScanColumn> columns;
  for (std::size_t i = 0; i < types.size(); ++i) {
    columns.push_back(ScanColumn{"Column " + std::to_string(i), types[i]});
  }
  auto table = ScanTable::CreateForBatches(*connection_, "events", columns);
  ASSERT_THAT(table, IsOk());
  auto statement = connection_->Prepare("SELECT * FROM events");
  ASSERT_THAT(statement, IsOk());
  unsigned seed = 7;
  for (const std::int64_t row_count : {0, 1, 64, 2049, 4100}) {
    for (const int null_percent : {0, 20, 100}) {
      SCOPED_TRACE(testing::Message() << row_count << " rows, nulls " << null_percent);
      RandomRows random(seed++, null_percent);
      std::vector<std::shared_ptr<arrow::Array>> arrays;
      arrow::FieldVector fields;
      for (const ScanColumn& column : columns) {
        // A slice, so that offsets are not zero at any level.
        arrays.push_back(random.Column(column.type, row_count + 5)->Slice(5));
        fields.push_back(arrow::field(column.name, arrays.back()->type()));
      }
      const auto batch =
          arrow::RecordBatch::Make(arrow::schema(fields), row_count, arrays);
      (*table)->SetRows(batch);
      auto result = RunAll(**statement);
      ASSERT_THAT(result, IsOk());
      ASSERT_TRUE((*result)->ValidateFull().ok()) << (*result)->ValidateFull().ToString();
      ASSERT_EQ((*result)->num_rows(), row_count);
      for (int i = 0; i < batch->num_columns(); ++i) {
        SCOPED_TRACE(columns[static_cast<std::size_t>(i)].type.ToString());
        auto expected = batch->column(i);
        if (types[static_cast<std::size_t>(i)].id() == TypeId::kFixed) {
          arrow::BinaryBuilder builder;
          const auto& fixed = dynamic_cast<const arrow::FixedSizeBinaryArray&>(*expected);
          for (std::int64_t row = 0; row < row_count; ++row) {
            ASSERT_TRUE((fixed.IsNull(row) ? builder.AppendNull()
                                           : builder.Append(fixed.GetView(row)))
                            .ok());
          }
          expected = *builder.Finish();
        }
        EXPECT_TRUE((*result)->column(i)->Equals(*expected));
      }
    }
  }
}

// What comes back equal could still have been misread on both ways: ask DuckDB for texts.
TEST_F(ScanTableTest, DuckDbSeesTheValuesThatArrowHolds) {
  struct Case {
    Type type;
    std::string json;
    std::string text;
  };
  const Type text(TypeId::kString);
  const std::vector<Case> cases = {
      {Type(TypeId::kBoolean), "[true]", "true"},
      {Type(TypeId::kInt), "[-7]", "-7"},
      {Type(TypeId::kLong), "[9223372036854775807]", "9223372036854775807"},
      {Type(TypeId::kFloat), "[0.5]", "0.5"},
      {Type(TypeId::kDouble), "[-2.25]", "-2.25"},
      {Type::Decimal(4, 2), R"(["-12.34"])", "-12.34"},
      {Type::Decimal(9, 3), R"(["123456.789"])", "123456.789"},
      {Type::Decimal(18, 1), R"(["-12345678901234567.8"])", "-12345678901234567.8"},
      {Type::Decimal(38, 2), R"(["-123456789012345678901234567890123456.78"])",
       "-123456789012345678901234567890123456.78"},
      {Type(TypeId::kDate), "[-1]", "1969-12-31"},
      {Type(TypeId::kTime), "[86399999999]", "23:59:59.999999"},
      {Type(TypeId::kTimestamp), "[1000001]", "1970-01-01 00:00:01.000001"},
      {Type(TypeId::kTimestamptz), "[-1000000]", "1969-12-31 23:59:59+00"},
      {text, R"(["Zürich"])", "Zürich"},
      {text, R"(["exactly 12 b"])", "exactly 12 b"},
      {text, R"(["thirteen byte"])", "thirteen byte"},
      {Type(TypeId::kUuid), R"(["0123456789abcdef"])",
       "30313233-3435-3637-3839-616263646566"},
      {Type(TypeId::kUuid), R"(["~123456789abcdef"])",
       "7e313233-3435-3637-3839-616263646566"},
      {Type::Fixed(2), R"(["a\u0000"])", "a\\x00"},
      {Type(TypeId::kBinary), R"(["\u0001b"])", "\\x01b"},
      {Type::List(Member("element", text)), R"([["a", null]])", "[a, NULL]"},
      {Type::Map(Member("key", text, true), Member("value", Type(TypeId::kInt))),
       R"([[["k", 1], ["l", null]]])", "{k=1, l=NULL}"},
      {Type::Struct({Member("a", text), Member("b", Type(TypeId::kInt))}),
       R"([{"a": "x", "b": null}])", "{'a': x, 'b': NULL}"},
  };
  int number = 0;
  for (const Case& one : cases) {
    SCOPED_TRACE(one.type.ToString() + " " + one.json);
    const std::string name = "t" + std::to_string(number++);
    auto table = ScanTable::CreateForBatches(*connection_, name, {{"c", one.type}});
    ASSERT_THAT(table, IsOk());
    auto column = arrow::json::ArrayFromJSONString(ArrowTypeOf(one.type), one.json);
    ASSERT_TRUE(column.ok()) << column.status().ToString();
    (*table)->SetRows(arrow::RecordBatch::Make(
        arrow::schema({arrow::field("c", (*column)->type())}), 1, {*column}));
    EXPECT_THAT(connection_->QueryTexts("SELECT c::VARCHAR FROM " + name),
                IsOkAnd(ElementsAre(ElementsAre(one.text))));
  }
}

TEST_F(ScanTableTest, ANullListHidesItsElements) {
  const Type type = Type::List(Member("element", Type(TypeId::kLong)));
  auto table = ScanTable::CreateForBatches(*connection_, "events", {{"l", type}});
  ASSERT_THAT(table, IsOk());
  // The null list still spans two elements, as Arrow allows.
  auto elements = *arrow::json::ArrayFromJSONString(arrow::int64(), "[1, 2, 3, 4]");
  auto offsets = *arrow::json::ArrayFromJSONString(arrow::int32(), "[0, 1, 3, 4]");
  const auto bitmap = *arrow::AllocateBitmap(3);
  bitmap->mutable_data()[0] = 0b101;
  const std::shared_ptr<arrow::Array> column = *arrow::ListArray::FromArrays(
      ArrowTypeOf(type), *offsets, *elements, arrow::default_memory_pool(), bitmap, 1);
  (*table)->SetRows(arrow::RecordBatch::Make(
      arrow::schema({arrow::field("l", column->type())}), 3, {column}));
  EXPECT_THAT(connection_->QueryTexts("SELECT l::VARCHAR, len(l) FROM events"),
              IsOkAnd(ElementsAre(ElementsAre("[1]", "1"), ElementsAre("NULL", "NULL"),
                                  ElementsAre("[4]", "1"))));
  auto statement = connection_->Prepare("SELECT l FROM events");
  ASSERT_THAT(statement, IsOk());
  EXPECT_THAT(RunAll(**statement), IsOk());
}

TEST_F(ScanTableTest, AMemberOfANullStructIsNull) {
  const Type type =
      Type::Struct({Member("a", Type(TypeId::kLong)),
                    Member("b", Type::Struct({Member("c", Type(TypeId::kString))}))});
  auto table = ScanTable::CreateForBatches(*connection_, "events", {{"s", type}});
  ASSERT_THAT(table, IsOk());
  // Members hold values under the null struct, as Arrow allows.
  arrow::Int64Builder a;
  arrow::StringBuilder c;
  ASSERT_TRUE(a.AppendValues({1, 2, 3}).ok());
  ASSERT_TRUE(c.AppendValues({"x", "y", "z"}).ok());
  auto inner = *arrow::StructArray::Make({*c.Finish()}, std::vector<std::string>{"c"});
  const auto bitmap = *arrow::AllocateBitmap(3);
  bitmap->mutable_data()[0] = 0b101;
  const std::shared_ptr<arrow::Array> column = *arrow::StructArray::Make(
      {*a.Finish(), inner}, std::vector<std::string>{"a", "b"}, bitmap, 1);
  (*table)->SetRows(arrow::RecordBatch::Make(
      arrow::schema({arrow::field("s", column->type())}), 3, {column}));
  EXPECT_THAT(connection_->QueryTexts("SELECT s.a, s.b.c, s IS NULL FROM events"),
              IsOkAnd(ElementsAre(ElementsAre("1", "x", "false"),
                                  ElementsAre("NULL", "NULL", "true"),
                                  ElementsAre("3", "z", "false"))));
}

TEST_F(ScanTableTest, ASelfJoinSeesAllRowsOfBothSides) {
  auto table = ScanTable::CreateForBatches(*connection_, "events", kNumber);
  ASSERT_THAT(table, IsOk());
  auto statement = connection_->Prepare(
      "WITH big AS (SELECT n FROM events WHERE n >= 10) SELECT count(*) AS c, "
      "sum(b.n)::BIGINT "
      "AS s FROM events a JOIN events b USING (n) JOIN big USING (n)");
  ASSERT_THAT(statement, IsOk());
  for (const std::int64_t count : {5000, 10, 4000}) {
    (*table)->SetRows(Numbers(0, count));
    auto result = RunAll(**statement);
    ASSERT_THAT(result, IsOk());
    const auto& c = dynamic_cast<const arrow::Int64Array&>(*(*result)->column(0));
    EXPECT_EQ(c.Value(0), count - 10);
  }
}

TEST_F(ScanTableTest, CountsRowsWithoutReadingAColumn) {
  auto table = ScanTable::CreateForBatches(*connection_, "events", kNumber);
  ASSERT_THAT(table, IsOk());
  (*table)->SetRows(Numbers(0, 3000));
  EXPECT_THAT(connection_->QueryTexts("SELECT count(*) FROM events"),
              IsOkAnd(ElementsAre(ElementsAre("3000"))));
  (*table)->SetRows(nullptr);
  EXPECT_THAT(connection_->QueryTexts("SELECT count(*) FROM events"),
              IsOkAnd(ElementsAre(ElementsAre("0"))));
}

TEST_F(ScanTableTest, NumbersTheRowsOfABatch) {
  auto table = ScanTable::CreateForBatches(*connection_, "events", kNumber);
  ASSERT_THAT(table, IsOk());
  ASSERT_THAT((*table)->AddNumberedView("numbered", "row"), IsOk());
  (*table)->SetRows(Numbers(100, 5000));
  EXPECT_THAT(
      connection_->QueryTexts("SELECT row, n FROM numbered WHERE n IN (100, 2148, 5099)"),
      IsOkAnd(ElementsAre(ElementsAre("0", "100"), ElementsAre("2048", "2148"),
                          ElementsAre("4999", "5099"))));
  EXPECT_THAT(connection_->Describe("SELECT * FROM events"), IsOkAnd(testing::SizeIs(1)));
}

TEST_F(ScanTableTest, NamesNeedNoCareButQuotes) {
  const std::vector<ScanColumn> columns = {{"select", Type(TypeId::kLong)}};
  auto table = ScanTable::CreateForBatches(*connection_, "my \"odd\" table", columns);
  ASSERT_THAT(table, IsOk());
  (*table)->SetRows(Numbers(7, 1)->RenameColumns({"select"}).ValueOrDie());
  EXPECT_THAT(connection_->QueryTexts("SELECT \"select\" FROM \"MY \"\"odd\"\" table\""),
              IsOkAnd(ElementsAre(ElementsAre("7"))));
}

TEST_F(ScanTableTest, WorkersNeverSeeEachOthersBatch) {
  constexpr int kWorkers = 4;
  constexpr int kBatches = 200;
  std::atomic<int> wrong{0};
  std::vector<std::jthread> workers;
  for (int worker = 0; worker < kWorkers; ++worker) {
    workers.emplace_back([&, worker] {
      auto connection = database_->Connect();
      auto table = ScanTable::CreateForBatches(**connection, "events", kNumber);
      auto statement =
          (*connection)
              ->Prepare(
                  "SELECT min(n) AS low, max(n) AS high, count(*) AS c FROM events");
      if (!table.has_value() || !statement.has_value()) {
        ++wrong;
        return;
      }
      for (int i = 0; i < kBatches; ++i) {
        const std::int64_t first = worker * 1'000'000LL + i * 1000;
        (*table)->SetRows(Numbers(first, 1000 + i));
        auto result = RunAll(**statement);
        if (!result.has_value()) {
          ++wrong;
          continue;
        }
        const auto value = [&](int column) {
          return dynamic_cast<const arrow::Int64Array&>(*(*result)->column(column))
              .Value(0);
        };
        if (value(0) != first || value(1) != first + 999 + i || value(2) != 1000 + i)
          ++wrong;
      }
    });
  }
  workers.clear();
  EXPECT_EQ(wrong.load(), 0);
}

TEST_F(ScanTableTest, AnotherConnectionDoesNotSeeTheTable) {
  auto table = ScanTable::CreateForBatches(*connection_, "events", kNumber);
  ASSERT_THAT(table, IsOk());
  EXPECT_THAT(Connect()->Prepare("SELECT * FROM events"),
              FailsWith(ErrorKind::kInvalidConfig, HasSubstr("does not exist")));
}

// Gives `count` batches, and remembers which columns were wanted.
class CountedScan : public RowScan {
 public:
  CountedScan(ScanRequest request, int count)
      : request_(std::move(request)), left_(count) {}

  Result<std::shared_ptr<arrow::RecordBatch>> Next() override {
    if (left_ == 0) return std::shared_ptr<arrow::RecordBatch>();
    --left_;
    std::vector<std::shared_ptr<arrow::Array>> columns;
    arrow::FieldVector fields;
    for (const int column : request_.columns) {
      columns.push_back(
          *arrow::MakeArrayFromScalar(arrow::Int64Scalar(100 * column + left_), 3000));
      fields.push_back(arrow::field("c", arrow::int64()));
    }
    return arrow::RecordBatch::Make(arrow::schema(fields), 3000, std::move(columns));
  }

 private:
  ScanRequest request_;
  int left_;
};

TEST_F(ScanTableTest, AStreamedTableOpensEachScanWithTheColumnsItWants) {
  DuckOptions options;
  options.threads = 3;
  auto database = DuckDatabase::Open(options);
  ASSERT_THAT(database, IsOk());
  auto connection = (*database)->Connect();
  ASSERT_THAT(connection, IsOk());
  const std::vector<ScanColumn> columns = {
      {"a", Type(TypeId::kLong)}, {"b", Type(TypeId::kLong)}, {"c", Type(TypeId::kLong)}};
  std::atomic<int> opened{0};
  auto table = ScanTable::Create(
      **connection, "t", columns,
      [&](const ScanRequest& request) -> Result<std::unique_ptr<RowScan>> {
        ++opened;
        return std::make_unique<CountedScan>(request, 4);
      },
      /*thread_count=*/3);
  ASSERT_THAT(table, IsOk());
  EXPECT_THAT(
      (*connection)->QueryTexts("SELECT count(*), sum(c), min(c) FROM t"),
      IsOkAnd(ElementsAre(ElementsAre("12000", std::to_string(3000 * 806), "200"))));
  EXPECT_EQ(opened.load(), 1);
  EXPECT_THAT((*connection)
                  ->QueryTexts("SELECT count(*) FROM t x, (SELECT DISTINCT b FROM t) y "
                               "WHERE x.b = y.b"),
              IsOkAnd(ElementsAre(ElementsAre("12000"))));
  EXPECT_EQ(opened.load(), 3);
}

TEST_F(ScanTableTest, AScanThatFailsOnItsWayKeepsTheKindOfItsError) {
  class TornScan : public RowScan {
   public:
    Result<std::shared_ptr<arrow::RecordBatch>> Next() override {
      return Fail(ErrorKind::kCorruptData, "{}", "torn:\n\nLINE 1: page 7");
    }
  };
  auto table =
      ScanTable::Create(*connection_, "t", kNumber,
                        [](const ScanRequest&) -> Result<std::unique_ptr<RowScan>> {
                          return std::make_unique<TornScan>();
                        });
  ASSERT_THAT(table, IsOk());
  auto statement = connection_->Prepare("SELECT max(n) FROM t");
  ASSERT_THAT(statement, IsOk());
  auto rows = (*statement)->Run();
  const Status status = rows.has_value() ? (*rows)->Drain() : Status(Fail(rows.error()));
  EXPECT_THAT(status, FailsWith(ErrorKind::kCorruptData, "torn:\n\nLINE 1: page 7"));
}

TEST_F(ScanTableTest, AScanThatFailsFailsTheStatement) {
  auto table =
      ScanTable::Create(*connection_, "t", kNumber,
                        [](const ScanRequest&) -> Result<std::unique_ptr<RowScan>> {
                          return Fail(ErrorKind::kIoError, "the file is gone: x");
                        });
  ASSERT_THAT(table, IsOk());
  auto statement = connection_->Prepare("SELECT * FROM t");
  ASSERT_THAT(statement, IsOk());
  auto rows = (*statement)->Run();
  const Status status = rows.has_value() ? (*rows)->Drain() : Status(Fail(rows.error()));
  EXPECT_THAT(status, FailsWith(ErrorKind::kIoError, "the file is gone: x"));
}

}  // namespace
}  // namespace frazil
