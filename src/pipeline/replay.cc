#include "pipeline/replay.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "commit/ledger.h"
#include "source/dead_letters/dead_letter_source.h"

namespace frazil {
namespace {

Positions PositionsIn(const LedgerLookup& lookup) {
  return lookup.ledger.has_value() ? lookup.ledger->next() : Positions{};
}

// Begins where the anchor's ledger stands.
class FromLedger : public SplitListener {
 public:
  explicit FromLedger(Positions known) : known_(std::move(known)) {}

  Result<Positions> OnAssigned(const std::vector<Split>& splits) override {
    Positions positions;
    for (const Split& split : splits) positions[split] = known_[split];
    return positions;
  }
  void OnRevoked(const std::vector<Split>&) override {}
  void OnLost(const std::vector<Split>&) override {}

 private:
  Positions known_;
};

// Whether it lacks rows that it once had.
bool IsToBeFilled(const LedgerLookup& lookup) {
  if (lookup.state == LedgerState::kRolledBack) return true;
  if (!lookup.ledger.has_value()) return false;
  const Positions next = lookup.ledger->next();
  return std::any_of(next.begin(), next.end(), [&](const auto& entry) {
    return lookup.ledger->ReplayUntil(entry.first) != nullptr;
  });
}

void Raise(Positions& positions, const Split& split, const Position& to) {
  const auto [known, is_new] = positions.try_emplace(split, to);
  if (!is_new && known->second.ordinal < to.ordinal) known->second = to;
}

// How far any table is, or was before a rollback.
Result<Positions> ReachedBy(const PipelinePlan& plan) {
  Positions reached;
  for (const TargetPlan& target : plan.targets) {
    FRAZIL_ASSIGN(const LoadedTable table, target.catalog->LoadTable(target.identifier));
    FRAZIL_ASSIGN(const LedgerLookup lookup, FindLedger(*table.metadata, plan.name));
    for (const auto& ledger : {lookup.ledger, lookup.before_rollback}) {
      if (!ledger.has_value()) continue;
      for (const auto& [split, position] : ledger->next()) {
        Raise(reached, split, position);
        const Position* until = ledger->ReplayUntil(split);
        if (until != nullptr) Raise(reached, split, *until);
      }
    }
  }
  return reached;
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
  FRAZIL_ASSIGN(config.reached, ReachedBy(plan));
  return std::make_unique<DeadLetterSource>(std::move(config));
}

Result<std::unique_ptr<Source>> StartReplaySource(const PipelinePlan& plan,
                                                  std::size_t source) {
  Positions known;
  const TargetPlan& anchor = plan.targets.front();
  if (anchor.table.has_value()) {
    FRAZIL_ASSIGN(const LedgerLookup lookup,
                  FindLedger(*anchor.table->metadata, plan.name));
    known = PositionsIn(lookup);
  }
  FromLedger listener(std::move(known));
  FRAZIL_ASSIGN(auto made, MakeReplaySource(plan, source));
  FRAZIL_TRY(made->Open());
  FRAZIL_TRY(made->Start(listener));
  return made;
}

Result<bool> HasReplayWork(const PipelinePlan& plan) {
  for (const TargetPlan& target : plan.targets) {
    FRAZIL_ASSIGN(const LedgerLookup lookup,
                  FindLedger(*target.table->metadata, plan.name));
    if (IsToBeFilled(lookup)) return true;
  }
  for (std::size_t i = 0; i < plan.sources.size(); ++i) {
    FRAZIL_ASSIGN(const auto source, StartReplaySource(plan, i));
    if (source->Lag() > 0) return true;
  }
  return false;
}

}  // namespace frazil
