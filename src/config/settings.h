#pragma once

/// \file config/settings.h
/// \brief The settings of a pipeline: what SET takes, and what it comes to.
///
/// docs/reference/sql.md has them as a table.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "config/option_set.h"
#include "config/pipeline_spec.h"

namespace frazil {

/// \brief What becomes of records that cannot be written.
enum class DeadLetterPolicy {
  kTable,  ///< a row of the pipeline's Iceberg table of dead letters
  kTopic,  ///< a record of a Kafka topic
  kFail,   ///< the pipeline stops
};

/// \brief What to do when the owner of a table rolled it back, and the ledger with it.
enum class OnRollback {
  kReplay,  ///< go back to where the ledger stands now
  kStop,
};

/// \brief What to do when the source no longer holds what the ledger asks for.
enum class OnDataLoss {
  kFail,
  kContinue,  ///< go on at the oldest record there is
};

/// \brief The settings, parsed.
struct PipelineSettings {
  std::chrono::milliseconds commit_interval{0};
  /// Bytes of input after which to commit early; nullopt: no such bound.
  std::optional<std::int64_t> commit_max_bytes;
  /// Rows of input after which to commit early; nullopt: no such bound.
  std::optional<std::int64_t> commit_max_rows;
  std::int64_t memory_limit_bytes = 0;
  /// Empty: the group id of the source, else the name of the first table.
  std::string pipeline_name;
  DeadLetterPolicy dead_letters = DeadLetterPolicy::kTable;
  /// Of DeadLetterPolicy::kTopic.
  std::string dead_letter_topic;
  OnRollback on_rollback = OnRollback::kReplay;
  OnDataLoss on_data_loss = OnDataLoss::kFail;
  /// Another pipeline's ledger for the same topic in a table is no reason to refuse.
  bool allow_shared_topics = false;
  /// Threads that decode and transform, per source; 0: by the machine's cores.
  std::int64_t workers = 0;
};

/// \brief All settings, in the order of the reference.
const std::vector<OptionDeclaration>& SettingDeclarations();

/// \brief Checks and parses spec.settings.
/// \return kInvalidConfig in the form of ErrorAt.
Result<PipelineSettings> ParseSettings(const PipelineSpec& spec);

}  // namespace frazil
