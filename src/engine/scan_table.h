#pragma once

/// \file engine/scan_table.h
/// \brief Arrow rows as a table of one connection, readable any number of times.
///
/// duckdb_arrow_scan() would make a view that the whole instance sees and whose stream is
/// read once: two workers would read each other's batch, and a self-join would see nothing.
/// So each ScanTable is a table function with a name of its own in the instance, behind a
/// TEMP VIEW of the wanted name that only its connection sees. Every scan of a statement
/// (a self-join has two) opens the rows anew.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <arrow/type_fwd.h>

#include "base/result.h"
#include "engine/duck_database.h"
#include "model/type.h"

namespace frazil {

/// \brief A column of a ScanTable. Its Arrow type is ArrowTypeOf(type).
struct ScanColumn {
  std::string name;
  Type type;
};

/// \brief One pass over the rows of a table.
class RowScan {
 public:
  virtual ~RowScan() = default;
  /// \brief Some rows, or nullptr after the last. Columns as ScanRequest asks. Called by
  /// one thread at a time, not always the same.
  virtual Result<std::shared_ptr<arrow::RecordBatch>> Next() = 0;
};

/// \brief What a statement wants of a table.
struct ScanRequest {
  /// Indexes of the columns that it reads, in the order of the batches to give.
  std::vector<int> columns;
};

/// \brief Begins a pass. Called once per scan of each run of a statement.
using OpenScan = std::function<Result<std::unique_ptr<RowScan>>(const ScanRequest&)>;

/// \brief A table of a connection whose rows come from Arrow. Lives on in the instance's
/// catalog, where its name is never given again, until the instance is closed; its view
/// goes with the connection.
class ScanTable {
 public:
  /// \brief Makes a table whose scans call `open`. `thread_count` threads may take rows in
  /// turn (at most DuckOptions::threads do); with 1 the order of rows is kept.
  static Result<std::unique_ptr<ScanTable>> Create(DuckConnection& connection,
                                                   std::string_view name,
                                                   std::vector<ScanColumn> columns,
                                                   OpenScan open, int thread_count = 1);

  /// \brief Makes a table of one batch at a time: see SetRows.
  static Result<std::unique_ptr<ScanTable>> CreateForBatches(
      DuckConnection& connection, std::string_view name, std::vector<ScanColumn> columns);
  ~ScanTable();
  ScanTable(const ScanTable&) = delete;
  ScanTable& operator=(const ScanTable&) = delete;

  /// \brief Makes `rows`, with all columns of the table, the rows that scans see from now
  /// on; nullptr: none. Only for CreateForBatches, and not while a statement runs. They are
  /// kept until the next call: results point into them.
  void SetRows(std::shared_ptr<arrow::RecordBatch> rows);

  /// \brief Adds a view "`name`" of the same rows with one column more, `row_column`: the
  /// 0-based number of the row in its batch. Only for CreateForBatches.
  Status AddNumberedView(std::string_view name, std::string_view row_column);

 private:
  struct State;
  struct Callbacks;
  ScanTable(DuckConnection& connection, std::shared_ptr<State> state);

  DuckConnection& connection_;
  std::shared_ptr<State> state_;
};

}  // namespace frazil
