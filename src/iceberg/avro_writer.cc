#include <cstring>

#include "base/unique_id.h"
#include "iceberg/avro.h"
#include "iceberg/compression.h"

namespace frazil {
namespace {

constexpr std::size_t kBlockBytes = std::size_t{64} * 1024;  // Java's

}  // namespace

void AvroEncoder::PutLong(std::int64_t value) {
  const auto bits = static_cast<std::uint64_t>(value);
  std::uint64_t rest = bits << 1U ^ (0 - (bits >> 63U));
  while (rest >= 0x80U) {
    bytes_ += static_cast<char>(rest | 0x80U);
    rest >>= 7U;
  }
  bytes_ += static_cast<char>(rest);
}

void AvroEncoder::PutFloat(float value) {
  char bytes[sizeof(value)];
  std::memcpy(bytes, &value, sizeof(value));
  bytes_.append(bytes, sizeof(bytes));
}

void AvroEncoder::PutDouble(double value) {
  char bytes[sizeof(value)];
  std::memcpy(bytes, &value, sizeof(value));
  bytes_.append(bytes, sizeof(bytes));
}

void AvroEncoder::PutBytes(std::string_view value) {
  PutLong(static_cast<std::int64_t>(value.size()));
  bytes_ += value;
}

AvroWriter::AvroWriter(std::string_view schema_json,
                       const std::map<std::string, std::string>& metadata) {
  for (const std::uint8_t byte : RandomUuidBytes())
    sync_marker_ += static_cast<char>(byte);
  AvroEncoder header;
  header.PutFixed({"Obj\x01", 4});
  header.StartArray(metadata.size() + 2);
  header.PutBytes("avro.schema");
  header.PutBytes(schema_json);
  header.PutBytes("avro.codec");
  header.PutBytes("deflate");
  for (const auto& [key, value] : metadata) {
    header.PutBytes(key);
    header.PutBytes(value);
  }
  header.EndArray();
  header.PutFixed(sync_marker_);
  file_ = header.bytes();
}

void AvroWriter::Commit() {
  ++objects_;
  if (encoder_.bytes().size() >= kBlockBytes) FlushBlock();
}

void AvroWriter::FlushBlock() {
  if (objects_ == 0) return;
  AvroEncoder frame;
  frame.PutLong(objects_);
  frame.PutBytes(CompressDeflate(encoder_.bytes()));
  frame.PutFixed(sync_marker_);
  file_ += frame.bytes();
  encoder_.Clear();
  objects_ = 0;
}

std::string AvroWriter::Finish() {
  FlushBlock();
  return std::move(file_);
}

}  // namespace frazil
