#pragma once

/// \file model/type.h
/// \brief The types of Iceberg and the schemas made of them.
///
/// Names, type strings and field ids are the specification's ("Schemas and Data Types").
/// A Type is a small value; nested types are immutable and shared.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace frazil {

/// \brief What kind of type a Type is. Primitives first, then the nested ones.
enum class TypeId {
  kBoolean,
  kInt,          ///< 32 bit
  kLong,         ///< 64 bit
  kFloat,        ///< IEEE 754, 32 bit
  kDouble,       ///< IEEE 754, 64 bit
  kDecimal,      ///< precision 1 to 38, scale 0 to precision
  kDate,         ///< days since 1970-01-01
  kTime,         ///< microseconds since midnight
  kTimestamp,    ///< microseconds since 1970-01-01 00:00, of no zone
  kTimestamptz,  ///< microseconds since 1970-01-01 00:00 UTC
  kString,       ///< UTF-8
  kUuid,         ///< 16 bytes, big-endian
  kFixed,        ///< length bytes
  kBinary,
  kStruct,
  kList,
  kMap,
};

struct SchemaField;

/// \brief A primitive or nested type.
class Type {
 public:
  /// \name Construction
  /// @{
  Type() = default;
  explicit Type(TypeId id) : id_(id) {}
  static Type Decimal(int precision, int scale);
  static Type Fixed(int length);
  static Type Struct(std::vector<SchemaField> fields);
  /// `element` carries the element's id, whether it is required, and its type.
  static Type List(SchemaField element);
  /// `key` is always required.
  static Type Map(SchemaField key, SchemaField value);
  /// @}

  [[nodiscard]] TypeId id() const { return id_; }
  [[nodiscard]] bool is_nested() const { return id_ >= TypeId::kStruct; }
  /// Of a decimal.
  [[nodiscard]] int precision() const { return precision_; }
  /// Of a decimal.
  [[nodiscard]] int scale() const { return scale_; }
  /// Of a fixed, in bytes.
  [[nodiscard]] int length() const { return precision_; }
  /// Of a struct: its fields. Of a list: one, the element. Of a map: key and value.
  [[nodiscard]] const std::vector<SchemaField>& fields() const;

  /// \brief Equality of types, field ids, names and docs included.
  bool operator==(const Type& other) const;

  /// \brief "long", "decimal(9, 2)", "fixed[16]", "list<string>", "struct<a: int>": the
  /// specification's string for primitives, a readable one for nested types.
  [[nodiscard]] std::string ToString() const;

 private:
  TypeId id_ = TypeId::kBoolean;
  int precision_ = 0;
  int scale_ = 0;
  std::shared_ptr<const std::vector<SchemaField>> fields_;
};

/// \brief A named, numbered member of a struct, list ("element") or map ("key", "value").
struct SchemaField {
  /// Unique in the table for ever; readers find columns by it, not by name.
  std::int32_t field_id = 0;
  std::string name;
  Type type;
  /// True: no null may be written.
  bool required = false;
  std::string doc;
  /// Default values of format version 3 as JSON text, kept as read.
  std::optional<std::string> initial_default_json = std::nullopt;
  std::optional<std::string> write_default_json = std::nullopt;

  bool operator==(const SchemaField&) const = default;
};

/// \brief The columns of a table at one time.
struct Schema {
  std::int32_t schema_id = 0;
  std::vector<SchemaField> fields;
  /// Fields that identify a row (a key, not enforced).
  std::vector<std::int32_t> identifier_field_ids;

  bool operator==(const Schema&) const = default;

  /// \brief A top-level column by name, or nullptr.
  [[nodiscard]] const SchemaField* FindField(std::string_view name) const;
  /// \brief A field at any depth by id, or nullptr.
  [[nodiscard]] const SchemaField* FindFieldById(std::int32_t field_id) const;
  /// \brief A field by dotted path through structs ("geo.city"), or nullptr.
  [[nodiscard]] const SchemaField* FindFieldByPath(std::string_view path) const;
  /// \brief The highest field id at any depth; 0 for an empty schema.
  [[nodiscard]] std::int32_t HighestFieldId() const;
};

/// \brief The same columns, with ids given anew from 1 in the order of Java's library:
/// all fields of one level first, then what is inside each of them in turn.
Schema AssignFreshIds(const Schema& schema);
/// \param new_ids receives the new id of each old one, unless nullptr.
Schema AssignFreshIds(const Schema& schema,
                      std::map<std::int32_t, std::int32_t>* new_ids);

/// \brief Reads a primitive type string: "long", "decimal(9,2)", "fixed[16]".
/// \return kInvalidArgument for anything else.
Result<Type> ParsePrimitiveType(std::string_view text);

}  // namespace frazil
