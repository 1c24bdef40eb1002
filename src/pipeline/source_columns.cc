#include "pipeline/source_columns.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "config/option_set.h"
#include "decode/json/json_decoder.h"
#include "source/source_factory.h"

namespace frazil {
namespace {

// The items of "id;name", blanks trimmed.
std::vector<std::string> SplitFields(const std::string& list) {
  std::vector<std::string> fields;
  std::size_t begin = 0;
  while (begin <= list.size()) {
    const std::size_t end = std::min(list.find(';', begin), list.size());
    std::string item = list.substr(begin, end - begin);
    item.erase(0, item.find_first_not_of(' '));
    item.erase(item.find_last_not_of(' ') + 1);
    if (!item.empty()) fields.push_back(std::move(item));
    begin = end + 1;
  }
  return fields;
}

struct MetadataKey {
  std::string_view key;
  TypeId type;
};

// What each metadata column may be declared as; wider integers are taken too.
constexpr MetadataKey kMetadataKeys[] = {
    {"topic", TypeId::kString},          {"partition", TypeId::kInt},
    {"offset", TypeId::kLong},           {"timestamp", TypeId::kTimestamptz},
    {"timestamp-type", TypeId::kString}, {"headers", TypeId::kMap}};

Status CheckMetadataColumn(const PipelineSpec& spec, const ColumnSpec& column) {
  std::vector<std::string> known;
  for (const MetadataKey& metadata : kMetadataKeys) {
    known.emplace_back(metadata.key);
    if (metadata.key != *column.metadata_key) continue;
    const TypeId id = column.type.id();
    const bool is_wider = metadata.type == TypeId::kInt && id == TypeId::kLong;
    const bool is_local =
        metadata.type == TypeId::kTimestamptz && id == TypeId::kTimestamp;
    if (id == metadata.type || is_wider || is_local) return {};
    return Fail(ErrorAt(spec, column.place,
                        fmt::format("metadata '{}' cannot be read as {}", metadata.key,
                                    column.type.ToString()),
                        fmt::format("declare it as {}", Type(metadata.type).ToString())));
  }
  const std::string nearest = Nearest(*column.metadata_key, known);
  return Fail(ErrorAt(spec, column.place,
                      fmt::format("no such metadata: '{}'", *column.metadata_key),
                      nearest.empty() ? "there are topic, partition, offset, timestamp, "
                                        "timestamp-type and headers"
                                      : fmt::format("did you mean '{}'?", nearest)));
}

Result<std::vector<SourceColumn>> ColumnsOf(const PipelineSpec& spec,
                                            const SourceSpec& source) {
  const std::vector<std::string> key_fields =
      SplitFields(source.options.Get("key.fields").value_or(""));
  for (const std::string& field : key_fields) {
    const auto column =
        std::find_if(source.columns.begin(), source.columns.end(),
                     [&](const ColumnSpec& each) { return each.name == field; });
    const TextPlace& place = source.options.Find("key.fields")->value_place;
    if (column == source.columns.end()) {
      return Fail(
          ErrorAt(spec, place, fmt::format("'key.fields' names no column: {}", field)));
    }
    if (column->metadata_key.has_value()) {
      return Fail(ErrorAt(
          spec, place, fmt::format("'key.fields' names a metadata column: {}", field),
          "it is read from the record itself, whatever the key holds: leave it out"));
    }
  }
  std::vector<SourceColumn> columns;
  for (const ColumnSpec& column : source.columns) {
    SourceColumn result;
    result.name = column.name;
    result.type = column.type;
    result.required = column.required;
    if (column.metadata_key.has_value()) {
      FRAZIL_TRY(CheckMetadataColumn(spec, column));
      result.origin = ColumnOrigin::kMetadata;
      result.metadata_key = *column.metadata_key;
    } else if (std::find(key_fields.begin(), key_fields.end(), column.name) !=
               key_fields.end()) {
      result.origin = ColumnOrigin::kKey;
    }
    columns.push_back(std::move(result));
  }
  return columns;
}

Status CheckFormat(const PipelineSpec& spec, const SourceSpec& source) {
  for (const std::string_view key : {"format", "value.format", "key.format"}) {
    const Option* format = source.options.Find(key);
    if (format == nullptr || format->value == "json") continue;
    const bool is_key = key == "key.format";
    if (is_key && format->value == "raw") continue;
    return Fail(ErrorAt(
        spec, format->value_place,
        fmt::format("format '{}' is not one Frazil reads", format->value),
        is_key ? "the format of a key is 'json' or 'raw'" : "the format is 'json'"));
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<Decoder>> MakeSourceDecoder(const PipelineSpec& spec,
                                                   const SourceSpec& source) {
  FRAZIL_TRY(CheckFormat(spec, source));
  FRAZIL_ASSIGN(std::vector<SourceColumn> columns, ColumnsOf(spec, source));
  FRAZIL_ASSIGN(JsonOptions options, ParseJsonOptions(spec, source.options));
  auto decoder = MakeJsonDecoder(std::move(columns), options);
  if (!decoder.has_value() && decoder.error().kind == ErrorKind::kInvalidConfig) {
    return Fail(ErrorAt(spec, source.place, decoder.error().message));
  }
  return decoder;
}

Status CheckSource(const PipelineSpec& spec, const SourceSpec& source) {
  FRAZIL_ASSIGN(const SourceConnector* connector, FindSourceConnector(spec, source));
  std::vector<OptionDeclaration> declarations = connector->options();
  const auto& format = JsonOptionDeclarations();
  declarations.insert(declarations.end(), format.begin(), format.end());
  FRAZIL_TRY(CheckOptions(spec, source.options, source.place,
                          fmt::format("connector '{}'", source.connector), declarations));
  // Making a source connects to nothing, and reads all that the options say. Which group
  // it would join makes no difference to that.
  SourceContext context;
  context.script = &spec;
  context.group_id = source.name;
  FRAZIL_TRY(OpenSource(source, context));
  FRAZIL_TRY(MakeSourceDecoder(spec, source));
  return {};
}

}  // namespace frazil
