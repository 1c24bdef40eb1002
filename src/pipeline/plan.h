#pragma once

/// \file pipeline/plan.h
/// \brief A PipelineSpec resolved against catalogs: what will run.
///
/// Planning reads catalogs and nothing else; `check` plans and stops there. Tables that do
/// not exist are planned from their CREATE TABLE and made by CreateMissing().

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "catalog/catalog.h"
#include "config/pipeline_spec.h"
#include "config/settings.h"
#include "model/type.h"
#include "storage/file_io.h"

namespace frazil {

class DuckDatabase;

/// \brief A table the pipeline writes.
struct TargetPlan {
  TableName name;
  /// Borrowed from PipelinePlan::catalogs.
  Catalog* catalog = nullptr;
  TableIdentifier identifier;
  /// nullopt: to be made from `creation`.
  std::optional<LoadedTable> table;
  std::optional<NewTable> creation;
  /// The namespace does not exist yet and the script says CREATE DATABASE.
  bool creates_namespace = false;
  /// What the table's columns are, or will be.
  Schema schema;
};

/// \brief One INSERT, by index.
struct FlowPlan {
  std::size_t source = 0;
  std::size_t target = 0;
  std::size_t insert = 0;
};

/// \brief That a plan runs a pipeline's dead letters again (pipeline/replay.h).
struct ReplayMode {
  /// The pipeline whose dead letters they are.
  std::string pipeline;
  /// Run those once more that failed in an earlier replay.
  bool is_retry = false;
};

/// \brief What will run.
struct PipelinePlan {
  PipelineSpec spec;
  PipelineSettings settings;
  /// settings.pipeline_name, or the group id of the first source, or the anchor's name.
  std::string name;
  std::shared_ptr<FileIO> io;
  std::map<std::string, std::unique_ptr<Catalog>> catalogs;
  /// Runs the SELECTs, those of the plan's checks and the pipeline's own.
  std::shared_ptr<DuckDatabase> database;
  /// Indices into spec.sources of the sources that some INSERT reads.
  std::vector<std::size_t> sources;
  /// Target 0 is the anchor; a dead-letter table, if any, is the last one.
  std::vector<TargetPlan> targets;
  std::vector<FlowPlan> flows;
  /// By flow, how its SELECT runs; for people.
  std::vector<std::string> selects;
  /// Index of the dead-letter table, or -1.
  std::int64_t dead_letter_target = -1;
  /// nullopt: records come from the sources.
  std::optional<ReplayMode> replay;
  /// For people: "ts of lake.db.events is evaluated once per batch (now())".
  std::vector<std::string> warnings;
};

/// \brief Plans a pipeline.
/// \return kInvalidConfig in the form of ErrorAt; errors of catalogs.
Result<PipelinePlan> PlanPipeline(PipelineSpec spec);

/// \brief Plans a pipeline that has run already, to look at what it left: a table that its
/// plain CREATE TABLE made is no error.
/// \return as PlanPipeline.
Result<PipelinePlan> PlanFinished(PipelineSpec spec);

/// \brief Makes the namespaces and tables that do not exist yet, and loads them.
Status CreateMissing(PipelinePlan& plan);

/// \brief By flow, what its INSERT is called in dead letters: "lake.db.events", and
/// "lake.db.events (2)" for the second one into the same table.
std::vector<std::string> InsertNames(const PipelinePlan& plan);

/// \brief The plan for `check`, secrets left out.
std::string DescribePlan(const PipelinePlan& plan);

/// \brief The name of the dead-letter table: beside the anchor, "<pipeline>_dead_letters"
/// with what is no identifier character as '_'.
TableName DeadLetterTableName(const TableName& anchor, std::string_view pipeline);

}  // namespace frazil
