#include "catalog/rest/rest_settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/result_matchers.h"

namespace frazil {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;

TEST(RestSettingsTest, AUriIsEnough) {
  const auto settings = MakeRestSettings({{"uri", "http://h:8181/catalog/"}});
  ASSERT_THAT(settings, IsOk());
  EXPECT_EQ(settings->uri, "http://h:8181/catalog");
  EXPECT_EQ(settings->prefix, "");
  EXPECT_EQ(settings->namespace_separator, "%1F");
  EXPECT_EQ(settings->scope, "catalog");
  EXPECT_EQ(settings->oauth2_server_uri, "http://h:8181/catalog/v1/oauth/tokens");
}

TEST(RestSettingsTest, EveryPropertyIsUnderstood) {
  const auto settings = MakeRestSettings({{"uri", "https://h"},
                                          {"prefix", "/main|a%2Fb/x y/"},
                                          {"namespace-separator", "%2E"},
                                          {"token", "t"},
                                          {"credential", "me:secret"},
                                          {"scope", "PRINCIPAL_ROLE:ALL"},
                                          {"oauth2-server-uri", "https://auth/token"},
                                          {"header.X-A", "1"},
                                          {"header.X-B", "2"},
                                          {"ssl.cabundle", "/ca.pem"},
                                          {"something", "else"}});
  ASSERT_THAT(settings, IsOk());
  EXPECT_EQ(settings->prefix, "main%7Ca%2Fb/x%20y");
  EXPECT_EQ(settings->namespace_separator, "%2E");
  EXPECT_EQ(settings->token, "t");
  EXPECT_EQ(settings->credential, "me:secret");
  EXPECT_EQ(settings->scope, "PRINCIPAL_ROLE:ALL");
  EXPECT_EQ(settings->oauth2_server_uri, "https://auth/token");
  ASSERT_EQ(settings->headers.size(), 2U);
  EXPECT_EQ(settings->headers[1].name, "X-B");
  EXPECT_EQ(settings->headers[1].value, "2");
  EXPECT_EQ(settings->ca_file, "/ca.pem");
}

TEST(RestSettingsTest, AWrongUriIsNamedByItsOption) {
  EXPECT_THAT(MakeRestSettings({}),
              FailsWith(ErrorKind::kInvalidConfig, HasSubstr("'uri'")));
  EXPECT_THAT(MakeRestSettings({{"uri", "http://h/?a=geheim"}}),
              FailsWith(ErrorKind::kInvalidConfig, Not(HasSubstr("geheim"))));
  EXPECT_THAT(MakeRestSettings({{"uri", "http://h"}, {"oauth2-server-uri", "auth"}}),
              FailsWith(ErrorKind::kInvalidConfig, HasSubstr("'oauth2-server-uri'")));
}

TEST(RestSettingsTest, DefaultsGiveWayToTheClientAndTheClientToOverrides) {
  const auto merged = MergeRestConfig(
      {{"a", "client"}, {"b", "client"}},
      R"({"defaults":{"a":"default","c":"default"},"overrides":{"b":"override","d":null}})");
  EXPECT_THAT(merged, IsOkAnd(ElementsAre(Pair("a", "client"), Pair("b", "override"),
                                          Pair("c", "default"))));
  EXPECT_THAT(MergeRestConfig({}, "{}"), IsOk());
  for (const char* body : {"", "[]", "<html>", R"({"defaults":[]})",
                           R"({"defaults":{},"overrides":{"a":1}})"}) {
    SCOPED_TRACE(body);
    EXPECT_THAT(MergeRestConfig({}, body), FailsWith(ErrorKind::kCorruptData));
  }
}

TEST(RestSettingsTest, SecretsAreTakenOutOfWhatServersSay) {
  const auto settings = MakeRestSettings({{"uri", "http://h"},
                                          {"token", "token-1"},
                                          {"credential", "name:word-1"},
                                          {"header.X", "value-1"}});
  ASSERT_THAT(settings, IsOk());
  const std::string text = WithoutSecrets(
      "name token-1 word-1word-1 value-1 name:word-1 token-2", *settings, "token-2");
  EXPECT_THAT(text, AllOf(HasSubstr("name"), HasSubstr("***"), Not(HasSubstr("-1")),
                          Not(HasSubstr("-2"))));
}

}  // namespace
}  // namespace frazil
