#pragma once

/// \file engine/duck_impl.h
/// \brief What the classes of duck_database.h hold. Included inside engine/ only.

#include <memory>
#include <string>
#include <vector>

#include <arrow/type_fwd.h>
#include <duckdb.h>

#include "engine/duck_database.h"
#include "engine/duck_handle.h"
#include "engine/duck_to_arrow.h"

namespace frazil {

struct DuckDatabase::Impl {
  Impl() = default;
  ~Impl() { duckdb_close(&handle); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  duckdb_database handle = nullptr;
};

struct DuckConnection::Impl {
  Impl() = default;
  ~Impl() { duckdb_disconnect(&handle); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  duckdb_connection handle = nullptr;
};

/// \brief Sinks for the columns of a statement, used again by each run.
struct ResultSinks {
  std::shared_ptr<arrow::Schema> schema;
  std::vector<std::unique_ptr<ColumnSink>> columns;

  /// \brief The columns so far; leaves the sinks empty.
  Result<std::vector<std::shared_ptr<arrow::ArrayData>>> Finish() {
    std::vector<std::shared_ptr<arrow::ArrayData>> result;
    for (auto& column : columns) {
      FRAZIL_ASSIGN(result.emplace_back(), column->Finish());
    }
    return result;
  }
};

struct DuckStatement::Impl {
  PreparedOwner handle;
  /// Made by the first run that wants rows.
  std::unique_ptr<ResultSinks> sinks;
};

struct DuckRows::Impl {
  ResultSinks* sinks = nullptr;
  DuckResultOwner result;
  bool is_over = false;
};

}  // namespace frazil
