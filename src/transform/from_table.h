#pragma once

/// \file transform/from_table.h
/// \brief What the FROM of a query reads, through common table expressions and views.

#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "config/pipeline_spec.h"
#include "engine/query_tree.h"

namespace frazil {

/// \brief A view that a query reaches.
struct ParsedView {
  const ViewSpec* spec = nullptr;
  QueryTree tree;
  /// Set once all that it reads is parsed too.
  bool is_done = false;
};

/// By name in lower case.
using ParsedViews = std::map<std::string, ParsedView>;

/// \brief Common table expressions in reach: the first `visible` of a node's own.
struct ScopeLevel {
  const Json* node = nullptr;
  std::size_t visible = std::numeric_limits<std::size_t>::max();
};

/// Innermost last; the node that reads is one of them.
using Scope = std::vector<ScopeLevel>;

/// \brief A common table expression, and what its query may read.
struct CommonTable {
  const Json* node = nullptr;
  /// What it calls the first of its columns.
  std::vector<std::string> column_names;
  Scope scope;
};

/// \brief The innermost common table expression of that name: it sees those before it, and
/// what is further out.
std::optional<CommonTable> FindCommonTable(const Scope& scope, std::string_view name);

/// \brief The one table of a FROM.
struct FromTable {
  enum class Kind {
    kSource,
    kQuery,  ///< a subquery, a common table expression or a view
    kOther,  ///< another table, a join, or none
  };

  Kind kind = Kind::kOther;
  /// Of kQuery: its node, and what it may read; the node is not in it yet.
  const Json* query = nullptr;
  Scope scope;
  /// What a common table expression or a view calls the first of its columns.
  std::vector<std::string> column_names;
};

/// \brief Looks up what a FROM reads.
/// \param scope of the node that it belongs to.
FromTable ResolveFrom(const Json& from, const Scope& scope, std::string_view source_name,
                      const ParsedViews& views);

/// \brief A member that is an array of names.
std::vector<std::string> NamesMember(const Json& object, std::string_view key);

}  // namespace frazil
