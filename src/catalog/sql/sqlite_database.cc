#include "catalog/sql/sqlite_database.h"

#include <system_error>
#include <tuple>
#include <utility>

#include <sqlite3.h>
#include <sys/stat.h>

#include "storage/local/local_path.h"

namespace frazil {
namespace {

// A statement that is finalized when it is left.
class Statement {
 public:
  Statement() = default;
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  ~Statement() { sqlite3_finalize(handle_); }

  sqlite3_stmt** out() { return &handle_; }
  [[nodiscard]] sqlite3_stmt* get() const { return handle_; }

 private:
  sqlite3_stmt* handle_ = nullptr;
};

SqliteDatabase::Row ReadRow(sqlite3_stmt* statement) {
  SqliteDatabase::Row row;
  for (int column = 0; column < sqlite3_column_count(statement); ++column) {
    const void* bytes = sqlite3_column_blob(statement, column);
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement, column));
    if (sqlite3_column_type(statement, column) == SQLITE_NULL) {
      row.emplace_back();
    } else {
      row.emplace_back(std::in_place, static_cast<const char*>(bytes), size);
    }
  }
  return row;
}

Error Describe(const std::string& path, int code, const std::string& reason,
               int system_error) {
  const std::string why =
      system_error == 0 ? reason : std::system_category().message(system_error);
  // The low byte is the kind, the rest details.
  switch (static_cast<unsigned>(code) & 0xFFU) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {ErrorKind::kUnavailable,
              fmt::format("the catalog is locked by another process: {}", path)};
    case SQLITE_NOTADB:
      return {ErrorKind::kCorruptData,
              fmt::format("the catalog file is not a SQLite database; let 'uri' name "
                          "another file, or move this one away: {}",
                          path)};
    case SQLITE_CORRUPT:
      return {
          ErrorKind::kCorruptData,
          fmt::format("the catalog file is damaged; restore a copy of it, or save what "
                      "it holds with sqlite3's .recover: {} ({})",
                      path, reason)};
    case SQLITE_CONSTRAINT:
      return {ErrorKind::kAlreadyExists, fmt::format("{}: {}", path, reason)};
    case SQLITE_READONLY:
      return {
          ErrorKind::kIoError,
          fmt::format("the catalog cannot be written; this user needs to write the file "
                      "and its folder: {} ({})",
                      path, reason)};
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
      return {
          ErrorKind::kIoError,
          fmt::format("the catalog cannot be opened; this user needs to read and write "
                      "the file and its folder: {} ({})",
                      path, why)};
    case SQLITE_FULL:
    case SQLITE_IOERR:
      return {ErrorKind::kIoError,
              fmt::format("the catalog's disk fails: {} ({})", path, why)};
    default:
      return {ErrorKind::kInternal,
              fmt::format("SQLite says in {}: {} (code {})", path, reason, code)};
  }
}

}  // namespace

Result<std::unique_ptr<SqliteDatabase>> SqliteDatabase::Open(
    const std::string& path, bool create, std::chrono::milliseconds busy_timeout) {
  struct stat info{};
  const bool is_new = ::stat(path.c_str(), &info) != 0;
  if (is_new && create) FRAZIL_TRY(MakeFolders(ParentFolder(path)));
  sqlite3* handle = nullptr;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
                    (create ? SQLITE_OPEN_CREATE : 0);
  const int code = sqlite3_open_v2(path.c_str(), &handle, flags, nullptr);
  // SQLite gives a handle to ask for the reason even when it fails.
  std::unique_ptr<SqliteDatabase> database(new SqliteDatabase(path, handle));
  if (code != SQLITE_OK) return Fail(database->LastError(code));
  sqlite3_busy_timeout(handle, static_cast<int>(busy_timeout.count()));
  if (::stat(path.c_str(), &info) == 0) {
    database->device_ = info.st_dev;
    database->inode_ = info.st_ino;
  }
  if (is_new) {
    // Another process may be making it as well, or the file system may not do it.
    std::ignore = database->Query("PRAGMA journal_mode = WAL");
  }
  // A commit that returned survives a power cut.
  FRAZIL_TRY(database->Query("PRAGMA synchronous = FULL"));
  // Reads the first page: SQLite opens anything without looking.
  FRAZIL_TRY(database->Query("SELECT count(*) FROM sqlite_master"));
  return database;
}

SqliteDatabase::~SqliteDatabase() { sqlite3_close_v2(handle_); }

Error SqliteDatabase::LastError(int code) const {
  if (handle_ == nullptr) return Describe(path_, code, sqlite3_errstr(code), 0);
  return Describe(path_, code, sqlite3_errmsg(handle_), sqlite3_system_errno(handle_));
}

Result<std::vector<SqliteDatabase::Row>> SqliteDatabase::Query(std::string_view sql,
                                                               Parameters parameters) {
  Statement statement;
  int code = sqlite3_prepare_v2(handle_, sql.data(), static_cast<int>(sql.size()),
                                statement.out(), nullptr);
  if (code != SQLITE_OK) return Fail(LastError(code));
  int index = 0;
  for (const std::string_view parameter : parameters) {
    // The caller's text outlives the statement.
    code = sqlite3_bind_text(statement.get(), ++index, parameter.data(),
                             static_cast<int>(parameter.size()), SQLITE_STATIC);
    if (code != SQLITE_OK) return Fail(LastError(code));
  }
  std::vector<Row> rows;
  while ((code = sqlite3_step(statement.get())) == SQLITE_ROW) {
    rows.push_back(ReadRow(statement.get()));
  }
  if (code != SQLITE_DONE) return Fail(LastError(code));
  return rows;
}

Result<int> SqliteDatabase::Execute(std::string_view sql, Parameters parameters) {
  FRAZIL_TRY(Query(sql, parameters));
  return sqlite3_changes(handle_);
}

bool SqliteDatabase::is_in_place() const {
  struct stat info{};
  return ::stat(path_.c_str(), &info) == 0 && info.st_dev == device_ &&
         info.st_ino == inode_;
}

bool SqliteDatabase::is_in_transaction() const {
  return sqlite3_get_autocommit(handle_) == 0;
}

Result<SqliteTransaction> SqliteTransaction::Begin(SqliteDatabase& database) {
  // A transaction that begins with a read cannot wait for the lock when it comes to write.
  FRAZIL_TRY(database.Execute("BEGIN IMMEDIATE"));
  return SqliteTransaction(database);
}

SqliteTransaction::SqliteTransaction(SqliteTransaction&& other) noexcept
    : database_(std::exchange(other.database_, nullptr)) {}

SqliteTransaction::~SqliteTransaction() {
  // SQLite may have rolled back by itself, after an error.
  if (database_ != nullptr && database_->is_in_transaction()) {
    std::ignore = database_->Execute("ROLLBACK");
  }
}

Status SqliteTransaction::Commit() {
  Result<int> committed = database_->Execute("COMMIT");
  if (committed.has_value()) {
    database_ = nullptr;
    return {};
  }
  Error error = std::move(committed).error();
  if (error.kind == ErrorKind::kUnavailable) {
    // Nothing was written, if what is pending can be taken back.
    const bool is_undone =
        database_->Execute("ROLLBACK").has_value() && !database_->is_in_transaction();
    if (is_undone) return Fail(std::move(error));
  }
  error.kind = ErrorKind::kCommitStateUnknown;
  return Fail(std::move(error));
}

}  // namespace frazil
