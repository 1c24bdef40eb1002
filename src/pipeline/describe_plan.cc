#include <string>

#include "base/units.h"
#include "config/redaction.h"
#include "pipeline/plan.h"

namespace frazil {
namespace {

std::string PartitioningOf(const PartitionSpec& spec, const Schema& schema) {
  if (spec.is_unpartitioned()) return "unpartitioned";
  std::string text = "partitioned by ";
  for (const PartitionField& field : spec.fields) {
    if (&field != &spec.fields.front()) text += ", ";
    const SchemaField* source = schema.FindFieldById(field.source_id);
    text += fmt::format("{}({})", field.transform.ToString(),
                        source == nullptr ? "?" : source->name);
  }
  return text;
}

void DescribeColumns(const Schema& schema, std::string& text) {
  for (const SchemaField& field : schema.fields) {
    text += fmt::format("      {} {}{}\n", field.name, field.type.ToString(),
                        field.required ? " NOT NULL" : "");
  }
}

void DescribeSource(const SourceSpec& source, std::string& text) {
  text += fmt::format("  {} ({})\n", source.name, source.connector);
  for (const ColumnSpec& column : source.columns) {
    text += fmt::format("      {} {}{}{}\n", column.name, column.type.ToString(),
                        column.required ? " NOT NULL" : "",
                        column.metadata_key.has_value()
                            ? fmt::format(" from metadata '{}'", *column.metadata_key)
                            : "");
  }
  for (const Option& option : source.options.all()) {
    text += fmt::format("      '{}' = '{}'\n", option.key, Redacted(option));
  }
}

void DescribeTarget(const PipelinePlan& plan, std::size_t index, std::string& text) {
  const TargetPlan& target = plan.targets[index];
  const PartitionSpec& spec = target.table.has_value()
                                  ? target.table->metadata->DefaultSpec()
                                  : target.creation->spec;
  text += fmt::format(
      "  {}{}{}: {}, {}\n", target.name.ToString(), index == 0 ? " (anchor)" : "",
      static_cast<std::int64_t>(index) == plan.dead_letter_target ? " (dead letters)"
                                                                  : "",
      target.table.has_value() ? "exists" : "will be created",
      PartitioningOf(spec, target.schema));
  DescribeColumns(target.schema, text);
}

std::string DeadLettersOf(const PipelineSettings& settings) {
  switch (settings.dead_letters) {
    case DeadLetterPolicy::kTable:
      return "table";
    case DeadLetterPolicy::kTopic:
      return "topic:" + settings.dead_letter_topic;
    case DeadLetterPolicy::kFail:
      break;
  }
  return "fail";
}

}  // namespace

std::string DescribePlan(const PipelinePlan& plan) {
  const PipelineSettings& settings = plan.settings;
  std::string text = fmt::format("pipeline {}\n", plan.name);
  text += fmt::format("  commit every {}, memory limit {}, dead letters: {}\n",
                      FormatDuration(settings.commit_interval),
                      FormatSize(settings.memory_limit_bytes), DeadLettersOf(settings));
  text += "sources\n";
  for (const std::size_t source : plan.sources) {
    DescribeSource(plan.spec.sources[source], text);
  }
  text += "inserts\n";
  for (std::size_t i = 0; i < plan.flows.size(); ++i) {
    const FlowPlan& flow = plan.flows[i];
    text +=
        fmt::format("  {} -> {}: {}\n", plan.spec.sources[plan.sources[flow.source]].name,
                    plan.targets[flow.target].name.ToString(), plan.selects[i]);
  }
  text += "tables\n";
  for (std::size_t i = 0; i < plan.targets.size(); ++i) DescribeTarget(plan, i, text);
  for (const std::string& warning : plan.warnings) {
    text += fmt::format("warning: {}\n", warning);
  }
  return text;
}

}  // namespace frazil
