#include "decode/binary_text.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace frazil {
namespace {

std::string Base64(std::string_view text) {
  std::vector<std::uint8_t> out(Base64DecodedBound(text.size()));
  std::size_t size = 0;
  if (DecodeBase64(text, out.data(), size) != DecodeError::kNone) return "!";
  return {out.begin(), out.begin() + static_cast<std::ptrdiff_t>(size)};
}

TEST(BinaryTextTest, Base64OfTheRfc) {
  // RFC 4648 section 10.
  EXPECT_EQ(Base64(""), "");
  EXPECT_EQ(Base64("Zg=="), "f");
  EXPECT_EQ(Base64("Zm8="), "fo");
  EXPECT_EQ(Base64("Zm9v"), "foo");
  EXPECT_EQ(Base64("Zm9vYg=="), "foob");
  EXPECT_EQ(Base64("Zm9vYmE="), "fooba");
  EXPECT_EQ(Base64("Zm9vYmFy"), "foobar");
}

TEST(BinaryTextTest, Base64MayLackItsPaddingAndBeUrlSafe) {
  EXPECT_EQ(Base64("Zg"), "f");
  EXPECT_EQ(Base64("Zm8"), "fo");
  EXPECT_EQ(Base64("-_-_"), Base64("+/+/"));
  EXPECT_EQ(Base64("+/+/"), "\xFB\xFF\xBF");
}

TEST(BinaryTextTest, Base64RefusesWhatNoBytesEncodeTo) {
  for (const std::string text :
       {"Z", "Zg=", "Z===", "====", "Zm9v=", "Zm 9v", "Zm9vZ", "Zh==", "Zm9=", "Zm9v\n",
        "Zm=v", "Z\x80==", "Zm9v===="}) {
    EXPECT_EQ(Base64(text), "!") << text;
  }
}

TEST(BinaryTextTest, AUuidIsSixteenBytesInEitherCase) {
  std::vector<std::uint8_t> bytes(16);
  ASSERT_EQ(ParseUuid("f79c3e09-677c-4bbd-A479-3F349CB785E7", bytes.data()),
            DecodeError::kNone);
  EXPECT_THAT(bytes,
              testing::ElementsAre(0xf7, 0x9c, 0x3e, 0x09, 0x67, 0x7c, 0x4b, 0xbd, 0xa4,
                                   0x79, 0x3f, 0x34, 0x9c, 0xb7, 0x85, 0xe7));
  for (const std::string text :
       {"", "f79c3e09677c4bbda4793f349cb785e7", "f79c3e09-677c-4bbd-a479-3f349cb785e",
        "f79c3e09-677c-4bbd-a479-3f349cb785eg", "f79c3e09-677c-4bbd-a4793-f349cb785e7",
        "{f79c3e09-677c-4bbd-a479-3f349cb785}"}) {
    EXPECT_EQ(ParseUuid(text, bytes.data()), DecodeError::kInvalidValue) << text;
  }
}

}  // namespace
}  // namespace frazil
