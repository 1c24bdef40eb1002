#include "config/pipeline_spec.h"

#include <algorithm>

#include "config/excerpt.h"

namespace frazil {

namespace {

// Keys are looked for one by one; nobody writes so many.
constexpr std::size_t kMaxOptions = 10'000;

}  // namespace

Status Options::Add(Option option) {
  if (Find(option.key) != nullptr) {
    return Fail(ErrorKind::kInvalidConfig, "option '{}' is given twice", option.key);
  }
  if (options_.size() >= kMaxOptions) {
    return Fail(ErrorKind::kInvalidConfig, "more than {} options", kMaxOptions);
  }
  options_.push_back(std::move(option));
  return {};
}

const Option* Options::Find(std::string_view key) const {
  const auto found = std::find_if(options_.begin(), options_.end(),
                                  [&](const Option& o) { return o.key == key; });
  return found == options_.end() ? nullptr : &*found;
}

std::optional<std::string> Options::Get(std::string_view key) const {
  const Option* const option = Find(key);
  if (option == nullptr) return std::nullopt;
  return option->value;
}

std::string TableName::ToString() const {
  std::string text = catalog;
  for (const std::string& level : levels) text += "." + level;
  return text + "." + table;
}

std::string HideVariables(const std::vector<ScriptVariable>& variables,
                          std::string text) {
  constexpr std::size_t kLeastSecret = 4;
  for (const ScriptVariable& variable : variables) {
    if (variable.value.size() < kLeastSecret) continue;
    std::size_t at = 0;
    while ((at = text.find(variable.value, at)) != std::string::npos) {
      text.replace(at, variable.value.size(), variable.reference);
      at += variable.reference.size();
    }
  }
  return text;
}

Error ErrorAt(const PipelineSpec& spec, TextPlace place, std::string_view message,
              std::string_view suggestion) {
  std::string text = spec.file;
  if (place.line > 0) text += fmt::format(":{}:{}", place.line, place.column);
  if (!text.empty()) text += ": ";
  text += HideVariables(spec.variables, std::string(message));
  if (place.line > 0) {
    const std::string excerpt = Excerpt(spec.text, place);
    if (!excerpt.empty()) text += "\n" + excerpt;
  }
  if (!suggestion.empty()) {
    text += "\n  hint: " + HideVariables(spec.variables, std::string(suggestion));
  }
  return {ErrorKind::kInvalidConfig, std::move(text)};
}

}  // namespace frazil
