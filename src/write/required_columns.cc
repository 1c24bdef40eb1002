#include "write/required_columns.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include <arrow/array.h>

namespace frazil {
namespace {

using arrow::Array;

bool HasRequired(const SchemaField& field) {
  const std::vector<SchemaField>& members = field.type.fields();
  return field.required || field.type.id() == TypeId::kMap ||
         std::any_of(members.begin(), members.end(), HasRequired);
}

// The structs around a value: where one of them is null, nobody sees the value.
struct Enclosing {
  const Array& structs;
  const Enclosing* outer;

  static bool IsNull(const Enclosing* enclosing, std::int64_t row) {
    for (; enclosing != nullptr; enclosing = enclosing->outer) {
      if (enclosing->structs.IsNull(row)) return true;
    }
    return false;
  }
};

// Values [begin, end) of an array.
struct Stretch {
  const Array& values;
  std::int64_t begin;
  std::int64_t end;
  const Enclosing* enclosing;
};

Status CheckStretch(const SchemaField& field, const std::string& path,
                    const Stretch& stretch);

// Elements of lists, or keys or values of maps.
template <typename ListArray>
Status CheckElements(const SchemaField& element, const std::string& path,
                     const Array& elements, const Stretch& stretch) {
  const auto& lists = static_cast<const ListArray&>(stretch.values);
  if (!HasRequired(element) || stretch.begin == stretch.end) return {};
  if (!element.type.is_nested() && elements.null_count() == 0) return {};
  if (lists.null_count() == 0 && stretch.enclosing == nullptr) {
    return CheckStretch(element, path,
                        {elements, lists.value_offset(stretch.begin),
                         lists.value_offset(stretch.end), nullptr});
  }
  // A list that is null or unseen may still have elements.
  for (std::int64_t i = stretch.begin; i < stretch.end; ++i) {
    if (lists.IsNull(i) || Enclosing::IsNull(stretch.enclosing, i)) continue;
    FRAZIL_TRY(CheckStretch(
        element, path,
        {elements, lists.value_offset(i), lists.value_offset(i + 1), nullptr}));
  }
  return {};
}

Status CheckMembers(const SchemaField& field, const std::string& path,
                    const Stretch& stretch) {
  const std::vector<SchemaField>& members = field.type.fields();
  if (field.type.id() == TypeId::kStruct) {
    const auto& structs = static_cast<const arrow::StructArray&>(stretch.values);
    const Enclosing inside{structs, stretch.enclosing};
    const Enclosing* enclosing = structs.null_count() > 0 ? &inside : stretch.enclosing;
    for (std::size_t i = 0; i < members.size(); ++i) {
      if (!HasRequired(members[i])) continue;
      const auto member = structs.field(static_cast<int>(i));
      FRAZIL_TRY(CheckStretch(members[i], path + "." + members[i].name,
                              {*member, stretch.begin, stretch.end, enclosing}));
    }
  } else if (field.type.id() == TypeId::kList) {
    const auto& lists = static_cast<const arrow::ListArray&>(stretch.values);
    return CheckElements<arrow::ListArray>(members[0], path + ".element", *lists.values(),
                                           stretch);
  } else if (field.type.id() == TypeId::kMap) {
    const auto& maps = static_cast<const arrow::MapArray&>(stretch.values);
    SchemaField key = members[0];
    key.required = true;
    FRAZIL_TRY(CheckElements<arrow::MapArray>(key, path + ".key", *maps.keys(), stretch));
    return CheckElements<arrow::MapArray>(members[1], path + ".value", *maps.items(),
                                          stretch);
  }
  return {};
}

Status CheckStretch(const SchemaField& field, const std::string& path,
                    const Stretch& stretch) {
  if (field.required && stretch.values.null_count() > 0) {
    for (std::int64_t i = stretch.begin; i < stretch.end; ++i) {
      if (stretch.values.IsNull(i) && !Enclosing::IsNull(stretch.enclosing, i)) {
        return Fail(ErrorKind::kInvalidArgument,
                    "null in required column {}, at value {} of the rows", path, i);
      }
    }
  }
  return field.type.is_nested() ? CheckMembers(field, path, stretch) : Status();
}

}  // namespace

Status CheckRequired(const SchemaField& field, const Array& column) {
  if (!HasRequired(field)) return {};
  return CheckStretch(field, field.name, {column, 0, column.length(), nullptr});
}

}  // namespace frazil
