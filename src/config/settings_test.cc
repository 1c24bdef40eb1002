#include "config/settings.h"

#include <fstream>
#include <iterator>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/result_matchers.h"

namespace frazil {
namespace {

using ::testing::HasSubstr;

constexpr std::int64_t kMebibyte = 1LL << 20;

Result<PipelineSettings> Parse(
    const std::vector<std::pair<std::string, std::string>>& settings) {
  PipelineSpec spec;
  spec.file = "p.sql";
  spec.text = "SET";
  for (const auto& [key, value] : settings) {
    EXPECT_THAT(spec.settings.Add({key, value, {1, 1}, {1, 1}}), IsOk());
  }
  return ParseSettings(spec);
}

TEST(SettingsTest, HaveDefaults) {
  const auto settings = Parse({});
  ASSERT_THAT(settings, IsOk());
  EXPECT_EQ(settings->commit_interval, std::chrono::seconds(10));
  EXPECT_EQ(settings->commit_max_bytes, std::nullopt);
  EXPECT_EQ(settings->commit_max_rows, std::nullopt);
  EXPECT_EQ(settings->memory_limit_bytes, 256 * kMebibyte);
  EXPECT_EQ(settings->pipeline_name, "");
  EXPECT_EQ(settings->dead_letters, DeadLetterPolicy::kTable);
  EXPECT_EQ(settings->on_rollback, OnRollback::kReplay);
  EXPECT_EQ(settings->on_data_loss, OnDataLoss::kFail);
  EXPECT_FALSE(settings->allow_shared_topics);
  EXPECT_EQ(settings->workers, 0);
}

TEST(SettingsTest, AreParsed) {
  const auto settings = Parse({{"commit.interval", "500 ms"},
                               {"commit.max-bytes", "1 GiB"},
                               {"commit.max-rows", "1000"},
                               {"memory.limit", "128mb"},
                               {"pipeline.name", "orders to lake"},
                               {"dead-letters", "topic:orders.dead"},
                               {"on-rollback", "stop"},
                               {"on-data-loss", "continue"},
                               {"allow-shared-topics", "true"},
                               {"pipeline.workers", "3"}});
  ASSERT_THAT(settings, IsOk());
  EXPECT_EQ(settings->commit_interval, std::chrono::milliseconds(500));
  EXPECT_EQ(settings->commit_max_bytes, 1024 * kMebibyte);
  EXPECT_EQ(settings->commit_max_rows, 1000);
  EXPECT_EQ(settings->memory_limit_bytes, 128 * kMebibyte);
  EXPECT_EQ(settings->pipeline_name, "orders to lake");
  EXPECT_EQ(settings->dead_letters, DeadLetterPolicy::kTopic);
  EXPECT_EQ(settings->dead_letter_topic, "orders.dead");
  EXPECT_EQ(settings->on_rollback, OnRollback::kStop);
  EXPECT_EQ(settings->on_data_loss, OnDataLoss::kContinue);
  EXPECT_TRUE(settings->allow_shared_topics);
  EXPECT_EQ(settings->workers, 3);
}

TEST(SettingsTest, TakeFlinksNameOfTheCommitInterval) {
  const auto settings = Parse({{"execution.checkpointing.interval", "3min"}});
  ASSERT_THAT(settings, IsOk());
  EXPECT_EQ(settings->commit_interval, std::chrono::minutes(3));
  EXPECT_THAT(
      Parse({{"execution.checkpointing.interval", "3min"}, {"commit.interval", "3min"}}),
      FailsWith(ErrorKind::kInvalidConfig, HasSubstr("another name")));
}

TEST(SettingsTest, RefuseWhatNobodyCanMean) {
  const struct {
    const char* key;
    const char* value;
    const char* message;
  } bad[] = {
      {"commit.interval", "0", "'commit.interval' is at least 10 ms"},
      {"commit.interval", "9 ms", "a number without a unit counts milliseconds"},
      {"commit.max-bytes", "0", "'commit.max-bytes' is at least 1"},
      {"commit.max-rows", "0", "'commit.max-rows' is at least 1"},
      {"commit.max-rows", "-5", "'commit.max-rows' is at least 1"},
      {"memory.limit", "256", "a number without a unit counts bytes"},
      {"pipeline.name", "", "'pipeline.name' is empty"},
      {"dead-letters", "nowhere", "takes 'table', 'topic:<name>' or 'fail'"},
      {"dead-letters", "topic:", "this is not a name of a topic"},
      {"dead-letters", "topic:a b", "this is not a name of a topic"},
      {"pipeline.workers", "-1", "'pipeline.workers' is 0 to 256"},
      {"pipeline.workers", "257", "'pipeline.workers' is 0 to 256"},
      {"on-rollback", "never", "takes 'replay' or 'stop'"},
      {"on-data-loss", "contniue", "did you mean 'continue'?"},
      {"commit.intervall", "1 s", "did you mean 'commit.interval'?"},
      {"parallelism.default", "4",
       "unknown option 'parallelism.default' of the pipeline"},
  };
  for (const auto& [key, value, message] : bad) {
    SCOPED_TRACE(std::string(key) + "=" + value);
    EXPECT_THAT(Parse({{key, value}}),
                FailsWith(ErrorKind::kInvalidConfig, HasSubstr(message)));
  }
  EXPECT_THAT(Parse({{"commit.interval", "10"}}), IsOk());
  EXPECT_THAT(Parse({{"pipeline.name", std::string(201, 'x')}}),
              FailsWith(ErrorKind::kInvalidConfig));
  EXPECT_THAT(Parse({{"dead-letters", "topic:" + std::string(250, 'x')}}),
              FailsWith(ErrorKind::kInvalidConfig));
}

TEST(SettingsTest, AllStandInTheReferenceWithTheirDefaults) {
  std::ifstream file(FRAZIL_SQL_REFERENCE);
  const std::string reference(std::istreambuf_iterator<char>(file), {});
  for (const OptionDeclaration& setting : SettingDeclarations()) {
    std::string row = "| `" + std::string(setting.key) + "` | ";
    if (!setting.default_value.empty()) {
      row += "`" + std::string(setting.default_value) + "` | ";
    }
    EXPECT_THAT(reference, HasSubstr(row));
  }
}

TEST(SettingsTest, DeadLettersMayStopThePipeline) {
  const auto settings = Parse({{"dead-letters", "fail"}});
  ASSERT_THAT(settings, IsOk());
  EXPECT_EQ(settings->dead_letters, DeadLetterPolicy::kFail);
}

}  // namespace
}  // namespace frazil
