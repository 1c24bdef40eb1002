#pragma once

/// \file base/result_matchers.h
/// \brief GoogleTest matchers for Result and Status. Included by tests only.

#include <ostream>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/result.h"

namespace frazil {

inline void PrintTo(const Error& error, std::ostream* os) {
  *os << ErrorKindName(error.kind) << ": " << error.message;
}

/// \brief Matches a Result or Status that holds a value.
MATCHER(IsOk, negation ? "is an error" : "is ok") {
  if (arg.has_value()) return true;
  *result_listener << ErrorKindName(arg.error().kind) << ": " << arg.error().message;
  return false;
}

/// \brief Matches a Result whose value matches `inner`.
MATCHER_P(IsOkAnd, inner, "is ok and holds a matching value") {
  if (!arg.has_value()) {
    *result_listener << ErrorKindName(arg.error().kind) << ": " << arg.error().message;
    return false;
  }
  return ::testing::ExplainMatchResult(inner, *arg, result_listener);
}

/// \brief Matches an error of the given kind.
MATCHER_P(FailsWith, kind, "fails with a given kind") {
  if (arg.has_value()) {
    *result_listener << "is ok";
    return false;
  }
  *result_listener << ErrorKindName(arg.error().kind) << ": " << arg.error().message;
  return arg.error().kind == kind;
}

/// \brief Matches an error of the given kind whose message matches `inner`.
MATCHER_P2(FailsWith, kind, inner, "fails with a given kind and message") {
  if (arg.has_value()) {
    *result_listener << "is ok";
    return false;
  }
  *result_listener << ErrorKindName(arg.error().kind) << ": " << arg.error().message;
  return arg.error().kind == kind &&
         ::testing::ExplainMatchResult(inner, arg.error().message, result_listener);
}

}  // namespace frazil
