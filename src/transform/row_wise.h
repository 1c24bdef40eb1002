#pragma once

/// \file transform/row_wise.h
/// \brief Whether each output row of a query comes from one input row by itself.

#include <map>
#include <string>
#include <string_view>

#include "base/json.h"
#include "transform/from_table.h"

namespace frazil {

/// \brief What duckdb_functions() says of a function name; of several functions that share
/// it, what holds for any.
struct FunctionFact {
  bool is_aggregate = false;
  bool is_macro = false;
  /// Not CONSISTENT: now(), uuid(), random(), nextval(), ...
  bool is_volatile = false;
};

/// By name in lower case.
using FunctionFacts = std::map<std::string, FunctionFact>;

/// \brief Decides by the tree alone, and says "no" where it is not sure.
class RowWiseCheck {
 public:
  /// All must outlive the check.
  RowWiseCheck(std::string_view source_name, const ParsedViews& views,
               const FunctionFacts& facts)
      : source_name_(source_name), views_(views), facts_(facts) {}

  /// \brief "it joins"; empty if the query is row-wise.
  [[nodiscard]] std::string WhyNot(const Json& node) const;

 private:
  [[nodiscard]] std::string WhyNotFrom(const Json& node) const;
  [[nodiscard]] std::string WhyNotExpression(const Json& expression) const;

  std::string_view source_name_;
  const ParsedViews& views_;
  const FunctionFacts& facts_;
};

}  // namespace frazil
