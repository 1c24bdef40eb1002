#include "transform/projection.h"

#include <utility>

#include <arrow/record_batch.h>
#include <fmt/format.h>

#include "engine/duck_types.h"
#include "transform/assignment.h"
#include "transform/select_place.h"

namespace frazil {
namespace {

class Projection : public Transformer {
 public:
  Projection(std::vector<ProjectionItem> items, TargetAssignment assignment)
      : items_(std::move(items)), assignment_(std::move(assignment)) {}

  Result<TransformedBatch> Apply(
      const std::shared_ptr<arrow::RecordBatch>& rows) override {
    std::vector<std::shared_ptr<arrow::ArrayData>> columns;
    columns.reserve(items_.size());
    for (const ProjectionItem& item : items_) {
      FRAZIL_ASSIGN(columns.emplace_back(), PickColumn(*rows, item.value));
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
  std::vector<ProjectionItem> items_;
  TargetAssignment assignment_;
};

}  // namespace

Result<std::unique_ptr<Transformer>> MakeProjection(const TransformSpec& spec,
                                                    std::vector<ProjectionItem> items) {
  std::vector<SelectColumn> columns;
  for (const ProjectionItem& item : items) {
    SelectColumn column;
    column.name = item.name;
    column.type = item.value.cast;
    column.type_name = DuckTypeName(item.value.cast);
    column.place = PlaceInScript(spec.select_place, item.place);
    columns.push_back(std::move(column));
  }
  FRAZIL_ASSIGN(TargetAssignment assignment, TargetAssignment::Make(spec, columns));
  return std::make_unique<Projection>(std::move(items), std::move(assignment));
}

}  // namespace frazil
