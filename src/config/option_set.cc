#include "config/option_set.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>

#include "base/units.h"

namespace frazil {
namespace {

// Longer words are never typing errors of ours, and the distance costs their product.
constexpr std::size_t kMaxWordBytes = 128;

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return lower;
}

// Edits between two words: insert, delete, replace, swap neighbours (optimal string
// alignment). Case counts nothing.
std::size_t EditDistance(std::string_view left, std::string_view right) {
  const std::string a = Lower(left);
  const std::string b = Lower(right);
  std::vector<std::size_t> before_last(b.size() + 1);
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, replaced});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before_last[j - 2] + 1);
      }
    }
    before_last.swap(last);
    last.swap(row);
  }
  return last[b.size()];
}

std::optional<std::int64_t> ParseInt64(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<bool> ParseBool(std::string_view text) {
  const std::string lower = Lower(text);
  if (lower == "true") return true;
  if (lower == "false") return false;
  return std::nullopt;
}

std::vector<std::string> SplitAllowed(std::string_view allowed) {
  std::vector<std::string> values;
  while (!allowed.empty()) {
    const std::size_t bar = std::min(allowed.find('|'), allowed.size());
    values.emplace_back(allowed.substr(0, bar));
    allowed.remove_prefix(std::min(bar + 1, allowed.size()));
  }
  return values;
}

std::string DidYouMean(std::string_view candidate) {
  return candidate.empty() ? "" : fmt::format("did you mean '{}'?", candidate);
}

const OptionDeclaration* FindDeclaration(
    std::string_view key, const std::vector<OptionDeclaration>& declarations) {
  for (const OptionDeclaration& declaration : declarations) {
    const bool matches = declaration.is_prefix ? key.starts_with(declaration.key) &&
                                                     key.size() > declaration.key.size()
                                               : key == declaration.key;
    if (matches) return &declaration;
  }
  return nullptr;
}

// A known key near `key`. "properties.x" is meant by "propertis.x" and by "prefix-less" keys
// that end a known one: 'format' by nothing, but 'mode' by 'scan.startup.mode'.
std::string NearestKey(std::string_view key,
                       const std::vector<OptionDeclaration>& declarations) {
  std::vector<std::string> keys;
  std::vector<std::string> prefixes;
  for (const OptionDeclaration& declaration : declarations) {
    (declaration.is_prefix ? prefixes : keys).emplace_back(declaration.key);
  }
  if (std::string near = Nearest(key, keys); !near.empty()) return near;
  const std::size_t dot = key.find('.');
  if (dot != std::string_view::npos && dot + 1 < key.size()) {
    const std::string near = Nearest(key.substr(0, dot + 1), prefixes);
    if (!near.empty()) return near + std::string(key.substr(dot + 1));
  }
  for (const std::string& known : keys) {
    if (known.ends_with("." + std::string(key))) return known;
  }
  return "";
}

// What a value has to look like, or nullopt if it does.
std::optional<std::string> ExpectedForm(const OptionDeclaration& declaration,
                                        const std::string& value) {
  switch (declaration.type) {
    case OptionType::kString:
      return std::nullopt;
    case OptionType::kBool:
      if (ParseBool(value)) return std::nullopt;
      return "'true' or 'false'";
    case OptionType::kInt64:
      if (ParseInt64(value)) return std::nullopt;
      return "a whole number such as '42'";
    case OptionType::kSize:
      if (ParseSize(value).has_value()) return std::nullopt;
      return "a size such as '64 MiB'";
    case OptionType::kDuration:
      if (ParseDuration(value).has_value()) return std::nullopt;
      return "a duration such as '10 s'";
    case OptionType::kEnum:
      break;
  }
  const std::vector<std::string> allowed = SplitAllowed(declaration.allowed);
  if (std::find(allowed.begin(), allowed.end(), value) != allowed.end()) {
    return std::nullopt;
  }
  std::string form;
  for (std::size_t i = 0; i < allowed.size(); ++i) {
    if (i > 0) form += i + 1 == allowed.size() ? " or " : ", ";
    form += fmt::format("'{}'", allowed[i]);
  }
  return form;
}

Status CheckValue(const PipelineSpec& spec, const Option& option,
                  std::string_view subject, const OptionDeclaration& declaration) {
  const auto expected = ExpectedForm(declaration, option.value);
  if (!expected) return {};
  std::string suggestion;
  if (declaration.type == OptionType::kEnum) {
    suggestion = DidYouMean(Nearest(option.value, SplitAllowed(declaration.allowed)));
  }
  // The value itself is not repeated: it may be a secret, and the excerpt shows it.
  return Fail(
      ErrorAt(spec, option.value_place,
              fmt::format("option '{}' of {} takes {}", option.key, subject, *expected),
              suggestion));
}

std::string ValueOrDefault(const Options& options, const OptionDeclaration& declaration) {
  return options.Get(declaration.key).value_or(std::string(declaration.default_value));
}

}  // namespace

Status CheckOptions(const PipelineSpec& spec, const Options& options, TextPlace place,
                    std::string_view subject,
                    const std::vector<OptionDeclaration>& declarations) {
  for (const Option& option : options.all()) {
    const OptionDeclaration* const declaration =
        FindDeclaration(option.key, declarations);
    if (declaration == nullptr) {
      return Fail(ErrorAt(spec, option.key_place,
                          fmt::format("unknown option '{}' of {}", option.key, subject),
                          DidYouMean(NearestKey(option.key, declarations))));
    }
    FRAZIL_TRY(CheckValue(spec, option, subject, *declaration));
  }
  for (const OptionDeclaration& declaration : declarations) {
    if (!declaration.is_required || options.Find(declaration.key) != nullptr) continue;
    const std::string what = declaration.description.empty()
                                 ? ""
                                 : fmt::format(": {}", declaration.description);
    return Fail(ErrorAt(
        spec, place,
        fmt::format("{} needs the option '{}'{}", subject, declaration.key, what)));
  }
  return {};
}

std::string StringOption(const Options& options, const OptionDeclaration& declaration) {
  return ValueOrDefault(options, declaration);
}

bool BoolOption(const Options& options, const OptionDeclaration& declaration) {
  return ParseBool(ValueOrDefault(options, declaration)).value_or(false);
}

std::int64_t Int64Option(const Options& options, const OptionDeclaration& declaration) {
  return ParseInt64(ValueOrDefault(options, declaration)).value_or(0);
}

std::int64_t SizeOption(const Options& options, const OptionDeclaration& declaration) {
  return ParseSize(ValueOrDefault(options, declaration)).value_or(0);
}

std::chrono::milliseconds DurationOption(const Options& options,
                                         const OptionDeclaration& declaration) {
  return ParseDuration(ValueOrDefault(options, declaration))
      .value_or(std::chrono::milliseconds(0));
}

std::string Nearest(std::string_view word, const std::vector<std::string>& candidates) {
  if (word.empty() || word.size() > kMaxWordBytes) return "";
  // A third of the word may be wrong: a transposition in 'topci', two letters in a key.
  std::size_t best =
      std::max<std::size_t>(1, std::min<std::size_t>(4, word.size() / 3)) + 1;
  std::string nearest;
  for (const std::string& candidate : candidates) {
    if (candidate.size() > kMaxWordBytes) continue;
    const std::size_t distance = EditDistance(word, candidate);
    if (distance < best && distance < candidate.size()) {
      best = distance;
      nearest = candidate;
    }
  }
  return nearest;
}

}  // namespace frazil
