// Whatever the type and transform: each row is in the partition that Transform::Apply gives
// its value, no row is lost, and rows keep their order.

#include <rapidcheck.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <arrow/array.h>
#include <arrow/array/builder_binary.h>
#include <arrow/array/builder_decimal.h>
#include <arrow/array/builder_primitive.h>
#include <arrow/record_batch.h>
#include <arrow/util/decimal.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "write/array_literal.h"
#include "write/partition_router.h"
#include "write/testing_rows.h"

namespace frazil {
namespace {

std::vector<Type> SourceTypes() {
  return {Type(TypeId::kBoolean), Type(TypeId::kInt),       Type(TypeId::kLong),
          Type(TypeId::kFloat),   Type(TypeId::kDouble),    Type::Decimal(9, 2),
          Type::Decimal(38, 4),   Type(TypeId::kDate),      Type(TypeId::kTime),
          Type(TypeId::kString),  Type(TypeId::kTimestamp), Type(TypeId::kTimestamptz),
          Type(TypeId::kUuid),    Type::Fixed(3),           Type(TypeId::kBinary)};
}

const std::vector<std::string> kTransforms = {
    "identity", "bucket[1]", "bucket[16]", "truncate[1]", "truncate[3]", "truncate[1000]",
    "year",     "month",     "day",        "hour",        "void"};

// Small numbers, so that partitions repeat, and now and then any number.
template <typename Number>
Number AnyNumber() {
  const int kind = *rc::gen::inRange(0, 8);
  if (kind == 0) return *rc::gen::arbitrary<Number>();
  return static_cast<Number>(*rc::gen::inRange(-20, 20)) *
         static_cast<Number>(kind % 2 == 0 ? 1 : 50'000'017);
}

std::string AnyText(const Type& type) {
  if (type.id() == TypeId::kUuid || type.id() == TypeId::kFixed) {
    const std::size_t length = type.id() == TypeId::kUuid ? 16 : 3;
    std::string bytes(length, static_cast<char>(*rc::gen::inRange(0, 3) - 1));
    bytes.back() = static_cast<char>(*rc::gen::inRange(0, 3));
    return bytes;
  }
  const std::vector<std::string> pieces = {"a", "b", "\xC3\xA4", "\xE2\x82\xAC",
                                           "\xF0\x9F\x98\x80"};
  std::string text;
  const int length = *rc::gen::inRange(0, 5);
  for (int i = 0; i < length; ++i) text += *rc::gen::elementOf(pieces);
  return text;
}

Int128 AnyDecimal(const Type& type) {
  const std::int64_t value = AnyNumber<std::int32_t>() % 1'000'000'000;
  return type.precision() > 18 ? Int128{value} * 1'000'000'000'000 : Int128{value};
}

template <typename Builder, typename Next>
std::shared_ptr<arrow::Array> Build(Builder builder, std::int64_t count,
                                    const Next& next) {
  for (std::int64_t i = 0; i < count; ++i) {
    const bool is_null = *rc::gen::inRange(0, 6) == 0;
    RC_ASSERT((is_null ? builder.AppendNull() : builder.Append(next())).ok());
  }
  return builder.Finish().ValueOrDie();
}

std::shared_ptr<arrow::Array> AnyColumn(const Type& type, std::int64_t count) {
  const auto arrow_type = ArrowTypeOf(type);
  auto* const pool = arrow::default_memory_pool();
  const auto text = [&] { return AnyText(type); };
  switch (type.id()) {
    case TypeId::kBoolean:
      return Build(arrow::BooleanBuilder(), count,
                   [] { return *rc::gen::arbitrary<bool>(); });
    case TypeId::kInt:
      return Build(arrow::Int32Builder(), count, AnyNumber<std::int32_t>);
    case TypeId::kDate:
      return Build(arrow::Date32Builder(), count, AnyNumber<std::int32_t>);
    case TypeId::kLong:
      return Build(arrow::Int64Builder(), count, AnyNumber<std::int64_t>);
    case TypeId::kTime:
      return Build(arrow::Time64Builder(arrow_type, pool), count,
                   AnyNumber<std::int64_t>);
    case TypeId::kTimestamp:
    case TypeId::kTimestamptz:
      return Build(arrow::TimestampBuilder(arrow_type, pool), count,
                   AnyNumber<std::int64_t>);
    case TypeId::kFloat:
      return Build(arrow::FloatBuilder(), count,
                   [] { return static_cast<float>(*rc::gen::inRange(-3, 3)); });
    case TypeId::kDouble:
      return Build(arrow::DoubleBuilder(), count,
                   [] { return static_cast<double>(*rc::gen::inRange(-3, 3)); });
    case TypeId::kDecimal:
      return Build(arrow::Decimal128Builder(arrow_type, pool), count, [&] {
        const Int128 value = AnyDecimal(type);
        return arrow::Decimal128(static_cast<std::int64_t>(value >> 64),
                                 static_cast<std::uint64_t>(value));
      });
    case TypeId::kString:
      return Build(arrow::StringBuilder(), count, text);
    case TypeId::kBinary:
      return Build(arrow::BinaryBuilder(), count, text);
    default:
      return Build(arrow::FixedSizeBinaryBuilder(arrow_type, pool), count, text);
  }
}

// A row's partition in words: comparable, and NaN equal to itself.
std::string Describe(const std::vector<Literal>& values, const std::vector<Type>& types) {
  std::string text;
  for (std::size_t i = 0; i < values.size(); ++i) {
    text += LiteralToString(values[i], types[i]) + (IsNull(values[i]) ? "\1/" : "/");
  }
  return text;
}

// Rows numbered from `first_row` on, a slice of a larger batch.
std::shared_ptr<arrow::RecordBatch> AnyRows(const Schema& schema,
                                            std::int64_t first_row) {
  const std::int64_t skipped = *rc::gen::inRange(0, 10);
  const std::int64_t count = skipped + *rc::gen::inRange(0, 60);
  arrow::Int64Builder row_numbers;
  for (std::int64_t i = 0; i < count; ++i) {
    RC_ASSERT(row_numbers.Append(first_row + i - skipped).ok());
  }
  arrow::ArrayVector columns = {row_numbers.Finish().ValueOrDie()};
  for (std::size_t i = 1; i < schema.fields.size(); ++i) {
    columns.push_back(AnyColumn(schema.fields[i].type, count));
  }
  return arrow::RecordBatch::Make(ArrowSchemaOf(schema), count, columns)->Slice(skipped);
}

// The partition of one row by the specification, in words.
std::string PartitionOf(const arrow::RecordBatch& rows, std::int64_t row,
                        const Schema& schema, const PartitionSpec& spec) {
  std::vector<Literal> values;
  std::vector<Type> types;
  for (std::size_t i = 0; i < spec.fields.size(); ++i) {
    const Type& source = schema.fields[i + 1].type;
    values.push_back(spec.fields[i].transform.Apply(
        LiteralAt(*rows.column(static_cast<int>(i) + 1), row, source), source));
    types.push_back(*spec.fields[i].transform.ResultType(source));
  }
  return Describe(values, types);
}

RC_GTEST_PROP(PartitionRouterProperty, EachRowIsWhereTheTransformPutsIt, ()) {
  Schema schema;
  schema.fields = {RequiredField(1, "row", TypeId::kLong)};
  PartitionSpec spec;
  std::vector<Type> result_types;
  const int field_count = *rc::gen::inRange(1, 4);
  for (int i = 0; i < field_count; ++i) {
    const Type source = *rc::gen::elementOf(SourceTypes());
    const Transform transform = Transform::Parse(*rc::gen::elementOf(kTransforms));
    const auto result_type = transform.ResultType(source);
    if (!result_type.has_value()) continue;
    const std::string name = "c" + std::to_string(i);
    schema.fields.push_back(OptionalField(2 + i, name, source));
    spec.fields.push_back({2 + i, 1000 + i, name, transform});
    result_types.push_back(*result_type);
  }
  auto router = PartitionRouter::Make(schema, spec);
  RC_ASSERT(router.has_value());

  // Twice, because the router keeps its memory.
  for (int round = 0; round < 2; ++round) {
    std::vector<std::shared_ptr<arrow::RecordBatch>> batches;
    std::map<std::string, std::vector<std::int64_t>> expected;
    std::int64_t next_row = 0;
    const int batch_count = *rc::gen::inRange(0, 4);
    for (int batch = 0; batch < batch_count; ++batch) {
      batches.push_back(AnyRows(schema, next_row));
      next_row += batches.back()->num_rows();
      for (std::int64_t row = 0; row < batches.back()->num_rows(); ++row) {
        const std::string partition = PartitionOf(*batches.back(), row, schema, spec);
        expected[partition].push_back(next_row - batches.back()->num_rows() + row);
      }
    }

    const auto routed = router->Route(batches);
    RC_ASSERT(routed.has_value());
    std::map<std::string, std::vector<std::int64_t>> actual;
    std::map<std::string, std::string> keys;
    for (const RoutedPartition& partition : routed->partitions()) {
      const std::string name = Describe(partition.values, result_types);
      RC_ASSERT(actual.find(name) == actual.end());
      RC_ASSERT(keys.emplace(partition.key, name).second);
      const auto rows = routed->Take(partition, 0, partition.row_count());
      RC_ASSERT(rows.has_value());
      RC_ASSERT((*rows)->Validate().ok());
      const auto& numbers = static_cast<const arrow::Int64Array&>(*(*rows)->column(0));
      actual[name].assign(numbers.raw_values(), numbers.raw_values() + numbers.length());
      for (std::int64_t row = 0; row < (*rows)->num_rows(); ++row) {
        RC_ASSERT(PartitionOf(**rows, row, schema, spec) == name);
      }
    }
    RC_ASSERT(actual == expected);
  }
}

}  // namespace
}  // namespace frazil
