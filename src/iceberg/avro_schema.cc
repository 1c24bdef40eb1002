#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "iceberg/avro.h"

namespace frazil {
namespace {

constexpr std::array<std::pair<std::string_view, AvroKind>, 8> kPrimitives = {{
    {"null", AvroKind::kNull},
    {"boolean", AvroKind::kBoolean},
    {"int", AvroKind::kInt},
    {"long", AvroKind::kLong},
    {"float", AvroKind::kFloat},
    {"double", AvroKind::kDouble},
    {"bytes", AvroKind::kBytes},
    {"string", AvroKind::kString},
}};

constexpr std::size_t kMaxNodes = 100'000;

std::optional<AvroKind> PrimitiveKind(std::string_view name) {
  for (const auto& [text, kind] : kPrimitives) {
    if (text == name) return kind;
  }
  return std::nullopt;
}

}  // namespace

/// Builds the nodes depth first; names are known from where they are defined.
class AvroSchemaParser {
 public:
  Result<AvroSchema> Parse(const Json& json) && {
    FRAZIL_TRY(ParseNode(json, ""));
    return std::move(schema_);
  }

 private:
  std::size_t NewNode(AvroKind kind) {
    schema_.nodes_.emplace_back().kind = kind;
    return schema_.nodes_.size() - 1;
  }

  Result<std::size_t> ParseNode(const Json& json, const std::string& name_space) {
    if (schema_.nodes_.size() >= kMaxNodes) {
      return Fail(ErrorKind::kCorruptData, "Avro schema of more than {} nodes",
                  kMaxNodes);
    }
    if (json.is_string()) return ParseName(json.get<std::string>(), name_space);
    if (json.is_array()) return ParseUnion(json, name_space);
    if (!json.is_object()) return Fail(ErrorKind::kCorruptData, "not an Avro schema");
    FRAZIL_ASSIGN(const Json* type, GetMember(json, "type"));
    // {"type": {"type": ...}}: some writers wrap a schema once more.
    if (!type->is_string()) return ParseNode(*type, name_space);
    return ParseComplex(json, type->get<std::string>(), name_space);
  }

  Result<std::size_t> ParseName(const std::string& name, const std::string& name_space) {
    if (const auto kind = PrimitiveKind(name)) return NewNode(*kind);
    for (const std::string& full : {fmt::format("{}.{}", name_space, name), name}) {
      const auto found = named_.find(full);
      if (found != named_.end()) return found->second;
    }
    return Fail(ErrorKind::kCorruptData, "unknown Avro type: {}", name);
  }

  Result<std::size_t> ParseUnion(const Json& json, const std::string& name_space) {
    const std::size_t index = NewNode(AvroKind::kUnion);
    for (const Json& branch : json) {
      FRAZIL_ASSIGN(const std::size_t child, ParseNode(branch, name_space));
      schema_.nodes_[index].children.push_back(child);
    }
    return index;
  }

  Result<std::size_t> ParseComplex(const Json& json, const std::string& type,
                                   const std::string& name_space) {
    std::string logical_type;
    if (FindMember(json, "logicalType") != nullptr) {
      FRAZIL_ASSIGN(logical_type, GetString(json, "logicalType"));
    }
    Result<std::size_t> index = 0;
    if (type == "record" || type == "error") {
      index = ParseRecord(json, name_space);
    } else if (type == "array" || type == "map") {
      index = ParseContainer(json, type == "array" ? AvroKind::kArray : AvroKind::kMap,
                             type == "array" ? "items" : "values", name_space);
    } else if (type == "fixed") {
      index = ParseFixed(json, name_space);
    } else if (type == "enum") {
      index = ParseEnum(json, name_space);
    } else {
      // A name refers to a node that others share: it keeps its own attributes.
      const bool is_primitive = PrimitiveKind(type).has_value();
      index = ParseName(type, name_space);
      if (!is_primitive) return index;
    }
    if (index.has_value()) schema_.nodes_[*index].logical_type = std::move(logical_type);
    return index;
  }

  // Registers a named type; returns the namespace that holds inside it.
  Result<std::string> Define(const Json& json, std::size_t index,
                             const std::string& name_space) {
    FRAZIL_ASSIGN(const std::string name, GetString(json, "name"));
    std::string inner = name_space;
    if (FindMember(json, "namespace") != nullptr) {
      FRAZIL_ASSIGN(inner, GetString(json, "namespace"));
    }
    const std::size_t dot = name.rfind('.');
    if (dot != name.npos) {
      inner = name.substr(0, dot);
      named_[name] = index;
    } else {
      named_[inner.empty() ? name : inner + "." + name] = index;
    }
    return inner;
  }

  Result<std::size_t> ParseRecord(const Json& json, const std::string& name_space) {
    const std::size_t index = NewNode(AvroKind::kRecord);
    FRAZIL_ASSIGN(const std::string inner, Define(json, index, name_space));
    FRAZIL_ASSIGN(const Json* fields, GetArray(json, "fields"));
    for (const Json& member : *fields) {
      AvroNode::Field field;
      FRAZIL_ASSIGN(field.name, GetString(member, "name"));
      if (FindMember(member, "field-id") != nullptr) {
        FRAZIL_ASSIGN(field.field_id, GetInt32(member, "field-id"));
      }
      FRAZIL_ASSIGN(const Json* type, GetMember(member, "type"));
      FRAZIL_ASSIGN(field.node, ParseNode(*type, inner));
      schema_.nodes_[index].fields.push_back(std::move(field));
    }
    return index;
  }

  Result<std::size_t> ParseContainer(const Json& json, AvroKind kind,
                                     std::string_view member,
                                     const std::string& name_space) {
    const std::size_t index = NewNode(kind);
    FRAZIL_ASSIGN(const Json* items, GetMember(json, member));
    FRAZIL_ASSIGN(const std::size_t child, ParseNode(*items, name_space));
    schema_.nodes_[index].children.push_back(child);
    return index;
  }

  Result<std::size_t> ParseFixed(const Json& json, const std::string& name_space) {
    const std::size_t index = NewNode(AvroKind::kFixed);
    FRAZIL_TRY(Define(json, index, name_space));
    FRAZIL_ASSIGN(const std::int32_t size, GetInt32(json, "size"));
    if (size < 0) return Fail(ErrorKind::kCorruptData, "fixed of {} bytes", size);
    schema_.nodes_[index].fixed_size = static_cast<std::size_t>(size);
    return index;
  }

  Result<std::size_t> ParseEnum(const Json& json, const std::string& name_space) {
    const std::size_t index = NewNode(AvroKind::kEnum);
    FRAZIL_TRY(Define(json, index, name_space));
    FRAZIL_ASSIGN(const Json* symbols, GetArray(json, "symbols"));
    schema_.nodes_[index].symbol_count = symbols->size();
    return index;
  }

  AvroSchema schema_;
  std::map<std::string, std::size_t> named_;
};

Result<AvroSchema> AvroSchema::Parse(const Json& json) {
  return AvroSchemaParser().Parse(json);
}

std::optional<std::size_t> AvroSchema::FindField(const AvroNode& record,
                                                 std::int32_t field_id,
                                                 std::string_view name) {
  const auto position = [&record](const auto& matches) -> std::optional<std::size_t> {
    const auto found = std::find_if(record.fields.begin(), record.fields.end(), matches);
    if (found == record.fields.end()) return std::nullopt;
    return static_cast<std::size_t>(found - record.fields.begin());
  };
  const auto by_id =
      position([=](const auto& field) { return field.field_id == field_id; });
  if (by_id) return by_id;
  return position(
      [=](const auto& field) { return !field.field_id && field.name == name; });
}

void AvroSchema::ExpectLengths() {
  for (AvroNode& node : nodes_) {
    node.has_length = node.kind == AvroKind::kFixed && node.logical_type.empty();
  }
}

}  // namespace frazil
