#pragma once

/// \file config/sql/sql_script.h
/// \brief The native front end: a SQL script becomes a PipelineSpec.

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "config/pipeline_spec.h"

namespace frazil {

/// \brief Looks an environment variable up.
using Environment = std::function<std::optional<std::string>(std::string_view name)>;

/// \brief Parses and resolves a script: names against USE, `${NAME}` and `${NAME:-default}`
/// against `environment` (inside quoted literals and identifiers and outside; never inside
/// comments).
/// \return kInvalidConfig with file, line, column, caret and suggestion.
Result<PipelineSpec> ParseSqlScript(std::string_view file, std::string_view text,
                                    const Environment& environment);

}  // namespace frazil
