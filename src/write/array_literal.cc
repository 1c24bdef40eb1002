#include "write/array_literal.h"

#include <cstring>
#include <string>

#include <arrow/array.h>

namespace frazil {

Int128 DecimalAt(const arrow::Array& array, std::int64_t row) {
  Int128 value = 0;
  std::memcpy(&value,
              static_cast<const arrow::FixedSizeBinaryArray&>(array).GetValue(row),
              sizeof(value));
  return value;
}

Literal LiteralAt(const arrow::Array& array, std::int64_t row, const Type& type) {
  if (array.IsNull(row)) return {};
  switch (type.id()) {
    case TypeId::kBoolean:
      return static_cast<const arrow::BooleanArray&>(array).Value(row);
    case TypeId::kInt:
    case TypeId::kDate:
      return array.data()->GetValues<std::int32_t>(1)[row];
    case TypeId::kLong:
    case TypeId::kTime:
    case TypeId::kTimestamp:
    case TypeId::kTimestamptz:
      return array.data()->GetValues<std::int64_t>(1)[row];
    case TypeId::kFloat:
      return static_cast<const arrow::FloatArray&>(array).Value(row);
    case TypeId::kDouble:
      return static_cast<const arrow::DoubleArray&>(array).Value(row);
    case TypeId::kDecimal:
      return DecimalAt(array, row);
    case TypeId::kString:
    case TypeId::kBinary:
      return std::string(static_cast<const arrow::BinaryArray&>(array).GetView(row));
    case TypeId::kUuid:
    case TypeId::kFixed:
      return std::string(
          static_cast<const arrow::FixedSizeBinaryArray&>(array).GetView(row));
    case TypeId::kStruct:
    case TypeId::kList:
    case TypeId::kMap:
      break;
  }
  return {};
}

}  // namespace frazil
