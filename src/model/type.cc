#include "model/type.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include <fmt/format.h>

namespace frazil {
namespace {

constexpr int kMaxDecimalPrecision = 38;

// Types without parameters, by their names in table metadata.
constexpr std::array<std::pair<std::string_view, TypeId>, 13> kPlainTypes = {{
    {"boolean", TypeId::kBoolean},
    {"int", TypeId::kInt},
    {"long", TypeId::kLong},
    {"float", TypeId::kFloat},
    {"double", TypeId::kDouble},
    {"date", TypeId::kDate},
    {"time", TypeId::kTime},
    {"timestamp", TypeId::kTimestamp},
    {"timestamptz", TypeId::kTimestamptz},
    {"string", TypeId::kString},
    {"uuid", TypeId::kUuid},
    {"binary", TypeId::kBinary},
    {"struct", TypeId::kStruct},
}};

std::string_view Trim(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(' ');
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(' ') - begin + 1);
}

// A number between blanks, at most nine digits; -1 for anything else.
int ParseParameter(std::string_view text) {
  text = Trim(text);
  if (text.empty() || text.size() > 9 || text.front() == '-') return -1;
  int value = -1;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() ? value : -1;
}

// What stands between "name(" and ")", or nullopt.
std::optional<std::string_view> ParametersOf(std::string_view text,
                                             std::string_view opening, char closing) {
  if (!text.starts_with(opening) || !text.ends_with(closing)) return std::nullopt;
  return text.substr(opening.size(), text.size() - opening.size() - 1);
}

const SchemaField* FindById(const std::vector<SchemaField>& fields,
                            std::int32_t field_id) {
  for (const SchemaField& field : fields) {
    if (field.field_id == field_id) return &field;
    if (const SchemaField* found = FindById(field.type.fields(), field_id)) return found;
  }
  return nullptr;
}

const SchemaField* FindByPath(const std::vector<SchemaField>& fields,
                              std::string_view path) {
  for (const SchemaField& field : fields) {
    if (path == field.name) return &field;
    // A name may hold a dot itself, hence every field that begins the path is tried.
    if (field.type.id() == TypeId::kStruct && path.starts_with(field.name) &&
        path.substr(field.name.size()).starts_with('.')) {
      const SchemaField* found =
          FindByPath(field.type.fields(), path.substr(field.name.size() + 1));
      if (found != nullptr) return found;
    }
  }
  return nullptr;
}

std::int32_t HighestId(const std::vector<SchemaField>& fields) {
  std::int32_t highest = 0;
  for (const SchemaField& field : fields) {
    highest = std::max({highest, field.field_id, HighestId(field.type.fields())});
  }
  return highest;
}

Type WithFields(const Type& type, std::vector<SchemaField> fields) {
  switch (type.id()) {
    case TypeId::kStruct:
      return Type::Struct(std::move(fields));
    case TypeId::kList:
      return Type::List(std::move(fields[0]));
    case TypeId::kMap:
      return Type::Map(std::move(fields[0]), std::move(fields[1]));
    default:
      return type;
  }
}

// Numbers the fields of one level, then what is inside each of them in turn.
std::vector<SchemaField> Renumber(const std::vector<SchemaField>& fields,
                                  std::int32_t& last_id,
                                  std::map<std::int32_t, std::int32_t>& new_ids) {
  std::vector<SchemaField> renumbered = fields;
  for (SchemaField& field : renumbered) {
    new_ids[field.field_id] = ++last_id;
    field.field_id = last_id;
  }
  for (SchemaField& field : renumbered) {
    if (!field.type.is_nested()) continue;
    field.type = WithFields(field.type, Renumber(field.type.fields(), last_id, new_ids));
  }
  return renumbered;
}

}  // namespace

Type Type::Decimal(int precision, int scale) {
  Type type(TypeId::kDecimal);
  type.precision_ = precision;
  type.scale_ = scale;
  return type;
}

Type Type::Fixed(int length) {
  Type type(TypeId::kFixed);
  type.precision_ = length;
  return type;
}

Type Type::Struct(std::vector<SchemaField> fields) {
  Type type(TypeId::kStruct);
  type.fields_ = std::make_shared<const std::vector<SchemaField>>(std::move(fields));
  return type;
}

Type Type::List(SchemaField element) {
  element.name = "element";
  Type type(TypeId::kList);
  type.fields_ = std::make_shared<const std::vector<SchemaField>>(
      std::vector<SchemaField>{std::move(element)});
  return type;
}

Type Type::Map(SchemaField key, SchemaField value) {
  key.name = "key";
  key.required = true;
  value.name = "value";
  Type type(TypeId::kMap);
  type.fields_ = std::make_shared<const std::vector<SchemaField>>(
      std::vector<SchemaField>{std::move(key), std::move(value)});
  return type;
}

const std::vector<SchemaField>& Type::fields() const {
  static const std::vector<SchemaField> no_fields;
  return fields_ == nullptr ? no_fields : *fields_;
}

bool Type::operator==(const Type& other) const {
  return id_ == other.id_ && precision_ == other.precision_ && scale_ == other.scale_ &&
         (fields_ == other.fields_ || fields() == other.fields());
}

std::string Type::ToString() const {
  switch (id_) {
    case TypeId::kDecimal:
      return fmt::format("decimal({}, {})", precision_, scale_);
    case TypeId::kFixed:
      return fmt::format("fixed[{}]", precision_);
    case TypeId::kStruct: {
      std::string text = "struct<";
      for (const SchemaField& field : fields()) {
        if (text.back() != '<') text += ", ";
        text += fmt::format("{}: {}", field.name, field.type.ToString());
      }
      return text + ">";
    }
    case TypeId::kList:
      return fmt::format("list<{}>", fields()[0].type.ToString());
    case TypeId::kMap:
      return fmt::format("map<{}, {}>", fields()[0].type.ToString(),
                         fields()[1].type.ToString());
    default:
      break;
  }
  const auto* const plain =
      std::find_if(kPlainTypes.begin(), kPlainTypes.end(),
                   [this](const auto& p) { return p.second == id_; });
  return std::string(plain->first);
}

const SchemaField* Schema::FindField(std::string_view name) const {
  for (const SchemaField& field : fields) {
    if (field.name == name) return &field;
  }
  return nullptr;
}

const SchemaField* Schema::FindFieldById(std::int32_t field_id) const {
  return FindById(fields, field_id);
}

const SchemaField* Schema::FindFieldByPath(std::string_view path) const {
  return FindByPath(fields, path);
}

std::int32_t Schema::HighestFieldId() const { return HighestId(fields); }

Schema AssignFreshIds(const Schema& schema) { return AssignFreshIds(schema, nullptr); }

Schema AssignFreshIds(const Schema& schema,
                      std::map<std::int32_t, std::int32_t>* new_ids) {
  std::map<std::int32_t, std::int32_t> ids;
  std::int32_t last_id = 0;
  Schema fresh = schema;
  fresh.fields = Renumber(schema.fields, last_id, ids);
  for (std::int32_t& field_id : fresh.identifier_field_ids) {
    const auto found = ids.find(field_id);
    if (found != ids.end()) field_id = found->second;
  }
  if (new_ids != nullptr) *new_ids = std::move(ids);
  return fresh;
}

Result<Type> ParsePrimitiveType(std::string_view text) {
  for (const auto& [name, id] : kPlainTypes) {
    if (text == name && id != TypeId::kStruct) return Type(id);
  }
  if (const auto length_text = ParametersOf(text, "fixed[", ']')) {
    const int length = ParseParameter(*length_text);
    if (length >= 0) return Type::Fixed(length);
  }
  if (const auto parameters = ParametersOf(text, "decimal(", ')')) {
    const std::size_t comma = parameters->find(',');
    if (comma != parameters->npos) {
      const int precision = ParseParameter(parameters->substr(0, comma));
      const int scale = ParseParameter(parameters->substr(comma + 1));
      if (precision >= 1 && precision <= kMaxDecimalPrecision && scale >= 0 &&
          scale <= precision) {
        return Type::Decimal(precision, scale);
      }
    }
  }
  return Fail(ErrorKind::kInvalidArgument, "not a primitive type: {}", text);
}

}  // namespace frazil
