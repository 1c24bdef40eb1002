#pragma once

/// \file source/datagen/record_writer.h
/// \brief One record of a datagen table as JSON.

#include <cstdint>
#include <vector>

#include "source/datagen/datagen_options.h"

namespace frazil {

/// \brief Writes record `index` (counted over all splits) as a JSON object.
/// \param out room for MaxRecordBytes(config.fields).
/// \return the byte after it. A pure function of the configuration and the index.
char* WriteRecord(const DatagenConfig& config, std::int64_t index, char* out);

/// \brief The time of record `index`: milliseconds since the Unix epoch.
inline std::int64_t RecordTimeMs(const DatagenConfig& config, std::int64_t index) {
  return config.start_ms + index * config.step_ms;
}

}  // namespace frazil
