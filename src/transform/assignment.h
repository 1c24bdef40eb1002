#pragma once

/// \file transform/assignment.h
/// \brief The columns of a SELECT put into the columns of a target table.
///
/// A type goes into another without a CAST where no value is lost: as Flink's implicit
/// store assignment (LogicalTypeCasts), less its conversions that round.
///
/// | from           | into                                                             |
/// |----------------|------------------------------------------------------------------|
/// | any            | the same                                                         |
/// | int            | long, double, decimal with 10 or more digits before the point    |
/// | long           | decimal with 19 or more digits before the point                  |
/// | float          | double                                                           |
/// | decimal        | decimal with as many digits or more on both sides of the point;  |
/// |                | double up to 15 digits, float up to 6                            |
/// | binary         | fixed: a value of another length is a failure of its row         |
/// | struct         | struct of the same names in the same order, member by member     |
/// | list, map      | list, map, by their elements                                     |

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <arrow/type_fwd.h>

#include "base/result.h"
#include "transform/transform_spec.h"

namespace frazil {

/// \brief A column that a SELECT gives.
struct SelectColumn {
  std::string name;
  /// nullopt: a type that no column of a table can have; `type_name` says which.
  std::optional<Type> type;
  /// As DuckDB spells it.
  std::string type_name;
  /// True for a bare NULL, which goes into every optional column.
  bool is_null = false;
  /// Where it is written; line 0 if unknown.
  TextPlace place;
};

/// \brief Whether values of one type go into another without a CAST.
[[nodiscard]] bool IsAssignable(const Type& from, const Type& to);

/// \brief An error about a SELECT: ErrorAt if the spec knows its script, plain otherwise.
[[nodiscard]] Error SelectError(const TransformSpec& spec, TextPlace place,
                                std::string_view message,
                                std::string_view suggestion = {});

/// \brief Told of a row that fails: its index, a short class, a message for people.
using FailRow = std::function<void(std::int64_t row, std::string_view error_class,
                                   std::string_view message)>;

/// \brief A column of type `from` as the type `to` that it IsAssignable to. Without
/// conversion nothing is copied. A value that fails is reported; what stands for it in the
/// result means nothing.
Result<std::shared_ptr<arrow::ArrayData>> ConvertColumn(
    const std::shared_ptr<arrow::ArrayData>& data, const Type& from,
    const SchemaField& to, const FailRow& fail);

/// \brief How the columns of one SELECT become rows of one target.
class TargetAssignment {
 public:
  /// \brief Checks the columns against the target and the INSERT's list.
  /// \return kInvalidConfig in the form of ErrorAt.
  static Result<TargetAssignment> Make(const TransformSpec& spec,
                                       const std::vector<SelectColumn>& columns);

  /// \brief Rows of the target from columns of the SELECT, in its order. A failure's `row`
  /// is an index into these columns; its row is still among the rows.
  Result<TransformedBatch> Assign(
      const std::vector<std::shared_ptr<arrow::ArrayData>>& columns,
      std::int64_t row_count) const;

  /// \brief A batch of the target without rows.
  [[nodiscard]] Result<std::shared_ptr<arrow::RecordBatch>> NoRows() const;

  /// \brief The column of the SELECT that a target column gets, or -1 for null.
  [[nodiscard]] int SourceOf(std::size_t target_column) const {
    return columns_[target_column].source;
  }

  /// Without columns: what Make returns replaces it.
  TargetAssignment() = default;

 private:
  // A column of the target: from column `source` of the SELECT, or null if -1.
  struct Assigned {
    int source = -1;
    Type from;
    SchemaField to;
    bool may_fail = false;
  };

  std::vector<Assigned> columns_;
  std::shared_ptr<arrow::Schema> schema_;
};

/// \brief The rows of a batch but those whose index is in `rows`, which is sorted.
Result<std::shared_ptr<arrow::RecordBatch>> WithoutRows(
    const std::shared_ptr<arrow::RecordBatch>& batch,
    const std::vector<std::int64_t>& rows);

}  // namespace frazil
