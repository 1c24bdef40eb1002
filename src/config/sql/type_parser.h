#pragma once

/// \file config/sql/type_parser.h
/// \brief The SQL names of types, and the Iceberg types they stand for.
///
/// Takes Flink's names (and means Flink's defaults by them), Spark's `STRUCT<a: INT>`,
/// DuckDB's and Iceberg's own. docs/reference/sql.md has the table.

#include "base/result.h"
#include "config/sql/token_cursor.h"
#include "model/type.h"

namespace frazil {

/// \brief A type with its NOT NULL, if one follows.
struct ParsedType {
  Type type;
  bool required = false;
};

/// \brief Types may nest this deep.
inline constexpr int kMaxTypeDepth = 32;

/// \brief Reads one type and `[NOT] NULL` after it. Field ids are all 0.
/// \return kInvalidConfig in the form of ErrorAt: an unknown name, or a type that Iceberg
/// does not have, with what to write in its place.
Result<ParsedType> ParseSqlType(TokenCursor& cursor);

}  // namespace frazil
