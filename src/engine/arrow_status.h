#pragma once

/// \file engine/arrow_status.h
/// \brief Arrow's Status and Result as ours.

#include <utility>

#include <arrow/result.h>
#include <arrow/status.h>

#include "base/result.h"

namespace frazil {

/// \brief What an Arrow failure is to us: out of memory and broken arrays are kInternal, a
/// failed file kIoError, a value that does not fit kInvalidRecord.
[[nodiscard]] inline Error ErrorOfArrow(const arrow::Status& status) {
  ErrorKind kind = ErrorKind::kInternal;
  if (status.IsIOError()) kind = ErrorKind::kIoError;
  if (status.IsInvalid()) kind = ErrorKind::kInvalidRecord;
  return Error{kind, status.message()};
}

[[nodiscard]] inline Status FromArrow(const arrow::Status& status) {
  if (status.ok()) [[likely]] {
    return {};
  }
  return Fail(ErrorOfArrow(status));
}

template <typename T>
[[nodiscard]] Result<T> FromArrow(arrow::Result<T> result) {
  if (result.ok()) [[likely]] {
    return std::move(result).ValueUnsafe();
  }
  return Fail(ErrorOfArrow(result.status()));
}

}  // namespace frazil
