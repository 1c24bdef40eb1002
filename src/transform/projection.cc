#include "transform/projection.h"

#include <cstddef>
#include <utility>

#include <arrow/array/array_nested.h>
#include <arrow/record_batch.h>
#include <fmt/format.h>

#include "engine/arrow_status.h"
#include "engine/duck_types.h"
#include "model/arrow_schema.h"
#include "transform/assignment.h"
#include "transform/select_place.h"

namespace frazil {
namespace {

class Projection : public Transformer {
 public:
  Projection(std::vector<ProjectionItem> items, TargetAssignment assignment)
      : items_(std::move(items)), assignment_(std::move(assignment)) {
    for (const ProjectionItem& item : items_) {
      SchemaField field;
      field.name = item.name;
      field.type = item.cast;
      casts_.push_back(std::move(field));
    }
  }

  Result<TransformedBatch> Apply(
      const std::shared_ptr<arrow::RecordBatch>& rows) override {
    std::vector<std::shared_ptr<arrow::ArrayData>> columns;
    columns.reserve(items_.size());
    // A CAST of a projection loses nothing, so it cannot fail.
    const FailRow fail = [](std::int64_t, std::string_view, std::string_view) {};
    for (std::size_t i = 0; i < items_.size(); ++i) {
      FRAZIL_ASSIGN(std::shared_ptr<arrow::ArrayData> data, Pick(*rows, items_[i]));
      if (!(items_[i].cast == items_[i].type)) {
        FRAZIL_ASSIGN(data, ConvertColumn(data, items_[i].type, casts_[i], fail));
      }
      columns.push_back(std::move(data));
    }
    FRAZIL_ASSIGN(TransformedBatch result, assignment_.Assign(columns, rows->num_rows()));
    if (result.failures.empty()) [[likely]] {
      return result;
    }
    std::vector<std::int64_t> failed;
    for (const RowFailure& failure : result.failures) failed.push_back(failure.row);
    FRAZIL_ASSIGN(result.rows, WithoutRows(result.rows, failed));
    return result;
  }

  [[nodiscard]] std::string Describe() const override {
    return fmt::format("projection ({} column{})", items_.size(),
                       items_.size() == 1 ? "" : "s");
  }

 private:
  // A member of a struct is null where the struct is.
  static Result<std::shared_ptr<arrow::ArrayData>> Pick(const arrow::RecordBatch& rows,
                                                        const ProjectionItem& item) {
    if (item.members.empty()) return rows.column_data(item.column);
    std::shared_ptr<arrow::Array> array = rows.column(item.column);
    for (const int member : item.members) {
      const auto& parent = dynamic_cast<const arrow::StructArray&>(*array);
      FRAZIL_ASSIGN(array, FromArrow(parent.GetFlattenedField(member)));
    }
    return array->data();
  }

  std::vector<ProjectionItem> items_;
  /// Per item: what CAST makes of it.
  std::vector<SchemaField> casts_;
  TargetAssignment assignment_;
};

}  // namespace

Result<std::unique_ptr<Transformer>> MakeProjection(const TransformSpec& spec,
                                                    std::vector<ProjectionItem> items) {
  std::vector<SelectColumn> columns;
  for (const ProjectionItem& item : items) {
    SelectColumn column;
    column.name = item.name;
    column.type = item.cast;
    column.type_name = DuckTypeName(item.cast);
    column.place = PlaceInScript(spec.select_place, item.place);
    columns.push_back(std::move(column));
  }
  FRAZIL_ASSIGN(TargetAssignment assignment, TargetAssignment::Make(spec, columns));
  return std::make_unique<Projection>(std::move(items), std::move(assignment));
}

}  // namespace frazil
