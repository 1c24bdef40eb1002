#pragma once

/// \file source/datagen/datagen_options.h
/// \brief The options of a datagen table, compiled into a plan for its records.
///
/// Keys and defaults are those of Flink's connector 'datagen', under "fields.<column>.";
/// members of nested columns are reached by dots: "fields.geo.city.length",
/// "fields.tags.element.max". Ours are `seed`, `splits`, `start-timestamp` and
/// `timestamp-step`. Where Flink takes the wall clock, the time of a record is
/// start-timestamp + its number * timestamp-step: a replay gives the same bytes.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "config/option_set.h"
#include "config/pipeline_spec.h"
#include "model/literal.h"
#include "model/type.h"

namespace frazil {

/// \brief Every option of the connector.
const std::vector<OptionDeclaration>& DatagenOptions();

/// \brief How the values of one field are made.
struct FieldPlan {
  enum class Kind {
    kBoolean,
    kRandomInt,   ///< in [low, high]
    kSequence,    ///< low + record number
    kFixedPoint,  ///< in [low, high], in units of 10^-scale
    kWide,        ///< decimals of more than 18 digits: 0 to `digits` digits, and a sign
    kDouble,      ///< in [low_real, high_real]
    kString,      ///< hexadecimal digits
    kBytes,       ///< base64 of `length` random bytes
    kUuid,
    kDate,         ///< up to `high` ms before the record's time
    kTime,         ///< any time of day
    kTimestamp,    ///< up to `high` ms before the record's time
    kTimestamptz,  ///< likewise
    kStruct,
    kList,
    kMap,
  };
  Kind kind = Kind::kBoolean;
  /// What stands before the value: `{"id":`, `,"name":`, or "" inside lists and maps.
  std::string label;
  std::int64_t low = 0;
  std::int64_t high = 0;
  double low_real = 0;
  double high_real = 0;
  int scale = 0;
  int digits = 0;
  /// Characters of strings, bytes of binaries, elements of lists and maps.
  std::int64_t length = 0;
  /// True: lengths vary from 1 to `length`.
  bool is_length_random = false;
  /// Null where 32 random bits are below: null-rate * 2^32.
  std::uint64_t null_below = 0;
  /// Members of a struct; the element of a list; key and value of a map.
  std::vector<FieldPlan> members;
};

/// \brief A datagen table.
struct DatagenConfig {
  std::string name;
  std::vector<FieldPlan> fields;
  std::uint64_t seed = 0;
  std::int32_t splits = 1;
  /// Over all splits; nullopt: for ever.
  std::optional<std::int64_t> row_count;
  /// Over all splits; 0: as fast as they are taken.
  std::int64_t rows_per_second = 0;
  /// Milliseconds since the Unix epoch.
  std::int64_t start_ms = 0;
  std::int64_t step_ms = 1;
};

/// \brief Reads the options of a table that CheckOptions has passed.
/// \return kInvalidConfig with the place in the script.
Result<DatagenConfig> ParseDatagen(const PipelineSpec& script, const SourceSpec& table);

/// \brief No record of these fields is longer, in bytes.
std::size_t MaxRecordBytes(const std::vector<FieldPlan>& fields);

}  // namespace frazil
