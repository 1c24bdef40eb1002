#include "transform/taken_column.h"

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <utility>

#include <arrow/array/array_nested.h>
#include <arrow/record_batch.h>

#include "engine/arrow_status.h"
#include "engine/names.h"
#include "transform/assignment.h"

namespace frazil {

bool PickMember(std::string_view name, TakenColumn& column) {
  if (column.type.id() != TypeId::kStruct) return false;
  const std::vector<SchemaField>& fields = column.type.fields();
  const auto matches = [&](const SchemaField& field) {
    return SameName(field.name, name);
  };
  if (std::ranges::count_if(fields, matches) != 1) return false;
  const auto found = std::ranges::find_if(fields, matches);
  column.members.push_back(static_cast<int>(found - fields.begin()));
  Type type = found->type;
  column.type = std::move(type);
  return true;
}

Result<std::shared_ptr<arrow::ArrayData>> PickColumn(const arrow::RecordBatch& rows,
                                                     const TakenColumn& column) {
  std::shared_ptr<arrow::ArrayData> data = rows.column_data(column.column);
  if (!column.members.empty()) {
    // A member of a struct is null where the struct is.
    std::shared_ptr<arrow::Array> array = rows.column(column.column);
    for (const int member : column.members) {
      const auto& parent = dynamic_cast<const arrow::StructArray&>(*array);
      FRAZIL_ASSIGN(array, FromArrow(parent.GetFlattenedField(member)));
    }
    data = array->data();
  }
  if (column.cast == column.type) return data;
  SchemaField to;
  to.type = column.cast;
  // The CAST loses nothing, so it cannot fail.
  const FailRow fail = [](std::int64_t, std::string_view, std::string_view) {};
  return ConvertColumn(data, column.type, to, fail);
}

}  // namespace frazil
