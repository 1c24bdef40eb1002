#pragma once

/// \file decode/json/json_options.h
/// \brief The options of the JSON format. Meaning of each: docs/reference/json.md.

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "config/option_set.h"
#include "config/pipeline_spec.h"

namespace frazil {

/// \brief Form of a timestamp's text: 'json.timestamp-format.standard'.
enum class TimestampStandard : std::uint8_t {
  kSql,      ///< "2024-02-29 12:34:56.789", TIMESTAMP_LTZ with a zone
  kIso8601,  ///< "2024-02-29T12:34:56.789", TIMESTAMP_LTZ with a zone
};

/// \brief What a JSON number in a time column counts: 'json.epoch-unit'.
enum class EpochUnit : std::uint8_t {
  kNone,
  kSeconds,
  kMilliseconds,
  kMicroseconds,
  kNanoseconds
};

/// \brief How one JSON text, a record's key or its value, is read.
struct JsonTextOptions {
  /// A bad value becomes null, a bad record nothing, instead of a RecordFailure.
  bool ignore_parse_errors = false;
  /// An absent field is a failure; else it is null.
  bool fail_on_missing_field = false;
  TimestampStandard timestamp_standard = TimestampStandard::kSql;
  /// True: only the standard's form. False: either form, with or without a zone.
  bool is_timestamp_strict = false;
  /// kNone: a number in a time column is kWrongType.
  EpochUnit epoch_unit = EpochUnit::kNone;
};

/// \brief How a record's key is read.
enum class KeyFormat : std::uint8_t {
  kJson,  ///< a JSON object with the key columns
  kRaw,   ///< all of it is the one key column, STRING or BYTES
};

/// \brief How records are read.
struct JsonOptions {
  JsonTextOptions value;
  JsonTextOptions key;
  KeyFormat key_format = KeyFormat::kJson;
  /// Begins the name of each key column; not part of the name in the JSON key.
  std::string key_fields_prefix;
  /// A longer key or value is kTooLarge.
  std::int64_t max_record_bytes = std::int64_t{16} * 1024 * 1024;
  /// Objects and arrays within one another; more is kTooDeep.
  int max_depth = 512;
};

/// \brief Every option of the format, under each of the prefixes "json.", "value.json." and
/// "key.json.".
const std::vector<OptionDeclaration>& JsonOptionDeclarations();

/// \brief Reads the format's options of a source table; the value's from "value.json." or
/// "json.", the key's from "key.json.", and "key.format" and "key.fields-prefix".
/// \pre CheckOptions has passed them.
/// \return kInvalidConfig for a combination that means nothing.
Result<JsonOptions> ParseJsonOptions(const PipelineSpec& spec, const Options& options);

}  // namespace frazil
