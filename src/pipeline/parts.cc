#include "pipeline/parts.h"

#include <algorithm>
#include <utility>

#include "pipeline/replay.h"
#include "pipeline/select.h"
#include "pipeline/source_columns.h"
#include "source/source_factory.h"

namespace frazil {
namespace {

constexpr std::int64_t kMaxQueueBytes = 16LL << 20;

}  // namespace

PipelineParts::PipelineParts(const PipelinePlan& plan, MemoryBudget& budget)
    : plan_(plan), budget_(budget) {}

Result<std::unique_ptr<Source>> PipelineParts::MakeSource(std::size_t source) {
  if (plan_.replay.has_value()) return MakeReplaySource(plan_, source);
  const SourceSpec& table = plan_.spec.sources[plan_.sources[source]];
  SourceContext context;
  context.script = &plan_.spec;
  // Two sources on one topic must not share its partitions: each gets a group of its own.
  context.group_id = plan_.sources.size() == 1
                         ? plan_.name
                         : fmt::format("{}.{}", plan_.name, table.name);
  context.queue_bytes = std::min(kMaxQueueBytes, budget_.limit_bytes() / 8);
  return OpenSource(table, context);
}

Result<std::unique_ptr<Decoder>> PipelineParts::MakeDecoder(std::size_t source) {
  return MakeSourceDecoder(plan_.spec, plan_.spec.sources[plan_.sources[source]]);
}

Result<std::vector<Flow>> PipelineParts::MakeFlows(std::size_t source) {
  std::vector<Flow> flows;
  const std::vector<std::string> names = InsertNames(plan_);
  for (std::size_t i = 0; i < plan_.flows.size(); ++i) {
    const FlowPlan& plan = plan_.flows[i];
    if (plan.source != source) continue;
    const TransformSpec select = TransformSpecOf(plan_, plan);
    Flow flow;
    flow.table = plan.target;
    flow.insert = names[i];
    FRAZIL_ASSIGN(flow.transformer, MakeTransformer(select, plan_.database.get()));
    flows.push_back(std::move(flow));
  }
  return flows;
}

Result<std::unique_ptr<TableWriter>> PipelineParts::MakeWriter(std::size_t target) {
  const TargetPlan& table = plan_.targets[target];
  auto writer = TableWriter::Make(table.table->metadata, *plan_.io, budget_);
  if (!writer.has_value()) {
    return Fail(std::move(writer).error().Within(table.name.ToString()));
  }
  return writer;
}

}  // namespace frazil
