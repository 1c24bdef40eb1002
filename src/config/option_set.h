#pragma once

/// \file config/option_set.h
/// \brief How connectors declare the options they take, and how they are checked.

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/pipeline_spec.h"

namespace frazil {

/// \brief What an option's value must look like.
enum class OptionType { kString, kBool, kInt64, kSize, kDuration, kEnum };

/// \brief One option that a connector, a catalog or the pipeline takes.
struct OptionDeclaration {
  // Without initializers GCC warns of each one that a declaration leaves out.
  // NOLINTBEGIN(readability-redundant-member-init)
  std::string_view key = {};
  OptionType type = OptionType::kString;
  /// As written by a user; empty with `is_required` or where absence means something.
  std::string_view default_value = {};
  bool is_required = false;
  /// True: `key` ends with "." and stands for every key that begins with it.
  bool is_prefix = false;
  /// Values of a kEnum, separated by '|'.
  std::string_view allowed = {};
  std::string_view description = {};
  // NOLINTEND(readability-redundant-member-init)
};

/// \brief Checks options against declarations: unknown keys (with the nearest known one as a
/// suggestion), missing required ones, values of the wrong form.
/// \param subject for messages: "connector 'kafka'".
/// \return kInvalidConfig in the form of ErrorAt.
Status CheckOptions(const PipelineSpec& spec, const Options& options, TextPlace place,
                    std::string_view subject,
                    const std::vector<OptionDeclaration>& declarations);

/// \name Values of options that CheckOptions has passed; defaults come from the declaration
/// @{
std::string StringOption(const Options& options, const OptionDeclaration& declaration);
bool BoolOption(const Options& options, const OptionDeclaration& declaration);
std::int64_t Int64Option(const Options& options, const OptionDeclaration& declaration);
/// Bytes.
std::int64_t SizeOption(const Options& options, const OptionDeclaration& declaration);
std::chrono::milliseconds DurationOption(const Options& options,
                                         const OptionDeclaration& declaration);
/// @}

/// \brief The candidate nearest to `word` by edit distance, or "" if none is near.
std::string Nearest(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace frazil
