#pragma once

/// \file engine/random_rows.h
/// \brief Arrow columns of any type with seeded random values. Included by tests and
/// benchmarks only.

#include <cstdint>
#include <cstdlib>
#include <limits>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <arrow/array/builder_base.h>
#include <arrow/array/builder_binary.h>
#include <arrow/array/builder_decimal.h>
#include <arrow/array/builder_nested.h>
#include <arrow/array/builder_primitive.h>
#include <arrow/array/builder_time.h>
#include <arrow/builder.h>
#include <arrow/util/decimal.h>

#include "model/arrow_schema.h"
#include "model/type.h"

namespace frazil {

/// \brief Makes random columns; equal seeds make equal columns.
class RandomRows {
 public:
  /// `null_percent` of values, elements and members that may be null are.
  RandomRows(unsigned seed, int null_percent)
      : random_(seed), null_percent_(null_percent) {}

  std::shared_ptr<arrow::Array> Column(const Type& type, std::int64_t row_count) {
    auto builder = *arrow::MakeBuilder(ArrowTypeOf(type));
    for (std::int64_t i = 0; i < row_count; ++i) Append(type, false, *builder);
    return *builder->Finish();
  }

 private:
  // Only memory can be missing here.
  static void Must(const arrow::Status& status) {
    if (!status.ok()) std::abort();
  }

  std::int64_t Between(std::int64_t low, std::int64_t high) {
    return std::uniform_int_distribution<std::int64_t>(low, high)(random_);
  }

  std::string Text() {
    std::string text;
    // Around the 12 bytes that DuckDB keeps inside a string's own 16.
    const std::int64_t length = Between(0, 9) < 8 ? Between(0, 16) : Between(17, 300);
    for (std::int64_t i = 0; i < length; ++i) {
      text += static_cast<char>(Between(0, 9) == 0 ? '"' : Between('a', 'z'));
    }
    return text;
  }

  std::string Bytes(int length) {
    std::string bytes;
    for (int i = 0; i < length; ++i) bytes += static_cast<char>(Between(-128, 127));
    return bytes;
  }

  template <typename Builder>
  static Builder& As(arrow::ArrayBuilder& builder) {
    return dynamic_cast<Builder&>(builder);
  }

  void Append(const Type& type, bool required, arrow::ArrayBuilder& builder) {
    if (!required && Between(0, 99) < null_percent_) {
      Must(builder.AppendNull());
      return;
    }
    Must(AppendValue(type, builder));
  }

  arrow::Status AppendValue(const Type& type, arrow::ArrayBuilder& builder) {
    constexpr std::int64_t kDayUs = 86'400'000'000;
    constexpr std::int64_t kYear2100Us = 4'102'444'800'000'000;
    switch (type.id()) {
      case TypeId::kBoolean:
        return As<arrow::BooleanBuilder>(builder).Append(Between(0, 1) == 1);
      case TypeId::kInt:
        return As<arrow::Int32Builder>(builder).Append(
            static_cast<std::int32_t>(Between(std::numeric_limits<std::int32_t>::min(),
                                              std::numeric_limits<std::int32_t>::max())));
      case TypeId::kLong:
        return As<arrow::Int64Builder>(builder).Append(
            Between(std::numeric_limits<std::int64_t>::min(),
                    std::numeric_limits<std::int64_t>::max()));
      case TypeId::kFloat:
        return As<arrow::FloatBuilder>(builder).Append(
            static_cast<float>(Between(-1000, 1000)) / 8);
      case TypeId::kDouble:
        return As<arrow::DoubleBuilder>(builder).Append(
            static_cast<double>(Between(-1'000'000, 1'000'000)) / 7);
      case TypeId::kDate:
        return As<arrow::Date32Builder>(builder).Append(
            static_cast<std::int32_t>(Between(-100'000, 100'000)));
      case TypeId::kTime:
        return As<arrow::Time64Builder>(builder).Append(Between(0, kDayUs - 1));
      case TypeId::kTimestamp:
      case TypeId::kTimestamptz:
        return As<arrow::TimestampBuilder>(builder).Append(
            Between(-kYear2100Us, kYear2100Us));
      case TypeId::kString:
        return As<arrow::StringBuilder>(builder).Append(Text());
      case TypeId::kBinary:
        return As<arrow::BinaryBuilder>(builder).Append(
            Bytes(static_cast<int>(Between(0, 30))));
      case TypeId::kUuid:
        return As<arrow::FixedSizeBinaryBuilder>(builder).Append(Bytes(16));
      case TypeId::kFixed:
        return As<arrow::FixedSizeBinaryBuilder>(builder).Append(Bytes(type.length()));
      case TypeId::kDecimal:
        return AppendDecimal(type, builder);
      default:
        return AppendNested(type, builder);
    }
  }

  arrow::Status AppendDecimal(const Type& type, arrow::ArrayBuilder& builder) {
    std::string digits = Between(0, 1) == 0 ? "-" : "";
    for (int i = 0; i < type.precision(); ++i) {
      digits += static_cast<char>('0' + Between(0, 9));
    }
    auto value = arrow::Decimal128::FromString(digits);
    return As<arrow::Decimal128Builder>(builder).Append(*value);
  }

  arrow::Status AppendNested(const Type& type, arrow::ArrayBuilder& builder) {
    const std::vector<SchemaField>& fields = type.fields();
    if (type.id() == TypeId::kStruct) {
      auto& child = As<arrow::StructBuilder>(builder);
      for (std::size_t i = 0; i < fields.size(); ++i) {
        Append(fields[i].type, fields[i].required, *child.child(static_cast<int>(i)));
      }
      return child.Append();
    }
    const std::int64_t length = Between(0, 4);
    if (type.id() == TypeId::kList) {
      auto& child = As<arrow::ListBuilder>(builder);
      ARROW_RETURN_NOT_OK(child.Append());
      for (std::int64_t i = 0; i < length; ++i) {
        Append(fields[0].type, fields[0].required, *child.value_builder());
      }
      return arrow::Status::OK();
    }
    auto& child = As<arrow::MapBuilder>(builder);
    ARROW_RETURN_NOT_OK(child.Append());
    for (std::int64_t i = 0; i < length; ++i) {
      Append(fields[0].type, true, *child.key_builder());
      Append(fields[1].type, fields[1].required, *child.item_builder());
    }
    return arrow::Status::OK();
  }

  std::mt19937_64 random_;
  int null_percent_;
};

/// \brief A member of a nested type, optional and without an id.
inline SchemaField Member(std::string name, Type type, bool required = false) {
  SchemaField field;
  field.name = std::move(name);
  field.type = std::move(type);
  field.required = required;
  return field;
}

/// \brief One of each Iceberg v2 type, decimals of each width DuckDB has, and nested ones.
inline std::vector<Type> EveryType() {
  const Type text(TypeId::kString);
  const Type geo = Type::Struct(
      {Member("city", text), Member("at", Type(TypeId::kDouble)),
       Member("deep",
              Type::Struct({Member("n", Type(TypeId::kInt)), Member("s", text)}))});
  const auto list = [](Type element) {
    return Type::List(Member("element", std::move(element)));
  };
  const auto map = [](Type key, Type value) {
    return Type::Map(Member("key", std::move(key), true),
                     Member("value", std::move(value)));
  };
  return {
      Type(TypeId::kBoolean),
      Type(TypeId::kInt),
      Type(TypeId::kLong),
      Type(TypeId::kFloat),
      Type(TypeId::kDouble),
      Type::Decimal(4, 2),
      Type::Decimal(9, 0),
      Type::Decimal(18, 6),
      Type::Decimal(38, 10),
      Type(TypeId::kDate),
      Type(TypeId::kTime),
      Type(TypeId::kTimestamp),
      Type(TypeId::kTimestamptz),
      text,
      Type(TypeId::kUuid),
      Type::Fixed(5),
      Type::Fixed(20),
      Type(TypeId::kBinary),
      geo,
      list(Type(TypeId::kLong)),
      list(text),
      list(geo),
      list(list(Type(TypeId::kUuid))),
      map(text, Type(TypeId::kInt)),
      map(Type(TypeId::kInt), geo),
      map(text, list(Type(TypeId::kBoolean))),
      Type::Struct({Member("m", map(text, text)), Member("l", list(map(text, text)))})};
}

}  // namespace frazil
