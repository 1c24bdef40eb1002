#include "transform/row_failures.h"

#include <set>

#include <arrow/api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/result_matchers.h"

namespace frazil {
namespace {

std::shared_ptr<arrow::RecordBatch> Numbers(std::int64_t count) {
  arrow::Int64Builder builder;
  for (std::int64_t i = 0; i < count; ++i) EXPECT_TRUE(builder.Append(i).ok());
  return arrow::RecordBatch::Make(arrow::schema({arrow::field("n", arrow::int64())}),
                                  count, {*builder.Finish()});
}

// A statement that fails on given numbers; counts its runs.
class FakeStatement {
 public:
  explicit FakeStatement(std::set<std::int64_t> bad) : bad_(std::move(bad)) {}

  RowProbe Probe() {
    return [this](const std::shared_ptr<arrow::RecordBatch>& rows)
               -> Result<std::optional<RowProblem>> {
      ++runs_;
      const auto& numbers = dynamic_cast<const arrow::Int64Array&>(*rows->column(0));
      for (std::int64_t i = 0; i < numbers.length(); ++i) {
        if (bad_.contains(numbers.Value(i))) {
          return RowProblem{"Bad", std::to_string(numbers.Value(i))};
        }
      }
      return std::nullopt;
    };
  }

  [[nodiscard]] int runs() const { return runs_; }

 private:
  std::set<std::int64_t> bad_;
  int runs_ = 0;
};

RC_GTEST_PROP(RowFailuresProperty, FindsExactlyTheBadRows, ()) {
  const auto count = *rc::gen::inRange<std::int64_t>(0, 400);
  std::set<std::int64_t> bad;
  const int bad_count = *rc::gen::inRange(0, 120);
  for (int i = 0; i < bad_count && count > 0; ++i) {
    bad.insert(*rc::gen::inRange<std::int64_t>(0, count));
  }
  FakeStatement statement(bad);

  const auto failures = FindFailingRows(Numbers(count), statement.Probe());

  RC_ASSERT(failures.has_value());
  RC_ASSERT(failures->size() == bad.size());
  auto expected = bad.begin();
  for (const RowFailure& failure : *failures) {
    RC_ASSERT(failure.row == *expected);
    RC_ASSERT(failure.message == std::to_string(*expected));
    ++expected;
  }
}

TEST(RowFailuresTest, OneBadRowCostsTwoRunsPerHalving) {
  FakeStatement statement({777});
  ASSERT_THAT(FindFailingRows(Numbers(1024), statement.Probe()), IsOk());
  EXPECT_LE(statement.runs(), 1 + 2 * 10);
}

TEST(RowFailuresTest, ManyBadRowsCostNoMoreThanTwoRunsPerRow) {
  std::set<std::int64_t> bad;
  for (std::int64_t i = 0; i < 1024; ++i) bad.insert(i);
  FakeStatement statement(bad);
  auto failures = FindFailingRows(Numbers(1024), statement.Probe());
  ASSERT_THAT(failures, IsOk());
  EXPECT_EQ(failures->size(), 1024U);
  EXPECT_LE(statement.runs(), 1024 + 2 * kMaxBisectedRows + 20);
}

TEST(RowFailuresTest, ManyBlamedRowsCostABoundedNumberOfRuns) {
  std::set<std::int64_t> bad;
  BlamedRows blamed;
  for (std::int64_t i = 0; i < 1000; ++i) {
    bad.insert(i);
    blamed[i % 2 == 0 ? 0 : 1].push_back(i);
  }
  FakeStatement statement(bad);
  const auto failures = TellFailures(Numbers(1000), blamed, statement.Probe());
  ASSERT_THAT(failures, IsOk());
  ASSERT_TRUE(failures->has_value());
  ASSERT_EQ((*failures)->size(), 1000U);
  EXPECT_EQ(statement.runs(), static_cast<int>(2 * kMaxToldRows));
  EXPECT_EQ((**failures)[0].message, "0");
  EXPECT_EQ((**failures)[1].message, "2");
  const RowFailure& last = (*failures)->back();
  EXPECT_EQ(last.row, 999);
  EXPECT_EQ(last.error_class, "Bad");
  EXPECT_THAT(last.message, ::testing::EndsWith("of which this is said: 1"));
}

TEST(RowFailuresTest, ABlamedRowThatPassesClearsAll) {
  FakeStatement statement({1, 3});
  const auto failures = TellFailures(Numbers(4), {{0, {1, 2, 3}}}, statement.Probe());
  ASSERT_THAT(failures, IsOk());
  EXPECT_FALSE(failures->has_value());
}

TEST(RowFailuresTest, AnErrorOfTheProbeEndsTheSearch) {
  const RowProbe probe = [](const std::shared_ptr<arrow::RecordBatch>&)
      -> Result<std::optional<RowProblem>> { return Fail(ErrorKind::kIoError, "gone"); };
  EXPECT_THAT(FindFailingRows(Numbers(3), probe), FailsWith(ErrorKind::kIoError));
}

}  // namespace
}  // namespace frazil
