#include "base/result.h"

#include <optional>
#include <type_traits>

#include <gtest/gtest.h>

namespace frazil {
namespace {

// std::nullopt is a value: the function succeeded and found nothing.
TEST(ResultTest, NothingFoundIsSuccess) {
  const auto find = [](bool fails) -> Result<std::optional<int>> {
    if (fails) return Fail(ErrorKind::kIoError, "cannot look");
    return std::nullopt;
  };
  const Result<std::optional<int>> nothing = find(false);
  ASSERT_TRUE(nothing.has_value());
  EXPECT_FALSE(nothing->has_value());
  EXPECT_FALSE(find(true).has_value());
}

// "Did it work" and "is it so" are different questions: neither turns into the other.
static_assert(!std::is_convertible_v<Status, Result<bool>>);
static_assert(!std::is_convertible_v<Result<bool>, bool>);
static_assert(!std::is_convertible_v<std::optional<int>, Result<int>>);
static_assert(!std::is_convertible_v<Error, Result<int>>);

}  // namespace
}  // namespace frazil
