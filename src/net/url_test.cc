#include "net/url.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/result_matchers.h"

namespace frazil {
namespace {

using ::testing::HasSubstr;

TEST(UrlTest, EveryByteSurvivesPercentEncoding) {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  const std::string encoded = PercentEncode(all);
  EXPECT_THAT(PercentDecode(encoded), IsOkAnd(all));
  EXPECT_EQ(encoded.find_first_of("/?#&=+ "), std::string::npos);
}

TEST(UrlTest, WhatIsUnreservedStaysAsItIs) {
  EXPECT_EQ(PercentEncode("aZ09-._~"), "aZ09-._~");
  EXPECT_EQ(PercentEncode("a b/c\x1f"), "a%20b%2Fc%1F");
}

TEST(UrlTest, APercentSignNeedsTwoDigits) {
  for (const char* text : {"%", "a%1", "%zz", "%1z", "%-1"}) {
    SCOPED_TRACE(text);
    EXPECT_THAT(PercentDecode(text), FailsWith(ErrorKind::kInvalidArgument));
  }
}

TEST(UrlTest, ParametersKeepTheirOrder) {
  EXPECT_EQ(EncodeParameters({{"b", "x y"}, {"a", ""}, {"b", "&="}}),
            "b=x%20y&a=&b=%26%3D");
  EXPECT_EQ(EncodeParameters({}), "");
}

TEST(UrlTest, HttpUrlsNeedASchemeAndAHost) {
  EXPECT_THAT(CheckHttpUrl("http://localhost:8181"), IsOk());
  EXPECT_THAT(CheckHttpUrl("https://h/a/b?c=d@e"), IsOk());
  for (const char* url : {"", "localhost:8181", "ftp://h/", "http://", "http:///a",
                          "http://:80", "http://h/#a", "http://h/a b", "http://h/\n"}) {
    SCOPED_TRACE(url);
    EXPECT_THAT(CheckHttpUrl(url), FailsWith(ErrorKind::kInvalidConfig));
  }
}

TEST(UrlTest, APasswordInAUrlIsRefusedAndNotRepeated) {
  for (const char* url : {"http://me:geheim@h/", "geheim@h", "ftp://me:geheim@h"}) {
    SCOPED_TRACE(url);
    EXPECT_THAT(CheckHttpUrl(url),
                FailsWith(ErrorKind::kInvalidConfig, Not(HasSubstr("geheim"))));
  }
}

}  // namespace
}  // namespace frazil
