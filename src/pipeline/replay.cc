#include "pipeline/replay.h"

#include <set>
#include <utility>

#include "commit/ledger.h"
#include "source/dead_letters/dead_letter_source.h"

namespace frazil {
namespace {

Positions PositionsIn(const LedgerLookup& lookup) {
  return lookup.ledger.has_value() ? lookup.ledger->next() : Positions{};
}

// Splits of which some table holds more than the anchor: an epoch was committed halfway.
Result<std::set<Split>> FindUnfinished(const PipelinePlan& plan) {
  Positions anchor;
  std::set<Split> unfinished;
  for (std::size_t i = 0; i < plan.targets.size(); ++i) {
    const TargetPlan& target = plan.targets[i];
    FRAZIL_ASSIGN(const LoadedTable table, target.catalog->LoadTable(target.identifier));
    FRAZIL_ASSIGN(const LedgerLookup lookup, FindLedger(*table.metadata, plan.name));
    if (i == 0) {
      anchor = PositionsIn(lookup);
      continue;
    }
    for (const auto& [split, position] : PositionsIn(lookup)) {
      const auto known = anchor.find(split);
      if (known == anchor.end() || known->second.ordinal < position.ordinal) {
        unfinished.insert(split);
      }
    }
  }
  return unfinished;
}

}  // namespace

Result<PipelinePlan> PlanReplay(PipelinePlan plan, bool is_retry) {
  if (plan.dead_letter_target < 0) {
    return Fail(ErrorKind::kNotFound,
                "pipeline '{}' has no dead-letter table: its 'dead-letters' is {}",
                plan.name,
                plan.settings.dead_letters == DeadLetterPolicy::kTopic
                    ? fmt::format("topic:{}", plan.settings.dead_letter_topic)
                    : "fail");
  }
  const auto& letters = plan.targets[static_cast<std::size_t>(plan.dead_letter_target)];
  if (!letters.table.has_value()) {
    return Fail(ErrorKind::kNotFound, "{} does not exist yet: the pipeline never ran",
                letters.name.ToString());
  }
  plan.replay = ReplayMode{plan.name, is_retry};
  plan.name = ReplayName(plan.name);
  return plan;
}

Result<ReplayPositions> ReadReplayPositions(const PipelinePlan& plan,
                                            const std::string& pipeline) {
  ReplayPositions positions;
  if (!plan.targets.front().table.has_value()) return positions;
  FRAZIL_ASSIGN(const LedgerLookup lookup,
                FindLedger(*plan.targets.front().table->metadata, ReplayName(pipeline)));
  for (const auto& [split, position] : PositionsIn(lookup)) {
    FRAZIL_ASSIGN(positions[split], ReplayPosition::From(position));
  }
  return positions;
}

Result<std::unique_ptr<Source>> MakeReplaySource(const PipelinePlan& plan,
                                                 std::size_t source) {
  DeadLetterConfig config;
  config.name = plan.spec.sources[plan.sources[source]].name;
  config.io = plan.io.get();
  const auto& letters = plan.targets[static_cast<std::size_t>(plan.dead_letter_target)];
  FRAZIL_ASSIGN(const LoadedTable table, letters.catalog->LoadTable(letters.identifier));
  config.table = table.metadata;
  FRAZIL_ASSIGN(const LedgerLookup own,
                FindLedger(*plan.targets.front().table->metadata, plan.replay->pipeline));
  for (const auto& [split, position] : PositionsIn(own)) {
    config.identities[split] =
        own.ledger->sources.at(split.source).at(split.stream).identity;
  }
  config.inserts = InsertNames(plan);
  config.is_retry = plan.replay->is_retry;
  if (config.is_retry) {
    FRAZIL_ASSIGN(config.unfinished, FindUnfinished(plan));
  }
  return std::make_unique<DeadLetterSource>(std::move(config));
}

}  // namespace frazil
