#pragma once

/// \file pipeline/writer_stage.h
/// \brief Writes the rows of one table and delivers its files at each barrier.

#include <cstdint>
#include <map>
#include <memory>
#include <stop_token>

#include "base/result.h"
#include "pipeline/messages.h"
#include "write/table_writer.h"

namespace frazil {

/// \brief What a writer stage works with. Everything outlives it.
struct WriterStageContext {
  std::size_t table = 0;
  std::unique_ptr<TableWriter> writer;
  /// How many workers send barriers.
  std::size_t worker_count = 0;
  WriteChannel* input = nullptr;
  CommitChannel* committer = nullptr;
};

/// \brief The body of a writer stage. Not thread-safe.
class WriterStage {
 public:
  explicit WriterStage(WriterStageContext context) : context_(std::move(context)) {}

  /// \brief Runs until its input is closed and drained, an error, or `stop`. What is not
  /// delivered by then is deleted.
  Status Run(const std::stop_token& stop);

 private:
  Status Loop(const std::stop_token& stop);

  WriterStageContext context_;
  std::map<std::int64_t, std::size_t> barriers_;
};

}  // namespace frazil
