#include "transform/sql_transformer.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <arrow/array/array_primitive.h>
#include <arrow/record_batch.h>
#include <fmt/format.h>

#include "engine/duck_error.h"
#include "engine/scan_table.h"
#include "transform/assignment.h"
#include "transform/diagnosis.h"
#include "transform/row_failures.h"
#include "transform/sql_session.h"

namespace frazil {
namespace {

using Batch = std::shared_ptr<arrow::RecordBatch>;

std::vector<std::shared_ptr<arrow::ArrayData>> ColumnsOf(const Batch& batch, int count) {
  std::vector<std::shared_ptr<arrow::ArrayData>> columns;
  for (int i = 0; i < count; ++i) columns.push_back(batch->column_data(i));
  return columns;
}

std::vector<std::int64_t> RowsOf(const std::vector<RowFailure>& failures) {
  std::vector<std::int64_t> rows;
  for (const RowFailure& failure : failures) rows.push_back(failure.row);
  return rows;
}

// What the contract of Transformer::Apply allows.
tl::unexpected<Error> FailRun(Error error) {
  if (error.kind != ErrorKind::kIoError && !IsOutOfDuckMemory(error)) {
    error.kind = ErrorKind::kInternal;
  }
  return Fail(std::move(error));
}

// The numbers that a statement gives in its last column.
std::vector<std::int64_t> NumbersOf(const Batch& batch) {
  const auto& numbers =
      dynamic_cast<const arrow::Int64Array&>(*batch->column(batch->num_columns() - 1));
  std::vector<std::int64_t> result;
  for (std::int64_t i = 0; i < numbers.length(); ++i) result.push_back(numbers.Value(i));
  return result;
}

class SqlTransformer : public Transformer {
 public:
  SqlTransformer(SqlSession session, std::string description)
      : session_(std::move(session)), description_(std::move(description)) {}

  Result<TransformedBatch> Apply(const Batch& rows) override {
    auto result = ApplyOrFail(rows);
    session_.table->SetRows(nullptr);
    if (!result.has_value()) return FailRun(std::move(result).error());
    return result;
  }

  [[nodiscard]] std::string Describe() const override { return description_; }

 private:
  // A run: the rows, or why there are none. Failures are indexes into the output.
  struct Outcome {
    TransformedBatch batch;
    std::optional<RowProblem> problem;
  };

  Result<TransformedBatch> ApplyOrFail(const Batch& rows) {
    FRAZIL_ASSIGN(Outcome outcome, Attempt(rows));
    if (!outcome.problem.has_value() && outcome.batch.failures.empty()) [[likely]] {
      return std::move(outcome.batch);
    }
    if (session_.diagnosis == nullptr) {
      FRAZIL_ASSIGN(
          Diagnosis diagnosis,
          MakeDiagnosis(*session_.connection, *session_.table, session_.analysis,
                        session_.source_name, *session_.statement));
      session_.diagnosis = std::make_unique<Diagnosis>(std::move(diagnosis));
    }
    if (session_.diagnosis->numbered != nullptr) {
      return ApplyByNumbers(rows, outcome.problem.has_value());
    }
    return ApplyByProbes(rows);
  }

  // Runs a statement on rows. Only values that fail are a problem; the rest is an error.
  Result<Batch> Run(DuckStatement& statement, const Batch& rows,
                    std::optional<RowProblem>& problem) {
    session_.table->SetRows(rows);
    auto result = RunToEnd(statement);
    if (result.has_value()) return result;
    if (result.error().kind != ErrorKind::kInvalidRecord) return result;
    problem = RowProblem{DuckErrorClass(result.error()),
                         std::string(DuckErrorText(result.error()))};
    return Batch();
  }

  static Result<Batch> RunToEnd(DuckStatement& statement) {
    FRAZIL_ASSIGN(const std::unique_ptr<DuckRows> result, statement.Run());
    return result->All();
  }

  Result<Outcome> Attempt(const Batch& rows) {
    Outcome outcome;
    FRAZIL_ASSIGN(const Batch output, Run(*session_.statement, rows, outcome.problem));
    if (outcome.problem.has_value()) return outcome;
    FRAZIL_ASSIGN(outcome.batch,
                  session_.assignment.Assign(ColumnsOf(output, output->num_columns()),
                                             output->num_rows()));
    return outcome;
  }

  // Whether the SELECT itself fails, whatever becomes of its rows.
  Result<std::optional<RowProblem>> ProbeRun(const Batch& rows) {
    std::optional<RowProblem> problem;
    FRAZIL_TRY(Run(*session_.statement, rows, problem).map([](const Batch&) {}));
    return problem;
  }

  // Whether the SELECT fails, or a row of it does not fit the target.
  Result<std::optional<RowProblem>> ProbeAll(const Batch& rows) {
    FRAZIL_ASSIGN(Outcome outcome, Attempt(rows));
    if (outcome.problem.has_value() || outcome.batch.failures.empty())
      return outcome.problem;
    RowFailure& first = outcome.batch.failures[0];
    return RowProblem{std::move(first.error_class), std::move(first.message)};
  }

  Result<TransformedBatch> ApplyByProbes(const Batch& rows) {
    FRAZIL_ASSIGN(
        std::vector<RowFailure> failures,
        FindFailingRows(rows, [this](const Batch& part) { return ProbeAll(part); }));
    FRAZIL_ASSIGN(const Batch rest, WithoutRows(rows, RowsOf(failures)));
    FRAZIL_ASSIGN(Outcome outcome, Attempt(rest));
    if (!outcome.problem.has_value() && !outcome.batch.failures.empty()) {
      RowFailure& first = outcome.batch.failures[0];
      outcome.problem =
          RowProblem{std::move(first.error_class), std::move(first.message)};
    }
    return Finish(rows, std::move(failures), std::move(outcome));
  }

  Result<TransformedBatch> ApplyByNumbers(const Batch& rows, bool has_problem) {
    std::vector<RowFailure> failures;
    if (has_problem) {
      FRAZIL_ASSIGN(failures, FindAmongSuspects(rows));
    }
    const std::vector<std::int64_t> removed = RowsOf(failures);
    FRAZIL_ASSIGN(const Batch rest, WithoutRows(rows, removed));
    Outcome outcome;
    FRAZIL_ASSIGN(const Batch output,
                  Run(*session_.diagnosis->numbered, rest, outcome.problem));
    if (outcome.problem.has_value()) {
      return Finish(rows, std::move(failures), std::move(outcome));
    }
    FRAZIL_ASSIGN(outcome.batch,
                  session_.assignment.Assign(ColumnsOf(output, output->num_columns() - 1),
                                             output->num_rows()));
    FRAZIL_ASSIGN(outcome.batch.rows,
                  WithoutRows(outcome.batch.rows, RowsOf(outcome.batch.failures)));
    const std::vector<std::int64_t> numbers = NumbersOf(output);
    const std::vector<std::int64_t> kept = KeptRows(rows->num_rows(), removed);
    for (RowFailure& failure : outcome.batch.failures) {
      const std::int64_t row = numbers[static_cast<std::size_t>(failure.row)];
      failure.row = kept[static_cast<std::size_t>(row)];
      failures.push_back(std::move(failure));
    }
    return Finish(rows, std::move(failures), std::move(outcome));
  }

  Result<std::vector<RowFailure>> FindAmongSuspects(const Batch& rows) {
    const RowProbe probe = [this](const Batch& part) { return ProbeRun(part); };
    DuckStatement* suspects = session_.diagnosis->suspects.get();
    if (suspects == nullptr) return FindFailingRows(rows, probe);
    std::optional<RowProblem> problem;
    FRAZIL_ASSIGN(const Batch output, Run(*suspects, rows, problem));
    if (problem.has_value()) return FindFailingRows(rows, probe);
    std::vector<std::int64_t> numbers = NumbersOf(output);
    std::ranges::sort(numbers);
    FRAZIL_ASSIGN(const Batch part,
                  WithoutRows(rows, KeptRows(rows->num_rows(), numbers)));
    FRAZIL_ASSIGN(std::vector<RowFailure> failures, FindFailingRows(part, probe));
    for (RowFailure& failure : failures) {
      failure.row = numbers[static_cast<std::size_t>(failure.row)];
    }
    // TRY() should have named them all; if it did not, look everywhere.
    if (failures.empty()) return FindFailingRows(rows, probe);
    return failures;
  }

  // The rows of [0, count) that are not in `removed`, which is sorted.
  static std::vector<std::int64_t> KeptRows(std::int64_t count,
                                            const std::vector<std::int64_t>& removed) {
    std::vector<std::int64_t> kept;
    auto next = removed.begin();
    for (std::int64_t row = 0; row < count; ++row) {
      if (next != removed.end() && *next == row) {
        ++next;
      } else {
        kept.push_back(row);
      }
    }
    return kept;
  }

  // Puts the failures in order; with a problem left, every row not failed yet fails by it.
  Result<TransformedBatch> Finish(const Batch& rows, std::vector<RowFailure> failures,
                                  Outcome outcome) {
    std::ranges::sort(failures, {}, &RowFailure::row);
    if (outcome.problem.has_value()) {
      for (const std::int64_t row : KeptRows(rows->num_rows(), RowsOf(failures))) {
        failures.push_back(
            RowFailure{row, outcome.problem->error_class, outcome.problem->message});
      }
      std::ranges::sort(failures, {}, &RowFailure::row);
      FRAZIL_ASSIGN(outcome.batch.rows, session_.assignment.NoRows());
    }
    // One input row may have given several output rows that fail.
    const auto repeated = std::ranges::unique(failures, {}, &RowFailure::row);
    failures.erase(repeated.begin(), repeated.end());
    outcome.batch.failures = std::move(failures);
    return std::move(outcome.batch);
  }

  SqlSession session_;
  std::string description_;
};

// One line, blanks single.
std::string OneLine(std::string_view text) {
  std::string result;
  for (const char c : text) {
    const bool is_blank = c == ' ' || c == '\n' || c == '\t' || c == '\r';
    if (!is_blank) {
      result += c;
    } else if (!result.empty() && result.back() != ' ') {
      result += ' ';
    }
  }
  while (!result.empty() && (result.back() == ' ' || result.back() == ';'))
    result.pop_back();
  return result;
}

}  // namespace

Result<std::unique_ptr<Transformer>> MakeSqlTransformer(const TransformSpec& spec,
                                                        DuckDatabase& database) {
  FRAZIL_ASSIGN(SqlSession session, OpenSqlSession(spec, database));
  return std::make_unique<SqlTransformer>(std::move(session),
                                          "DuckDB: " + OneLine(spec.select));
}

Result<SelectTraits> DescribeSqlSelect(const TransformSpec& spec,
                                       DuckDatabase& database) {
  FRAZIL_ASSIGN(const SqlSession session, OpenSqlSession(spec, database));
  SelectTraits traits;
  traits.row_wise = session.analysis.row_wise;
  traits.not_row_wise_because = session.analysis.not_row_wise_because;
  const std::vector<bool> unsteady =
      NondeterministicOf(session.analysis, session.statement->columns());
  for (std::size_t i = 0; i < spec.target.fields.size(); ++i) {
    const int source = session.assignment.SourceOf(i);
    if (source >= 0 && unsteady[static_cast<std::size_t>(source)]) {
      traits.nondeterministic_columns.push_back(spec.target.fields[i].name);
    }
  }
  return traits;
}

}  // namespace frazil
