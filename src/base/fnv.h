#pragma once

/// \file base/fnv.h
/// \brief FNV-1a: short, stable names for texts. Not against people who look for collisions.
///
/// Source: the FNV non-cryptographic hash algorithm (draft-eastlake-fnv), 64 bit.

#include <cstdint>
#include <string_view>

namespace frazil {

constexpr std::uint64_t Fnv1a(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char c : text) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  }
  return hash;
}

// The test vectors of the draft.
static_assert(Fnv1a("") == 0xcbf29ce484222325ULL);
static_assert(Fnv1a("a") == 0xaf63dc4c8601ec8cULL);
static_assert(Fnv1a("foobar") == 0x85944171f73967e8ULL);

}  // namespace frazil
