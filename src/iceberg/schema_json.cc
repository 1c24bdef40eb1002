#include <array>
#include <set>

#include "iceberg/table_metadata.h"

namespace frazil {
namespace {

// Types of format version 3 that have no TypeId yet.
constexpr std::array<std::string_view, 6> kLaterTypes = {
    "unknown", "variant", "timestamp_ns", "timestamptz_ns", "geometry", "geography"};

Json FieldToJson(const SchemaField& field);

Json TypeToJson(const Type& type) {
  switch (type.id()) {
    case TypeId::kStruct: {
      Json fields = Json::array();
      for (const SchemaField& field : type.fields()) fields.push_back(FieldToJson(field));
      return {{"type", "struct"}, {"fields", std::move(fields)}};
    }
    case TypeId::kList: {
      const SchemaField& element = type.fields()[0];
      return {{"type", "list"},
              {"element-id", element.field_id},
              {"element", TypeToJson(element.type)},
              {"element-required", element.required}};
    }
    case TypeId::kMap: {
      const SchemaField& key = type.fields()[0];
      const SchemaField& value = type.fields()[1];
      return {{"type", "map"},
              {"key-id", key.field_id},
              {"key", TypeToJson(key.type)},
              {"value-id", value.field_id},
              {"value", TypeToJson(value.type)},
              {"value-required", value.required}};
    }
    default:
      return type.ToString();
  }
}

// Text that was read from a JSON document or is shown as a string.
Json ParseDefault(const std::string& text) {
  auto parsed = ParseJson(text);
  return parsed.has_value() ? *std::move(parsed) : Json(text);
}

Json FieldToJson(const SchemaField& field) {
  Json json = {{"id", field.field_id},
               {"name", field.name},
               {"required", field.required},
               {"type", TypeToJson(field.type)}};
  if (!field.doc.empty()) json["doc"] = field.doc;
  if (field.initial_default_json) {
    json["initial-default"] = ParseDefault(*field.initial_default_json);
  }
  if (field.write_default_json) {
    json["write-default"] = ParseDefault(*field.write_default_json);
  }
  return json;
}

Result<std::vector<SchemaField>> FieldsFromJson(const Json& json);

Result<Type> PrimitiveFromJson(const std::string& text) {
  auto type = ParsePrimitiveType(text);
  if (type.has_value()) return type;
  for (const std::string_view later : kLaterTypes) {
    if (text == later || text.starts_with(std::string(later) + "(")) {
      return Fail(ErrorKind::kNotSupported, "type of format version 3: {}", text);
    }
  }
  return Fail(ErrorKind::kCorruptData, "unknown type: {}", text);
}

Result<Type> TypeFromJson(const Json& json);

// The field `name` of a list or map: its id, type and, unless `required_key` is empty,
// whether it is required are members of the type itself.
Result<SchemaField> InnerFromJson(const Json& json, const std::string& name) {
  SchemaField field;
  field.name = name;
  FRAZIL_ASSIGN(field.field_id, GetInt32(json, name + "-id"));
  FRAZIL_ASSIGN(const Json* type, GetMember(json, name));
  FRAZIL_ASSIGN(field.type, TypeFromJson(*type));
  field.required = true;
  if (name != "key") {
    FRAZIL_ASSIGN(field.required, GetBool(json, name + "-required"));
  }
  return field;
}

Result<Type> TypeFromJson(const Json& json) {
  if (json.is_string()) return PrimitiveFromJson(json.get<std::string>());
  FRAZIL_ASSIGN(const std::string name, GetString(json, "type"));
  if (name == "struct") {
    FRAZIL_ASSIGN(auto fields, FieldsFromJson(json));
    return Type::Struct(std::move(fields));
  }
  if (name == "list") {
    FRAZIL_ASSIGN(auto element, InnerFromJson(json, "element"));
    return Type::List(std::move(element));
  }
  if (name == "map") {
    FRAZIL_ASSIGN(auto key, InnerFromJson(json, "key"));
    FRAZIL_ASSIGN(auto value, InnerFromJson(json, "value"));
    return Type::Map(std::move(key), std::move(value));
  }
  return PrimitiveFromJson(name);
}

Result<SchemaField> FieldFromJson(const Json& json) {
  SchemaField field;
  FRAZIL_ASSIGN(field.field_id, GetInt32(json, "id"));
  FRAZIL_ASSIGN(field.name, GetString(json, "name"));
  FRAZIL_ASSIGN(field.required, GetBool(json, "required"));
  FRAZIL_ASSIGN(const Json* type, GetMember(json, "type"));
  auto parsed = TypeFromJson(*type);
  if (!parsed.has_value()) return Fail(std::move(parsed).error().Within(field.name));
  field.type = *std::move(parsed);
  if (FindMember(json, "doc") != nullptr) {
    FRAZIL_ASSIGN(field.doc, GetString(json, "doc"));
  }
  if (const Json* value = FindMember(json, "initial-default")) {
    field.initial_default_json = DumpJson(*value);
  }
  if (const Json* value = FindMember(json, "write-default")) {
    field.write_default_json = DumpJson(*value);
  }
  return field;
}

Result<std::vector<SchemaField>> FieldsFromJson(const Json& json) {
  FRAZIL_ASSIGN(const Json* array, GetArray(json, "fields"));
  std::vector<SchemaField> fields;
  std::set<std::string> names;
  for (const Json& member : *array) {
    FRAZIL_ASSIGN(SchemaField field, FieldFromJson(member));
    if (!names.insert(field.name).second) {
      return Fail(ErrorKind::kCorruptData, "two fields of one name: {}", field.name);
    }
    fields.push_back(std::move(field));
  }
  return fields;
}

Status CheckIdsAreUnique(const std::vector<SchemaField>& fields,
                         std::set<std::int32_t>& ids) {
  for (const SchemaField& field : fields) {
    if (!ids.insert(field.field_id).second) {
      return Fail(ErrorKind::kCorruptData, "two fields of one id: {}", field.field_id);
    }
    FRAZIL_TRY(CheckIdsAreUnique(field.type.fields(), ids));
  }
  return {};
}

}  // namespace

Json SchemaToJson(const Schema& schema) {
  Json json = {{"type", "struct"}, {"schema-id", schema.schema_id}};
  if (!schema.identifier_field_ids.empty()) {
    json["identifier-field-ids"] = schema.identifier_field_ids;
  }
  Json fields = Json::array();
  for (const SchemaField& field : schema.fields) fields.push_back(FieldToJson(field));
  json["fields"] = std::move(fields);
  return json;
}

Result<Schema> SchemaFromJson(const Json& json) {
  Schema schema;
  // Version 1 metadata and the manifests of some writers leave the id out.
  if (FindMember(json, "schema-id") != nullptr) {
    FRAZIL_ASSIGN(schema.schema_id, GetInt32(json, "schema-id"));
  }
  FRAZIL_ASSIGN(schema.fields, FieldsFromJson(json));
  std::set<std::int32_t> ids;
  FRAZIL_TRY(CheckIdsAreUnique(schema.fields, ids));
  if (FindMember(json, "identifier-field-ids") == nullptr) return schema;
  FRAZIL_ASSIGN(const Json* identifiers, GetArray(json, "identifier-field-ids"));
  for (const Json& id : *identifiers) {
    if (!id.is_number_integer() || !ids.contains(id.get<std::int32_t>())) {
      return Fail(ErrorKind::kCorruptData, "identifier-field-ids: no such field: {}",
                  DumpJson(id));
    }
    schema.identifier_field_ids.push_back(id.get<std::int32_t>());
  }
  return schema;
}

}  // namespace frazil
