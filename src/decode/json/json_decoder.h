#pragma once

/// \file decode/json/json_decoder.h
/// \brief Records whose value, and perhaps key, is JSON.
///
/// What becomes of each value, and of each thing that can be wrong with one, is defined in
/// docs/reference/json.md.

#include <memory>
#include <vector>

#include "base/result.h"
#include "decode/decoder.h"
#include "decode/json/json_options.h"

namespace frazil {

/// \brief Compiles a source table's columns into a decoder.
/// \return kInvalidConfig if two columns of the value or the key have one name, if a
/// metadata column is unknown or of the wrong type, or if a raw key has not exactly one
/// column, of STRING or BYTES; kNotSupported for a map whose keys no JSON name can be.
Result<std::unique_ptr<Decoder>> MakeJsonDecoder(std::vector<SourceColumn> columns,
                                                 JsonOptions options);

}  // namespace frazil
