#pragma once

/// \file query/verify_expected.h
/// \brief Which rows the records of a source make, of those that the tables should hold.

#include <cstddef>
#include <functional>
#include <vector>

#include <arrow/type_fwd.h>

#include "base/result.h"
#include "decode/decoder.h"
#include "model/batch.h"
#include "pipeline/plan.h"
#include "pipeline/worker_stage.h"
#include "query/verify_letters.h"
#include "query/verify_ranges.h"

namespace frazil {

/// \brief Takes rows that a table, by its index in the plan, should hold.
using OnExpected =
    std::function<Status(std::size_t target, const arrow::RecordBatch& rows)>;

/// \brief Makes rows of records as a worker does, of each table those that it holds by its
/// ledger and by its replays. Not thread-safe.
class ExpectedRows {
 public:
  /// All but the last outlive this.
  ExpectedRows(const PipelinePlan& plan, const LedgerCoverage& coverage,
               const VerifyLetters& letters, OnExpected on_expected);

  /// \brief Adds records of a source.
  /// \param decoder, flows those of the source.
  Status Add(const RawBatch& batch, Decoder& decoder, const std::vector<Flow>& flows);

  /// \brief The places of records that the script of today sets aside.
  [[nodiscard]] const VerifyLetters::Places& still_failing() const {
    return still_failing_;
  }

 private:
  // Records of a batch that a table's own account covers.
  [[nodiscard]] RecordRun AccountOf(std::size_t target, const RawBatch& batch) const;
  // What an INSERT makes of what it was given; failures are added.
  Status RunFlow(const Flow& flow, const RawBatch& batch, const DecodedBatch& decoded,
                 std::vector<RecordFailure>& failures);
  Status RunRecords(const Flow& flow, const DecodedBatch& decoded, RecordRun run,
                    std::vector<RecordFailure>& failures);
  Status AddDeadLetters(const RawBatch& batch, std::vector<RecordFailure> failures);

  const PipelinePlan& plan_;
  const LedgerCoverage& coverage_;
  const VerifyLetters& letters_;
  OnExpected on_expected_;
  VerifyLetters::Places still_failing_;
};

}  // namespace frazil
