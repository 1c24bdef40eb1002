#include "decode/json/json_options.h"

#include <array>
#include <deque>
#include <string_view>

#include <fmt/format.h>

namespace frazil {
namespace {

constexpr std::string_view kBoth = "json.";
constexpr std::string_view kValue = "value.json.";
constexpr std::string_view kKey = "key.json.";

constexpr std::int64_t kMaxDepthLimit = 1'000'000;
constexpr std::int64_t kRecordBytesLimit = std::int64_t{1024} * 1024 * 1024;

// Declarations without a prefix.
constexpr OptionDeclaration kIgnoreParseErrors = {
    .key = "ignore-parse-errors",
    .type = OptionType::kBool,
    .default_value = "false",
    .description =
        "a value that does not fit becomes null, a record that is not JSON nothing; "
        "instead of a dead letter"};
constexpr OptionDeclaration kFailOnMissingField = {
    .key = "fail-on-missing-field",
    .type = OptionType::kBool,
    .default_value = "false",
    .description = "an absent field is a failure; else it is null"};
constexpr OptionDeclaration kTimestampStandard = {
    .key = "timestamp-format.standard",
    .type = OptionType::kEnum,
    .default_value = "SQL",
    .allowed = "SQL|ISO-8601|ISO-8601-WITH-OFFSET",
    .description =
        "the form of timestamps in strings; only 'strict' excludes the other one"};
constexpr OptionDeclaration kTimestampStrict = {
    .key = "timestamp-format.strict",
    .type = OptionType::kBool,
    .default_value = "false",
    .description = "timestamps of any other form than the standard's are failures"};
constexpr OptionDeclaration kEpochUnit = {
    .key = "epoch-unit",
    .type = OptionType::kEnum,
    .allowed = "s|ms|us|ns",
    .description =
        "what a number in a time column counts since 1970-01-01 UTC; without it "
        "such a number is a failure"};
constexpr OptionDeclaration kMaxRecordSize = {
    .key = "max-record-size",
    .type = OptionType::kSize,
    .default_value = "16 MiB",
    .description = "a longer key or value is a failure"};
constexpr OptionDeclaration kMaxDepth = {
    .key = "max-depth",
    .type = OptionType::kInt64,
    .default_value = "512",
    .description =
        "objects and arrays within one another; a record with more is a failure"};

// Of Flink's, without a meaning for reading.
constexpr std::array<OptionDeclaration, 5> kWithoutEffect = {{
    {.key = "map-null-key.mode",
     .type = OptionType::kEnum,
     .default_value = "FAIL",
     .allowed = "FAIL|DROP|LITERAL",
     .description = "accepted; concerns writing JSON"},
    {.key = "map-null-key.literal", .description = "accepted; concerns writing JSON"},
    {.key = "encode.decimal-as-plain-number",
     .type = OptionType::kBool,
     .description = "accepted; concerns writing JSON"},
    {.key = "encode.ignore-null-fields",
     .type = OptionType::kBool,
     .description = "accepted; concerns writing JSON"},
    {.key = "decode.json-parser.enabled",
     .type = OptionType::kBool,
     .description = "accepted; chooses between two readers of Flink"},
}};

// Declarations whose keys have to be put together, and the keys.
struct Declarations {
  void Add(std::string_view prefix, OptionDeclaration declaration) {
    keys.push_back(fmt::format("{}{}", prefix, declaration.key));
    declaration.key = keys.back();
    all.push_back(declaration);
  }

  std::deque<std::string> keys;
  std::vector<OptionDeclaration> all;
};

Declarations MakeDeclarations() {
  Declarations declarations;
  for (const std::string_view prefix : {kBoth, kValue, kKey}) {
    for (const OptionDeclaration& declaration :
         {kIgnoreParseErrors, kFailOnMissingField, kTimestampStandard, kTimestampStrict,
          kEpochUnit}) {
      declarations.Add(prefix, declaration);
    }
    for (const OptionDeclaration& declaration : kWithoutEffect) {
      declarations.Add(prefix, declaration);
    }
    if (prefix == kKey) continue;
    declarations.Add(prefix, kMaxRecordSize);
    declarations.Add(prefix, kMaxDepth);
  }
  return declarations;
}

// The options of one text under the prefixes it may have.
class PrefixedOptions {
 public:
  PrefixedOptions(const PipelineSpec& spec, const Options& options,
                  std::vector<std::string_view> prefixes)
      : spec_(spec), options_(options), prefixes_(std::move(prefixes)) {}

  // The declaration under the prefix in use.
  Result<OptionDeclaration> Prefixed(const OptionDeclaration& declaration) {
    const Option* found = nullptr;
    OptionDeclaration prefixed = declaration;
    for (const std::string_view prefix : prefixes_) {
      const Option* const option =
          options_.Find(fmt::format("{}{}", prefix, declaration.key));
      if (option == nullptr) continue;
      if (found != nullptr) {
        return Fail(ErrorAt(spec_, option->key_place,
                            fmt::format("'{}' and '{}' say the same thing twice",
                                        found->key, option->key)));
      }
      found = option;
      prefixed.key = option->key;
    }
    return prefixed;
  }

  Status Read(const OptionDeclaration& declaration, bool& value) {
    FRAZIL_ASSIGN(const OptionDeclaration prefixed, Prefixed(declaration));
    value = BoolOption(options_, prefixed);
    return {};
  }

  Status Read(const OptionDeclaration& declaration, std::string& value) {
    FRAZIL_ASSIGN(const OptionDeclaration prefixed, Prefixed(declaration));
    value = StringOption(options_, prefixed);
    return {};
  }

  // A count or a size within [1, max].
  Status Read(const OptionDeclaration& declaration, std::int64_t max,
              std::int64_t& value) {
    FRAZIL_ASSIGN(const OptionDeclaration prefixed, Prefixed(declaration));
    value = declaration.type == OptionType::kSize ? SizeOption(options_, prefixed)
                                                  : Int64Option(options_, prefixed);
    if (value >= 1 && value <= max) return {};
    const Option* const option = options_.Find(prefixed.key);
    const TextPlace place = option == nullptr ? TextPlace{} : option->value_place;
    return Fail(ErrorAt(spec_, place,
                        fmt::format("'{}' must be from 1 to {}", prefixed.key, max)));
  }

 private:
  const PipelineSpec& spec_;
  const Options& options_;
  std::vector<std::string_view> prefixes_;
};

EpochUnit EpochUnitOf(std::string_view text) {
  if (text == "s") return EpochUnit::kSeconds;
  if (text == "ms") return EpochUnit::kMilliseconds;
  if (text == "us") return EpochUnit::kMicroseconds;
  return text == "ns" ? EpochUnit::kNanoseconds : EpochUnit::kNone;
}

Result<JsonTextOptions> ParseTextOptions(const PipelineSpec& spec, const Options& options,
                                         PrefixedOptions& prefixed) {
  JsonTextOptions text;
  FRAZIL_TRY(prefixed.Read(kIgnoreParseErrors, text.ignore_parse_errors));
  FRAZIL_TRY(prefixed.Read(kFailOnMissingField, text.fail_on_missing_field));
  if (text.ignore_parse_errors && text.fail_on_missing_field) {
    FRAZIL_ASSIGN(const OptionDeclaration used, prefixed.Prefixed(kFailOnMissingField));
    const Option* const option = options.Find(used.key);
    return Fail(
        ErrorAt(spec, option == nullptr ? TextPlace{} : option->key_place,
                "'fail-on-missing-field' and 'ignore-parse-errors' cannot both be true"));
  }
  std::string standard;
  FRAZIL_TRY(prefixed.Read(kTimestampStandard, standard));
  text.timestamp_standard =
      standard == "SQL" ? TimestampStandard::kSql : TimestampStandard::kIso8601;
  FRAZIL_TRY(prefixed.Read(kTimestampStrict, text.is_timestamp_strict));
  std::string unit;
  FRAZIL_TRY(prefixed.Read(kEpochUnit, unit));
  text.epoch_unit = EpochUnitOf(unit);
  return text;
}

}  // namespace

const std::vector<OptionDeclaration>& JsonOptionDeclarations() {
  static const Declarations declarations = MakeDeclarations();
  return declarations.all;
}

Result<JsonOptions> ParseJsonOptions(const PipelineSpec& spec, const Options& options) {
  JsonOptions result;
  PrefixedOptions of_value(spec, options, {kBoth, kValue});
  PrefixedOptions of_key(spec, options, {kKey});
  FRAZIL_ASSIGN(result.value, ParseTextOptions(spec, options, of_value));
  FRAZIL_ASSIGN(result.key, ParseTextOptions(spec, options, of_key));
  FRAZIL_TRY(of_value.Read(kMaxRecordSize, kRecordBytesLimit, result.max_record_bytes));
  std::int64_t max_depth = 0;
  FRAZIL_TRY(of_value.Read(kMaxDepth, kMaxDepthLimit, max_depth));
  result.max_depth = static_cast<int>(max_depth);
  result.key_format = options.Get("key.format").value_or("json") == "raw"
                          ? KeyFormat::kRaw
                          : KeyFormat::kJson;
  result.key_fields_prefix = options.Get("key.fields-prefix").value_or("");
  return result;
}

}  // namespace frazil
