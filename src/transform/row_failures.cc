#include "transform/row_failures.h"

#include <utility>

#include <arrow/record_batch.h>
#include <fmt/format.h>

namespace frazil {
namespace {

class Search {
 public:
  Search(const std::shared_ptr<arrow::RecordBatch>& rows, const RowProbe& probe)
      : rows_(rows), probe_(probe) {}

  // Looks for failing rows in [begin, end).
  Status Examine(std::int64_t begin, std::int64_t end) {
    FRAZIL_ASSIGN(std::optional<RowProblem> problem,
                  probe_(rows_->Slice(begin, end - begin)));
    if (!problem.has_value()) return {};
    if (end - begin == 1) {
      failures_.push_back(RowFailure{begin, std::move(problem->error_class),
                                     std::move(problem->message)});
      return {};
    }
    if (failures_.size() >= kMaxBisectedRows) {
      for (std::int64_t row = begin; row < end; ++row) FRAZIL_TRY(Examine(row, row + 1));
      return {};
    }
    const std::int64_t middle = begin + (end - begin) / 2;
    FRAZIL_TRY(Examine(begin, middle));
    return Examine(middle, end);
  }

  [[nodiscard]] std::vector<RowFailure> Take() { return std::move(failures_); }

 private:
  const std::shared_ptr<arrow::RecordBatch>& rows_;
  const RowProbe& probe_;
  std::vector<RowFailure> failures_;
};

}  // namespace

Result<std::vector<RowFailure>> FindFailingRows(
    const std::shared_ptr<arrow::RecordBatch>& rows, const RowProbe& probe) {
  Search search(rows, probe);
  if (rows->num_rows() > 0) FRAZIL_TRY(search.Examine(0, rows->num_rows()));
  return search.Take();
}

Result<std::optional<std::vector<RowFailure>>> TellFailures(
    const std::shared_ptr<arrow::RecordBatch>& rows, const BlamedRows& blamed,
    const RowProbe& probe) {
  std::vector<RowFailure> failures;
  for (const auto& [expression, failing] : blamed) {
    const std::size_t first = failures.size();
    for (const std::int64_t row : failing) {
      if (failures.size() - first >= kMaxToldRows) {
        failures.push_back(RowFailure{
            row, failures[first].error_class,
            fmt::format(
                "fails in the same expression as another record, of which this is "
                "said: {}",
                failures[first].message)});
        continue;
      }
      FRAZIL_ASSIGN(std::optional<RowProblem> problem, probe(rows->Slice(row, 1)));
      if (!problem.has_value()) return std::nullopt;
      failures.push_back(
          RowFailure{row, std::move(problem->error_class), std::move(problem->message)});
    }
  }
  return failures;
}

}  // namespace frazil
