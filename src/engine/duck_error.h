#pragma once

/// \file engine/duck_error.h
/// \brief DuckDB's error texts as Errors that still tell DuckDB's exception class.
///
/// DuckDB writes "<class> Error: <text>", then sometimes "LINE n: ..." with a caret. An
/// Error made here keeps that text, so its class can be read back at any time.

#include <string>
#include <string_view>

#include "base/result.h"

namespace frazil {

/// \brief An error of a statement that could not be prepared: kInvalidConfig, unless the
/// cause is memory, files or a bug. Keeps DuckDB's "LINE n:" with its caret.
[[nodiscard]] Error DuckPrepareError(std::string_view text);

/// \brief An error of a running statement. kInvalidRecord where values were to blame
/// (conversion, range, division, user's error()), kIoError, kCancelled, kNotSupported,
/// kInvalidConfig (out of memory is), else kInternal. Only the first paragraph of the text
/// is kept; out of memory, the first line: who runs the statement knows what to do. An Error
/// that came by PassThroughDuck is itself.
[[nodiscard]] Error DuckRunError(std::string_view text);

/// \brief Whether DuckDB had too little memory.
[[nodiscard]] bool IsOutOfDuckMemory(const Error& error);

/// \brief An Error as a text for DuckDB, from which DuckRunError makes it again, kind and
/// all.
[[nodiscard]] std::string PassThroughDuck(const Error& error);

/// \brief DuckDB's class of an Error made here, without blanks: "Conversion", "OutOfRange",
/// "InvalidInput"; empty for other Errors.
[[nodiscard]] std::string DuckErrorClass(const Error& error);

/// \brief The message without "<class> Error: ".
[[nodiscard]] std::string_view DuckErrorText(const Error& error);

}  // namespace frazil
