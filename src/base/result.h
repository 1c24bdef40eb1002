#pragma once

/// \file base/result.h
/// \brief The one error type of the program: Error, Result<T>, Status.
///
/// Whatever can fail returns Result<T> or Status. Nothing under src/ throws: the adapter
/// that calls a throwing library turns its exception into an Error, and nobody else does.
/// Source of the rules: docs/adr/0002-error-model.md.

#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <tl/expected.hpp>

namespace frazil {

/// \brief What went wrong, as far as code has to tell it apart.
enum class ErrorKind {
  kInvalidArgument,  ///< A documented precondition was broken by the caller.
  kInvalidConfig,  ///< The operator's script or option is wrong; the message says where.
  kInvalidRecord,  ///< One input record does not decode, or does not fit the table.
  kCorruptData,    ///< Stored bytes, ours or another writer's, do not parse.
  kNotFound,       ///< A table, topic, snapshot or file is not there.
  kAlreadyExists,  ///< The name is taken.
  kNotSupported,   ///< Valid, but Frazil cannot do it.
  kIoError,        ///< A disk, the network or an object store failed.
  kUnavailable,    ///< The service is away for now.
  kCommitFailed,   ///< The catalog refused: the commit certainly did not happen.
  kCommitStateUnknown,  ///< The commit may have happened. Keep every file it names.
  kLedgerConflict,      ///< Another writer moved our splits: drop the epoch, re-read.
  kDataLoss,            ///< The source no longer holds what the ledger asks for.
  kCancelled,           ///< Somebody asked us to stop.
  kInternal,            ///< An invariant of ours is broken: a bug.
};

/// \brief The specification-style name of a kind, such as "CommitStateUnknown".
constexpr std::string_view ErrorKindName(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kInvalidArgument:
      return "InvalidArgument";
    case ErrorKind::kInvalidConfig:
      return "InvalidConfig";
    case ErrorKind::kInvalidRecord:
      return "InvalidRecord";
    case ErrorKind::kCorruptData:
      return "CorruptData";
    case ErrorKind::kNotFound:
      return "NotFound";
    case ErrorKind::kAlreadyExists:
      return "AlreadyExists";
    case ErrorKind::kNotSupported:
      return "NotSupported";
    case ErrorKind::kIoError:
      return "IoError";
    case ErrorKind::kUnavailable:
      return "Unavailable";
    case ErrorKind::kCommitFailed:
      return "CommitFailed";
    case ErrorKind::kCommitStateUnknown:
      return "CommitStateUnknown";
    case ErrorKind::kLedgerConflict:
      return "LedgerConflict";
    case ErrorKind::kDataLoss:
      return "DataLoss";
    case ErrorKind::kCancelled:
      return "Cancelled";
    case ErrorKind::kInternal:
      return "Internal";
  }
  return "Internal";
}

/// \brief What a pipeline does about an error; one table decides, for every stage.
enum class Disposition {
  kRetry,       ///< Start the pipeline anew from the ledger, after a pause.
  kDeadLetter,  ///< Set the record aside and go on.
  kReconcile,   ///< Learn from the table what happened, then decide.
  kStop,        ///< End quietly.
  kFail,        ///< End with the error: a person has to act.
};

/// \brief Maps a kind to its one disposition. No default label: the compiler points here
/// when a kind is added.
constexpr Disposition DispositionOf(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kIoError:
    case ErrorKind::kUnavailable:
    case ErrorKind::kCommitFailed:
    case ErrorKind::kLedgerConflict:
      return Disposition::kRetry;
    case ErrorKind::kInvalidRecord:
      return Disposition::kDeadLetter;
    case ErrorKind::kCommitStateUnknown:
      return Disposition::kReconcile;
    case ErrorKind::kCancelled:
      return Disposition::kStop;
    case ErrorKind::kInvalidArgument:
    case ErrorKind::kInvalidConfig:
    case ErrorKind::kCorruptData:
    case ErrorKind::kNotFound:
    case ErrorKind::kAlreadyExists:
    case ErrorKind::kNotSupported:
    case ErrorKind::kDataLoss:
    case ErrorKind::kInternal:
      return Disposition::kFail;
  }
  return Disposition::kFail;
}

/// \brief A kind for code, a message for people.
struct [[nodiscard]] Error {
  ErrorKind kind = ErrorKind::kInternal;
  /// English, no final period, run-time values last: "manifest too short: 12 bytes".
  std::string message;

  /// \brief Prefixes the place the error came through: "lake.db.events: ...".
  Error Within(std::string_view where) && {
    message = fmt::format("{}: {}", where, message);
    return std::move(*this);
  }
};

/// \brief A T, or the Error that tells why there is none.
template <typename T>
class [[nodiscard]] Result : public tl::expected<T, Error> {
 public:
  using tl::expected<T, Error>::expected;
  Result() = default;
};

/// \brief Success, or an Error.
using Status = Result<void>;

/// \brief What a failing function returns: `return Fail(ErrorKind::kIoError, "...", x);`
template <typename... Args>
tl::unexpected<Error> Fail(ErrorKind kind, fmt::format_string<Args...> format,
                           Args&&... args) {
  return tl::unexpected<Error>(
      Error{kind, fmt::format(format, std::forward<Args>(args)...)});
}

/// \brief Passes an Error on: `return Fail(std::move(r).error().Within("x"));`
inline tl::unexpected<Error> Fail(Error error) {
  return tl::unexpected<Error>(std::move(error));
}

}  // namespace frazil

// The two control-flow macros of the program. They expand in any namespace, hence the
// rooted names, and declare what they assign, hence no parentheses around `lhs`.
// NOLINTBEGIN(bugprone-macro-parentheses)
#define FRAZIL_CONCAT_INNER(a, b) a##b
#define FRAZIL_CONCAT(a, b) FRAZIL_CONCAT_INNER(a, b)

/// Leaves the enclosing function with the error of `expr`, a Result or Status, if any.
#define FRAZIL_TRY(expr)                                                          \
  do {                                                                            \
    if (auto frazil_status = (expr); !frazil_status.has_value()) [[unlikely]] {   \
      return ::tl::unexpected<::frazil::Error>(std::move(frazil_status).error()); \
    }                                                                             \
  } while (false)

/// Assigns the value of `expr`, a Result, to `lhs`, or leaves with its error.
#define FRAZIL_ASSIGN(lhs, expr) \
  FRAZIL_ASSIGN_INNER(FRAZIL_CONCAT(frazil_result_, __LINE__), lhs, expr)
#define FRAZIL_ASSIGN_INNER(result, lhs, expr)                           \
  auto result = (expr);                                                  \
  if (!result.has_value()) [[unlikely]] {                                \
    return ::tl::unexpected<::frazil::Error>(std::move(result).error()); \
  }                                                                      \
  lhs = *std::move(result)
// NOLINTEND(bugprone-macro-parentheses)
