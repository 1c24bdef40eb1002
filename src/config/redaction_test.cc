#include "config/redaction.h"

#include <gtest/gtest.h>

namespace frazil {
namespace {

std::string Hide(std::string_view text) {
  std::string shown;
  std::size_t copied = 0;
  for (const ByteSpan& span : FindSecrets(text)) {
    shown += text.substr(copied, span.begin - copied);
    shown += kRedacted;
    copied = span.end;
  }
  return shown.append(text.substr(copied));
}

TEST(IsSecretKeyTest, KnowsTheKeysOfSecrets) {
  for (const std::string_view key :
       {"password", "properties.sasl.password", "sasl.jaas.config", "ssl.key.pem",
        "properties.ssl.keystore.password", "credential", "token", "s3.secret-access-key",
        "S3.Session-Token", "client-secret", "header.Authorization",
        "sasl.oauthbearer.token", "adls.sas-token",
        "value.avro-confluent.basic-auth.user-info", "api_key"}) {
    EXPECT_TRUE(IsSecretKey(key)) << key;
  }
}

TEST(IsSecretKeyTest, LeavesFilesAddressesAndTimesReadable) {
  for (const std::string_view key :
       {"topic", "properties.bootstrap.servers", "ssl.key.location", "key.format",
        "oauth2-server-uri", "sasl.oauthbearer.token.endpoint.url", "warehouse",
        "write.target-file-size-bytes", "token-refresh-enabled", "s3.access-key-id"}) {
    EXPECT_FALSE(IsSecretKey(key)) << key;
  }
}

TEST(RedactedTest, HidesTheValueOfASecretAndThePasswordOfAUrl) {
  EXPECT_EQ(Redacted({"sasl.password", "hunter2", {}, {}}), "***");
  EXPECT_EQ(Redacted({"header.Cookie", "hunter2", {}, {}}), "***");
  EXPECT_EQ(Redacted({"uri", "postgresql://frazil:hunter2@db:5432/catalog", {}, {}}),
            "postgresql://frazil:***@db:5432/catalog");
  EXPECT_EQ(Redacted({"uri", "jdbc:x://db/c?user=u&password=hunter2&a=b", {}, {}}),
            "jdbc:x://db/c?user=u&password=***&a=b");
  EXPECT_EQ(Redacted({"uri", "sqlite:///lake/catalog.db", {}, {}}),
            "sqlite:///lake/catalog.db");
}

TEST(FindSecretsTest, FindsValuesInScriptsPropertiesJsonAndYaml) {
  const struct {
    std::string_view text;
    std::string_view hidden;
  } cases[] = {
      {"'sasl.password' = 'a''b', 'topic'='t'", "'sasl.password' = '***', 'topic'='t'"},
      {"'sasl.password'\n =\n 'hunter2'", "'sasl.password'\n =\n '***'"},
      {"'sasl.password' 'hunter2'", "'sasl.password' '***'"},
      {"SET sasl.password = hunter2;", "SET sasl.password = ***;"},
      {"set secret = hunter2;", "set secret = ***;"},
      {"sasl.password=hunter2\ntopic=t", "sasl.password=***\ntopic=t"},
      {"password=hunter2", "password=***"},
      {R"({"db.password": "hun\"ter2", "a": 1})", R"({"db.password": "***", "a": 1})"},
      {"password: hunter2\ntopic: t", "password: ***\ntopic: t"},
      {"'sasl.jaas.config'='x required password=\"hunter2\";'",
       "'sasl.jaas.config'='***'"},
      {"'sasl.password' = 'never ends", "'sasl.password' = '***"},
      {"uri = 'http://u:p@h/x' -- y", "uri = 'http://u:***@h/x' -- y"},
      // Not a secret: a column, a cast, an address without a password.
      {"SELECT password, token::VARCHAR FROM t",
       "SELECT password, token::VARCHAR FROM t"},
      {"SELECT a FROM t WHERE token = other", "SELECT a FROM t WHERE token = other"},
      {"http://user@host/a:b", "http://user@host/a:b"},
      {"password = ''", "password = ''"},
      {"", ""},
  };
  for (const auto& [text, hidden] : cases) EXPECT_EQ(Hide(text), hidden) << text;
}

}  // namespace
}  // namespace frazil
