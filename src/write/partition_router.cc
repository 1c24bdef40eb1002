#include "write/partition_router.h"

#include <bit>
#include <cmath>
#include <cstddef>
#include <limits>
#include <utility>

#include <arrow/array.h>
#include <arrow/buffer.h>
#include <arrow/compute/api_vector.h>
#include <arrow/datum.h>
#include <arrow/record_batch.h>

#include "model/calendar.h"
#include "write/array_literal.h"

namespace frazil {
namespace {

using arrow::Array;

// Indexes of a field by id: the column, then members of structs. False if there is no such
// field, or only inside a list or map.
bool FindIndexes(const std::vector<SchemaField>& fields, std::int32_t field_id,
                 std::vector<int>& indexes, Type& type) {
  for (std::size_t i = 0; i < fields.size(); ++i) {
    indexes.push_back(static_cast<int>(i));
    if (fields[i].field_id == field_id) {
      type = fields[i].type;
      return true;
    }
    if (fields[i].type.id() == TypeId::kStruct &&
        FindIndexes(fields[i].type.fields(), field_id, indexes, type)) {
      return true;
    }
    indexes.pop_back();
  }
  return false;
}

// The array at a place, null also where a struct around it is.
Result<std::shared_ptr<Array>> ArrayAt(const arrow::RecordBatch& rows,
                                       const std::vector<int>& indexes) {
  std::shared_ptr<Array> array = rows.column(indexes.front());
  for (std::size_t i = 1; i < indexes.size(); ++i) {
    const auto& structs = static_cast<const arrow::StructArray&>(*array);
    auto member = structs.GetFlattenedField(indexes[i]);
    if (!member.ok()) return Fail(ErrorKind::kInternal, "{}", member.status().ToString());
    array = *std::move(member);
  }
  if (array->type_id() == arrow::Type::EXTENSION) {
    array = static_cast<const arrow::ExtensionArray&>(*array).storage();
  }
  return array;
}

// The first `count` code points of UTF-8.
std::string_view CodePoints(std::string_view text, std::int32_t count) {
  if (text.size() <= static_cast<std::size_t>(count)) return text;
  std::size_t at = 0;
  for (std::int32_t left = count; at < text.size(); ++at) {
    const bool is_first_byte = (static_cast<unsigned char>(text[at]) & 0xC0U) != 0x80U;
    if (is_first_byte && left-- == 0) break;
  }
  return text.substr(0, at);
}

std::string_view Truncated(std::string_view value, TypeId type, std::int32_t width) {
  if (type == TypeId::kString) return CodePoints(value, width);
  return value.substr(0, static_cast<std::size_t>(width));
}

// NaNs are one value; zeros of both signs are two.
std::int64_t FloatKey(double value) {
  if (std::isnan(value)) value = std::numeric_limits<double>::quiet_NaN();
  return std::bit_cast<std::int64_t>(value);
}

std::int64_t MonthsSinceEpoch(std::int64_t days) {
  const CivilDate date = CivilFromDays(days);
  return (date.year - 1970) * 12 + date.month - 1;
}

// a - b; the lowest numbers wrap around, as in Java.
std::int64_t WrappingDifference(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) -
                                   static_cast<std::uint64_t>(b));
}

// What the transform makes of an integer, date or time, as a number that is equal for equal
// results.
std::int64_t IntegerKey(const Transform& transform, TypeId source, std::int64_t value) {
  const bool is_date = source == TypeId::kDate;
  const auto days = [&] { return is_date ? value : FloorDiv(value, kMicrosPerDay); };
  switch (transform.kind()) {
    case TransformKind::kBucket:
      return BucketOf(HashLong(value), transform.parameter());
    case TransformKind::kTruncate:
      return WrappingDifference(value, FloorMod(value, transform.parameter()));
    case TransformKind::kYear:
      return CivilFromDays(days()).year;
    case TransformKind::kMonth:
      return MonthsSinceEpoch(days());
    case TransformKind::kDay:
      return days();
    case TransformKind::kHour:
      return FloorDiv(value, kMicrosPerHour);
    default:
      return value;
  }
}

// Calls `visit` with a function from row to integer, for each type that has one.
template <typename Visit>
void VisitIntegers(const Array& source, const Visit& visit) {
  switch (source.type_id()) {
    case arrow::Type::BOOL: {
      const auto& values = static_cast<const arrow::BooleanArray&>(source);
      return visit([&](std::size_t row) {
        return std::int64_t{values.Value(static_cast<std::int64_t>(row))};
      });
    }
    case arrow::Type::INT32:
    case arrow::Type::DATE32: {
      const auto* values = source.data()->GetValues<std::int32_t>(1);
      return visit([values](std::size_t row) { return std::int64_t{values[row]}; });
    }
    case arrow::Type::FLOAT: {
      const auto* values = source.data()->GetValues<float>(1);
      return visit([values](std::size_t row) { return FloatKey(values[row]); });
    }
    case arrow::Type::DOUBLE: {
      const auto* values = source.data()->GetValues<double>(1);
      return visit([values](std::size_t row) { return FloatKey(values[row]); });
    }
    default: {
      const auto* values = source.data()->GetValues<std::int64_t>(1);
      return visit([values](std::size_t row) { return values[row]; });
    }
  }
}

// Splits by keys of any kind, with the nulls of the source column.
template <typename Key, typename KeyAt>
void SplitWithNulls(const Array& source, const KeyAt& key_at,
                    GroupSplitter<Key>& splitter, RowGrouping& grouping) {
  if (source.null_count() == 0) {
    splitter.Split(key_at, [](std::size_t) { return false; }, grouping);
  } else {
    const auto is_null = [&](std::size_t row) {
      return source.IsNull(static_cast<std::int64_t>(row));
    };
    splitter.Split(key_at, is_null, grouping);
  }
}

void AppendKey(const Literal& value, const Type& type, std::string& key) {
  if (IsNull(value)) {
    key += '\0';
    return;
  }
  key += '\1';
  std::string text;
  if (const auto* bytes = std::get_if<std::string>(&value)) {
    text = *bytes;
  } else {
    text = LiteralToString(value, type);
  }
  key += std::to_string(text.size());
  key += ':';
  key += text;
}

}  // namespace

Result<PartitionRouter> PartitionRouter::Make(const Schema& schema,
                                              const PartitionSpec& spec) {
  PartitionRouter router;
  for (const PartitionField& partition_field : spec.fields) {
    Field field;
    field.transform = partition_field.transform;
    if (field.transform.kind() == TransformKind::kUnknown) {
      return Fail(ErrorKind::kNotSupported,
                  "partition field {} has a transform unknown to Frazil: {}",
                  partition_field.name, field.transform.ToString());
    }
    if (!FindIndexes(schema.fields, partition_field.source_id, field.indexes,
                     field.source_type)) {
      // The column of a field that was dropped from a v1 table may be gone.
      if (field.transform.kind() != TransformKind::kVoid) {
        return Fail(ErrorKind::kInvalidArgument,
                    "partition field {} has no source column with id {}",
                    partition_field.name, partition_field.source_id);
      }
    } else {
      FRAZIL_ASSIGN(field.result_type, field.transform.ResultType(field.source_type));
    }
    router.fields_.push_back(std::move(field));
  }
  return router;
}

void PartitionRouter::SplitByDecimal(const Field& field, const Array& source) {
  const Transform& transform = field.transform;
  const auto value_at = [&](std::size_t row) {
    return DecimalAt(source, static_cast<std::int64_t>(row));
  };
  if (transform.kind() == TransformKind::kBucket) {
    const auto bucket_at = [&](std::size_t row) {
      return std::int64_t{BucketOf(HashDecimal(value_at(row)), transform.parameter())};
    };
    SplitWithNulls(source, bucket_at, integers_, grouping_);
    return;
  }
  const Int128 width =
      transform.kind() == TransformKind::kTruncate ? transform.parameter() : 1;
  const auto truncated_at = [&](std::size_t row) {
    const Int128 value = value_at(row);
    return value - ((value % width) + width) % width;
  };
  SplitWithNulls(source, truncated_at, decimals_, grouping_);
}

void PartitionRouter::SplitByBytes(const Field& field, const Array& source) {
  const Transform& transform = field.transform;
  const bool is_fixed = source.type_id() == arrow::Type::FIXED_SIZE_BINARY;
  const auto value_at = [&](std::size_t at) -> std::string_view {
    const auto row = static_cast<std::int64_t>(at);
    if (is_fixed)
      return static_cast<const arrow::FixedSizeBinaryArray&>(source).GetView(row);
    return static_cast<const arrow::BinaryArray&>(source).GetView(row);
  };
  if (transform.kind() == TransformKind::kBucket) {
    const auto bucket_at = [&](std::size_t row) {
      return std::int64_t{BucketOf(HashBytes(value_at(row)), transform.parameter())};
    };
    SplitWithNulls(source, bucket_at, integers_, grouping_);
  } else if (transform.kind() == TransformKind::kTruncate) {
    const auto truncated_at = [&](std::size_t row) {
      return Truncated(value_at(row), field.source_type.id(), transform.parameter());
    };
    SplitWithNulls(source, truncated_at, bytes_, grouping_);
  } else {
    SplitWithNulls(source, value_at, bytes_, grouping_);
  }
}

void PartitionRouter::SplitBy(const Field& field, const Array& source) {
  switch (field.source_type.id()) {
    case TypeId::kString:
    case TypeId::kBinary:
    case TypeId::kFixed:
    case TypeId::kUuid:
      return SplitByBytes(field, source);
    case TypeId::kDecimal:
      return SplitByDecimal(field, source);
    default:
      break;
  }
  VisitIntegers(source, [&](const auto& value_at) {
    const auto key_at = [&](std::size_t row) {
      return IntegerKey(field.transform, field.source_type.id(), value_at(row));
    };
    SplitWithNulls(source, key_at, integers_, grouping_);
  });
}

void PartitionRouter::FillPartition(const std::vector<std::shared_ptr<Array>>& sources,
                                    std::uint32_t row,
                                    PartitionedRows& partitioned) const {
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    const Field& field = fields_[i];
    Literal value;
    if (sources[i] != nullptr) {
      value = field.transform.Apply(LiteralAt(*sources[i], row, field.source_type),
                                    field.source_type);
    }
    AppendKey(value, field.result_type, partitioned.key);
    partitioned.partition.push_back(std::move(value));
  }
}

Result<std::shared_ptr<arrow::RecordBatch>> PartitionRouter::SortByGroup(
    const std::shared_ptr<arrow::RecordBatch>& rows) {
  const std::vector<std::uint32_t>& groups = grouping_.group_of_row;
  // Counting sort: begins_[g] is where group g begins, begins_[g + 1] where it ends.
  begins_.assign(grouping_.first_row.size() + 1, 0);
  bool is_sorted = true;
  for (std::size_t row = 0; row < groups.size(); ++row) {
    ++begins_[groups[row] + 1];
    is_sorted &= row == 0 || groups[row - 1] <= groups[row];
  }
  for (std::size_t group = 1; group < begins_.size(); ++group) {
    begins_[group] += begins_[group - 1];
  }
  if (is_sorted) return rows;

  std::vector<std::uint32_t> next(begins_.begin(), begins_.end() - 1);
  std::vector<std::uint32_t> order(groups.size());
  for (std::size_t row = 0; row < groups.size(); ++row) {
    order[next[groups[row]]++] = static_cast<std::uint32_t>(row);
  }
  const auto count = static_cast<std::int64_t>(order.size());
  const auto indexes = std::make_shared<arrow::UInt32Array>(
      count, arrow::Buffer::FromVector(std::move(order)));
  auto taken = arrow::compute::Take(arrow::Datum(rows), arrow::Datum(indexes),
                                    arrow::compute::TakeOptions::NoBoundsCheck());
  if (!taken.ok()) {
    return Fail(ErrorKind::kInternal, "cannot sort rows by partition: {}",
                taken.status().ToString());
  }
  return taken->record_batch();
}

Result<std::vector<PartitionedRows>> PartitionRouter::Route(
    const std::shared_ptr<arrow::RecordBatch>& rows) {
  std::vector<PartitionedRows> result;
  if (rows->num_rows() == 0) return result;
  grouping_.Reset(static_cast<std::size_t>(rows->num_rows()));
  std::vector<std::shared_ptr<Array>> sources(fields_.size());
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    if (fields_[i].transform.kind() == TransformKind::kVoid) continue;
    FRAZIL_ASSIGN(sources[i], ArrayAt(*rows, fields_[i].indexes));
    SplitBy(fields_[i], *sources[i]);
  }

  result.resize(grouping_.first_row.size());
  for (std::size_t group = 0; group < result.size(); ++group) {
    FillPartition(sources, grouping_.first_row[group], result[group]);
  }
  if (result.size() == 1) {
    result.front().rows = rows;
    return result;
  }
  FRAZIL_ASSIGN(const auto sorted, SortByGroup(rows));
  for (std::size_t group = 0; group < result.size(); ++group) {
    result[group].rows =
        sorted->Slice(begins_[group], begins_[group + 1] - begins_[group]);
  }
  return result;
}

}  // namespace frazil
