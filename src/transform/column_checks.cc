#include "transform/column_checks.h"

#include <algorithm>
#include <cstdint>
#include <string>

#include <arrow/array/data.h>
#include <fmt/format.h>

namespace frazil {
namespace {

void Check(const arrow::ArrayData& data, const SchemaField& field,
           const std::string& path, const RowOf& row_of, const FailRow& fail) {
  if (field.required && data.GetNullCount() > 0) {
    for (std::int64_t i = 0; i < data.length; ++i) {
      if (data.IsValid(i)) continue;
      const std::int64_t row = row_of(i);
      if (row >= 0) {
        fail(row, "NullInRequired",
             fmt::format("the column {} is NOT NULL, but the value is null", path));
      }
    }
  }
  const Type& type = field.type;
  if (!type.is_nested()) return;
  if (type.id() == TypeId::kMap) {
    // The entries' struct is never null; its members are checked by the lists' offsets.
    const arrow::ArrayData& entries = *data.child_data[0];
    const RowOf entry_row = RowOfElement(data, row_of);
    const RowOf member_row = RowOfMember(entries, entry_row);
    for (std::size_t i = 0; i < 2; ++i) {
      if (!HasRequired(type.fields()[i])) continue;
      Check(*entries.child_data[i], type.fields()[i], path + "." + type.fields()[i].name,
            member_row, fail);
    }
    return;
  }
  const RowOf inner =
      type.id() == TypeId::kList ? RowOfElement(data, row_of) : RowOfMember(data, row_of);
  for (std::size_t i = 0; i < type.fields().size(); ++i) {
    if (!HasRequired(type.fields()[i])) continue;
    Check(*data.child_data[i], type.fields()[i], path + "." + type.fields()[i].name,
          inner, fail);
  }
}

}  // namespace

RowOf RowOfMember(const arrow::ArrayData& data, const RowOf& row_of) {
  return [&data, &row_of](std::int64_t member) -> std::int64_t {
    const std::int64_t index = member - data.offset;
    if (index < 0 || index >= data.length || data.IsNull(index)) return -1;
    return row_of(index);
  };
}

RowOf RowOfElement(const arrow::ArrayData& data, const RowOf& row_of) {
  return [&data, &row_of](std::int64_t element) -> std::int64_t {
    const auto* offsets = data.GetValues<std::int32_t>(1);
    const auto* end = offsets + data.length + 1;
    const auto* after = std::upper_bound(offsets, end, element);
    if (after == offsets || after == end) return -1;
    const std::int64_t index = after - offsets - 1;
    return data.IsNull(index) ? -1 : row_of(index);
  };
}

bool HasRequired(const SchemaField& field) {
  if (field.required) return true;
  return field.type.is_nested() && std::ranges::any_of(field.type.fields(), HasRequired);
}

void CheckRequired(const arrow::ArrayData& data, const SchemaField& field,
                   const FailRow& fail) {
  const RowOf same = [](std::int64_t row) { return row; };
  Check(data, field, field.name, same, fail);
}

}  // namespace frazil
