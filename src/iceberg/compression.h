#pragma once

/// \file iceberg/compression.h
/// \brief The codecs of Avro blocks and metadata files. Output is bounded, so that a small
/// malicious file cannot exhaust memory.

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"

namespace frazil {

/// \brief No block or metadata file may be larger than this once decompressed.
inline constexpr std::size_t kMaxDecompressedBytes = std::size_t{256} * 1024 * 1024;

/// \brief Raw deflate (RFC 1951), as Avro's codec "deflate".
std::string CompressDeflate(std::string_view bytes);

/// \name Each returns kCorruptData for anything that does not decompress or is too large.
/// @{
Result<std::string> DecompressDeflate(std::string_view bytes);
Result<std::string> DecompressGzip(std::string_view bytes);
Result<std::string> DecompressZstd(std::string_view bytes);
/// \brief Snappy's block format with Avro's CRC-32 behind it.
Result<std::string> DecompressAvroSnappy(std::string_view bytes);
/// @}

/// \brief True for the two magic bytes of gzip (RFC 1952).
bool IsGzip(std::string_view bytes);

}  // namespace frazil
