#include "source/source_factory.h"

#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/result_matchers.h"
#include "source/source_test_kit.h"

namespace frazil {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

TEST(SourceFactoryTest, MakesASourceOfEachConnector) {
  const TestTable datagen("gen", {{"connector", "datagen"}});
  const auto generated =
      OpenSource(datagen.spec, {.script = &datagen.script, .group_id = ""});
  ASSERT_THAT(generated, IsOk());
  EXPECT_EQ((*generated)->name(), "gen");

  const TestTable kafka("orders", {{"connector", "kafka"},
                                   {"topic", "orders"},
                                   {"format", "json"},
                                   {"properties.bootstrap.servers", "127.0.0.1:1"}});
  const auto topics = OpenSource(kafka.spec, {.script = &kafka.script, .group_id = "g"});
  ASSERT_THAT(topics, IsOk());
  EXPECT_EQ((*topics)->name(), "orders");
}

TEST(SourceFactoryTest, NamesTheConnectorsThereAre) {
  const TestTable table("t", {{"connector", "kafak"}});
  EXPECT_THAT(OpenSource(table.spec, {.script = &table.script, .group_id = ""}),
              FailsWith(ErrorKind::kInvalidConfig,
                        AllOf(HasSubstr("test.sql:2:"), HasSubstr("datagen, kafka"),
                              HasSubstr("did you mean 'kafka'?"))));
}

TEST(SourceFactoryTest, DeclaresEachOptionOnce) {
  for (const SourceConnector& connector : SourceConnectors()) {
    SCOPED_TRACE(connector.name);
    std::set<std::string_view> keys;
    for (const OptionDeclaration& option : connector.options()) {
      EXPECT_TRUE(keys.insert(option.key).second) << option.key;
      EXPECT_EQ(option.is_prefix, option.key.ends_with('.')) << option.key;
    }
    EXPECT_TRUE(keys.contains("connector"));
  }
}

}  // namespace
}  // namespace frazil
