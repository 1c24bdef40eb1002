#pragma once

/// \file transform/row_wise.h
/// \brief Whether the output rows of a query come from one input row each, by itself.

#include <string>
#include <string_view>

#include "base/json.h"
#include "transform/from_table.h"
#include "transform/function_facts.h"

namespace frazil {

/// \brief What RowWiseCheck found.
struct RowWise {
  /// "it joins"; empty if the query is row-wise: it gives the same rows wherever a batch ends.
  std::string why_not;
  /// Each input row gives one output row or none, by a chain of SELECTs of one table.
  bool is_plain = true;
};

/// \brief Decides by the tree alone, and says "no" where it is not sure.
class RowWiseCheck {
 public:
  /// All must outlive the check.
  RowWiseCheck(std::string_view source_name, const ParsedViews& views,
               const FunctionFacts& facts)
      : source_name_(source_name), views_(views), facts_(facts) {}

  [[nodiscard]] RowWise Of(const Json& node) const;

 private:
  // Each gives a reason or "", and clears `is_plain` where it is not so.
  [[nodiscard]] std::string WhyNot(const Json& node, Scope scope, bool& is_plain) const;
  [[nodiscard]] std::string WhyNotUnion(const Json& node, const Scope& scope,
                                        bool& is_plain) const;
  [[nodiscard]] std::string WhyNotFrom(const Json& from, const Scope& scope,
                                       bool& is_plain) const;
  [[nodiscard]] std::string WhyNotJoin(const Json& join, const Scope& scope,
                                       bool& is_plain) const;
  [[nodiscard]] std::string WhyNotExpression(const Json& expression,
                                             bool& is_plain) const;

  std::string_view source_name_;
  const ParsedViews& views_;
  const FunctionFacts& facts_;
};

}  // namespace frazil
