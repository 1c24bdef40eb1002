#include "transform/sql_transformer.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
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
#include "transform/row_failures.h"
#include "transform/sql_session.h"
#include "transform/suspects.h"

namespace frazil {
namespace {

using Batch = std::shared_ptr<arrow::RecordBatch>;

std::vector<std::int64_t> RowsOf(const std::vector<RowFailure>& failures) {
  std::vector<std::int64_t> rows;
  for (const RowFailure& failure : failures) rows.push_back(failure.row);
  return rows;
}

// What the contract of Transformer::Apply allows.
tl::unexpected<Error> FailRun(Error error) {
  if (IsOutOfDuckMemory(error)) {
    error.message +=
        "; a SELECT may hold a third of the memory: raise 'memory.limit', or have fewer "
        "'pipeline.workers'";
  } else if (error.kind != ErrorKind::kIoError) {
    error.kind = ErrorKind::kInternal;
  }
  return Fail(std::move(error));
}

class SqlTransformer : public Transformer {
 public:
  SqlTransformer(SqlSession session, std::string description,
                 std::vector<ScriptVariable> variables)
      : session_(std::move(session)),
        description_(std::move(description)),
        variables_(std::move(variables)) {}

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
    /// Per row the input row that it comes from; null if not told.
    std::shared_ptr<arrow::Int64Array> numbers;
    std::optional<RowProblem> problem;
  };

  Result<TransformedBatch> ApplyOrFail(const Batch& rows) {
    FRAZIL_ASSIGN(Outcome outcome, Attempt(rows));
    if (!outcome.problem.has_value() && outcome.batch.failures.empty()) [[likely]] {
      return std::move(outcome.batch);
    }
    if (!session_.split.has_value()) return ApplyByProbes(rows);
    if (!outcome.problem.has_value()) {
      return FinishNumbered(rows, {}, std::move(outcome));
    }
    FRAZIL_ASSIGN(std::vector<RowFailure> failures, FindFailures(rows));
    FRAZIL_ASSIGN(const Batch rest, WithoutRows(rows, RowsOf(failures)));
    FRAZIL_ASSIGN(outcome, Attempt(rest));
    return FinishNumbered(rows, std::move(failures), std::move(outcome));
  }

  // Runs a statement on rows. Only values that fail are a problem; the rest is an error.
  Result<Batch> Run(DuckStatement& statement, const Batch& rows,
                    std::optional<RowProblem>& problem) {
    session_.table->SetRows(rows);
    auto result = RunToEnd(statement);
    if (result.has_value()) return result;
    if (result.error().kind != ErrorKind::kInvalidRecord) return result;
    problem =
        RowProblem{DuckErrorClass(result.error()),
                   HideVariables(variables_, std::string(DuckErrorText(result.error())))};
    return Batch();
  }

  static Result<Batch> RunToEnd(DuckStatement& statement) {
    FRAZIL_ASSIGN(const std::unique_ptr<DuckRows> result, statement.Run());
    return result->All();
  }

  // What DuckDB runs of the SELECT.
  DuckStatement& Computed() {
    return session_.split.has_value() ? *session_.split->statement : *session_.statement;
  }

  Result<Outcome> Attempt(const Batch& rows) {
    Outcome outcome;
    FRAZIL_ASSIGN(const Batch output, Run(Computed(), rows, outcome.problem));
    if (outcome.problem.has_value()) return outcome;
    std::vector<std::shared_ptr<arrow::ArrayData>> columns = output->column_data();
    if (session_.split.has_value()) {
      outcome.numbers = RowNumbersOf(*output);
      FRAZIL_ASSIGN(columns, session_.split->Columns(*rows, *output));
    }
    FRAZIL_ASSIGN(outcome.batch, session_.assignment.Assign(columns, output->num_rows()));
    return outcome;
  }

  // Whether the SELECT itself fails, whatever becomes of its rows.
  Result<std::optional<RowProblem>> ProbeRun(const Batch& rows) {
    std::optional<RowProblem> problem;
    FRAZIL_TRY(Run(Computed(), rows, problem).map([](const Batch&) {}));
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

  // Finishes a run on the rows that are not among `failures`.
  Result<TransformedBatch> FinishNumbered(const Batch& rows,
                                          std::vector<RowFailure> failures,
                                          Outcome outcome) {
    if (outcome.problem.has_value()) {
      return Finish(rows, std::move(failures), std::move(outcome));
    }
    const std::vector<std::int64_t> kept = KeptRows(rows->num_rows(), RowsOf(failures));
    FRAZIL_ASSIGN(outcome.batch.rows,
                  WithoutRows(outcome.batch.rows, RowsOf(outcome.batch.failures)));
    for (RowFailure& failure : outcome.batch.failures) {
      const std::int64_t row = outcome.numbers->Value(failure.row);
      failure.row = kept[static_cast<std::size_t>(row)];
      failures.push_back(std::move(failure));
    }
    return Finish(rows, std::move(failures), std::move(outcome));
  }

  Result<std::vector<RowFailure>> FindFailures(const Batch& rows) {
    const RowProbe probe = [this](const Batch& part) { return ProbeRun(part); };
    if (!suspects_.has_value()) {
      suspects_ = PrepareSuspects(*session_.connection, *session_.analysis.numbered);
    }
    if (!suspects_->has_value()) return FindFailingRows(rows, probe);
    FRAZIL_ASSIGN(std::optional<BlamedRows> found, Blame(**suspects_, rows));
    if (!found.has_value()) return FindFailingRows(rows, probe);
    BlamedRows blamed = *std::move(found);
    std::vector<RowFailure> failures;
    if (!(*suspects_)->is_filter_certain && blamed.contains(kFilterExpression)) {
      FRAZIL_ASSIGN(failures, FindAmong(rows, blamed[kFilterExpression], probe));
      blamed.erase(kFilterExpression);
    }
    FRAZIL_ASSIGN(auto told, TellFailures(rows, blamed, probe));
    // TRY() should name them and nobody else; if it does not, look everywhere.
    if (!told.has_value()) return FindFailingRows(rows, probe);
    std::ranges::move(*told, std::back_inserter(failures));
    std::ranges::sort(failures, {}, &RowFailure::row);
    if (failures.empty()) return FindFailingRows(rows, probe);
    return failures;
  }

  // Looks for failing rows among those with these numbers.
  static Result<std::vector<RowFailure>> FindAmong(
      const Batch& rows, const std::vector<std::int64_t>& numbers,
      const RowProbe& probe) {
    FRAZIL_ASSIGN(const Batch part,
                  WithoutRows(rows, KeptRows(rows->num_rows(), numbers)));
    FRAZIL_ASSIGN(std::vector<RowFailure> failures, FindFailingRows(part, probe));
    for (RowFailure& failure : failures) {
      failure.row = numbers[static_cast<std::size_t>(failure.row)];
    }
    return failures;
  }

  // Each row goes to the first expression that fails in it; nullopt if a query itself fails.
  Result<std::optional<BlamedRows>> Blame(const SuspectQueries& queries,
                                          const Batch& rows) {
    BlamedRows blamed;
    const bool has_filter = queries.filter_fails != nullptr;
    std::vector<bool> is_open(static_cast<std::size_t>(rows->num_rows()), !has_filter);
    if (has_filter) {
      FRAZIL_ASSIGN(auto failing, NumbersOf(*queries.filter_fails, rows));
      FRAZIL_ASSIGN(const auto kept, NumbersOf(*queries.filter_keeps, rows));
      if (!failing.has_value() || !kept.has_value()) return std::nullopt;
      if (!failing->empty()) blamed[kFilterExpression] = *std::move(failing);
      for (const std::int64_t row : *kept) is_open[static_cast<std::size_t>(row)] = true;
    }
    for (std::size_t i = 0; i < queries.fails.size(); ++i) {
      FRAZIL_ASSIGN(const auto failing, NumbersOf(*queries.fails[i], rows));
      if (!failing.has_value()) return std::nullopt;
      for (const std::int64_t row : *failing) {
        if (!is_open[static_cast<std::size_t>(row)]) continue;
        is_open[static_cast<std::size_t>(row)] = false;
        blamed[static_cast<std::int32_t>(i)].push_back(row);
      }
    }
    return blamed;
  }

  // The numbers that a query gives, sorted; nullopt if it fails.
  Result<std::optional<std::vector<std::int64_t>>> NumbersOf(DuckStatement& query,
                                                             const Batch& rows) {
    std::optional<RowProblem> problem;
    FRAZIL_ASSIGN(const Batch output, Run(query, rows, problem));
    if (problem.has_value()) return std::nullopt;
    const std::shared_ptr<arrow::Int64Array> array = RowNumbersOf(*output);
    std::vector<std::int64_t> numbers(array->raw_values(),
                                      array->raw_values() + array->length());
    std::ranges::sort(numbers);
    return numbers;
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
  /// Prepared when rows first fail; nullopt inside if they cannot be.
  std::optional<std::optional<SuspectQueries>> suspects_;
  std::string description_;
  std::vector<ScriptVariable> variables_;
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
  std::vector<ScriptVariable> variables;
  if (spec.pipeline != nullptr) variables = spec.pipeline->variables;
  std::string description = "DuckDB: " + OneLine(HideVariables(variables, spec.select));
  return std::make_unique<SqlTransformer>(std::move(session), std::move(description),
                                          std::move(variables));
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
