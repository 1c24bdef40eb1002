#pragma once

/// \file query/verify_source.h
/// \brief Reads a source once more, over the ranges that the tables say they hold.

#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>

#include "base/result.h"
#include "model/batch.h"
#include "pipeline/plan.h"
#include "query/verify_ranges.h"
#include "source/source.h"

namespace frazil {

/// \brief A plan of the same tables and SELECTs whose sources are read beside the pipeline:
/// without joining its consumer group, and to their ends of now at most. Failed records go
/// nowhere.
Result<PipelinePlan> PlanReadingAgain(const PipelinePlan& plan);

/// \brief Takes the records that some table holds; an error ends the reading.
using OnRecords = std::function<Status(const RawBatch& batch)>;

/// \brief A source of such a plan. Not thread-safe.
class SourceReading {
 public:
  /// \brief Opens the source and compares what it has with what the tables hold.
  /// \return errors of the source; what no error is but makes comparing impossible is
  /// impossible_because().
  static Result<SourceReading> Open(std::unique_ptr<Source> source,
                                    const SourceSpec& spec,
                                    const LedgerCoverage& coverage);

  [[nodiscard]] const std::string& impossible_because() const {
    return range_.impossible_because;
  }
  /// \brief How many offsets are to be read.
  [[nodiscard]] std::int64_t offsets() const;
  /// \brief The streams that may have lost records of these ranges: "<source>/<stream>".
  [[nodiscard]] std::set<std::string> CompactedStreams() const;

  /// \brief Reads it all. Call once, if it is possible.
  /// \return why the source ended before; empty if it did not. kUnavailable if it gives
  /// nothing for a minute.
  Result<std::string> Read(const OnRecords& on_records);

 private:
  SourceReading(std::unique_ptr<Source> source, ReplayRange range);

  // Gives what is wanted of a batch; a split that is done leaves `range_`.
  Status Take(RawBatch batch, const OnRecords& on_records);

  std::unique_ptr<Source> source_;
  ReplayRange range_;
};

}  // namespace frazil
