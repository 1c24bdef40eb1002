#pragma once

/// \file pipeline/start_up.h
/// \brief Where a pipeline begins: reads the ledgers, resolves a first start, refuses what
/// would lose or double rows.
///
/// Rules: docs/adr/0001-ledger.md, "Starting".

#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.h"
#include "catalog/catalog.h"
#include "commit/table_committer.h"
#include "pipeline/source_stage.h"
#include "source/source.h"

namespace frazil {

/// \brief What the operator wants done where a rule leaves a choice.
struct StartUpChoices {
  std::string pipeline;
  /// on-rollback = stop: refuse to replay into a table that was set back.
  bool stop_on_rollback = false;
  /// on-data-loss = continue: go on from what the source still has.
  bool continue_on_data_loss = false;
  /// Another pipeline's ledger for the same topic in the table is no reason to refuse.
  bool allow_shared_topics = false;
};

/// \brief A table of the pipeline at start.
struct StartUpTable {
  TableCommitter* committer = nullptr;
  Catalog* catalog = nullptr;
  /// As in Ledger::tables.
  std::string uuid;
  bool is_dead_letters = false;
};

/// \brief Finds the pipeline's ledger in a table that it may go on with.
/// \return kDataLoss or kInvalidConfig where PrepareLedgers would refuse the table.
Result<LedgerLookup> FindOwnLedger(const TableMetadata& metadata,
                                   const TableIdentifier& identifier,
                                   const std::vector<Source*>& sources,
                                   const StartUpChoices& choices);

/// \brief Checks the ledgers of all tables, acknowledges rollbacks, and commits what a first
/// start resolves to.
/// \param tables table 0 is the anchor.
/// \param sources opened, not started.
/// \return
///  - kDataLoss: a stream was made anew or has become shorter, retention has deleted what
///    was not read, a ledger is lost, a rollback was found and `stop_on_rollback` is set;
///  - kInvalidConfig: another pipeline, or another source name, has a ledger for the topic;
///  - any error of a source, a catalog or a commit.
Status PrepareLedgers(const std::vector<StartUpTable>& tables,
                      const std::vector<Source*>& sources, const StartUpChoices& choices,
                      const std::stop_token& stop);

/// \brief The number of the next epoch: higher than any in the ledgers.
Result<std::int64_t> NextEpoch(const std::vector<StartUpTable>& tables);

/// \brief Reads where the tables stand now. For SourceStageContext::read_ledgers.
Result<StartPositions> ReadStartPositions(const std::vector<StartUpTable>& tables);

}  // namespace frazil
