#pragma once

/// \file write/dead_letter.h
/// \brief Records that could not become rows, as rows of the dead-letter table.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <arrow/type_fwd.h>

#include "base/result.h"
#include "decode/decoder.h"
#include "model/batch.h"
#include "model/type.h"

namespace frazil {

/// \brief Columns of the dead-letter table, in order:
///
/// | column      | type                | what                                              |
/// |-------------|---------------------|---------------------------------------------------|
/// | payload     | binary              | the record's value; null for a tombstone          |
/// | key         | binary              | the record's key; null where there is none        |
/// | headers     | map<string, binary> | names may repeat, as in Kafka                     |
/// | topic       | string, required    | the stream of the split                           |
/// | partition   | int, required       |                                                   |
/// | offset      | long, required      |                                                   |
/// | timestamp   | timestamptz         | of the record; null where it has none             |
/// | timestamp_type | string           | "CreateTime" or "LogAppendTime"; null without timestamp |
/// | stage       | string, required    | "decode" or "transform"                           |
/// | error_class | string, required    | for grouping                                      |
/// | message     | string, required    | for people                                        |
/// | source      | string, required    | the source table of the pipeline                  |
/// | pipeline    | string, required    | the pipeline's name                               |
/// | recorded_at | timestamptz, required | when the record was set aside                   |
/// | failed_inserts | list<string>, required | the INSERTs whose SELECT failed; empty: none could run |
/// | replay_round | int, required      | 0 for a record from its stream; n: failed again in round n |
Schema DeadLetterSchema();

/// \brief What all dead letters of a batch share beside the batch.
struct DeadLetterContext {
  /// The pipeline that set the records aside first.
  std::string pipeline;
  /// Microseconds since the Unix epoch, UTC.
  std::int64_t recorded_at_us = 0;
};

/// \brief One row per failure, in their order, of ArrowSchemaOf(DeadLetterSchema()).
/// \return kInternal if a failure names a record that the batch does not have, or memory
/// ran out.
Result<std::shared_ptr<arrow::RecordBatch>> DeadLetterBatch(
    const RawBatch& batch, const std::vector<RecordFailure>& failures,
    const DeadLetterContext& context);

}  // namespace frazil
