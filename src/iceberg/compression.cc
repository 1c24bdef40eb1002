#include "iceberg/compression.h"

#include <algorithm>
#include <cstdint>
#include <memory>

#include <libdeflate.h>
#include <zstd.h>

namespace frazil {
namespace {

// Java's default for manifests is gzip's 9; 6 is within two per cent of it in size.
constexpr int kDeflateLevel = 6;
// A first guess of how much smaller compressed bytes are; doubled until it fits.
constexpr std::size_t kGuessedRatio = 4;
constexpr std::size_t kMinOutputBytes = 4096;

struct DecompressorFree {
  void operator()(libdeflate_decompressor* d) const { libdeflate_free_decompressor(d); }
};
struct CompressorFree {
  void operator()(libdeflate_compressor* c) const { libdeflate_free_compressor(c); }
};

// Grows the output until `decompress`, a function of libdeflate, finds room in it.
template <typename Decompress>
Result<std::string> Inflate(std::string_view bytes, const Decompress& decompress,
                            std::string_view codec) {
  const std::unique_ptr<libdeflate_decompressor, DecompressorFree> decompressor(
      libdeflate_alloc_decompressor());
  if (decompressor == nullptr) return Fail(ErrorKind::kInternal, "out of memory");
  std::size_t capacity = std::max(bytes.size() * kGuessedRatio, kMinOutputBytes);
  while (true) {
    capacity = std::min(capacity, kMaxDecompressedBytes);
    std::string output(capacity, '\0');
    std::size_t size = 0;
    switch (decompress(decompressor.get(), bytes.data(), bytes.size(), output.data(),
                       output.size(), &size)) {
      case LIBDEFLATE_SUCCESS:
        output.resize(size);
        return output;
      case LIBDEFLATE_INSUFFICIENT_SPACE:
        if (capacity == kMaxDecompressedBytes) {
          return Fail(ErrorKind::kCorruptData, "{} data expands to more than {} bytes",
                      codec, kMaxDecompressedBytes);
        }
        capacity *= 2;
        break;
      default:
        return Fail(ErrorKind::kCorruptData, "{} data does not decompress: {} bytes",
                    codec, bytes.size());
    }
  }
}

struct ZstdStreamFree {
  void operator()(ZSTD_DStream* stream) const { ZSTD_freeDStream(stream); }
};

// Snappy's block format: a length, then literals and copies of earlier output.
class SnappyReader {
 public:
  explicit SnappyReader(std::string_view input) : input_(input) {}

  Result<std::string> Read() {
    std::uint64_t length = 0;
    for (unsigned shift = 0;; shift += 7) {
      if (input_.empty() || shift > 28) return Corrupt();
      const std::uint64_t byte = Next();
      length |= (byte & 0x7FU) << shift;
      if (byte < 0x80) break;
    }
    // No element of two bytes or more yields more than 64: bounds what is reserved.
    if (length > kMaxDecompressedBytes || length > input_.size() * 64) return Corrupt();
    output_.reserve(length);
    while (!input_.empty()) {
      if (!ReadElement() || output_.size() > length) return Corrupt();
    }
    if (output_.size() != length) return Corrupt();
    return std::move(output_);
  }

 private:
  static tl::unexpected<Error> Corrupt() {
    return Fail(ErrorKind::kCorruptData, "snappy data does not decompress");
  }

  std::uint8_t Next() {
    const auto byte = static_cast<std::uint8_t>(input_.front());
    input_.remove_prefix(1);
    return byte;
  }

  bool NextLittleEndian(std::size_t count, std::uint32_t& value) {
    if (input_.size() < count) return false;
    value = 0;
    for (std::size_t i = 0; i < count; ++i) value |= std::uint32_t{Next()} << (8 * i);
    return true;
  }

  bool ReadElement() {
    const std::uint32_t tag = Next();
    const std::uint32_t upper = tag >> 2U;
    if ((tag & 3U) == 0) return ReadLiteral(upper);
    std::uint32_t offset = 0;
    if ((tag & 3U) == 1) {
      if (!NextLittleEndian(1, offset)) return false;
      return Copy(offset | (tag >> 5U) << 8U, (upper & 7U) + 4);
    }
    if (!NextLittleEndian((tag & 3U) == 2 ? 2 : 4, offset)) return false;
    return Copy(offset, upper + 1);
  }

  bool ReadLiteral(std::uint32_t upper) {
    std::uint32_t length = upper;
    if (upper >= 60 && !NextLittleEndian(upper - 59, length)) return false;
    if (length >= input_.size()) return false;
    output_.append(input_.substr(0, std::size_t{length} + 1));
    input_.remove_prefix(std::size_t{length} + 1);
    return true;
  }

  // Byte by byte, because a copy may overlap what it makes.
  bool Copy(std::size_t offset, std::size_t length) {
    if (offset == 0 || offset > output_.size()) return false;
    for (std::size_t i = 0; i < length; ++i) output_ += output_[output_.size() - offset];
    return true;
  }

  std::string_view input_;
  std::string output_;
};

}  // namespace

std::string CompressDeflate(std::string_view bytes) {
  const std::unique_ptr<libdeflate_compressor, CompressorFree> compressor(
      libdeflate_alloc_compressor(kDeflateLevel));
  std::string output(libdeflate_deflate_compress_bound(compressor.get(), bytes.size()),
                     '\0');
  output.resize(libdeflate_deflate_compress(compressor.get(), bytes.data(), bytes.size(),
                                            output.data(), output.size()));
  return output;
}

Result<std::string> DecompressDeflate(std::string_view bytes) {
  return Inflate(bytes, libdeflate_deflate_decompress, "deflate");
}

Result<std::string> DecompressGzip(std::string_view bytes) {
  return Inflate(bytes, libdeflate_gzip_decompress, "gzip");
}

Result<std::string> DecompressZstd(std::string_view bytes) {
  const std::unique_ptr<ZSTD_DStream, ZstdStreamFree> stream(ZSTD_createDStream());
  if (stream == nullptr) return Fail(ErrorKind::kInternal, "out of memory");
  std::string output;
  ZSTD_inBuffer input{bytes.data(), bytes.size(), 0};
  std::size_t pending = 1;
  while (pending != 0 || input.pos < input.size) {
    const std::size_t before = output.size();
    if (before >= kMaxDecompressedBytes) {
      return Fail(ErrorKind::kCorruptData, "zstandard data expands to more than {} bytes",
                  kMaxDecompressedBytes);
    }
    output.resize(before + ZSTD_DStreamOutSize());
    ZSTD_outBuffer chunk{output.data() + before, output.size() - before, 0};
    const std::size_t consumed = input.pos;
    pending = ZSTD_decompressStream(stream.get(), &chunk, &input);
    output.resize(before + chunk.pos);
    const bool is_stuck = chunk.pos == 0 && input.pos == consumed;
    if (ZSTD_isError(pending) != 0 || (is_stuck && pending != 0)) {
      return Fail(ErrorKind::kCorruptData, "zstandard data does not decompress: {} bytes",
                  bytes.size());
    }
  }
  return output;
}

Result<std::string> DecompressAvroSnappy(std::string_view bytes) {
  if (bytes.size() < 4) {
    return Fail(ErrorKind::kCorruptData, "snappy block of {} bytes", bytes.size());
  }
  FRAZIL_ASSIGN(std::string output,
                SnappyReader(bytes.substr(0, bytes.size() - 4)).Read());
  std::uint32_t expected = 0;
  for (const char byte : bytes.substr(bytes.size() - 4)) {
    expected = expected << 8U | static_cast<unsigned char>(byte);
  }
  if (libdeflate_crc32(0, output.data(), output.size()) != expected) {
    return Fail(ErrorKind::kCorruptData, "snappy block fails its checksum");
  }
  return output;
}

bool IsGzip(std::string_view bytes) { return bytes.starts_with("\x1f\x8b"); }

}  // namespace frazil
