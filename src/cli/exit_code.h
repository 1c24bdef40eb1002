#pragma once

/// \file cli/exit_code.h
/// \brief The exit codes of the program; docs/reference/errors.md lists them for users.

#include "base/result.h"

namespace frazil {

enum ExitCode : int {
  kExitOk = 0,
  kExitBug = 1,            ///< an invariant of ours is broken
  kExitUsage = 2,          ///< the command line, the script or an option is wrong
  kExitNotFound = 3,       ///< a table, topic, file or snapshot is not there
  kExitUnavailable = 4,    ///< a disk or a service failed; nothing was lost, try again
  kExitDataLoss = 5,       ///< going on would lose or double rows: a person has to choose
  kExitUnknown = 6,        ///< a commit's outcome is unknown; the next start finds it out
  kExitCorrupt = 7,        ///< stored data does not parse
  kExitRecord = 8,         ///< a record failed and dead-letters = fail
  kExitDiffers = 10,       ///< verify: the table differs from its source
  kExitCannotVerify = 11,  ///< verify: there is nothing to compare with
  kExitAborted = 130,      ///< stopped by a signal: uncommitted work was abandoned
  kExitBrokenPipe = 141,   ///< whoever read standard output left before its end
};

/// \brief The exit code for an error.
constexpr ExitCode ExitCodeOf(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kInvalidArgument:
    case ErrorKind::kInvalidConfig:
    case ErrorKind::kAlreadyExists:
    case ErrorKind::kNotSupported:
      return kExitUsage;
    case ErrorKind::kNotFound:
      return kExitNotFound;
    case ErrorKind::kIoError:
    case ErrorKind::kUnavailable:
    case ErrorKind::kCommitFailed:
      return kExitUnavailable;
    case ErrorKind::kLedgerConflict:
    case ErrorKind::kDataLoss:
      return kExitDataLoss;
    case ErrorKind::kCommitStateUnknown:
      return kExitUnknown;
    case ErrorKind::kCorruptData:
      return kExitCorrupt;
    case ErrorKind::kInvalidRecord:
      return kExitRecord;
    case ErrorKind::kCancelled:
      return kExitAborted;
    case ErrorKind::kInternal:
      return kExitBug;
  }
  return kExitBug;
}

}  // namespace frazil
