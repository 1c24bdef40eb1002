#pragma once

/// \file decode/binary_text.h
/// \brief Bytes as text: base64 (RFC 4648) and UUIDs (RFC 9562).

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "decode/decode_error.h"

namespace frazil {

/// \brief Bytes that a base64 text of `length` characters can decode to, at most.
constexpr std::size_t Base64DecodedBound(std::size_t length) {
  return length / 4 * 3 + 3;
}

/// \brief Decodes base64 of the standard or the URL-safe alphabet; padding may be left out.
/// \param out has room for Base64DecodedBound(text.size()) bytes.
/// \return kInvalidValue for any other character, a length that no bytes have, or bits set
/// behind the last byte.
DecodeError DecodeBase64(std::string_view text, std::uint8_t* out, std::size_t& out_size);

/// \brief Reads "f79c3e09-677c-4bbd-a479-3f349cb785e7" in either case.
/// \param out has room for 16 bytes; big-endian, as Iceberg stores a uuid.
/// \return kInvalidValue for any other form.
DecodeError ParseUuid(std::string_view text, std::uint8_t* out);

}  // namespace frazil
