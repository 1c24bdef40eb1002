#pragma once

/// \file query/verify.h
/// \brief Compares the tables of a pipeline with what its source gives.
///
/// The source is read again, over exactly the ranges that the ledger says are in the tables;
/// decoder and SELECTs of today make rows of them; their number and the sum of their hashes
/// are compared with the tables' (query/row_hash.h). Rows of records that are open dead
/// letters are expected in no table; the dead letters themselves are, if the script of
/// today still fails with them. Nothing is written, and no consumer
/// group is joined: a running pipeline is not disturbed.

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "pipeline/plan.h"
#include "query/row_hash.h"

namespace frazil {

/// \brief What was found of one table.
struct TableVerdict {
  std::string table;
  std::int64_t expected_rows = 0;
  std::int64_t found_rows = 0;
  Hash128 expected_hash;
  Hash128 found_hash;
  /// Columns that need not come out the same: not compared.
  std::vector<std::string> left_out;
  /// "missing: partition 0: 5, 7-9": where the table holds partition and offset.
  std::vector<std::string> differences;
  /// Why a difference may be none; empty if it is one.
  std::string in_doubt;
  /// Snapshots that another program added to the table.
  std::int64_t foreign_snapshots = 0;

  [[nodiscard]] bool is_equal() const {
    return expected_rows == found_rows && expected_hash == found_hash;
  }
};

/// \brief What was found of a pipeline.
struct VerifyReport {
  /// Why nothing can be compared; empty if it could.
  std::string cannot_verify;
  std::vector<TableVerdict> tables;
  /// Records of the source that were read again.
  std::int64_t records = 0;
  /// Open dead letters that the script of today would make rows of.
  std::int64_t replayable = 0;
};

/// \brief Told how many records were read, and of how many offsets.
using OnVerifyProgress = std::function<void(std::int64_t records, std::int64_t offsets)>;

/// \brief Verifies a pipeline. Tables must not be written meanwhile: the comparison is with
/// the snapshots that they have when it begins.
/// \return errors of catalogs, storage and source; that there is nothing to compare with is
/// no error but VerifyReport::cannot_verify.
Result<VerifyReport> VerifyPipeline(const PipelinePlan& plan,
                                    const OnVerifyProgress& on_progress);

}  // namespace frazil
