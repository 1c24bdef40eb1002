#include "source/event_shapes.h"

#include <algorithm>
#include <array>

#include "source/json_text.h"

namespace frazil {
namespace {

// No event is longer.
constexpr std::size_t kMaxEventBytes = 1024;

// 2026-01-01T00:00:00Z; an event each 10 ms.
constexpr std::int64_t kFirstEventMs = 1'767'225'600'000;
constexpr std::int64_t kStepMs = 10;

constexpr std::uint64_t kUsers = 50'000;
constexpr std::uint64_t kSensors = 1'000;

constexpr std::array<std::string_view, 8> kEventTypes = {
    "page_view", "page_view", "page_view",   "click",
    "click",     "search",    "add_to_cart", "purchase"};
struct Place {
  std::string_view country;
  std::string_view city;
};
constexpr std::array<Place, 10> kPlaces = {
    Place{"DE", "Berlin"},         Place{"DE", "Hamburg"},  Place{"FR", "Lyon"},
    Place{"US", "Austin"},         Place{"US", "Portland"}, Place{"JP", "Osaka"},
    Place{"BR", "S\u00e3o Paulo"}, Place{"IN", "Pune"},     Place{"GB", "Leeds"},
    Place{"NO", "Troms\u00f8"}};
constexpr std::array<std::string_view, 4> kDevices = {"mobile", "desktop", "tablet",
                                                      "tv"};
constexpr std::array<std::string_view, 5> kReferrers = {"direct", "search", "mail",
                                                        "social", "partner"};
constexpr std::array<std::string_view, 8> kTags = {"new",  "sale",   "beta", "vip",
                                                   "gift", "return", "app",  "trial"};
constexpr std::array<std::string_view, 5> kStatuses = {"new", "paid", "packed", "shipped",
                                                       "returned"};
constexpr std::array<std::string_view, 4> kCurrencies = {"EUR", "USD", "JPY", "GBP"};
constexpr std::array<std::string_view, 4> kUnits = {"celsius", "percent", "hpa", "lux"};

template <std::size_t N>
std::string_view Pick(const std::array<std::string_view, N>& words,
                      RecordRandom& random) {
  return words[random.Below(N)];
}

// The first number drawn for an event decides about its key.
std::uint64_t KeyNumber(EventShape shape, RecordRandom& random) {
  return random.Below(shape == EventShape::kFlat ? kSensors : kUsers);
}

char* PutKey(char* out, EventShape shape, std::uint64_t number) {
  switch (shape) {
    case EventShape::kEvents:
      out = PutText(out, "user-");
      break;
    case EventShape::kOrders:
      out = PutText(out, "customer-");
      break;
    case EventShape::kFlat:
      out = PutText(out, "sensor-");
      break;
  }
  return PutPadded(out, static_cast<std::int64_t>(number), 6);
}

char* PutTags(char* out, RecordRandom& random) {
  *out++ = '[';
  const std::uint64_t count = random.Below(4);
  for (std::uint64_t i = 0; i < count; ++i) {
    if (i > 0) *out++ = ',';
    *out++ = '"';
    out = PutText(out, Pick(kTags, random));
    *out++ = '"';
  }
  *out++ = ']';
  return out;
}

char* PutWebEvent(char* out, std::int64_t index, RecordRandom& random) {
  const std::uint64_t user = KeyNumber(EventShape::kEvents, random);
  const Place& place = kPlaces[random.Below(kPlaces.size())];
  out = PutText(out, R"({"id":)");
  out = PutInt(out, index);
  out = PutText(out, R"(,"user_id":")");
  out = PutKey(out, EventShape::kEvents, user);
  out = PutText(out, R"(","event_type":")");
  out = PutText(out, Pick(kEventTypes, random));
  out = PutText(out, R"(","ts":")");
  out = PutTimestamp(out, EventTimestampMs(index));
  out = PutText(out, R"(Z","amount":)");
  out = PutFixed(out, random.Between(0, 99'999), 2);
  out = PutText(out, R"(,"geo":{"country":")");
  out = PutText(out, place.country);
  out = PutText(out, R"(","city":")");
  out = PutText(out, place.city);
  out = PutText(out, R"(","device":")");
  out = PutText(out, Pick(kDevices, random));
  out = PutText(out, R"("},"properties":{"page":"/products/)");
  out = PutInt(out, random.Between(1, 9'999));
  out = PutText(out, R"(","referrer":")");
  out = PutText(out, Pick(kReferrers, random));
  out = PutText(out, R"(","session":")");
  out = PutHex(out, 12, random);
  out = PutText(out, R"("},"tags":)");
  out = PutTags(out, random);
  return PutText(out, "}");
}

char* PutItems(char* out, std::int64_t& total_cents, RecordRandom& random) {
  const std::uint64_t count = 1 + random.Below(3);
  *out++ = '[';
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::int64_t quantity = random.Between(1, 5);
    const std::int64_t price_cents = random.Between(99, 49'999);
    total_cents += quantity * price_cents;
    out = PutText(out, i == 0 ? R"({"sku":"SKU-)" : R"(,{"sku":"SKU-)");
    out = PutPadded(out, random.Between(0, 99'999), 5);
    out = PutText(out, R"(","quantity":)");
    out = PutInt(out, quantity);
    out = PutText(out, R"(,"price":)");
    out = PutFixed(out, price_cents, 2);
    *out++ = '}';
  }
  *out++ = ']';
  return out;
}

char* PutOrder(char* out, std::int64_t index, RecordRandom& random) {
  constexpr std::int64_t kMsPerDay = 86'400'000;
  const std::uint64_t customer = KeyNumber(EventShape::kOrders, random);
  const std::int64_t ordered_ms = EventTimestampMs(index);
  const Place& place = kPlaces[random.Below(kPlaces.size())];
  std::int64_t total_cents = 0;
  out = PutText(out, R"({"order_id":)");
  out = PutInt(out, index);
  out = PutText(out, R"(,"customer_id":")");
  out = PutKey(out, EventShape::kOrders, customer);
  out = PutText(out, R"(","status":")");
  out = PutText(out, Pick(kStatuses, random));
  out = PutText(out, R"(","ordered_at":")");
  out = PutTimestamp(out, ordered_ms);
  out = PutText(out, R"(Z","ship_date":)");
  if (random.Below(5) == 0) {
    out = PutText(out, "null");
  } else {
    *out++ = '"';
    out = PutDate(out, FloorDiv(ordered_ms, kMsPerDay) + random.Between(1, 7));
    *out++ = '"';
  }
  out = PutText(out, R"(,"currency":")");
  out = PutText(out, Pick(kCurrencies, random));
  out = PutText(out, R"(","items":)");
  out = PutItems(out, total_cents, random);
  out = PutText(out, R"(,"total":)");
  out = PutFixed(out, total_cents, 2);
  out = PutText(out, R"(,"address":{"country":")");
  out = PutText(out, place.country);
  out = PutText(out, R"(","city":")");
  out = PutText(out, place.city);
  out = PutText(out, R"(","zip":")");
  out = PutPadded(out, random.Between(0, 99'999), 5);
  return PutText(out, R"("}})");
}

char* PutMeasurement(char* out, std::int64_t index, RecordRandom& random) {
  const std::uint64_t sensor = KeyNumber(EventShape::kFlat, random);
  out = PutText(out, R"({"id":)");
  out = PutInt(out, index);
  out = PutText(out, R"(,"sensor":")");
  out = PutKey(out, EventShape::kFlat, sensor);
  out = PutText(out, R"(","ts":")");
  out = PutTimestamp(out, EventTimestampMs(index));
  out = PutText(out, R"(Z","value":)");
  out = PutFixed(out, random.Between(-40'000'000, 125'000'000), 6);
  out = PutText(out, R"(,"unit":")");
  out = PutText(out, Pick(kUnits, random));
  out = PutText(out, R"(","is_valid":)");
  out = PutText(out, random.Below(100) == 0 ? "false" : "true");
  out = PutText(out, R"(,"battery":)");
  out = PutInt(out, random.Between(0, 100));
  return PutText(out, "}");
}

}  // namespace

const std::vector<std::string>& EventShapeNames() {
  static const std::vector<std::string> kNames = {"events", "orders", "flat"};
  return kNames;
}

Result<EventShape> ParseEventShape(std::string_view name) {
  const auto& names = EventShapeNames();
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] == name) return static_cast<EventShape>(i);
  }
  return Fail(ErrorKind::kInvalidArgument, "no such shape of events: '{}'; there are {}",
              name, fmt::join(names, ", "));
}

std::string_view EventShapeColumns(EventShape shape) {
  switch (shape) {
    case EventShape::kEvents:
      return "id BIGINT, user_id STRING, event_type STRING, ts TIMESTAMP_LTZ(3), "
             "amount DOUBLE, geo ROW<country STRING, city STRING, device STRING>, "
             "properties MAP<STRING, STRING>, tags ARRAY<STRING>";
    case EventShape::kOrders:
      return "order_id BIGINT, customer_id STRING, status STRING, "
             "ordered_at TIMESTAMP_LTZ(3), ship_date DATE, currency STRING, "
             "items ARRAY<ROW<sku STRING, quantity INT, price DECIMAL(10, 2)>>, "
             "total DECIMAL(12, 2), address ROW<country STRING, city STRING, zip STRING>";
    case EventShape::kFlat:
      return "id BIGINT, sensor STRING, ts TIMESTAMP_LTZ(3), `value` DOUBLE, unit "
             "STRING, "
             "is_valid BOOLEAN, battery INT";
  }
  return "";
}

void AppendEvent(EventShape shape, std::uint64_t seed, std::int64_t index,
                 std::string& out) {
  RecordRandom random(seed, static_cast<std::uint64_t>(index));
  std::array<char, kMaxEventBytes> text;
  char* end = text.data();
  switch (shape) {
    case EventShape::kEvents:
      end = PutWebEvent(end, index, random);
      break;
    case EventShape::kOrders:
      end = PutOrder(end, index, random);
      break;
    case EventShape::kFlat:
      end = PutMeasurement(end, index, random);
      break;
  }
  out.append(text.data(), end);
}

void AppendEventKey(EventShape shape, std::uint64_t seed, std::int64_t index,
                    std::string& out) {
  RecordRandom random(seed, static_cast<std::uint64_t>(index));
  std::array<char, 32> text;
  char* const end = PutKey(text.data(), shape, KeyNumber(shape, random));
  out.append(text.data(), end);
}

std::int64_t EventTimestampMs(std::int64_t index) {
  return kFirstEventMs + index * kStepMs;
}

}  // namespace frazil
