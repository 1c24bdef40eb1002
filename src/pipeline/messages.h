#pragma once

/// \file pipeline/messages.h
/// \brief What the stages of a pipeline send each other.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <variant>
#include <vector>

#include <arrow/type_fwd.h>

#include "base/channel.h"
#include "iceberg/manifest.h"
#include "model/batch.h"
#include "model/split.h"

namespace frazil {

/// \brief Where one table stands, for splits that are read from further back than it needs.
struct TableSkip {
  /// The table holds what lies below: those rows are passed over for it.
  Positions held;
  /// After a rollback: up to where the table is filled in again. Until then its ledger
  /// moves with every epoch, also without rows, and it takes no other claim.
  Positions replay_until;
};

/// \brief By table of the pipeline.
using SkipPositions = std::vector<TableSkip>;

/// \brief Source to worker: a batch, or the end of an epoch.
struct WorkItem {
  std::int64_t epoch = 0;
  /// nullopt: the barrier that ends `epoch`.
  std::optional<RawBatch> batch;
  std::shared_ptr<const SkipPositions> skip;
};

/// \brief Worker to writer: rows of one table, or one worker's barrier.
struct WriteItem {
  std::int64_t epoch = 0;
  /// nullptr: the barrier that ends `epoch` as far as one worker is concerned.
  std::shared_ptr<arrow::RecordBatch> rows;
};

/// \brief Source to committer: what one source read in an epoch.
struct SourceEpoch {
  std::size_t source = 0;
  std::int64_t epoch = 0;
  Ranges ranges;
  /// Splits of `ranges` that no ledger knew when they were assigned.
  std::vector<Split> new_splits;
  std::map<Split, StreamIdentity> identities;
  std::shared_ptr<const SkipPositions> skip;
  /// Commit even if no row was kept: a stop, or splits that go elsewhere.
  bool is_forced = false;
};

/// \brief Writer to committer: the files of one table in an epoch.
struct WrittenTable {
  std::size_t table = 0;
  std::int64_t epoch = 0;
  std::vector<DataFile> files;
};

using CommitItem = std::variant<SourceEpoch, WrittenTable>;

using WorkChannel = Channel<WorkItem>;
using WriteChannel = Channel<WriteItem>;
using CommitChannel = Channel<CommitItem>;

}  // namespace frazil
