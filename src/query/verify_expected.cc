#include "query/verify_expected.h"

#include <algorithm>
#include <utility>

#include <arrow/record_batch.h>

#include "write/dead_letter.h"

namespace frazil {
namespace {

// The number of a batch's rows that come from its first `records` records.
std::int64_t RowsOf(const DecodedBatch& decoded, std::size_t records) {
  if (decoded.record_of_row.empty()) {
    return std::min(static_cast<std::int64_t>(records), decoded.rows->num_rows());
  }
  const auto& of_row = decoded.record_of_row;
  return std::lower_bound(of_row.begin(), of_row.end(), records) - of_row.begin();
}

}  // namespace

ExpectedRows::ExpectedRows(const PipelinePlan& plan, const LedgerCoverage& coverage,
                           const VerifyLetters& letters, OnExpected on_expected)
    : plan_(plan),
      coverage_(coverage),
      letters_(letters),
      on_expected_(std::move(on_expected)) {}

RecordRun ExpectedRows::AccountOf(std::size_t target, const RawBatch& batch) const {
  const auto begin = coverage_.begin[target].find(batch.split);
  const auto end = coverage_.end[target].find(batch.split);
  if (end == coverage_.end[target].end()) return {0, 0};
  const std::size_t last = RecordsBelow(batch, end->second.ordinal);
  if (begin == coverage_.begin[target].end()) return {0, last};
  return {std::min(last, RecordsBelow(batch, begin->second.ordinal)), last};
}

Status ExpectedRows::Add(const RawBatch& batch, Decoder& decoder,
                         const std::vector<Flow>& flows) {
  if (batch.records.empty()) return {};
  FRAZIL_ASSIGN(DecodedBatch decoded, decoder.Decode(batch, 0));
  std::vector<RecordFailure> failures = std::move(decoded.failures);
  for (const Flow& flow : flows) FRAZIL_TRY(RunFlow(flow, batch, decoded, failures));
  return AddDeadLetters(batch, std::move(failures));
}

Status ExpectedRows::RunFlow(const Flow& flow, const RawBatch& batch,
                             const DecodedBatch& decoded,
                             std::vector<RecordFailure>& failures) {
  const RecordRun account = AccountOf(flow.table, batch);
  for (const RecordRun& run : letters_.RunsOf(batch, flow.insert, account)) {
    FRAZIL_TRY(RunRecords(flow, decoded, run, failures));
  }
  return {};
}

Status ExpectedRows::RunRecords(const Flow& flow, const DecodedBatch& decoded,
                                RecordRun run, std::vector<RecordFailure>& failures) {
  const std::int64_t begin = RowsOf(decoded, run.begin);
  const std::int64_t end = RowsOf(decoded, run.end);
  if (begin >= end) return {};
  FRAZIL_ASSIGN(TransformedBatch made,
                flow.transformer->Apply(decoded.rows->Slice(begin, end - begin)));
  for (RowFailure& failure : made.failures) {
    const auto row = static_cast<std::size_t>(begin + failure.row);
    const std::size_t record =
        decoded.record_of_row.empty() ? row : decoded.record_of_row[row];
    failures.push_back({record,
                        "transform",
                        std::move(failure.error_class),
                        std::move(failure.message),
                        {flow.insert}});
  }
  if (made.rows == nullptr || !run.is_held) return {};
  return on_expected_(flow.table, *made.rows);
}

// As a worker does it: a record is one dead letter, with the first reason.
Status ExpectedRows::AddDeadLetters(const RawBatch& batch,
                                    std::vector<RecordFailure> failures) {
  if (plan_.dead_letter_target < 0 || failures.empty()) return {};
  const auto target = static_cast<std::size_t>(plan_.dead_letter_target);
  MergeFailures(failures);
  const RecordRun account = AccountOf(target, batch);
  std::erase_if(failures, [&](const RecordFailure& failure) {
    return failure.record_index < account.begin || failure.record_index >= account.end;
  });
  if (failures.empty()) return {};
  for (const RecordFailure& failure : failures) {
    still_failing_.emplace(batch.split, batch.records[failure.record_index].ordinal);
  }
  FRAZIL_ASSIGN(const auto rows, DeadLetterBatch(batch, failures, {plan_.name, 0}));
  return on_expected_(target, *rows);
}

}  // namespace frazil
