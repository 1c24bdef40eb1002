#pragma once

/// \file engine/duck_types.h
/// \brief DuckDB's types, and which Iceberg type holds the values of which.
///
/// | Iceberg          | DuckDB                    | comes back as Iceberg             |
/// |------------------|---------------------------|-----------------------------------|
/// | boolean          | BOOLEAN                   | boolean                           |
/// | int              | INTEGER                   | int; TINYINT, SMALLINT, UTINYINT and USMALLINT too |
/// | long             | BIGINT                    | long; UINTEGER too                |
/// | float, double    | FLOAT, DOUBLE             | float, double                     |
/// | decimal(P, S)    | DECIMAL(P, S)             | decimal(P, S); UBIGINT: decimal(20, 0) |
/// | date, time       | DATE, TIME                | date, time                        |
/// | timestamp        | TIMESTAMP                 | timestamp; TIMESTAMP_S and _MS too |
/// | timestamptz      | TIMESTAMP WITH TIME ZONE  | timestamptz                       |
/// | string           | VARCHAR                   | string; JSON and ENUM too         |
/// | uuid             | UUID                      | uuid                              |
/// | fixed[L], binary | BLOB                      | binary                            |
/// | struct, list     | STRUCT, T[]               | struct, list; ARRAY too           |
/// | map              | MAP                       | map                               |
///
/// The other types of DuckDB (HUGEINT, INTERVAL, TIMESTAMP_NS, UNION, ...) have no Iceberg
/// type that holds each of their values.

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/type.h"

namespace frazil {

/// \brief A type of DuckDB as far as Frazil tells them apart.
enum class DuckTypeId {
  kBoolean,
  kTinyInt,
  kSmallInt,
  kInteger,
  kBigInt,
  kUTinyInt,
  kUSmallInt,
  kUInteger,
  kUBigInt,
  kHugeInt,
  kFloat,
  kDouble,
  kDecimal,
  kDate,
  kTime,
  kTimestamp,
  kTimestampSeconds,
  kTimestampMillis,
  kTimestampTz,
  kVarchar,
  kEnum,
  kBlob,
  kUuid,
  kStruct,
  kList,
  kArray,
  kMap,
  kNull,   ///< SQLNULL
  kOther,  ///< anything else; DuckType::name says what
};

struct DuckField;

/// \brief A logical type of DuckDB.
struct DuckType {
  DuckTypeId id = DuckTypeId::kOther;
  /// Of a DECIMAL: its width. Of an ARRAY: its size.
  int precision = 0;
  /// Of a DECIMAL.
  int scale = 0;
  /// Of a STRUCT: its fields. Of a LIST or ARRAY: the element. Of a MAP: key and value.
  std::vector<DuckField> fields;
  /// As DuckDB spells it: "STRUCT(a BIGINT, b VARCHAR[])".
  std::string name;

  bool operator==(const DuckType& other) const;
};

/// \brief A member of a nested type.
struct DuckField {
  std::string name;
  DuckType type;

  bool operator==(const DuckField&) const = default;
};

/// \brief A column of a result.
struct DuckColumn {
  std::string name;
  DuckType type;
};

/// \brief The type a column of an Iceberg type has in DuckDB.
[[nodiscard]] DuckType DuckTypeOf(const Type& type);

/// \brief The narrowest Iceberg type that holds each value of `type`, by the table above;
/// nullopt if there is none. Field ids are 0; members are optional but for map keys.
[[nodiscard]] std::optional<Type> IcebergTypeOf(const DuckType& type);

/// \brief Whether DuckDB has a CAST from the one to the other, as columns of these types.
/// That each value goes through is another matter. Of nested types only their kind counts.
[[nodiscard]] bool HasCast(const Type& from, const Type& to);

/// \brief The DuckDB text of an Iceberg type, for CAST: "DECIMAL(9,2)".
[[nodiscard]] std::string DuckTypeName(const Type& type);

}  // namespace frazil
