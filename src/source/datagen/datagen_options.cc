#include "source/datagen/datagen_options.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string_view>
#include <utility>

#include "base/json.h"
#include "base/units.h"
#include "model/calendar.h"
#include "source/datagen/field_options.h"

namespace frazil {
namespace {

using Kind = FieldPlan::Kind;

constexpr std::int64_t kMaxLength = 1 << 20;
// 10^18: the digits that a 64-bit unscaled value surely holds.
constexpr int kNarrowDigits = 18;

std::int64_t PowerOfTen(int exponent) {
  std::int64_t power = 1;
  for (int i = 0; i < exponent; ++i) power *= 10;
  return power;
}

// The value range of integers and, in units of 10^-scale, of short decimals.
Status ReadIntRange(FieldOptions& options, const std::string& path, std::int64_t least,
                    std::int64_t greatest, FieldPlan& plan) {
  constexpr std::string_view kMin = ".min";
  constexpr std::string_view kMax = ".max";
  if (plan.scale == 0) {
    FRAZIL_ASSIGN(plan.low, options.Number(path + kMin.data(), least, least, greatest));
    FRAZIL_ASSIGN(plan.high,
                  options.Number(path + kMax.data(), greatest, least, greatest));
  } else {
    const double unit = std::pow(10.0, plan.scale);
    const double limit = static_cast<double>(greatest) / unit;
    FRAZIL_ASSIGN(const double low,
                  options.Number(path + kMin.data(), -limit, -limit, limit));
    FRAZIL_ASSIGN(const double high,
                  options.Number(path + kMax.data(), limit, -limit, limit));
    plan.low = std::max(static_cast<std::int64_t>(std::ceil(low * unit)), least);
    plan.high = std::min(static_cast<std::int64_t>(std::floor(high * unit)), greatest);
  }
  if (plan.low > plan.high) return options.Refuse(path + ".min", "is above the maximum");
  return {};
}

Status ReadReal(FieldOptions& options, const std::string& path, double limit,
                FieldPlan& plan) {
  plan.kind = Kind::kDouble;
  FRAZIL_ASSIGN(plan.low_real, options.Number(path + ".min", -limit, -limit, limit));
  FRAZIL_ASSIGN(plan.high_real, options.Number(path + ".max", limit, -limit, limit));
  if (plan.low_real > plan.high_real) {
    return options.Refuse(path + ".min", "is above the maximum");
  }
  return {};
}

Status ReadDecimal(FieldOptions& options, const std::string& path, const Type& type,
                   FieldPlan& plan) {
  plan.scale = type.scale();
  plan.digits = type.precision();
  const bool has_range =
      options.Get(path + ".min").has_value() || options.Get(path + ".max").has_value();
  if (plan.digits > kNarrowDigits && !has_range) {
    plan.kind = Kind::kWide;
    return {};
  }
  plan.kind = Kind::kFixedPoint;
  if (plan.scale > kNarrowDigits) {
    return options.Refuse(path + ".min", "cannot be set where the scale is above 18");
  }
  const std::int64_t limit = PowerOfTen(std::min(plan.digits, kNarrowDigits)) - 1;
  return ReadIntRange(options, path, -limit, limit, plan);
}

Status ReadPast(FieldOptions& options, const std::string& path, Kind kind,
                FieldPlan& plan) {
  plan.kind = kind;
  const std::string key = path + ".max-past";
  const auto text = options.Get(key);
  if (!text) return {};
  const auto duration = ParseDuration(*text);
  if (!duration.has_value()) return options.Refuse(key, "takes a duration such as '1 h'");
  plan.high = duration->count();
  return {};
}

Status ReadLength(FieldOptions& options, const std::string& path, Kind kind,
                  std::int64_t default_length, FieldPlan& plan) {
  plan.kind = kind;
  FRAZIL_ASSIGN(plan.length, options.Number<std::int64_t>(path + ".length",
                                                          default_length, 0, kMaxLength));
  plan.is_length_random = options.Get(path + ".var-len").value_or("false") == "true";
  return {};
}

Status ReadField(FieldOptions& options, const std::string& path, const Type& type,
                 FieldPlan& plan);

Status ReadMembers(FieldOptions& options, const std::string& path, const Type& type,
                   FieldPlan& plan) {
  for (const SchemaField& field : type.fields()) {
    FieldPlan& member = plan.members.emplace_back();
    if (type.id() == TypeId::kStruct) {
      member.label = (plan.members.size() == 1 ? "{" : ",") + QuoteJson(field.name) + ":";
    }
    FRAZIL_TRY(ReadField(options, path + "." + field.name, field.type, member));
  }
  return {};
}

Status ReadNested(FieldOptions& options, const std::string& path, const Type& type,
                  FieldPlan& plan) {
  constexpr std::int64_t kDefaultElements = 3;
  if (type.id() == TypeId::kStruct) {
    plan.kind = Kind::kStruct;
    return ReadMembers(options, path, type, plan);
  }
  FRAZIL_TRY(ReadLength(options, path,
                        type.id() == TypeId::kList ? Kind::kList : Kind::kMap,
                        kDefaultElements, plan));
  if (type.id() == TypeId::kMap && type.fields()[0].type.id() != TypeId::kString) {
    return options.Refuse(path + ".key", "has to be a string: a key of a JSON object");
  }
  FRAZIL_TRY(ReadMembers(options, path, type, plan));
  if (plan.kind == Kind::kMap) plan.members[0].null_below = 0;
  return {};
}

Status ReadSequence(FieldOptions& options, const std::string& path, const Type& type,
                    FieldPlan& plan) {
  constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
  const bool is_number = type.id() == TypeId::kInt || type.id() == TypeId::kLong ||
                         type.id() == TypeId::kFloat || type.id() == TypeId::kDouble;
  if (!is_number && type.id() != TypeId::kString) {
    return options.Refuse(path + ".kind", "'sequence' needs a number or a string");
  }
  if (!options.Get(path + ".start") || !options.Get(path + ".end")) {
    return options.Refuse(
        path + ".kind", fmt::format("'sequence' needs '{0}.start' and '{0}.end'", path));
  }
  const std::int64_t most =
      type.id() == TypeId::kInt ? std::numeric_limits<std::int32_t>::max() : kMax / 2;
  FRAZIL_ASSIGN(plan.low,
                options.Number<std::int64_t>(path + ".start", 0, -most - 1, most));
  FRAZIL_ASSIGN(plan.high,
                options.Number<std::int64_t>(path + ".end", 0, -most - 1, most));
  if (plan.high < plan.low) return options.Refuse(path + ".end", "is before the start");
  plan.kind = Kind::kSequence;
  plan.length = type.id() == TypeId::kString ? 1 : 0;  // quotes around
  return {};
}

Status ReadRandom(FieldOptions& options, const std::string& path, const Type& type,
                  FieldPlan& plan) {
  switch (type.id()) {
    case TypeId::kBoolean:
      plan.kind = Kind::kBoolean;
      return {};
    case TypeId::kInt:
      plan.kind = Kind::kRandomInt;
      return ReadIntRange(options, path, std::numeric_limits<std::int32_t>::min(),
                          std::numeric_limits<std::int32_t>::max(), plan);
    case TypeId::kLong:
      plan.kind = Kind::kRandomInt;
      return ReadIntRange(options, path, std::numeric_limits<std::int64_t>::min(),
                          std::numeric_limits<std::int64_t>::max(), plan);
    case TypeId::kFloat:
      return ReadReal(options, path, std::numeric_limits<float>::max(), plan);
    case TypeId::kDouble:
      return ReadReal(options, path, std::numeric_limits<double>::max(), plan);
    case TypeId::kDecimal:
      return ReadDecimal(options, path, type, plan);
    case TypeId::kDate:
      return ReadPast(options, path, Kind::kDate, plan);
    case TypeId::kTime:
      plan.kind = Kind::kTime;
      return {};
    case TypeId::kTimestamp:
      return ReadPast(options, path, Kind::kTimestamp, plan);
    case TypeId::kTimestamptz:
      return ReadPast(options, path, Kind::kTimestamptz, plan);
    case TypeId::kString:
      return ReadLength(options, path, Kind::kString, 100, plan);
    case TypeId::kUuid:
      plan.kind = Kind::kUuid;
      return {};
    case TypeId::kFixed:
      plan.kind = Kind::kBytes;
      plan.length = type.length();
      return {};
    case TypeId::kBinary:
      return ReadLength(options, path, Kind::kBytes, 100, plan);
    case TypeId::kStruct:
    case TypeId::kList:
    case TypeId::kMap:
      break;
  }
  return ReadNested(options, path, type, plan);
}

Status ReadField(FieldOptions& options, const std::string& path, const Type& type,
                 FieldPlan& plan) {
  FRAZIL_ASSIGN(const double null_rate,
                options.Number(path + ".null-rate", 0.0, 0.0, 1.0));
  plan.null_below = static_cast<std::uint64_t>(null_rate * 4294967296.0);
  const std::string kind = options.Get(path + ".kind").value_or("random");
  if (kind == "sequence") return ReadSequence(options, path, type, plan);
  if (kind != "random")
    return options.Refuse(path + ".kind", "takes 'random' or 'sequence'");
  return ReadRandom(options, path, type, plan);
}

// "2026-01-01", "2026-01-01T12:00:00Z", "2026-01-01 12:00:00" or milliseconds, as UTC.
std::optional<std::int64_t> ParseMoment(std::string_view text) {
  if (const auto ms = ParseNumber<std::int64_t>(text)) return ms;
  if (text.ends_with('Z')) text.remove_suffix(1);
  const auto part = [&](std::size_t at, std::size_t size) {
    return at + size <= text.size() ? ParseNumber<int>(text.substr(at, size))
                                    : std::nullopt;
  };
  const bool has_time = text.size() == 19 && (text[10] == 'T' || text[10] == ' ') &&
                        text[13] == ':' && text[16] == ':';
  if ((text.size() != 10 && !has_time) || text[4] != '-' || text[7] != '-') {
    return std::nullopt;
  }
  const auto year = part(0, 4);
  const auto month = part(5, 2);
  const auto day = part(8, 2);
  if (!year || !month || !day || *year < 0 || *month < 1 || *month > 12 || *day < 1) {
    return std::nullopt;
  }
  const CivilDate date{*year, *month, *day};
  const std::int64_t days = DaysFromCivil(date);
  if (*day > 31 || CivilFromDays(days) != date) return std::nullopt;
  std::int64_t seconds = days * 86'400;
  if (has_time) {
    const auto hour = part(11, 2);
    const auto minute = part(14, 2);
    const auto second = part(17, 2);
    if (!hour || !minute || !second || *hour > 23 || *minute > 59 || *second > 59) {
      return std::nullopt;
    }
    seconds += *hour * 3600 + *minute * 60 + *second;
  }
  return seconds * 1000;
}

}  // namespace

const std::vector<OptionDeclaration>& DatagenOptions() {
  static const std::vector<OptionDeclaration> kOptions = {
      {.key = "connector", .is_required = true, .description = "'datagen'"},
      {.key = "rows-per-second",
       .type = OptionType::kInt64,
       .default_value = "10000",
       .description = "over all splits; '0': as fast as they are taken"},
      {.key = "number-of-rows",
       .type = OptionType::kInt64,
       .description = "over all splits; without it, and without a sequence, no end"},
      {.key = "seed",
       .type = OptionType::kInt64,
       .default_value = "0",
       .description = "another seed, other rows"},
      {.key = "splits",
       .type = OptionType::kInt64,
       .default_value = "1",
       .description = "parts that are read side by side"},
      {.key = "scan.parallelism",
       .type = OptionType::kInt64,
       .description = "the same as 'splits'"},
      {.key = "start-timestamp",
       .default_value = "2026-01-01T00:00:00Z",
       .description = "time of the first row"},
      {.key = "timestamp-step",
       .type = OptionType::kDuration,
       .default_value = "1 ms",
       .description = "from one row to the next"},
      {.key = "fields.",
       .is_prefix = true,
       .description = "fields.<column>.kind|min|max|length|var-len|start|end|null-rate|"
                      "max-past"},
  };
  return kOptions;
}

Result<DatagenConfig> ParseDatagen(const PipelineSpec& script, const SourceSpec& table) {
  FieldOptions options(script, table);
  DatagenConfig config;
  config.name = table.name;
  constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
  FRAZIL_ASSIGN(config.rows_per_second,
                options.Number<std::int64_t>("rows-per-second", 10'000, 0, kMax));
  FRAZIL_ASSIGN(const std::int64_t rows,
                options.Number<std::int64_t>("number-of-rows", -1, 0, kMax));
  if (rows >= 0) config.row_count = rows;
  FRAZIL_ASSIGN(const std::int64_t seed,
                options.Number<std::int64_t>("seed", 0, -kMax, kMax));
  config.seed = static_cast<std::uint64_t>(seed);
  FRAZIL_ASSIGN(const auto parallelism,
                options.Number<std::int32_t>("scan.parallelism", 1, 1, 1024));
  FRAZIL_ASSIGN(config.splits,
                options.Number<std::int32_t>("splits", parallelism, 1, 1024));
  const auto start =
      ParseMoment(options.Get("start-timestamp").value_or("2026-01-01T00:00:00Z"));
  if (!start) return options.Refuse("start-timestamp", "takes '2026-01-01T00:00:00Z'");
  config.start_ms = *start;
  const auto step = ParseDuration(options.Get("timestamp-step").value_or("1 ms"));
  if (!step.has_value()) return options.Refuse("timestamp-step", "takes a duration");
  config.step_ms = step->count();
  for (const ColumnSpec& column : table.columns) {
    if (column.metadata_key) continue;
    FieldPlan& plan = config.fields.emplace_back();
    plan.label = (config.fields.size() == 1 ? "{" : ",") + QuoteJson(column.name) + ":";
    const std::string path = std::string(FieldOptions::kPrefix) + column.name;
    FRAZIL_TRY(ReadField(options, path, column.type, plan));
    if (plan.kind != Kind::kSequence) continue;
    const std::int64_t count = plan.high - plan.low + 1;
    config.row_count = std::min(config.row_count.value_or(count), count);
  }
  FRAZIL_TRY(options.RefuseUnread());
  return config;
}

std::size_t MaxRecordBytes(const std::vector<FieldPlan>& fields) {
  constexpr std::size_t kScalar = 64;  // no number, date, uuid or null is longer
  std::size_t bytes = 2;
  for (const FieldPlan& field : fields) {
    bytes += field.label.size() + kScalar;
    const auto length = static_cast<std::size_t>(field.length);
    if (field.kind == Kind::kStruct) bytes += MaxRecordBytes(field.members);
    if (field.kind == Kind::kString || field.kind == Kind::kBytes) bytes += 2 * length;
    if (field.kind == Kind::kList || field.kind == Kind::kMap) {
      bytes += length * (MaxRecordBytes(field.members) + 1);
    }
  }
  return bytes;
}

}  // namespace frazil
