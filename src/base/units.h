#pragma once

/// \file base/units.h
/// \brief Durations and sizes as people write them in options.

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace frazil {

/// \brief Reads "10 s", "500ms", "1 min", "2 h", "1 day"; a bare number counts
/// milliseconds, as in Flink.
/// \return kInvalidArgument for anything else, or more than 292 years.
Result<std::chrono::milliseconds> ParseDuration(std::string_view text);

/// \brief Reads "256 MiB", "128mb", "64k", "1073741824"; k, m, g, t are powers of 1024
/// with or without "b" or "ib", as in Flink.
/// \return kInvalidArgument for anything else, or more than 2^63-1 bytes.
Result<std::int64_t> ParseSize(std::string_view text);

/// \brief "1.5 GiB", "12 KiB", "17 B": for people.
std::string FormatSize(std::int64_t bytes);

/// \brief "1.2 s", "350 ms", "3 min 20 s": for people.
std::string FormatDuration(std::chrono::milliseconds duration);

}  // namespace frazil
