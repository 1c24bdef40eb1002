#include "config/sql/variables.h"

#include <algorithm>
#include <optional>

#include "config/excerpt.h"

namespace frazil {
namespace {

// Bounds what variables can make of a script.
constexpr std::size_t kMaxExpandedBytes = std::size_t{32} << 20U;

bool IsNameCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         c == '_';
}

bool IsVariableName(std::string_view name) {
  return !name.empty() && !(name.front() >= '0' && name.front() <= '9') &&
         std::all_of(name.begin(), name.end(), IsNameCharacter);
}

// How a text is scanned: what ends the present stretch and how values are written in it.
enum class Stretch { kPlain, kString, kEscapeString, kQuotedName };

}  // namespace

class VariableExpander {
 public:
  VariableExpander(const PipelineSpec& spec, const Environment& environment)
      : spec_(spec), script_(spec.text), environment_(environment) {}

  Result<ExpandedText> Run() {
    if (script_.find("${") == std::string_view::npos) {
      out_.text_ = script_;
      return std::move(out_);
    }
    while (at_ < script_.size()) {
      FRAZIL_TRY(Step());
    }
    return std::move(out_);
  }

 private:
  [[nodiscard]] bool Starts(std::string_view what) const {
    return script_.substr(at_, what.size()) == what;
  }

  tl::unexpected<Error> FailAt(std::size_t offset, std::string_view message,
                               std::string_view hint = {}) const {
    return Fail(ErrorAt(spec_, PlaceAt(script_, offset), message, hint));
  }

  // Copies or replaces what comes next.
  Status Step() {
    if (stretch_ == Stretch::kPlain && CopyOpaque()) return {};
    if (stretch_ != Stretch::kPlain && Starts("$${")) {
      Replace("${", at_, at_ + 3);
    } else if (Starts("${")) {
      FRAZIL_TRY(ExpandOne());
    } else {
      CopyCharacter();
    }
    if (out_.text_.size() > kMaxExpandedBytes) {
      return FailAt(at_, "the script is too long with its variables replaced");
    }
    return {};
  }

  void CopyUntil(std::size_t end) {
    end = std::min(end, script_.size());
    out_.text_ += script_.substr(at_, end - at_);
    at_ = end;
  }

  void Replace(std::string_view text, std::size_t begin, std::size_t end) {
    const std::size_t from = out_.text_.size();
    out_.text_ += text;
    out_.replacements_.push_back({from, out_.text_.size(), begin, end});
    at_ = end;
  }

  // Copies a comment or a dollar-quoted string, in which nothing is expanded.
  bool CopyOpaque() {
    if (Starts("--")) {
      CopyUntil(script_.find('\n', at_));
      return true;
    }
    if (Starts("/*")) {
      std::size_t depth = 0;
      do {
        if (Starts("/*")) ++depth;
        if (Starts("*/")) --depth;
        CopyUntil(at_ + (Starts("/*") || Starts("*/") ? 2 : 1));
      } while (depth > 0 && at_ < script_.size());
      return true;
    }
    if (script_[at_] != '$' || (at_ > 0 && IsNameCharacter(script_[at_ - 1])))
      return false;
    std::size_t end = at_ + 1;
    while (end < script_.size() && IsNameCharacter(script_[end])) ++end;
    if (end >= script_.size() || script_[end] != '$') return false;
    const std::string_view tag = script_.substr(at_, end + 1 - at_);
    if (tag.size() > 2 && !IsVariableName(tag.substr(1, tag.size() - 2))) return false;
    const std::size_t close = script_.find(tag, end + 1);
    CopyUntil(close == std::string_view::npos ? close : close + tag.size());
    return true;
  }

  void CopyCharacter() {
    const char c = script_[at_];
    if (stretch_ == Stretch::kPlain) {
      const bool is_escape = c == '\'' && at_ > 0 &&
                             (script_[at_ - 1] == 'e' || script_[at_ - 1] == 'E') &&
                             (at_ == 1 || !IsNameCharacter(script_[at_ - 2]));
      quote_ = c;
      if (c == '\'') stretch_ = is_escape ? Stretch::kEscapeString : Stretch::kString;
      if (c == '"' || c == '`') stretch_ = Stretch::kQuotedName;
    } else if (stretch_ == Stretch::kEscapeString && c == '\\') {
      CopyUntil(at_ + 2);
      return;
    } else if (c == quote_) {
      // A doubled quote ends and begins, which comes to the same.
      const bool is_doubled = at_ + 1 < script_.size() && script_[at_ + 1] == quote_;
      if (!is_doubled) stretch_ = Stretch::kPlain;
      CopyUntil(at_ + (is_doubled ? 2 : 1));
      return;
    }
    CopyUntil(at_ + 1);
  }

  // A value in the writing of the present stretch.
  [[nodiscard]] std::string Written(const std::string& value) const {
    if (stretch_ == Stretch::kPlain) return value;
    std::string written;
    for (const char c : value) {
      if (c == quote_) written += c;
      if (c == '\\' && stretch_ == Stretch::kEscapeString) written += c;
      written += c;
    }
    return written;
  }

  // A value within another one is hidden after it.
  void Remember(std::string_view reference, const std::string& value) {
    auto& known = out_.variables_;
    const bool is_known = std::ranges::any_of(
        known, [&](const ScriptVariable& one) { return one.reference == reference; });
    if (is_known) return;
    const auto after = std::ranges::find_if(known, [&](const ScriptVariable& one) {
      return one.value.size() < value.size();
    });
    known.insert(after, {std::string(reference), value});
  }

  Status ExpandOne() {
    const std::size_t close = script_.find('}', at_);
    const std::size_t line_end = script_.find('\n', at_);
    if (close == std::string_view::npos || line_end < close) {
      return FailAt(at_, "this variable never ends: '}' is missing");
    }
    const std::string_view inside = script_.substr(at_ + 2, close - at_ - 2);
    const std::size_t sign = inside.find(":-");
    const std::string_view name = inside.substr(0, sign);
    if (!IsVariableName(name)) {
      return FailAt(at_, fmt::format("'{}' is not the name of a variable", name),
                    "write ${NAME} or ${NAME:-default}");
    }
    if (inside.find("${") != std::string_view::npos) {
      return FailAt(at_, "a default cannot hold another variable");
    }
    const std::optional<std::string> value = environment_(name);
    if (value && value->size() > kMaxExpandedBytes) {
      return FailAt(at_, fmt::format("the value of {} is too long", name));
    }
    if (value && FindInvalidUtf8(*value) != std::string::npos) {
      return FailAt(at_, fmt::format("the value of {} is not UTF-8", name));
    }
    if (sign != std::string_view::npos && value.value_or("").empty()) {
      Replace(inside.substr(sign + 2), at_, close + 1);
      return {};
    }
    if (!value) {
      return FailAt(at_, fmt::format("the environment variable {} is not set", name),
                    fmt::format("set it, or give a default: ${{{}:-...}}", name));
    }
    Remember(script_.substr(at_, close + 1 - at_), *value);
    Replace(Written(*value), at_, close + 1);
    return {};
  }

  const PipelineSpec& spec_;
  std::string_view script_;
  const Environment& environment_;
  ExpandedText out_;
  std::size_t at_ = 0;
  Stretch stretch_ = Stretch::kPlain;
  char quote_ = '\'';
};

Result<ExpandedText> ExpandedText::Expand(const PipelineSpec& spec,
                                          const Environment& environment) {
  return VariableExpander(spec, environment).Run();
}

std::size_t ExpandedText::OriginalOffset(std::size_t offset) const {
  const auto after = std::upper_bound(replacements_.begin(), replacements_.end(), offset,
                                      [](std::size_t at, const Replacement& replacement) {
                                        return at < replacement.begin;
                                      });
  if (after == replacements_.begin()) return offset;
  const Replacement& last = *(after - 1);
  return offset < last.end ? last.original_begin
                           : last.original_end + (offset - last.end);
}

bool ExpandedText::TouchesVariable(std::size_t begin, std::size_t end) const {
  return std::any_of(replacements_.begin(), replacements_.end(),
                     [&](const Replacement& replacement) {
                       return replacement.begin < end && replacement.end > begin;
                     });
}

}  // namespace frazil
