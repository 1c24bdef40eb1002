#pragma once

/// \file engine/duck_handle.h
/// \brief Owners of what the C interface of DuckDB hands out. Included inside engine/ only.

#include <memory>
#include <string>
#include <type_traits>

#include <duckdb.h>

#include "engine/duck_types.h"

namespace frazil {

/// \brief Calls the destroy function `Destroy` of a DuckDB handle.
template <auto Destroy>
struct DuckDestroyer {
  template <typename T>
  void operator()(T* handle) const {
    Destroy(&handle);
  }
};

template <typename Handle, auto Destroy>
using DuckOwner = std::unique_ptr<std::remove_pointer_t<Handle>, DuckDestroyer<Destroy>>;

using LogicalTypeOwner = DuckOwner<duckdb_logical_type, duckdb_destroy_logical_type>;
using DataChunkOwner = DuckOwner<duckdb_data_chunk, duckdb_destroy_data_chunk>;
using PreparedOwner = DuckOwner<duckdb_prepared_statement, duckdb_destroy_prepare>;
using TableFunctionOwner =
    DuckOwner<duckdb_table_function, duckdb_destroy_table_function>;
using ConfigOwner = DuckOwner<duckdb_config, duckdb_destroy_config>;

/// \brief A result that is destroyed with its owner.
class DuckResultOwner {
 public:
  DuckResultOwner() = default;
  ~DuckResultOwner() { duckdb_destroy_result(&result_); }
  DuckResultOwner(const DuckResultOwner&) = delete;
  DuckResultOwner& operator=(const DuckResultOwner&) = delete;

  [[nodiscard]] duckdb_result* get() { return &result_; }

 private:
  duckdb_result result_{};
};

/// \brief A text of DuckDB, freed; empty for null.
[[nodiscard]] std::string TakeDuckText(char* text);

/// \brief A handle for the DuckDB type that columns of an Iceberg type have.
[[nodiscard]] LogicalTypeOwner LogicalTypeOf(const Type& type);

/// \brief What Frazil knows of a handle's type. Does not take the handle.
[[nodiscard]] DuckType DescribeLogicalType(duckdb_logical_type type);

}  // namespace frazil
