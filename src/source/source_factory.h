#pragma once

/// \file source/source_factory.h
/// \brief The connectors that can be read from, and sources made of source tables.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/option_set.h"
#include "config/pipeline_spec.h"
#include "source/source.h"

namespace frazil {

/// \brief What a pipeline gives its sources.
struct SourceContext {
  /// The script the tables stand in; for places in messages. Must not be null.
  const PipelineSpec* script = nullptr;
  /// Consumer group where the user names none: the pipeline's name. Two source tables of
  /// one pipeline that read the same topic need different ones, or they share its records.
  std::string group_id;
  /// Memory for records fetched ahead, in bytes.
  std::int64_t queue_bytes = 32LL << 20;
};

/// \brief A way to read records.
struct SourceConnector {
  /// The value of the option 'connector'.
  std::string_view name;
  std::string_view description;
  /// Its options, but those of formats.
  const std::vector<OptionDeclaration>& (*options)();
  /// The format of the values where the connector alone decides; "" where options do.
  std::string_view fixed_format;
  Result<std::unique_ptr<Source>> (*make)(const SourceSpec& table,
                                          const SourceContext& context);
};

/// \brief All connectors, by name.
const std::vector<SourceConnector>& SourceConnectors();

/// \brief The connector of a table.
/// \return kInvalidConfig with its place and the names there are.
Result<const SourceConnector*> FindSourceConnector(const PipelineSpec& script,
                                                   const SourceSpec& table);

/// \brief Makes the source of a table whose options CheckOptions has passed. Reaches for
/// nothing outside of the process: Source::Open does.
/// \return kInvalidConfig with the place in the script.
Result<std::unique_ptr<Source>> OpenSource(const SourceSpec& table,
                                           const SourceContext& context);

}  // namespace frazil
