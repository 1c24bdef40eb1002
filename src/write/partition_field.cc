#include "write/partition_field.h"

#include <bit>
#include <cmath>
#include <limits>
#include <utility>

#include <arrow/array.h>
#include <arrow/extension_type.h>
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
void SplitWithNulls(const Array& source, std::size_t begin, const KeyAt& key_at,
                    GroupSplitter<Key>& splitter, RowGrouping& grouping) {
  const auto count = static_cast<std::size_t>(source.length());
  if (source.null_count() == 0) {
    splitter.Split(begin, count, key_at, [](std::size_t) { return false; }, grouping);
  } else {
    const auto is_null = [&](std::size_t row) {
      return source.IsNull(static_cast<std::int64_t>(row));
    };
    splitter.Split(begin, count, key_at, is_null, grouping);
  }
}

}  // namespace

Result<BoundPartitionField> BoundPartitionField::Bind(const Schema& schema,
                                                      const PartitionField& field) {
  BoundPartitionField bound;
  bound.transform_ = field.transform;
  if (field.transform.kind() == TransformKind::kUnknown) {
    return Fail(ErrorKind::kNotSupported,
                "partition field {} has a transform unknown to Frazil: {}", field.name,
                field.transform.ToString());
  }
  if (FindIndexes(schema.fields, field.source_id, bound.indexes_, bound.source_type_)) {
    FRAZIL_ASSIGN(bound.result_type_, field.transform.ResultType(bound.source_type_));
    return bound;
  }
  // The column of a field that was dropped from the spec of a v1 table may be gone.
  if (field.transform.kind() == TransformKind::kVoid) return bound;
  return Fail(ErrorKind::kInvalidArgument,
              "partition field {} has no source column with id {}", field.name,
              field.source_id);
}

Result<std::shared_ptr<Array>> BoundPartitionField::SourceOf(
    const arrow::RecordBatch& rows) const {
  if (transform_.kind() == TransformKind::kVoid) return std::shared_ptr<Array>();
  return ArrayAt(rows, indexes_);
}

Literal BoundPartitionField::ValueAt(const Array* source, std::int64_t row) const {
  if (source == nullptr) return {};
  return transform_.Apply(LiteralAt(*source, row, source_type_), source_type_);
}

void BoundPartitionField::SplitDecimals(const Array& source, std::size_t begin,
                                        GroupSplitters& splitters,
                                        RowGrouping& grouping) const {
  const auto value_at = [&](std::size_t row) {
    return DecimalAt(source, static_cast<std::int64_t>(row));
  };
  if (transform_.kind() == TransformKind::kBucket) {
    const auto bucket_at = [&](std::size_t row) {
      return std::int64_t{BucketOf(HashDecimal(value_at(row)), transform_.parameter())};
    };
    SplitWithNulls(source, begin, bucket_at, splitters.integers, grouping);
    return;
  }
  const bool is_truncated = transform_.kind() == TransformKind::kTruncate;
  const Int128 width = is_truncated ? transform_.parameter() : 1;
  const auto truncated_at = [&](std::size_t row) {
    const Int128 value = value_at(row);
    return value - ((value % width) + width) % width;
  };
  SplitWithNulls(source, begin, truncated_at, splitters.decimals, grouping);
}

void BoundPartitionField::SplitBytes(const Array& source, std::size_t begin,
                                     GroupSplitters& splitters,
                                     RowGrouping& grouping) const {
  const bool is_fixed = source.type_id() == arrow::Type::FIXED_SIZE_BINARY;
  const auto value_at = [&](std::size_t at) -> std::string_view {
    const auto row = static_cast<std::int64_t>(at);
    if (is_fixed)
      return static_cast<const arrow::FixedSizeBinaryArray&>(source).GetView(row);
    return static_cast<const arrow::BinaryArray&>(source).GetView(row);
  };
  if (transform_.kind() == TransformKind::kBucket) {
    const auto bucket_at = [&](std::size_t row) {
      return std::int64_t{BucketOf(HashBytes(value_at(row)), transform_.parameter())};
    };
    SplitWithNulls(source, begin, bucket_at, splitters.integers, grouping);
  } else if (transform_.kind() == TransformKind::kTruncate) {
    const auto truncated_at = [&](std::size_t row) {
      return Truncated(value_at(row), source_type_.id(), transform_.parameter());
    };
    SplitWithNulls(source, begin, truncated_at, splitters.bytes, grouping);
  } else {
    SplitWithNulls(source, begin, value_at, splitters.bytes, grouping);
  }
}

void BoundPartitionField::SplitIntegers(const Array& source, std::size_t begin,
                                        GroupSplitters& splitters,
                                        RowGrouping& grouping) const {
  VisitIntegers(source, [&](const auto& value_at) {
    const auto key_at = [&](std::size_t row) {
      return IntegerKey(transform_, source_type_.id(), value_at(row));
    };
    SplitWithNulls(source, begin, key_at, splitters.integers, grouping);
  });
}

void BoundPartitionField::Split(const std::vector<std::shared_ptr<Array>>& sources,
                                GroupSplitters& splitters, RowGrouping& grouping) const {
  if (transform_.kind() == TransformKind::kVoid) return;
  splitters.integers.Begin(grouping);
  splitters.decimals.Begin(grouping);
  splitters.bytes.Begin(grouping);
  std::size_t begin = 0;
  for (const auto& source : sources) {
    switch (source_type_.id()) {
      case TypeId::kString:
      case TypeId::kBinary:
      case TypeId::kFixed:
      case TypeId::kUuid:
        SplitBytes(*source, begin, splitters, grouping);
        break;
      case TypeId::kDecimal:
        SplitDecimals(*source, begin, splitters, grouping);
        break;
      default:
        SplitIntegers(*source, begin, splitters, grouping);
    }
    begin += static_cast<std::size_t>(source->length());
  }
}

}  // namespace frazil
