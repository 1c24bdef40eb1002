#pragma once

/// \file iceberg/avro_record.h
/// \brief Records of manifests and manifest lists, read by field id.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/result.h"
#include "iceberg/avro.h"

namespace frazil {

/// \brief A decoded record whose fields are looked up by id. Borrows all it is made of.
class RecordView {
 public:
  /// \return kCorruptData if the value is no record.
  static Result<RecordView> Make(const AvroSchema& schema, const AvroValue& value) {
    const auto* fields = std::get_if<AvroValue::Items>(&value.value);
    const AvroNode& node = schema.node(value.node);
    if (fields == nullptr || node.kind != AvroKind::kRecord) {
      return Fail(ErrorKind::kCorruptData, "Avro value is not a record");
    }
    return RecordView(schema, node, *fields);
  }

  /// \brief The value of a field, or nullptr where it is absent or null.
  [[nodiscard]] const AvroValue* Find(std::int32_t field_id,
                                      std::string_view name) const {
    const auto position = AvroSchema::FindField(*node_, field_id, name);
    if (!position || (*fields_)[*position].is_null()) return nullptr;
    return &(*fields_)[*position];
  }

  /// \brief Reads a field of C++ type T into `target`, T or optional<T>. An absent one leaves
  /// it alone if it is optional and is corrupt if not.
  template <typename Target>
  Status Read(std::int32_t field_id, std::string_view name, Target& target) const {
    const AvroValue* value = Find(field_id, name);
    if (value != nullptr) return Convert(*value, name, target);
    if constexpr (IsOptional<Target>::value) return {};
    return Fail(ErrorKind::kCorruptData, "missing field: {}", name);
  }

  /// \brief As Read, but an absent field leaves `target` alone.
  template <typename Target>
  Status ReadIfPresent(std::int32_t field_id, std::string_view name,
                       Target& target) const {
    const AvroValue* value = Find(field_id, name);
    return value == nullptr ? Status() : Convert(*value, name, target);
  }

  [[nodiscard]] const AvroSchema& schema() const { return *schema_; }

 private:
  template <typename T>
  struct IsOptional : std::false_type {};
  template <typename T>
  struct IsOptional<std::optional<T>> : std::true_type {};

  RecordView(const AvroSchema& schema, const AvroNode& node,
             const AvroValue::Items& fields)
      : schema_(&schema), node_(&node), fields_(&fields) {}

  static tl::unexpected<Error> WrongType(std::string_view name) {
    return Fail(ErrorKind::kCorruptData, "field of another type: {}", name);
  }

  template <typename T>
  Status Convert(const AvroValue& value, std::string_view name,
                 std::optional<T>& target) const {
    return Convert(value, name, target.emplace());
  }
  Status Convert(const AvroValue& value, std::string_view name, bool& target) const {
    const auto* held = std::get_if<bool>(&value.value);
    if (held == nullptr) return WrongType(name);
    target = *held;
    return {};
  }
  Status Convert(const AvroValue& value, std::string_view name,
                 std::int64_t& target) const {
    const auto* held = std::get_if<std::int64_t>(&value.value);
    if (held == nullptr) return WrongType(name);
    target = *held;
    return {};
  }
  Status Convert(const AvroValue& value, std::string_view name,
                 std::int32_t& target) const {
    const auto* held = std::get_if<std::int64_t>(&value.value);
    if (held == nullptr || *held != static_cast<std::int32_t>(*held))
      return WrongType(name);
    target = static_cast<std::int32_t>(*held);
    return {};
  }
  Status Convert(const AvroValue& value, std::string_view name,
                 std::string& target) const {
    const auto* held = std::get_if<std::string>(&value.value);
    if (held == nullptr) return WrongType(name);
    target = *held;
    return {};
  }
  template <typename Integer>
  Status Convert(const AvroValue& value, std::string_view name,
                 std::vector<Integer>& target) const {
    const auto* items = std::get_if<AvroValue::Items>(&value.value);
    if (items == nullptr) return WrongType(name);
    for (const AvroValue& item : *items) {
      FRAZIL_TRY(Convert(item, name, target.emplace_back()));
    }
    return {};
  }
  // An array of records of key and value.
  template <typename Value>
  Status Convert(const AvroValue& value, std::string_view name,
                 std::map<std::int32_t, Value>& target) const {
    const auto* items = std::get_if<AvroValue::Items>(&value.value);
    if (items == nullptr) return WrongType(name);
    for (const AvroValue& item : *items) {
      const auto* pair = std::get_if<AvroValue::Items>(&item.value);
      if (pair == nullptr || pair->size() != 2) return WrongType(name);
      std::int32_t key = 0;
      FRAZIL_TRY(Convert((*pair)[0], name, key));
      FRAZIL_TRY(Convert((*pair)[1], name, target[key]));
    }
    return {};
  }

  const AvroSchema* schema_;
  const AvroNode* node_;
  const AvroValue::Items* fields_;
};

}  // namespace frazil
