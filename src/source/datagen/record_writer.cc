#include "source/datagen/record_writer.h"

#include <fmt/format.h>

#include "source/json_text.h"

namespace frazil {
namespace {

using Kind = FieldPlan::Kind;

constexpr std::int64_t kMsPerDay = 86'400'000;

// What all values of a record share.
struct Record {
  std::int64_t index;
  std::int64_t time_ms;
  RecordRandom random;
};

char* PutValue(char* out, const FieldPlan& plan, Record& record);

char* PutQuoted(char* out, char* (*put)(char*, std::int64_t), std::int64_t value,
                std::string_view suffix = "") {
  *out++ = '"';
  out = PutText(put(out, value), suffix);
  *out++ = '"';
  return out;
}

std::int64_t LengthOf(const FieldPlan& plan, Record& record) {
  if (!plan.is_length_random || plan.length == 0) return plan.length;
  return record.random.Between(1, plan.length);
}

// A moment up to `high` ms before the record's own; never before year 0, past 9999.
std::int64_t MomentOf(const FieldPlan& plan, Record& record) {
  constexpr std::int64_t kYear0Ms = -62'167'219'200'000;
  constexpr std::int64_t kYear9999Ms = 253'402'300'799'999;
  const std::int64_t past = plan.high == 0 ? 0 : record.random.Between(0, plan.high);
  const std::int64_t moment = record.time_ms - past;
  return moment < kYear0Ms ? kYear0Ms : moment > kYear9999Ms ? kYear9999Ms : moment;
}

char* PutBase64(char* out, std::int64_t length, RecordRandom& random) {
  static constexpr char kDigits[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::int64_t left = length;
  for (; left >= 3; left -= 3) {
    std::uint64_t bits = random.Next();
    for (int i = 0; i < 4; ++i, bits >>= 6) *out++ = kDigits[bits & 63];
  }
  if (left == 0) return out;
  std::uint64_t bits = random.Next();
  // The last digit holds only the bits of `left` bytes.
  const int whole = left == 1 ? 1 : 2;
  for (int i = 0; i < whole; ++i, bits >>= 6) *out++ = kDigits[bits & 63];
  *out++ = kDigits[left == 1 ? (bits & 3) << 4 : (bits & 15) << 2];
  return PutText(out, left == 1 ? "==" : "=");
}

char* PutUuid(char* out, RecordRandom& random) {
  *out++ = '"';
  char* const text = out;
  (void)PutHex(out, 32, random);
  std::memmove(text + 24, text + 20, 12);
  std::memmove(text + 19, text + 16, 4);
  std::memmove(text + 14, text + 12, 4);
  std::memmove(text + 9, text + 8, 4);
  text[8] = text[13] = text[18] = text[23] = '-';
  text[14] = '4';                        // version
  text[19] = "89ab"[random.Next() & 3];  // variant
  text[36] = '"';
  return text + 37;
}

// More digits than 64 bits hold: digit by digit.
char* PutWide(char* out, const FieldPlan& plan, RecordRandom& random) {
  if ((random.Next() & 1) != 0) *out++ = '-';
  const int whole = plan.digits - plan.scale;
  const std::int64_t shown = whole == 0 ? 0 : random.Between(1, whole);
  if (shown == 0) *out++ = '0';
  for (std::int64_t i = 0; i < shown; ++i) {
    *out++ = static_cast<char>('0' + (i == 0 ? 1 + random.Below(9) : random.Below(10)));
  }
  if (plan.scale == 0) return out;
  *out++ = '.';
  for (int i = 0; i < plan.scale; ++i) {
    *out++ = static_cast<char>('0' + random.Below(10));
  }
  return out;
}

// Ranges of everyday size in units of a millionth, which is quick; else the shortest text.
char* PutDouble(char* out, const FieldPlan& plan, RecordRandom& random) {
  constexpr double kEveryday = 1e12;
  const double unit = random.Unit();
  const double value = plan.low_real * (1 - unit) + plan.high_real * unit;
  if (plan.low_real > -kEveryday && plan.high_real < kEveryday) {
    return PutFixed(out, static_cast<std::int64_t>(value * 1e6), 6);
  }
  return fmt::format_to(out, "{}", value);
}

char* PutStruct(char* out, const FieldPlan& plan, Record& record) {
  if (plan.members.empty()) *out++ = '{';
  for (const FieldPlan& member : plan.members) {
    out = PutText(out, member.label);
    out = PutValue(out, member, record);
  }
  *out++ = '}';
  return out;
}

char* PutElements(char* out, const FieldPlan& plan, Record& record) {
  const bool is_map = plan.kind == Kind::kMap;
  *out++ = is_map ? '{' : '[';
  const std::int64_t count = LengthOf(plan, record);
  for (std::int64_t i = 0; i < count; ++i) {
    if (i > 0) *out++ = ',';
    out = PutValue(out, plan.members.front(), record);
    if (!is_map) continue;
    *out++ = ':';
    out = PutValue(out, plan.members.back(), record);
  }
  *out++ = is_map ? '}' : ']';
  return out;
}

char* PutSequence(char* out, const FieldPlan& plan, const Record& record) {
  if (plan.length == 0) return PutInt(out, plan.low + record.index);
  return PutQuoted(out, &PutInt, plan.low + record.index);
}

char* PutValue(char* out, const FieldPlan& plan, Record& record) {
  RecordRandom& random = record.random;
  if (plan.null_below > 0 && (random.Next() >> 32) < plan.null_below) {
    return PutText(out, "null");
  }
  switch (plan.kind) {
    case Kind::kBoolean:
      return PutText(out, (random.Next() & 1) != 0 ? "true" : "false");
    case Kind::kRandomInt:
      return PutInt(out, random.Between(plan.low, plan.high));
    case Kind::kSequence:
      return PutSequence(out, plan, record);
    case Kind::kFixedPoint:
      return PutFixed(out, random.Between(plan.low, plan.high), plan.scale);
    case Kind::kWide:
      return PutWide(out, plan, random);
    case Kind::kDouble:
      return PutDouble(out, plan, random);
    case Kind::kString:
      *out++ = '"';
      out = PutHex(out, LengthOf(plan, record), random);
      *out++ = '"';
      return out;
    case Kind::kBytes:
      *out++ = '"';
      out = PutBase64(out, LengthOf(plan, record), random);
      *out++ = '"';
      return out;
    case Kind::kUuid:
      return PutUuid(out, random);
    case Kind::kDate:
      return PutQuoted(out, &PutDate, FloorDiv(MomentOf(plan, record), kMsPerDay));
    case Kind::kTime:
      return PutQuoted(out, &PutTime, random.Between(0, kMsPerDay - 1));
    case Kind::kTimestamp:
      return PutQuoted(out, &PutTimestamp, MomentOf(plan, record));
    case Kind::kTimestamptz:
      return PutQuoted(out, &PutTimestamp, MomentOf(plan, record), "Z");
    case Kind::kStruct:
      return PutStruct(out, plan, record);
    case Kind::kList:
    case Kind::kMap:
      break;
  }
  return PutElements(out, plan, record);
}

}  // namespace

char* WriteRecord(const DatagenConfig& config, std::int64_t index, char* out) {
  Record record{index, RecordTimeMs(config, index),
                RecordRandom(config.seed, static_cast<std::uint64_t>(index))};
  if (config.fields.empty()) *out++ = '{';
  for (const FieldPlan& field : config.fields) {
    out = PutText(out, field.label);
    out = PutValue(out, field, record);
  }
  *out++ = '}';
  return out;
}

}  // namespace frazil
