#pragma once

/// \file base/unique_id.h
/// \brief Random identifiers: UUIDs for files and tables, positive longs for snapshots.

#include <array>
#include <cstdint>
#include <string>

namespace frazil {

/// \brief 16 random bytes of a version 4 UUID (RFC 9562). Thread-safe.
std::array<std::uint8_t, 16> RandomUuidBytes();

/// \brief A version 4 UUID in its 36-character lower-case form.
std::string RandomUuid();

/// \brief A random snapshot id: in [1, 2^63), as Java derives it from a UUID.
std::int64_t RandomSnapshotId();

}  // namespace frazil
