#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "model/type.h"

namespace frazil {
namespace {

Type AnyPrimitive() {
  const int id = *rc::gen::inRange(0, static_cast<int>(TypeId::kStruct));
  switch (static_cast<TypeId>(id)) {
    case TypeId::kDecimal: {
      const int precision = *rc::gen::inRange(1, 39);
      return Type::Decimal(precision, *rc::gen::inRange(0, precision + 1));
    }
    case TypeId::kFixed:
      return Type::Fixed(*rc::gen::inRange(0, 1'000));
    default:
      return Type(static_cast<TypeId>(id));
  }
}

RC_GTEST_PROP(TypeProperty, APrimitiveReadsBackFromItsText, ()) {
  const Type type = AnyPrimitive();
  const auto parsed = ParsePrimitiveType(type.ToString());
  RC_ASSERT(parsed.has_value());
  RC_ASSERT(*parsed == type);
}

RC_GTEST_PROP(TypeProperty, AnyTextIsATypeOrAnError, ()) {
  const auto text = *rc::gen::container<std::string>(
      rc::gen::elementOf(std::string("decimalfx()[], 0123456789")));
  const auto parsed = ParsePrimitiveType(text);
  if (!parsed.has_value()) return;
  const auto again = ParsePrimitiveType(parsed->ToString());
  RC_ASSERT(again.has_value());
  RC_ASSERT(*again == *parsed);
}

}  // namespace
}  // namespace frazil
