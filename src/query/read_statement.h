#pragma once

/// \file query/read_statement.h
/// \brief Which texts `frazil query` takes: one SELECT, or a question about the catalogs.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace frazil {

/// \brief SHOW CATALOGS, SHOW DATABASES, SHOW TABLES or DESCRIBE of a table.
struct ShowStatement {
  enum class Kind { kCatalogs, kDatabases, kTables, kDescribe };
  Kind kind = Kind::kTables;
  /// Of SHOW TABLES FROM and DESCRIBE: the parts of the name; else empty.
  std::vector<std::string> name;
};

/// \brief A text that only reads.
struct ReadStatement {
  /// Without comments and semicolons behind it.
  std::string sql;
  /// What it asks, if that is no SELECT.
  std::optional<ShowStatement> show;
};

/// \brief Looks at the words of a text. What is not SQL at all is left to the engine.
/// \return kInvalidConfig for a statement that does anything else than read, with what to
/// do instead; for several statements; for none.
Result<ReadStatement> ParseReadStatement(std::string_view text);

/// \brief A query that gives these rows; names and cells are any texts.
std::string RowsSql(const std::vector<std::string>& names,
                    const std::vector<std::vector<std::string>>& rows);

}  // namespace frazil
