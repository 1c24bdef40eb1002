#include <rapidcheck.h>

#include <string>
#include <vector>

#include <arrow/array.h>
#include <arrow/util/byte_size.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "decode/array_text.h"
#include "decode/column.h"
#include "decode/decoder_fixture.h"
#include "model/arrow_schema.h"

namespace frazil {
namespace {

const Type& RowType() {
  static const Type type = Type::Struct(
      {Member("b", Type(TypeId::kBoolean)), Member("i", Type(TypeId::kInt)),
       Member("s", Type(TypeId::kString)), Member("r", Type(TypeId::kLong), true),
       Member("m", MapOf(Type(TypeId::kString), ListOf(Type(TypeId::kBoolean))))});
  return type;
}

void AppendList(Column& column, std::string& text) {
  if (*rc::gen::inRange(0, 4) == 0) {
    RC_ASSERT(column.AppendNull());
    text += "null";
    return;
  }
  text += '[';
  const int count = *rc::gen::inRange(0, 4);
  for (int i = 0; i < count; ++i) {
    const int value = *rc::gen::inRange(0, 3);
    Column& element = column.children()[0];
    RC_ASSERT((value == 2 ? element.AppendNull() : element.AppendBoolean(value == 1)));
    text += std::string(i > 0 ? ", " : "") + (value == 2   ? "null"
                                              : value == 1 ? "true"
                                                           : "false");
  }
  RC_ASSERT(column.EndList());
  text += ']';
}

// Appends a random row, and says what it is. Stops after `members` members, as a record
// that fails does.
std::string AppendRow(Column& row, int members) {
  if (members == 5 && *rc::gen::inRange(0, 6) == 0) {
    RC_ASSERT(row.AppendNull());
    return "null";
  }
  std::vector<Column>& fields = row.children();
  std::string text = "(b: ";
  const int truth = *rc::gen::inRange(0, 3);
  if (members == 0) return text;
  RC_ASSERT((truth == 2 ? fields[0].AppendNull() : fields[0].AppendBoolean(truth == 1)));
  text += truth == 2 ? "null" : truth == 1 ? "true" : "false";
  if (members == 1) return text;
  const auto number = *rc::gen::arbitrary<std::int32_t>();
  RC_ASSERT((number % 5 == 0 ? fields[1].AppendNull() : fields[1].Append(number)));
  text += ", i: " + (number % 5 == 0 ? "null" : std::to_string(number));
  if (members == 2) return text;
  const std::string bytes(static_cast<std::size_t>(*rc::gen::inRange(0, 40)), 'x');
  RC_ASSERT((bytes.size() == 7 ? fields[2].AppendNull() : fields[2].AppendBytes(bytes)));
  text += ", s: " + (bytes.size() == 7 ? "null" : "\"" + bytes + "\"");
  if (members == 3) return text;
  RC_ASSERT(fields[3].Append(std::int64_t{number} * 2));
  text += ", r: " + std::to_string(std::int64_t{number} * 2) + ", m: ";
  std::vector<Column>& entry = fields[4].children();
  const int entries = *rc::gen::inRange(0, 3);
  text += '{';
  for (int i = 0; i < entries; ++i) {
    RC_ASSERT(entry[0].AppendBytes(std::to_string(i)));
    text += (i > 0 ? ", \"" : "\"") + std::to_string(i) + "\": ";
    AppendList(entry[1], text);
  }
  text += '}';
  if (members == 4) return text;  // the map is not ended
  RC_ASSERT(fields[4].EndList());
  RC_ASSERT(row.EndStruct());
  return text + ")";
}

RC_GTEST_PROP(ColumnProperty, TruncatedRowsLeaveNoTrace, ()) {
  Column column(RowType(), /*is_required=*/false);
  const auto type = ArrowTypeOf(RowType());
  for (int batch = 0; batch < 2; ++batch) {
    std::vector<std::string> model;
    RC_ASSERT(column.Reserve(*rc::gen::inRange(0, 20)));
    const int steps = *rc::gen::inRange(0, 30);
    for (int step = 0; step < steps; ++step) {
      const int action = *rc::gen::inRange(0, 10);
      if (action < 6) {
        model.push_back(AppendRow(column, 5));
      } else if (action < 9) {
        AppendRow(column, *rc::gen::inRange(0, 5));
        column.Truncate(static_cast<std::int64_t>(model.size()));
      } else {
        model.resize(*rc::gen::inRange<std::size_t>(0, model.size() + 1));
        column.Truncate(static_cast<std::int64_t>(model.size()));
      }
      RC_ASSERT(column.length() == static_cast<std::int64_t>(model.size()));
    }
    const auto array = arrow::MakeArray(column.Finish(type));
    RC_ASSERT(array->ValidateFull().ok());
    RC_ASSERT(array->length() == static_cast<std::int64_t>(model.size()));
    for (std::size_t row = 0; row < model.size(); ++row) {
      RC_ASSERT(ArrayText(*array, static_cast<std::int64_t>(row)) == model[row]);
    }
  }
}

TEST(ColumnTest, ANullStructLeavesZeroInItsRequiredMembers) {
  Column column(RowType(), /*is_required=*/false);
  ASSERT_TRUE(column.Reserve(1));
  ASSERT_TRUE(column.AppendNull());
  const auto array = arrow::MakeArray(column.Finish(ArrowTypeOf(RowType())));
  const auto& row = static_cast<const arrow::StructArray&>(*array);
  EXPECT_EQ(array->null_count(), 1);
  EXPECT_EQ(row.field(3)->null_count(), 0);
  EXPECT_EQ(ArrayText(*row.field(3), 0), "0");
  EXPECT_EQ(row.field(2)->null_count(), 1);
}

}  // namespace
}  // namespace frazil
