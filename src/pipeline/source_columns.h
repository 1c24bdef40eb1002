#pragma once

/// \file pipeline/source_columns.h
/// \brief Columns, formats and options of a source table, resolved for its decoder.

#include <memory>
#include <vector>

#include "base/result.h"
#include "config/pipeline_spec.h"
#include "decode/decoder.h"

namespace frazil {

/// \brief The decoder of a source table: its columns by origin (value, key.fields,
/// METADATA), its format's options.
/// \return kInvalidConfig pointing at the column or option.
Result<std::unique_ptr<Decoder>> MakeSourceDecoder(const PipelineSpec& spec,
                                                   const SourceSpec& source);

/// \brief Checks everything of a source table that needs no connection: options, what they
/// mean together, the properties of a Kafka client, formats, columns.
/// \return kInvalidConfig pointing at the column or option.
Status CheckSource(const PipelineSpec& spec, const SourceSpec& source);

}  // namespace frazil
