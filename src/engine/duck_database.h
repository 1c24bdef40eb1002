#pragma once

/// \file engine/duck_database.h
/// \brief DuckDB in this process: an instance, its connections, statements and results.
///
/// Threads. DuckDB's `threads` belongs to the instance and counts the threads that run a
/// query's tasks, the caller's own included. With 1, the value for pipelines, the instance
/// has no threads of its own and each query runs wholly on the thread that calls it. Queries
/// of several connections still run side by side, one per calling thread. (Giving
/// `external_threads` the same value as a higher `threads` would also keep it from starting
/// any, but then plans are cut for parallel tasks which one thread must run.)
///
/// Memory. `memory_limit` bounds what the instance's buffers hold for all connections;
/// without a temp directory a statement that needs more fails with "Out of Memory".
///
/// An instance may be used from any thread; a connection, with its statements and results,
/// from one at a time.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <arrow/type_fwd.h>

#include "base/result.h"
#include "engine/duck_types.h"

namespace frazil {

/// \brief How an instance is opened.
struct DuckOptions {
  /// Bytes, for the whole instance.
  std::int64_t memory_limit_bytes = 64LL << 20;
  /// Where large statements may spill; empty: nowhere.
  std::string temp_directory;
  /// Threads that share one query's work. 1: the caller's only.
  int threads = 1;
  /// Whether SQL may read files and the network (read_parquet, ATTACH, ...).
  bool external_access = false;
};

class DuckConnection;

/// \brief An instance of DuckDB in memory. The time zone is UTC; extensions are neither
/// installed nor loaded by themselves; settings are locked once it is open.
class DuckDatabase {
 public:
  /// \return kInvalidConfig or kIoError, with DuckDB's text.
  static Result<std::unique_ptr<DuckDatabase>> Open(const DuckOptions& options);
  ~DuckDatabase();
  DuckDatabase(const DuckDatabase&) = delete;
  DuckDatabase& operator=(const DuckDatabase&) = delete;

  /// \brief A connection with temporary tables and views of its own. Must not outlive this.
  Result<std::unique_ptr<DuckConnection>> Connect();

  /// \brief "v1.4.4".
  static std::string Version();

  [[nodiscard]] const DuckOptions& options() const { return options_; }

 private:
  struct Impl;
  explicit DuckDatabase(std::unique_ptr<Impl> impl, DuckOptions options);

  std::unique_ptr<Impl> impl_;
  DuckOptions options_;
};

/// \brief The rows of a statement that runs, fetched piece by piece.
class DuckRows {
 public:
  ~DuckRows();
  DuckRows(const DuckRows&) = delete;
  DuckRows& operator=(const DuckRows&) = delete;

  /// \brief The next rows as one batch: at least `row_count` of them while there are that
  /// many, at most 2047 more; nullptr after the last. Column types are ArrowTypeOf(
  /// IcebergTypeOf(type)) of DuckStatement::columns(). DuckDB's copy of a piece is freed
  /// before the next is made.
  /// \return as DuckRunError; the result is over then.
  Result<std::shared_ptr<arrow::RecordBatch>> Next(std::int64_t row_count);

  /// \brief All rows there are, as one batch; a batch of no rows if there are none.
  Result<std::shared_ptr<arrow::RecordBatch>> All();

  /// \brief Runs to the end without keeping a row.
  Status Drain();

 private:
  friend class DuckStatement;
  struct Impl;
  explicit DuckRows(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

/// \brief One prepared statement.
class DuckStatement {
 public:
  ~DuckStatement();
  DuckStatement(const DuckStatement&) = delete;
  DuckStatement& operator=(const DuckStatement&) = delete;

  /// \brief The columns of its result, known without running it.
  [[nodiscard]] const std::vector<DuckColumn>& columns() const { return columns_; }
  /// \brief True for SELECT, VALUES, FROM: what only reads.
  [[nodiscard]] bool is_select() const { return is_select_; }

  /// \brief Starts it. The rows must be gone before the next run and before the statement.
  /// Functions of time (now()) are evaluated anew by each run.
  /// \return kNotSupported if a column has no Iceberg type; else as DuckRunError.
  Result<std::unique_ptr<DuckRows>> Run();

 private:
  friend class DuckConnection;
  struct Impl;
  explicit DuckStatement(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
  std::vector<DuckColumn> columns_;
  bool is_select_ = false;
};

/// \brief A session of an instance.
class DuckConnection {
 public:
  ~DuckConnection();
  DuckConnection(const DuckConnection&) = delete;
  DuckConnection& operator=(const DuckConnection&) = delete;

  /// \brief Runs statements to their end and drops their rows.
  Status Execute(const std::string& sql);

  /// \brief Prepares exactly one statement without parameters.
  /// \return as DuckPrepareError.
  Result<std::unique_ptr<DuckStatement>> Prepare(const std::string& sql);

  /// \brief Prepares one query so that every column has an Iceberg type: HUGEINT becomes
  /// DECIMAL(38, 0), other foreign types VARCHAR. For showing results to people.
  Result<std::unique_ptr<DuckStatement>> PrepareForArrow(const std::string& sql);

  /// \brief The columns that a query would give. Does not run it.
  Result<std::vector<DuckColumn>> Describe(const std::string& sql);

  /// \brief A query's rows as texts, null as "NULL"; nested values need a CAST to
  /// VARCHAR. For small results only.
  Result<std::vector<std::vector<std::string>>> QueryTexts(const std::string& sql);

  /// \brief Stops the statement that runs now, which then fails with kCancelled. May be
  /// called from another thread.
  void Interrupt();

 private:
  friend class DuckDatabase;
  friend class ScanTable;
  struct Impl;
  explicit DuckConnection(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace frazil
