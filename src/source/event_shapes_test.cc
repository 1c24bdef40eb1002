#include "source/event_shapes.h"

#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.h"
#include "base/result_matchers.h"

namespace frazil {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string Event(EventShape shape, std::uint64_t seed, std::int64_t index) {
  std::string text;
  AppendEvent(shape, seed, index, text);
  return text;
}

const std::vector<EventShape> kShapes = {EventShape::kEvents, EventShape::kOrders,
                                         EventShape::kFlat};

// These very bytes are in topics and reports: a change of them is a change of the interface.
TEST(EventShapesTest, KeepsTheTextOfAnEventForEver) {
  EXPECT_EQ(Event(EventShape::kEvents, 1, 12345),
            R"({"id":12345,"user_id":"user-012701","event_type":"click","ts":"202)"
            R"(6-01-01T00:02:03.450Z","amount":528.18,"geo":{"country":"DE","city)"
            R"(":"Hamburg","device":"desktop"},"properties":{"page":"/products/91)"
            R"(61","referrer":"social","session":"d41e1f1a68a1"},"tags":["new","s)"
            R"(ale","trial"]})");
  EXPECT_EQ(Event(EventShape::kOrders, 1, 12345),
            R"({"order_id":12345,"customer_id":"customer-012701","status":"packed)"
            R"(","ordered_at":"2026-01-01T00:02:03.450Z","ship_date":"2026-01-05")"
            R"(,"currency":"GBP","items":[{"sku":"SKU-11029","quantity":4,"price")"
            R"(:456.83},{"sku":"SKU-38552","quantity":2,"price":489.71},{"sku":"S)"
            R"(KU-13264","quantity":3,"price":120.78}],"total":3169.08,"address":)"
            R"({"country":"DE","city":"Hamburg","zip":"81712"}})");
  EXPECT_EQ(Event(EventShape::kFlat, 1, 12345),
            R"({"id":12345,"sensor":"sensor-000254","ts":"2026-01-01T00:02:03.450)"
            R"(Z","value":-7.446489,"unit":"percent","is_valid":true,"battery":47)"
            R"(})");
}

TEST(EventShapesTest, AnEventIsAPureFunctionOfSeedAndNumber) {
  for (const EventShape shape : kShapes) {
    std::set<std::string> texts;
    for (std::int64_t i = 0; i < 200; ++i) {
      EXPECT_EQ(Event(shape, 7, i), Event(shape, 7, i));
      texts.insert(Event(shape, 7, i));
      texts.insert(Event(shape, 8, i));
    }
    EXPECT_EQ(texts.size(), 400U);
  }
}

TEST(EventShapesTest, EveryEventIsAnObjectWithTheShapesColumns) {
  for (const EventShape shape : kShapes) {
    for (std::int64_t i = 0; i < 2000; ++i) {
      const auto json = ParseJson(Event(shape, 3, i));
      ASSERT_THAT(json, IsOk());
      for (const auto& [key, value] : json->items()) {
        EXPECT_THAT(std::string(EventShapeColumns(shape)), HasSubstr(key));
      }
    }
  }
}

TEST(EventShapesTest, WebEventsWeighAboutAsMuchAsTheBenchmarkAsks) {
  std::size_t bytes = 0;
  for (std::int64_t i = 0; i < 10'000; ++i)
    bytes += Event(EventShape::kEvents, 1, i).size();
  EXPECT_GE(bytes / 10'000, 240U);
  EXPECT_LE(bytes / 10'000, 290U);
}

TEST(EventShapesTest, TheKeyIsTheUserOfTheEvent) {
  for (std::int64_t i = 0; i < 100; ++i) {
    std::string key;
    AppendEventKey(EventShape::kEvents, 5, i, key);
    EXPECT_THAT(Event(EventShape::kEvents, 5, i),
                HasSubstr("\"user_id\":\"" + key + "\""));
    key.clear();
    AppendEventKey(EventShape::kFlat, 5, i, key);
    EXPECT_THAT(Event(EventShape::kFlat, 5, i), HasSubstr("\"sensor\":\"" + key + "\""));
  }
}

TEST(EventShapesTest, KnowsItsNames) {
  EXPECT_THAT(EventShapeNames(), ElementsAre("events", "orders", "flat"));
  EXPECT_THAT(ParseEventShape("orders"), IsOkAnd(EventShape::kOrders));
  EXPECT_THAT(ParseEventShape("order"),
              FailsWith(ErrorKind::kInvalidArgument, HasSubstr("events, orders, flat")));
}

}  // namespace
}  // namespace frazil
