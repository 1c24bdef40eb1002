#include "transform/split_select.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include <arrow/array/array_primitive.h>
#include <arrow/compute/api_vector.h>
#include <arrow/datum.h>
#include <arrow/record_batch.h>
#include <fmt/format.h>

#include "config/sql/token.h"
#include "engine/arrow_status.h"
#include "engine/duck_types.h"
#include "engine/query_tree.h"
#include "transform/assignment.h"

namespace frazil {
namespace {

// Whether Arrow casts as DuckDB does, to the last bit. They round decimals differently.
bool IsSameCast(const Type& from, const Type& to) {
  const bool rounds = from.id() == TypeId::kDecimal && to.id() != TypeId::kDecimal;
  return !from.is_nested() && !rounds && IsAssignable(from, to);
}

// Where a column of the SELECT can be taken from, given the type that DuckDB has for it.
std::optional<TakenColumn> TakenFrom(const NumberedColumn& column, const DuckType& type) {
  std::optional<TakenColumn> source = column.source;
  if (!source.has_value()) return std::nullopt;
  source->cast = source->type;
  if (column.is_cast) {
    const std::optional<Type> cast = IcebergTypeOf(type);
    // A CAST to the same may still check values: JSON is a VARCHAR.
    if (!cast.has_value() || *cast == source->type || !IsSameCast(source->type, *cast)) {
      return std::nullopt;
    }
    source->cast = *cast;
  }
  // A type of DuckDB that is narrower may refuse values.
  if (!(DuckTypeOf(source->cast) == type)) return std::nullopt;
  return source;
}

bool IsAllRows(const arrow::Int64Array& numbers, std::int64_t row_count) {
  if (numbers.length() != row_count) return false;
  for (std::int64_t i = 0; i < row_count; ++i) {
    if (numbers.Value(i) != i) return false;
  }
  return true;
}

// "SELECT c0, c2, n FROM (the query) q(c0, c1, c2, n)": DuckDB itself drops what is not
// asked for.
std::string ComputedOnly(const std::string& query, const SplitSelect& split) {
  std::string names;
  std::string items;
  for (std::size_t i = 0; i < split.columns.size(); ++i) {
    names += fmt::format("c{}, ", i);
    if (!split.columns[i].has_value()) items += fmt::format("c{}, ", i);
  }
  return fmt::format("SELECT {}n FROM (\n{}\n) AS q({}n)", items, query, names);
}

bool GivesComputedColumns(const std::vector<DuckColumn>& given, const SplitSelect& split,
                          const std::vector<DuckColumn>& columns) {
  std::size_t next = 0;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (split.columns[i].has_value()) continue;
    if (next >= given.size() || !(given[next].type == columns[i].type)) return false;
    ++next;
  }
  return next + 1 == given.size() && given.back().type.id == DuckTypeId::kBigInt;
}

}  // namespace

Result<std::vector<std::shared_ptr<arrow::ArrayData>>> SplitSelect::Columns(
    const arrow::RecordBatch& input, const arrow::RecordBatch& output) const {
  const std::shared_ptr<arrow::Int64Array> numbers = RowNumbersOf(output);
  const bool is_all = IsAllRows(*numbers, input.num_rows());
  std::vector<std::shared_ptr<arrow::ArrayData>> result;
  result.reserve(columns.size());
  int computed = 0;
  for (const std::optional<TakenColumn>& column : columns) {
    if (!column.has_value()) {
      result.push_back(output.column_data(computed++));
      continue;
    }
    FRAZIL_ASSIGN(std::shared_ptr<arrow::ArrayData> data, PickColumn(input, *column));
    if (!is_all) {
      FRAZIL_ASSIGN(const arrow::Datum taken,
                    FromArrow(arrow::compute::Take(
                        arrow::Datum(std::move(data)), arrow::Datum(numbers),
                        arrow::compute::TakeOptions::NoBoundsCheck())));
      data = taken.array();
    }
    result.push_back(std::move(data));
  }
  return result;
}

std::shared_ptr<arrow::Int64Array> RowNumbersOf(const arrow::RecordBatch& output) {
  return std::make_shared<arrow::Int64Array>(
      output.column_data(output.num_columns() - 1));
}

Result<std::optional<SplitSelect>> PrepareSplit(DuckConnection& connection,
                                                const NumberedQuery& query,
                                                const std::vector<DuckColumn>& columns) {
  if (query.columns.size() != columns.size()) return std::nullopt;
  const auto sql = QueryTree::ToSameSql(connection, query.node);
  if (!sql.has_value()) return std::nullopt;
  SplitSelect split;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    split.columns.push_back(TakenFrom(query.columns[i], columns[i].type));
  }
  auto statement = connection.Prepare(ComputedOnly(*sql, split));
  if (!statement.has_value() ||
      !GivesComputedColumns((*statement)->columns(), split, columns)) {
    return std::nullopt;
  }
  split.statement = *std::move(statement);
  return split;
}

}  // namespace frazil
