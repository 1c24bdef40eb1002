#pragma once

/// \file catalog/sql/sqlite_database.h
/// \brief A SQLite file: text in, text out, errors as ours.

#include <chrono>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include "base/result.h"

struct sqlite3;

namespace frazil {

/// \brief One connection. Not thread-safe: its owner locks.
class SqliteDatabase {
 public:
  /// \brief A row; nullopt is NULL.
  using Row = std::vector<std::optional<std::string>>;
  /// \brief Values of ?1, ?2, ...
  using Parameters = std::initializer_list<std::string_view>;

  /// \brief Opens a file; makes it, with the folders above, if `create`.
  ///
  /// A file we make uses a write-ahead log, so that readers never hold up a commit; a file
  /// of others keeps its journal.
  /// \param busy_timeout how long to wait for others' locks. Commits take milliseconds: who
  /// holds one for longer is stuck or very busy.
  /// \return kCorruptData for a file that is no database; kIoError if it cannot be opened.
  static Result<std::unique_ptr<SqliteDatabase>> Open(
      const std::string& path, bool create,
      std::chrono::milliseconds busy_timeout = std::chrono::seconds(10));

  SqliteDatabase(const SqliteDatabase&) = delete;
  SqliteDatabase& operator=(const SqliteDatabase&) = delete;
  ~SqliteDatabase();

  /// \brief All rows of a query.
  /// \return kUnavailable if others hold a lock for too long; kAlreadyExists for a key that
  /// is taken; kCorruptData, kIoError.
  Result<std::vector<Row>> Query(std::string_view sql, Parameters parameters = {});

  /// \brief Runs a statement. \return how many rows it changed; errors as Query.
  Result<int> Execute(std::string_view sql, Parameters parameters = {});

  /// \brief False once the file was deleted or another took its place: what is written
  /// here would be lost.
  [[nodiscard]] bool is_in_place() const;

  [[nodiscard]] bool is_in_transaction() const;

 private:
  SqliteDatabase(std::string path, sqlite3* handle)
      : path_(std::move(path)), handle_(handle) {}

  [[nodiscard]] Error LastError(int code) const;

  std::string path_;
  sqlite3* handle_;
  // Which file it is.
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

/// \brief A transaction that may write, from its beginning. Rolls back when it is dropped.
class SqliteTransaction {
 public:
  /// \brief Waits for the lock up to the busy timeout. \return errors as Query.
  static Result<SqliteTransaction> Begin(SqliteDatabase& database);

  SqliteTransaction(SqliteTransaction&& other) noexcept;
  SqliteTransaction& operator=(SqliteTransaction&&) = delete;
  SqliteTransaction(const SqliteTransaction&) = delete;
  SqliteTransaction& operator=(const SqliteTransaction&) = delete;
  ~SqliteTransaction();

  /// \return kUnavailable if readers hold it up: nothing happened; kCommitStateUnknown if
  /// the disk failed: then it may be done.
  Status Commit();

 private:
  explicit SqliteTransaction(SqliteDatabase& database) : database_(&database) {}

  SqliteDatabase* database_;
};

}  // namespace frazil
