#include "iceberg/metrics.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <set>

namespace frazil {
namespace {

constexpr std::string_view kDefaultModeKey = "write.metadata.metrics.default";
constexpr std::string_view kColumnModePrefix = "write.metadata.metrics.column.";
constexpr std::string_view kMaxInferredKey =
    "write.metadata.metrics.max-inferred-column-defaults";
constexpr int kDefaultMaxInferred = 100;

std::string ToLower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

std::optional<int> ParsePositive(std::string_view text) {
  int value = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value <= 0) {
    return std::nullopt;
  }
  return value;
}

int MaxInferred(const std::map<std::string, std::string>& properties) {
  const auto found = properties.find(std::string(kMaxInferredKey));
  if (found == properties.end()) return kDefaultMaxInferred;
  if (found->second == "0") return 0;
  return ParsePositive(found->second).value_or(kDefaultMaxInferred);
}

int CountFields(const std::vector<SchemaField>& fields) {
  int count = 0;
  for (const SchemaField& field : fields) count += 1 + CountFields(field.type.fields());
  return count;
}

// The first `limit` primitive columns: those of one level before those of the structs in it.
void CollectFirst(const std::vector<SchemaField>& fields, std::size_t limit,
                  std::set<std::int32_t>& ids) {
  for (const SchemaField& field : fields) {
    if (ids.size() >= limit) return;
    if (!field.type.is_nested()) ids.insert(field.field_id);
  }
  for (const SchemaField& field : fields) {
    if (ids.size() >= limit) return;
    CollectFirst(field.type.fields(), limit, ids);
  }
}

// Reads the code point at `at`, or nullopt where there is none in UTF-8.
struct CodePoint {
  std::uint32_t value = 0;
  std::size_t size = 0;
};

std::optional<CodePoint> ReadCodePoint(std::string_view text, std::size_t at) {
  const auto lead = static_cast<unsigned char>(text[at]);
  if (lead < 0x80) return CodePoint{lead, 1};
  const std::size_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || at + size > text.size()) return std::nullopt;
  std::uint32_t value = lead & (0x7FU >> size);
  for (std::size_t i = 1; i < size; ++i) {
    const auto next = static_cast<unsigned char>(text[at + i]);
    if ((next & 0xC0U) != 0x80) return std::nullopt;
    value = value << 6U | (next & 0x3FU);
  }
  const bool is_overlong = (size == 3 && value < 0x800) || (size == 4 && value < 0x10000);
  if (is_overlong || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) {
    return std::nullopt;
  }
  return CodePoint{value, size};
}

void AppendCodePoint(std::uint32_t value, std::string& text) {
  const auto append = [&text](std::uint32_t byte) { text += static_cast<char>(byte); };
  if (value < 0x80) {
    append(value);
  } else if (value < 0x800) {
    append(0xC0U | value >> 6U);
    append(0x80U | (value & 0x3FU));
  } else if (value < 0x10000) {
    append(0xE0U | value >> 12U);
    append(0x80U | (value >> 6U & 0x3FU));
    append(0x80U | (value & 0x3FU));
  } else {
    append(0xF0U | value >> 18U);
    append(0x80U | (value >> 12U & 0x3FU));
    append(0x80U | (value >> 6U & 0x3FU));
    append(0x80U | (value & 0x3FU));
  }
}

bool IsContinuation(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U;
}

}  // namespace

std::optional<MetricsMode> ParseMetricsMode(std::string_view text) {
  const std::string mode = ToLower(text);
  if (mode == "none") return MetricsMode{MetricsMode::Kind::kNone, 0};
  if (mode == "counts") return MetricsMode{MetricsMode::Kind::kCounts, 0};
  if (mode == "full") return MetricsMode{MetricsMode::Kind::kFull, 0};
  constexpr std::string_view kOpening = "truncate(";
  if (!mode.starts_with(kOpening) || !mode.ends_with(')')) return std::nullopt;
  const auto length = ParsePositive(
      std::string_view(mode).substr(kOpening.size(), mode.size() - kOpening.size() - 1));
  if (!length) return std::nullopt;
  return MetricsMode{MetricsMode::Kind::kTruncate, *length};
}

MetricsConfig MetricsConfig::Make(const Schema& schema,
                                  const std::map<std::string, std::string>& properties,
                                  const std::vector<std::int32_t>& sort_field_ids) {
  MetricsConfig config;
  const auto stated = properties.find(std::string(kDefaultModeKey));
  const int max_inferred = MaxInferred(properties);
  if (stated != properties.end()) {
    config.default_mode_ = ParseMetricsMode(stated->second).value_or(MetricsMode{});
  } else if (CountFields(schema.fields) > max_inferred) {
    config.default_mode_ = MetricsMode{MetricsMode::Kind::kNone, 0};
    std::set<std::int32_t> first;
    CollectFirst(schema.fields, static_cast<std::size_t>(max_inferred), first);
    for (const std::int32_t field_id : first) config.modes_[field_id] = MetricsMode{};
  }
  const MetricsMode sorted_mode =
      config.default_mode_.has_bounds() ? config.default_mode_ : MetricsMode{};
  for (const std::int32_t field_id : sort_field_ids)
    config.modes_[field_id] = sorted_mode;

  for (auto at = properties.lower_bound(std::string(kColumnModePrefix));
       at != properties.end() && at->first.starts_with(kColumnModePrefix); ++at) {
    const SchemaField* field = schema.FindFieldByPath(
        std::string_view(at->first).substr(kColumnModePrefix.size()));
    const auto mode = ParseMetricsMode(at->second);
    if (field != nullptr && mode) config.modes_[field->field_id] = *mode;
  }
  return config;
}

MetricsMode MetricsConfig::ModeOf(std::int32_t field_id) const {
  const auto found = modes_.find(field_id);
  return found == modes_.end() ? default_mode_ : found->second;
}

std::string_view TruncateStringLower(std::string_view utf8, int length) {
  int code_points = 0;
  for (std::size_t at = 0; at < utf8.size(); ++at) {
    if (!IsContinuation(utf8[at]) && ++code_points > length) return utf8.substr(0, at);
  }
  return utf8;
}

std::optional<std::string> TruncateStringUpper(std::string_view utf8, int length) {
  const std::string_view prefix = TruncateStringLower(utf8, length);
  if (prefix.size() == utf8.size()) return std::string(utf8);
  std::vector<CodePoint> code_points;
  for (std::size_t at = 0; at < prefix.size(); at += code_points.back().size) {
    const auto code_point = ReadCodePoint(prefix, at);
    if (!code_point) return std::nullopt;
    code_points.push_back(*code_point);
  }
  std::size_t kept = prefix.size();
  while (!code_points.empty()) {
    const CodePoint last = code_points.back();
    code_points.pop_back();
    kept -= last.size;
    if (last.value == 0x10FFFF) continue;  // carries to the left
    std::string upper(prefix.substr(0, kept));
    AppendCodePoint(last.value == 0xD7FF ? 0xE000 : last.value + 1, upper);
    return upper;
  }
  return std::nullopt;
}

std::string_view TruncateBinaryLower(std::string_view bytes, int length) {
  return bytes.substr(0, static_cast<std::size_t>(length));
}

std::optional<std::string> TruncateBinaryUpper(std::string_view bytes, int length) {
  std::string upper(TruncateBinaryLower(bytes, length));
  if (upper.size() == bytes.size()) return upper;
  while (!upper.empty() && upper.back() == '\xff') upper.pop_back();
  if (upper.empty()) return std::nullopt;
  upper.back() = static_cast<char>(static_cast<unsigned char>(upper.back()) + 1);
  return upper;
}

std::string_view TruncateLower(std::string_view value, const Type& type, int length) {
  if (type.id() == TypeId::kString) return TruncateStringLower(value, length);
  if (type.id() == TypeId::kBinary) return TruncateBinaryLower(value, length);
  return value;
}

std::optional<std::string> TruncateUpper(std::string_view value, const Type& type,
                                         int length) {
  if (type.id() == TypeId::kString) return TruncateStringUpper(value, length);
  if (type.id() == TypeId::kBinary) return TruncateBinaryUpper(value, length);
  return std::string(value);
}

int UuidSigns(std::string_view uuid) {
  const auto is_negative = [uuid](std::size_t half) {
    return (static_cast<unsigned char>(uuid[half]) & 0x80U) != 0 ? 1 : 0;
  };
  return 2 * is_negative(0) + is_negative(8);
}

}  // namespace frazil
