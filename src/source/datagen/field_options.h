#pragma once

/// \file source/datagen/field_options.h
/// \brief Reads the options of a datagen table and knows which of them nobody asked for.

#include <charconv>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "base/result.h"
#include "config/pipeline_spec.h"

namespace frazil {

/// \brief The whole text as a number; nullopt if it is none, or does not fit.
template <typename T>
std::optional<T> ParseNumber(std::string_view text) {
  T number = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// \brief The options of one table. What was never read is refused at the end: it names no
/// field, or nothing that the field has.
class FieldOptions {
 public:
  /// Options of columns begin with it.
  static constexpr std::string_view kPrefix = "fields.";

  /// Both outlive this.
  FieldOptions(const PipelineSpec& script, const SourceSpec& table)
      : script_(script), table_(table) {}

  std::optional<std::string> Get(const std::string& key);

  /// \return kInvalidConfig unless it is a number from `low` to `high`.
  template <typename T>
  Result<T> Number(const std::string& key, T default_value, T low, T high) {
    const auto text = Get(key);
    if (!text) return default_value;
    const auto number = ParseNumber<T>(*text);
    if (!number || *number < low || *number > high) {
      return Refuse(key, fmt::format("takes a number from {} to {}", low, high));
    }
    return *number;
  }

  /// \brief kInvalidConfig at the option's place: "'<key>' <message>".
  [[nodiscard]] tl::unexpected<Error> Refuse(const std::string& key,
                                             std::string_view message) const;

  /// \return kInvalidConfig for the first "fields." option that Get was not asked for.
  [[nodiscard]] Status RefuseUnread() const;

 private:
  const PipelineSpec& script_;
  const SourceSpec& table_;
  std::set<std::string> read_;
};

}  // namespace frazil
