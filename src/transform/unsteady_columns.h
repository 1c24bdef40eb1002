#pragma once

/// \file transform/unsteady_columns.h
/// \brief Which columns of a query may come out different when it runs again on the same
/// rows.

#include <cstddef>
#include <set>
#include <string>
#include <vector>

#include "base/json.h"
#include "transform/row_wise.h"
#include "transform/select_analysis.h"

namespace frazil {

/// \brief Follows the values of volatile functions through subqueries, common table
/// expressions and views by the names of columns. Where it loses the thread it says "all".
class UnsteadyColumns {
 public:
  /// All must outlive this. `source_names` in lower case: a column named current_date is no
  /// function.
  UnsteadyColumns(const ParsedViews& views, const FunctionFacts& facts,
                  const std::set<std::string>& source_names)
      : views_(views), facts_(facts), source_names_(source_names) {}

  /// \brief The unsteady columns of a query.
  [[nodiscard]] Unsteady OfQuery(const Json& node) const;

  /// \brief Per item of a SELECT_NODE's list whether it is unsteady; stars are not.
  [[nodiscard]] std::vector<bool> OfItems(const Json& node) const;

 private:
  [[nodiscard]] Unsteady OfNode(const Json& node, Scope scope) const;
  [[nodiscard]] Unsteady OfFrom(const Json& from, const Scope& scope) const;
  [[nodiscard]] Unsteady OfTable(const std::string& name, const Scope& scope) const;
  [[nodiscard]] bool IsUnsteady(const Json& expression, const Unsteady& from) const;

  const ParsedViews& views_;
  const FunctionFacts& facts_;
  const std::set<std::string>& source_names_;
};

}  // namespace frazil
