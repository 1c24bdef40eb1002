#include "source/kafka/kafka_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/result_matchers.h"
#include "source/kafka/shared_group.h"
#include "source/source_test_kit.h"

namespace frazil {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;

using Pairs = std::vector<std::pair<std::string, std::string>>;
using Mode = KafkaOffsetChoice::Mode;

// What the SQL front end and CheckOptions would have passed, then ours.
Result<KafkaSourceConfig> Parse(const Pairs& options, bool with_base = true) {
  TestTable table("orders", {{"connector", "kafka"}});
  Pairs all = options;
  if (with_base) {
    all.emplace_back("properties.bootstrap.servers", "localhost:9092");
    all.emplace_back("format", "json");
  }
  int line = 3;
  for (const auto& [key, value] : all) {
    table.script.text += "'" + key + "' = '" + value + "'\n";
    FRAZIL_TRY(table.spec.options.Add(
        {key, value, {line, 1}, {line, static_cast<int>(key.size()) + 6}}));
    ++line;
  }
  FRAZIL_TRY(CheckOptions(table.script, table.spec.options, table.spec.place,
                          "connector 'kafka'", KafkaSourceOptions()));
  return ParseKafkaSource(table.script, table.spec, {.group_id = "pipeline"});
}

TEST(KafkaOptionsTest, HasFlinksDefaults) {
  const auto config = Parse({{"topic", "orders"}});
  ASSERT_THAT(config, IsOk());
  EXPECT_EQ(config->name, "orders");
  EXPECT_THAT(config->topics, ElementsAre("orders"));
  EXPECT_EQ(config->startup.mode, Mode::kGroup);
  EXPECT_EQ(config->bounded.mode, Mode::kUnbounded);
  EXPECT_FALSE(config->is_bounded());
  EXPECT_FALSE(config->is_static);
  EXPECT_EQ(config->discovery_interval, std::chrono::minutes(5));
  EXPECT_EQ(config->group_id, "pipeline");
  EXPECT_TRUE(config->is_read_committed());
}

TEST(KafkaOptionsTest, SetsWhatExactlyOnceNeedsWhateverTheUserSays) {
  const auto config = Parse({{"topic", "orders"},
                             {"properties.enable.auto.commit", "true"},
                             {"properties.enable.partition.eof", "false"},
                             {"properties.enable.auto.offset.store", "true"},
                             {"properties.partition.assignment.strategy", "range"},
                             {"properties.auto.offset.reset", "latest"},
                             {"properties.group.id", "mine"},
                             {"properties.session.timeout.ms", "20000"},
                             {"properties.queued.max.messages.kbytes", "2048"}});
  ASSERT_THAT(config, IsOk());
  const auto& values = config->client.values;
  EXPECT_EQ(values.at("enable.auto.commit"), "false");
  EXPECT_EQ(values.at("enable.auto.offset.store"), "false");
  EXPECT_EQ(values.at("enable.partition.eof"), "true");
  EXPECT_EQ(values.at("auto.offset.reset"), "error");
  EXPECT_EQ(values.at("partition.assignment.strategy"), "cooperative-sticky");
  EXPECT_EQ(values.at("isolation.level"), "read_committed");
  EXPECT_EQ(values.at("group.id"), "mine");
  EXPECT_EQ(values.at("session.timeout.ms"), "20000");
  EXPECT_EQ(values.at("queued.max.messages.kbytes"), "2048");
  EXPECT_EQ(config->client.auto_offset_reset, "latest");
  EXPECT_EQ(config->client.remarks.size(), 4U);
}

TEST(KafkaOptionsTest, RefusesPropertiesThatContradictEachOther) {
  struct {
    Pairs properties;
    std::string at;
    std::string reason;
  } const cases[] = {
      {{{"properties.fetch.max.bytes", "1000"}},
       "test.sql:4:",
       "`fetch.max.bytes` must be >= `message.max.bytes`"},
      {{{"properties.fetch.max.bytes", "2000000"},
        {"properties.message.max.bytes", "3000000"}},
       "test.sql:4:",
       "`fetch.max.bytes` must be >= `message.max.bytes`"},
      {{{"properties.receive.message.max.bytes", "1000000"}},
       "test.sql:4:",
       "`receive.message.max.bytes` must be >= `fetch.max.bytes` + 512"},
      {{{"properties.max.poll.interval.ms", "1000"}},
       "test.sql:4:",
       "`max.poll.interval.ms`must be >= `session.timeout.ms`"},
      {{{"properties.max.partition.fetch.bytes", "1000"},
        {"properties.security.protocol", "SASL_SSL"},
        {"properties.sasl.mechanism", "PLAIN"}},
       "test.sql:",
       "sasl.username"},
  };
  for (const auto& one : cases) {
    Pairs all = {{"topic", "orders"}};
    all.insert(all.end(), one.properties.begin(), one.properties.end());
    EXPECT_THAT(Parse(all), FailsWith(ErrorKind::kInvalidConfig,
                                      AllOf(HasSubstr(one.at), HasSubstr(one.reason))));
  }
}

TEST(KafkaOptionsTest, MakesRoomForTheLargestMessage) {
  const auto config =
      Parse({{"topic", "orders"}, {"properties.message.max.bytes", "20000000"}});
  ASSERT_THAT(config, IsOk());
  EXPECT_EQ(config->client.values.at("fetch.max.bytes"), "20000000");
}

TEST(KafkaOptionsTest, AsksNoFileAndNoNetwork) {
  EXPECT_THAT(Parse({{"topic", "orders"},
                     {"properties.security.protocol", "SSL"},
                     {"properties.ssl.ca.location", "/nowhere/ca.pem"}}),
              IsOk());
  EXPECT_THAT(Parse({{"topic", "orders"},
                     {"properties.security.protocol", "SASL_SSL"},
                     {"properties.sasl.mechanism", "OAUTHBEARER"},
                     {"properties.sasl.oauthbearer.method", "oidc"},
                     {"properties.sasl.oauthbearer.client.id", "c"},
                     {"properties.sasl.oauthbearer.client.secret", "s"},
                     {"properties.sasl.oauthbearer.token.endpoint.url",
                      "http://127.0.0.1:1/token"}}),
              IsOk());
}

TEST(KafkaOptionsTest, LeavesOutWhatTheNewGroupProtocolForbids) {
  const auto config =
      Parse({{"topic", "orders"}, {"properties.group.protocol", "consumer"}});
  ASSERT_THAT(config, IsOk());
  EXPECT_FALSE(config->client.values.contains("partition.assignment.strategy"));
  EXPECT_FALSE(config->client.values.contains("session.timeout.ms"));
}

TEST(KafkaOptionsTest, WithoutAGroupNothingWaitsForOne) {
  const auto config = Parse({{"topic", "orders"},
                             {"scan.assignment", "static"},
                             {"properties.group.protocol", "consumer"}});
  ASSERT_THAT(config, IsOk());
  EXPECT_FALSE(config->client.values.contains("group.protocol"));
  EXPECT_EQ(config->client.values.at("session.timeout.ms"), "1000");
}

TEST(KafkaOptionsTest, ReadsWithoutAGroupWhereTheReadIsBounded) {
  auto config = Parse({{"topic", "orders"}, {"scan.bounded.mode", "latest-offset"}});
  ASSERT_THAT(config, IsOk());
  EXPECT_TRUE(config->is_bounded());
  EXPECT_TRUE(config->is_static);
  config = Parse({{"topic", "orders"},
                  {"scan.bounded.mode", "latest-offset"},
                  {"scan.assignment", "group"}});
  ASSERT_THAT(config, IsOk());
  EXPECT_FALSE(config->is_static);
}

// The group that a table with topic 'a;b' joins beside one with these options.
std::string GroupBeside(const Pairs& other) {
  TestTable table("orders", {{"connector", "kafka"}});
  table.spec.options = {};
  const auto add = [](SourceSpec& spec, const Pairs& options) {
    for (const auto& [key, value] : options) {
      EXPECT_THAT(spec.options.Add({key, value, {}, {}}), IsOk());
    }
  };
  add(table.spec, {{"topic", "a; b"}, {"properties.group.id", "g"}});
  SourceSpec second;
  second.name = "second";
  second.connector = "kafka";
  add(second, other);
  table.script.sources = {table.spec, second};
  return GroupToJoin(table.script, table.spec, "g");
}

TEST(KafkaOptionsTest, SourcesOverOneTopicDoNotShareAGroup) {
  EXPECT_EQ(GroupBeside({{"topic", "b"}, {"properties.group.id", "g"}}), "g.orders");
  EXPECT_EQ(GroupBeside({{"topic-pattern", "x"}, {"properties.group.id", "g"}}),
            "g.orders");
  EXPECT_EQ(GroupBeside({{"topic", "c"}, {"properties.group.id", "g"}}), "g");
  EXPECT_EQ(GroupBeside({{"topic", "b"}, {"properties.group.id", "h"}}), "g");
  EXPECT_EQ(GroupBeside({{"topic", "b"}}), "g");
}

TEST(KafkaOptionsTest, ReadsTopicListsPatternsAndPlaces) {
  auto config = Parse({{"topic", "b; a ;c"},
                       {"scan.startup.mode", "timestamp"},
                       {"scan.startup.timestamp-millis", "1700000000000"},
                       {"scan.bounded.mode", "timestamp"},
                       {"scan.bounded.timestamp-millis", "1800000000000"},
                       {"scan.topic-partition-discovery.interval", "0"}});
  ASSERT_THAT(config, IsOk());
  EXPECT_THAT(config->topics, ElementsAre("a", "b", "c"));
  EXPECT_TRUE(ReadsTopic(*config, "b"));
  EXPECT_FALSE(ReadsTopic(*config, "d"));
  EXPECT_EQ(config->startup.timestamp_ms, 1'700'000'000'000);
  EXPECT_EQ(config->bounded.timestamp_ms, 1'800'000'000'000);
  EXPECT_EQ(config->discovery_interval.count(), 0);

  config = Parse({{"topic-pattern", "o[a-z]+-\\d{2}"}});
  ASSERT_THAT(config, IsOk());
  EXPECT_TRUE(ReadsTopic(*config, "orders-12"));
  EXPECT_FALSE(ReadsTopic(*config, "orders-123"));
  EXPECT_FALSE(ReadsTopic(*config, "x-orders-12"));
}

TEST(KafkaOptionsTest, ReadsSpecificOffsets) {
  EXPECT_THAT(ParseSpecificOffsets("partition:0,offset:42;partition:1,offset:300"),
              IsOkAnd(ElementsAre(Pair(0, 42), Pair(1, 300))));
  EXPECT_THAT(ParseSpecificOffsets(" partition:7 , offset:0 ; "),
              IsOkAnd(ElementsAre(Pair(7, 0))));
  for (const char* const text :
       {"", ";", "0:42", "partition:0", "partition:0,offset:", "partition:-1,offset:3",
        "partition:0,offset:-2", "partition:0,offset:4x", "offset:1,partition:0",
        "partition:0,offset:1;partition:0,offset:2"}) {
    SCOPED_TRACE(text);
    EXPECT_THAT(ParseSpecificOffsets(text), FailsWith(ErrorKind::kInvalidConfig));
  }
}

TEST(KafkaOptionsTest, PointsAtTheOptionThatIsWrong) {
  struct Case {
    Pairs options;
    std::vector<std::string> parts;
  };
  const std::vector<Case> cases = {
      {{}, {"'topic' or 'topic-pattern'"}},
      {{{"topic", "a"}, {"topic-pattern", "b"}}, {":4:", "exclude each other"}},
      {{{"topic", ";"}}, {":3:", "names no topic"}},
      {{{"topic", "a;b;a"}}, {":3:", "'a' twice"}},
      {{{"topic-pattern", "a("}}, {":3:", "regular expression"}},
      {{{"topic", "a"}, {"scan.startup.mode", "timestamp"}}, {":4:", "need each other"}},
      {{{"topic", "a"}, {"scan.startup.timestamp-millis", "1"}},
       {":4:", "need each other"}},
      {{{"topic", "a"}, {"scan.startup.mode", "specific-offsets"}}, {"need each other"}},
      {{{"topic", "a;b"},
        {"scan.startup.mode", "specific-offsets"},
        {"scan.startup.specific-offsets", "partition:0,offset:1"}},
       {":4:", "one name"}},
      {{{"topic", "a"},
        {"scan.bounded.mode", "specific-offsets"},
        {"scan.bounded.specific-offsets", "0:1"}},
       {":5:", "'0:1'"}},
      {{{"topic", "a"}, {"key.format", "json"}}, {":4:", "'key.fields'"}},
      {{{"topic", "a"}, {"key.fields", "id"}}, {":4:", "'key.format'"}},
      {{{"topic", "a"},
        {"key.format", "json"},
        {"key.fields", "k_id"},
        {"key.fields-prefix", "k_"}},
       {":6:", "EXCEPT_KEY"}},
      {{{"topic", "a"}, {"value.format", "json"}}, {"exclude each other"}},
      {{{"topic", "a"}, {"properties.ssl.truststore.location", "t.jks"}},
       {":4:", "properties.ssl.truststore.location", "PEM"}},
      {{{"topic", "a"}, {"properties.fetch.min.byte", "1"}},
       {":4:", "'fetch.min.bytes'"}},
      {{{"topic", "a"}, {"properties.fetch.min.bytes", "x"}}, {":4:", "refuses"}},
      {{{"topic", "a"}, {"scan.startup.mode", "earliest"}}, {":4:", "earliest-offset"}},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(one.options.empty() ? "none" : one.options.back().first);
    const auto config = Parse(one.options);
    ASSERT_THAT(config, FailsWith(ErrorKind::kInvalidConfig));
    for (const std::string& part : one.parts) {
      EXPECT_THAT(config.error().message, HasSubstr(part));
    }
  }
}

TEST(KafkaOptionsTest, NeverShowsAPassword) {
  const auto config =
      Parse({{"topic", "a"},
             {"properties.sasl.jaas.config",
              "OtherModule required username=\"u\" password=\"hunter2\";"}});
  EXPECT_THAT(config, FailsWith(ErrorKind::kInvalidConfig, Not(HasSubstr("hunter2"))));
}

}  // namespace
}  // namespace frazil
