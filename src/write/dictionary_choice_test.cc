#include "write/dictionary_choice.h"

#include <string>

#include <arrow/array/builder_binary.h>
#include <arrow/array/builder_primitive.h>
#include <gtest/gtest.h>

#include "write/testing_rows.h"

namespace frazil {
namespace {

std::shared_ptr<arrow::Array> Strings(int count, int distinct) {
  arrow::StringBuilder builder;
  for (int i = 0; i < count; ++i) {
    EXPECT_TRUE(builder.Append("value-" + std::to_string(i % distinct)).ok());
  }
  return builder.Finish().ValueOrDie();
}

std::shared_ptr<arrow::Array> Longs(int count, int distinct) {
  arrow::Int64Builder builder;
  for (int i = 0; i < count; ++i) EXPECT_TRUE(builder.Append(i % distinct).ok());
  return builder.Finish().ValueOrDie();
}

TEST(DictionaryChoiceTest, ColumnsOfFewValuesAreWorthOne) {
  EXPECT_TRUE(IsWorthADictionary(*Strings(5000, 7), Type(TypeId::kString)));
  EXPECT_TRUE(IsWorthADictionary(*Longs(5000, 100), Type(TypeId::kLong)));
}

TEST(DictionaryChoiceTest, ColumnsOfUniqueValuesAreNot) {
  EXPECT_FALSE(IsWorthADictionary(*Strings(5000, 5000), Type(TypeId::kString)));
  EXPECT_FALSE(IsWorthADictionary(*Longs(5000, 5000), Type(TypeId::kLong)));
}

TEST(DictionaryChoiceTest, ASliceIsJudgedByItsOwnValues) {
  arrow::Int64Builder builder;
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(builder.Append(7).ok());
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(builder.Append(i).ok());
  const auto values = builder.Finish().ValueOrDie();
  EXPECT_TRUE(IsWorthADictionary(*values->Slice(0, 1000), Type(TypeId::kLong)));
  EXPECT_FALSE(IsWorthADictionary(*values->Slice(1000, 1000), Type(TypeId::kLong)));
}

TEST(DictionaryChoiceTest, FewValuesSayNothing) {
  EXPECT_TRUE(IsWorthADictionary(*Strings(10, 10), Type(TypeId::kString)));
}

}  // namespace
}  // namespace frazil
