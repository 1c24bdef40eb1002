#pragma once

/// \file config/sql/variables.h
/// \brief `${NAME}` and `${NAME:-default}` in a script.
///
/// Expanded everywhere but in comments and dollar-quoted strings. Inside quotes a value
/// stays what it is, whatever quotes it holds itself; outside it is SQL text. `$${` inside
/// quotes is a plain `${`. A variable that is unset or empty takes the default, if any.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/pipeline_spec.h"
#include "config/sql/sql_script.h"

namespace frazil {

/// \brief A script with its variables replaced, and the way back to what was written.
class ExpandedText {
 public:
  /// \return kInvalidConfig in the form of ErrorAt: a variable that is not set, a
  /// reference that does not end. Never shows a value.
  static Result<ExpandedText> Expand(const PipelineSpec& spec,
                                     const Environment& environment);

  [[nodiscard]] const std::string& text() const { return text_; }
  /// \brief Those that have a value, each reference once, longer values first.
  [[nodiscard]] const std::vector<ScriptVariable>& variables() const {
    return variables_;
  }
  /// \brief True if no variable was met: offsets are those of the script.
  [[nodiscard]] bool is_verbatim() const { return replacements_.empty(); }
  /// \brief The script's offset of an offset into text(); the `$` inside a value.
  [[nodiscard]] std::size_t OriginalOffset(std::size_t offset) const;
  /// \brief True if [begin, end) of text() touches a replaced variable.
  [[nodiscard]] bool TouchesVariable(std::size_t begin, std::size_t end) const;

 private:
  friend class VariableExpander;

  struct Replacement {
    std::size_t begin = 0;  // in text_
    std::size_t end = 0;
    std::size_t original_begin = 0;  // in the script
    std::size_t original_end = 0;
  };

  std::string text_;
  std::vector<Replacement> replacements_;
  std::vector<ScriptVariable> variables_;
};

}  // namespace frazil
