#include "transform/assignment.h"

#include <algorithm>
#include <cstddef>
#include <set>
#include <utility>

#include <arrow/array/array_base.h>
#include <arrow/array/util.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <fmt/format.h>

#include "config/option_set.h"
#include "engine/arrow_status.h"
#include "engine/duck_types.h"
#include "engine/names.h"
#include "model/arrow_schema.h"
#include "transform/column_checks.h"

namespace frazil {
namespace {

bool AreMembersAssignable(const Type& from, const Type& to) {
  if (from.id() != to.id() || from.fields().size() != to.fields().size()) return false;
  for (std::size_t i = 0; i < from.fields().size(); ++i) {
    const SchemaField& source = from.fields()[i];
    const SchemaField& target = to.fields()[i];
    if (from.id() == TypeId::kStruct && !SameName(source.name, target.name)) return false;
    if (!IsAssignable(source.type, target.type)) return false;
  }
  return true;
}

bool IsDecimalOf(const Type& to, int digits_before, int digits_after) {
  return to.id() == TypeId::kDecimal && to.scale() >= digits_after &&
         to.precision() - to.scale() >= digits_before;
}

constexpr int kIntDigits = 10;
constexpr int kLongDigits = 19;
/// Decimal digits that survive a trip through the binary type: DBL_DIG and FLT_DIG.
constexpr int kDoubleDigits = 15;
constexpr int kFloatDigits = 6;

// What makes a date or time of a number; empty where nothing does.
std::string TimeOfNumber(const SelectColumn& column, const Type& to) {
  const bool is_whole =
      column.type->id() == TypeId::kInt || column.type->id() == TypeId::kLong;
  if (!is_whole) return {};
  switch (to.id()) {
    case TypeId::kDate:
      return fmt::format(
          "if it counts days, write DATE '1970-01-01' + CAST({} AS INTEGER)",
          column.name);
    case TypeId::kTimestamp:
      return fmt::format("if it counts milliseconds, write epoch_ms({})", column.name);
    case TypeId::kTimestamptz:
      return fmt::format("if it counts milliseconds, write to_timestamp({} / 1000)",
                         column.name);
    default:
      return {};
  }
}

std::string CastSuggestion(const SelectColumn& column, const Type& to) {
  // DuckDB's own wide integers are cast as numbers are; its other own types have a text.
  const bool is_huge = column.type_name == "HUGEINT" || column.type_name == "UHUGEINT";
  const Type from = is_huge ? Type(TypeId::kLong) : column.type.value_or(Type());
  const bool is_known = is_huge || column.type.has_value();
  if (is_known ? HasCast(from, to) : to.id() == TypeId::kString) {
    if (!to.is_nested()) {
      return fmt::format("write CAST({} AS {})", column.name, DuckTypeName(to));
    }
    return fmt::format("give it the type {} by CAST or struct_pack", DuckTypeName(to));
  }
  if (column.type.has_value()) {
    if (std::string made = TimeOfNumber(column, to); !made.empty()) return made;
    return fmt::format(
        "no CAST makes {} of {}: it fits a column of type {}, or its text "
        "one of type string",
        DuckTypeName(to), column.type_name, column.type->ToString());
  }
  return fmt::format("no CAST makes {} of {}: its text fits a column of type string",
                     DuckTypeName(to), column.type_name);
}

// The target columns that the SELECT's columns go into, in the SELECT's order.
Result<std::vector<const SchemaField*>> InsertedFields(const TransformSpec& spec) {
  std::vector<const SchemaField*> fields;
  std::vector<std::string> names;
  for (const SchemaField& field : spec.target.fields) names.push_back(field.name);
  if (spec.insert_columns.empty()) {
    for (const SchemaField& field : spec.target.fields) fields.push_back(&field);
    return fields;
  }
  for (const std::string& name : spec.insert_columns) {
    const auto field = std::ranges::find_if(
        spec.target.fields, [&](const SchemaField& f) { return SameName(f.name, name); });
    if (field == spec.target.fields.end()) {
      const std::string nearest = Nearest(name, names);
      return Fail(SelectError(
          spec, spec.select_place,
          fmt::format("the table {} has no column {}", spec.target_name, name),
          nearest.empty() ? "" : "did you mean " + nearest + "?"));
    }
    if (std::ranges::find(fields, &*field) != fields.end()) {
      return Fail(SelectError(spec, spec.select_place,
                              fmt::format("the INSERT names the column {} twice", name)));
    }
    fields.push_back(&*field);
  }
  return fields;
}

Status CheckColumn(const TransformSpec& spec, const SelectColumn& column,
                   std::size_t number, const SchemaField& to) {
  const TextPlace place = column.place.line > 0 ? column.place : spec.select_place;
  if (column.is_null) {
    if (!to.required) return {};
    return Fail(SelectError(
        spec, place,
        fmt::format("the column {} of {} is NOT NULL, but the SELECT gives NULL", to.name,
                    spec.target_name)));
  }
  if (column.type.has_value() && IsAssignable(*column.type, to.type)) return {};
  return Fail(SelectError(
      spec, place,
      fmt::format("column {} of the SELECT, {}, has type {}, which does not go into the "
                  "column {} of {}, of type {}",
                  number, column.name, column.type_name, to.name, spec.target_name,
                  to.type.ToString()),
      CastSuggestion(column, to.type)));
}

}  // namespace

bool IsAssignable(const Type& from, const Type& to) {
  if (from.is_nested()) return AreMembersAssignable(from, to);
  switch (from.id()) {
    case TypeId::kInt:
      return to.id() == TypeId::kInt || to.id() == TypeId::kLong ||
             to.id() == TypeId::kDouble || IsDecimalOf(to, kIntDigits, 0);
    case TypeId::kLong:
      return to.id() == TypeId::kLong || IsDecimalOf(to, kLongDigits, 0);
    case TypeId::kFloat:
      return to.id() == TypeId::kFloat || to.id() == TypeId::kDouble;
    case TypeId::kDecimal:
      return IsDecimalOf(to, from.precision() - from.scale(), from.scale()) ||
             (to.id() == TypeId::kDouble && from.precision() <= kDoubleDigits) ||
             (to.id() == TypeId::kFloat && from.precision() <= kFloatDigits);
    case TypeId::kBinary:
      return to.id() == TypeId::kBinary || to.id() == TypeId::kFixed;
    case TypeId::kFixed:
      return (to.id() == TypeId::kFixed && to.length() == from.length()) ||
             to.id() == TypeId::kBinary;
    default:
      return from.id() == to.id();
  }
}

Error SelectError(const TransformSpec& spec, TextPlace place, std::string_view message,
                  std::string_view suggestion) {
  if (spec.pipeline != nullptr)
    return ErrorAt(*spec.pipeline, place, message, suggestion);
  std::string text(message);
  if (!suggestion.empty()) text += fmt::format("\n  hint: {}", suggestion);
  return Error{ErrorKind::kInvalidConfig, std::move(text)};
}

Result<TargetAssignment> TargetAssignment::Make(
    const TransformSpec& spec, const std::vector<SelectColumn>& columns) {
  FRAZIL_ASSIGN(const std::vector<const SchemaField*> inserted, InsertedFields(spec));
  if (columns.size() != inserted.size()) {
    return Fail(SelectError(
        spec, spec.select_place,
        fmt::format("the SELECT gives {} columns, but {} {} {}", columns.size(),
                    spec.target_name, spec.insert_columns.empty() ? "has" : "is to get",
                    inserted.size()),
        columns.size() < inserted.size() && spec.insert_columns.empty()
            ? fmt::format(
                  "name those that it gives: INSERT INTO {} ({}, ...) SELECT; the "
                  "others become null",
                  spec.target_name, inserted.front()->name)
            : ""));
  }
  TargetAssignment result;
  result.schema_ = ArrowSchemaOf(spec.target);
  for (std::size_t i = 0; i < columns.size(); ++i) {
    FRAZIL_TRY(CheckColumn(spec, columns[i], i + 1, *inserted[i]));
  }
  for (const SchemaField& field : spec.target.fields) {
    Assigned assigned;
    assigned.to = field;
    const auto found = std::ranges::find(inserted, &field);
    if (found == inserted.end()) {
      if (field.required) {
        return Fail(
            SelectError(spec, spec.select_place,
                        fmt::format("the column {} of {} is NOT NULL, but the INSERT "
                                    "does not give it",
                                    field.name, spec.target_name)));
      }
    } else if (const SelectColumn& column =
                   columns[static_cast<std::size_t>(found - inserted.begin())];
               !column.is_null) {
      assigned.source = static_cast<int>(found - inserted.begin());
      assigned.from = column.type.value();
      assigned.may_fail = HasRequired(field);
    }
    result.columns_.push_back(std::move(assigned));
  }
  return result;
}

Result<TransformedBatch> TargetAssignment::Assign(
    const std::vector<std::shared_ptr<arrow::ArrayData>>& columns,
    std::int64_t row_count) const {
  TransformedBatch result;
  std::vector<std::shared_ptr<arrow::ArrayData>> made;
  made.reserve(columns_.size());
  const FailRow fail = [&](std::int64_t row, std::string_view error_class,
                           std::string_view message) {
    result.failures.push_back(
        RowFailure{row, std::string(error_class), std::string(message)});
  };
  for (const Assigned& column : columns_) {
    if (column.source < 0) {
      const int index = static_cast<int>(made.size());
      FRAZIL_ASSIGN(
          const std::shared_ptr<arrow::Array> nulls,
          FromArrow(arrow::MakeArrayOfNull(schema_->field(index)->type(), row_count)));
      made.push_back(nulls->data());
      continue;
    }
    const auto& source = columns[static_cast<std::size_t>(column.source)];
    FRAZIL_ASSIGN(std::shared_ptr<arrow::ArrayData> data,
                  ConvertColumn(source, column.from, column.to, fail));
    if (column.may_fail) CheckRequired(*data, column.to, fail);
    made.push_back(std::move(data));
  }
  std::ranges::stable_sort(result.failures, {}, &RowFailure::row);
  // One failure per row is enough.
  const auto repeated = std::ranges::unique(result.failures, {}, &RowFailure::row);
  result.failures.erase(repeated.begin(), repeated.end());
  result.rows = arrow::RecordBatch::Make(schema_, row_count, std::move(made));
  return result;
}

Result<std::shared_ptr<arrow::RecordBatch>> TargetAssignment::NoRows() const {
  return FromArrow(arrow::RecordBatch::MakeEmpty(schema_));
}

}  // namespace frazil
