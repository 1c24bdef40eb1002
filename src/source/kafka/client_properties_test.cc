#include "source/kafka/client_properties.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/result_matchers.h"
#include "source/kafka/kafka_client.h"

namespace frazil {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Pair;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

using Values = std::map<std::string, std::string>;

TEST(ClientPropertiesTest, TranslatesWhatJavaCallsDifferently) {
  struct Case {
    JavaProperties java;
    Values ours;
  };
  const std::vector<Case> cases = {
      {{{"bootstrap.servers", "a:1"}}, {{"bootstrap.servers", "a:1"}}},
      {{{"client.id", "x"}}, {{"client.id", "x"}}},
      {{{"fetch.max.wait.ms", "100"}}, {{"fetch.wait.max.ms", "100"}}},
      {{{"fetch.wait.max.ms", "100"}}, {{"fetch.wait.max.ms", "100"}}},
      {{{"max.partition.fetch.bytes", "5"}}, {{"fetch.message.max.bytes", "5"}}},
      {{{"request.timeout.ms", "9000"}}, {{"socket.timeout.ms", "9000"}}},
      {{{"security.protocol", "SASL_SSL"}}, {{"security.protocol", "sasl_ssl"}}},
      {{{"sasl.mechanism", "SCRAM-SHA-512"}}, {{"sasl.mechanisms", "SCRAM-SHA-512"}}},
      {{{"isolation.level", "READ_UNCOMMITTED"}},
       {{"isolation.level", "read_uncommitted"}}},
      {{{"ssl.endpoint.identification.algorithm", ""}},
       {{"ssl.endpoint.identification.algorithm", "none"}}},
      {{{"ssl.endpoint.identification.algorithm", "HTTPS"}},
       {{"ssl.endpoint.identification.algorithm", "https"}}},
      {{{"ssl.truststore.location", "/c/ca.pem"}}, {{"ssl.ca.location", "/c/ca.pem"}}},
      {{{"ssl.truststore.location", "/c/ca"}, {"ssl.truststore.type", "PEM"}},
       {{"ssl.ca.location", "/c/ca"}}},
      {{{"ssl.truststore.certificates", "PEM"}}, {{"ssl.ca.pem", "PEM"}}},
      {{{"ssl.keystore.location", "/c/k.pem"}, {"ssl.key.password", "s"}},
       {{"ssl.certificate.location", "/c/k.pem"},
        {"ssl.key.location", "/c/k.pem"},
        {"ssl.key.password", "s"}}},
      {{{"ssl.keystore.location", "/c/k.P12"}, {"ssl.keystore.password", "s"}},
       {{"ssl.keystore.location", "/c/k.P12"}, {"ssl.keystore.password", "s"}}},
      {{{"ssl.keystore.key", "K"}, {"ssl.keystore.certificate.chain", "C"}},
       {{"ssl.key.pem", "K"}, {"ssl.certificate.pem", "C"}}},
      {{{"sasl.jaas.config",
         "org.apache.kafka.common.security.scram.ScramLoginModule required "
         "username=\"us\\\"er\" password='p w;=' ;"}},
       {{"sasl.username", "us\"er"}, {"sasl.password", "p w;="}}},
      {{{"sasl.jaas.config", "PlainLoginModule required username=u password=p;"}},
       {{"sasl.username", "u"}, {"sasl.password", "p"}}},
      {{{"sasl.jaas.config",
         "a.OAuthBearerLoginModule required clientId=\"i\" clientSecret=\"s\" "
         "scope=\"x\";"},
        {"sasl.oauthbearer.token.endpoint.url", "https://id/token"},
        {"sasl.login.callback.handler.class",
         "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginCallbackHandler"}},
       {{"sasl.oauthbearer.client.id", "i"},
        {"sasl.oauthbearer.client.secret", "s"},
        {"sasl.oauthbearer.scope", "x"},
        {"sasl.oauthbearer.method", "oidc"},
        {"sasl.oauthbearer.token.endpoint.url", "https://id/token"}}},
      {{{"client.id.prefix", "job"}}, {{"client.id", "job"}}},
      {{{"group.protocol", "CONSUMER"}}, {{"group.protocol", "consumer"}}},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(one.java.begin()->first);
    const auto properties = TranslateProperties(one.java);
    ASSERT_THAT(properties, IsOk());
    EXPECT_EQ(properties->values, one.ours);
    EXPECT_THAT(properties->remarks, IsEmpty());
    for (const auto& [name, value] : properties->values) {
      if (value == "/c/ca.pem" || value.size() == 1) continue;
      EXPECT_THAT(CheckClientSetting(name, value), IsOk());
    }
  }
}

TEST(ClientPropertiesTest, PassesOverWhatHasNoEffectAndSaysWhy) {
  for (const char* const key :
       {"key.deserializer", "value.deserializer", "max.poll.records",
        "enable.auto.commit", "auto.commit.interval.ms", "partition.assignment.strategy",
        "metric.reporters", "ssl.truststore.password", "register.consumer.metrics",
        "partition.discovery.interval.ms", "default.api.timeout.ms"}) {
    SCOPED_TRACE(key);
    const auto properties = TranslateProperties({{key, "secret-or-not"}});
    ASSERT_THAT(properties, IsOk());
    EXPECT_THAT(properties->values, IsEmpty());
    ASSERT_THAT(properties->remarks, SizeIs(1));
    EXPECT_THAT(properties->remarks[0], AllOf(HasSubstr(std::string(key) + ": "),
                                              Not(HasSubstr("secret-or-not"))));
  }
}

TEST(ClientPropertiesTest, RefusesWhatItCannotDoAndSaysWhatToDoInstead) {
  struct Case {
    JavaProperties java;
    std::string advice;
  };
  const std::vector<Case> cases = {
      {{{"ssl.truststore.location", "/c/trust.jks"}}, "keytool -exportcert"},
      {{{"ssl.truststore.location", "/c/t.p12"}, {"ssl.truststore.type", "PKCS12"}},
       "PEM"},
      {{{"ssl.keystore.location", "/c/key.jks"}}, "-deststoretype PKCS12"},
      {{{"interceptor.classes", "a.B"}}, "SELECT"},
      {{{"config.providers", "file"}}, "${NAME}"},
      {{{"sasl.jaas.config", "com.sun.security.auth.module.Krb5LoginModule required;"}},
       "GSSAPI"},
      {{{"sasl.jaas.config", "software.amazon.msk.auth.iam.IAMLoginModule required;"}},
       "SASL/SCRAM"},
      {{{"sasl.jaas.config", "a.b.OtherModule required x=1;"}}, "OtherModule"},
      {{{"sasl.jaas.config", "PlainLoginModule required username=u;"}}, "password"},
      {{{"sasl.login.callback.handler.class", "a.B"}},
       "sasl.oauthbearer.token.endpoint.url"},
      {{{"auto.offset.reset", "smallest"}}, "'earliest'"},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(one.java.begin()->second);
    EXPECT_THAT(
        TranslateProperties(one.java),
        FailsWith(ErrorKind::kInvalidConfig,
                  AllOf(HasSubstr(one.java.begin()->first), HasSubstr(one.advice))));
  }
}

TEST(ClientPropertiesTest, NeverRepeatsAPasswordOfABrokenJaasLine) {
  for (const char* const line :
       {"PlainLoginModule", "PlainLoginModule required username=\"u\" password=\"hunter2",
        "PlainLoginModule required username u password hunter2;",
        "PlainLoginModule username=u password=hunter2;",
        "PlainLoginModule required password=hunter2; trailing", "", "=;"}) {
    SCOPED_TRACE(line);
    EXPECT_THAT(ParseJaasEntry(line),
                FailsWith(ErrorKind::kInvalidConfig, Not(HasSubstr("hunter2"))));
  }
}

TEST(ClientPropertiesTest, KeepsWhatTheSourceItselfActsOn) {
  const auto properties = TranslateProperties(
      {{"auto.offset.reset", "earliest"}, {"commit.offsets.on.checkpoint", "false"}});
  ASSERT_THAT(properties, IsOk());
  EXPECT_EQ(properties->auto_offset_reset, "earliest");
  EXPECT_FALSE(properties->commits_offsets);
  EXPECT_THAT(properties->values, IsEmpty());
}

TEST(ClientPropertiesTest, NamesTheNearestPropertyForAnUnknownOne) {
  EXPECT_THAT(CheckClientSetting("fetch.min.byte", "1"),
              FailsWith(ErrorKind::kInvalidConfig, HasSubstr("'fetch.min.bytes'")));
  EXPECT_THAT(CheckClientSetting("fetch.min.bytes", "many"),
              FailsWith(ErrorKind::kInvalidConfig));
  EXPECT_THAT(CheckClientSetting("security.protocol", "tls"),
              FailsWith(ErrorKind::kInvalidConfig));
}

}  // namespace
}  // namespace frazil
