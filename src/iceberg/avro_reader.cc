#include <cstring>
#include <limits>
#include <utility>

#include "iceberg/avro.h"
#include "iceberg/compression.h"

namespace frazil {
namespace {

constexpr std::string_view kMagic{"Obj\x01", 4};
constexpr std::size_t kSyncBytes = 16;
constexpr int kMaxDepth = 64;

tl::unexpected<Error> Truncated() {
  return Fail(ErrorKind::kCorruptData, "Avro data ends too early");
}

// Takes values off the front of bytes.
class Cursor {
 public:
  explicit Cursor(std::string_view bytes) : rest_(bytes) {}

  [[nodiscard]] std::string_view rest() const { return rest_; }

  Result<std::int64_t> Long() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      if (rest_.empty()) return Truncated();
      const auto byte = static_cast<unsigned char>(rest_.front());
      rest_.remove_prefix(1);
      value |= std::uint64_t{byte & 0x7FU} << shift;
      if (byte < 0x80) {
        return static_cast<std::int64_t>(value >> 1U ^ (0 - (value & 1U)));
      }
    }
    return Fail(ErrorKind::kCorruptData, "Avro number of more than 64 bits");
  }

  Result<std::string_view> Take(std::size_t count) {
    if (count > rest_.size()) return Truncated();
    const std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }

  Result<std::string_view> Bytes() {
    FRAZIL_ASSIGN(const std::int64_t length, Long());
    if (length < 0) return Fail(ErrorKind::kCorruptData, "Avro length: {}", length);
    return Take(static_cast<std::size_t>(length));
  }

  template <typename Number>
  Result<Number> Fixed() {
    FRAZIL_ASSIGN(const std::string_view bytes, Take(sizeof(Number)));
    Number value;
    std::memcpy(&value, bytes.data(), sizeof(Number));
    return value;
  }

  // The count of a block of an array or map. Each element takes a byte at least, except
  // empty records and nulls, which no Iceberg file has in arrays.
  Result<std::size_t> BlockCount() {
    FRAZIL_ASSIGN(std::int64_t count, Long());
    if (count < 0) {
      FRAZIL_TRY(Long());  // size of the block in bytes
      count = count == std::numeric_limits<std::int64_t>::min() ? 0 : -count;
      if (count == 0) return Fail(ErrorKind::kCorruptData, "Avro block of no elements");
    }
    if (static_cast<std::uint64_t>(count) > rest_.size()) return Truncated();
    return static_cast<std::size_t>(count);
  }

 private:
  std::string_view rest_;
};

class Decoder {
 public:
  Decoder(const AvroSchema& schema, std::string_view bytes)
      : schema_(schema), cursor_(bytes) {}

  [[nodiscard]] std::string_view rest() const { return cursor_.rest(); }

  Result<AvroValue> Decode(std::size_t index, int depth) {
    if (depth > kMaxDepth) {
      return Fail(ErrorKind::kCorruptData, "Avro value nests deeper than {}", kMaxDepth);
    }
    const AvroNode& node = schema_.node(index);
    AvroValue value;
    value.node = index;
    switch (node.kind) {
      case AvroKind::kUnion:
        return DecodeUnion(node, depth);
      case AvroKind::kArray:
      case AvroKind::kMap: {
        FRAZIL_ASSIGN(value.value, DecodeBlocks(node, depth));
        return value;
      }
      case AvroKind::kRecord: {
        FRAZIL_ASSIGN(value.value, DecodeFields(node, depth));
        return value;
      }
      default:
        FRAZIL_TRY(DecodePrimitive(node, value));
        return value;
    }
  }

 private:
  Status DecodePrimitive(const AvroNode& node, AvroValue& value) {
    switch (node.kind) {
      case AvroKind::kBoolean: {
        FRAZIL_ASSIGN(const auto byte, cursor_.Fixed<std::uint8_t>());
        if (byte > 1) return Fail(ErrorKind::kCorruptData, "Avro boolean: {}", byte);
        value.value = byte != 0;
        return {};
      }
      case AvroKind::kInt:
        return DecodeInt(value);
      case AvroKind::kLong: {
        FRAZIL_ASSIGN(value.value, cursor_.Long());
        return {};
      }
      case AvroKind::kEnum: {
        FRAZIL_ASSIGN(const std::int64_t symbol, cursor_.Long());
        if (symbol < 0 || static_cast<std::uint64_t>(symbol) >= node.symbol_count) {
          return Fail(ErrorKind::kCorruptData, "Avro enum symbol: {}", symbol);
        }
        value.value = symbol;
        return {};
      }
      case AvroKind::kFloat: {
        FRAZIL_ASSIGN(const float number, cursor_.Fixed<float>());
        value.value = double{number};
        return {};
      }
      case AvroKind::kDouble: {
        FRAZIL_ASSIGN(value.value, cursor_.Fixed<double>());
        return {};
      }
      case AvroKind::kBytes:
      case AvroKind::kString: {
        FRAZIL_ASSIGN(const std::string_view bytes, cursor_.Bytes());
        value.value = std::string(bytes);
        return {};
      }
      case AvroKind::kFixed: {
        FRAZIL_ASSIGN(const std::string_view bytes,
                      node.has_length ? cursor_.Bytes() : cursor_.Take(node.fixed_size));
        if (bytes.size() != node.fixed_size) {
          return Fail(ErrorKind::kCorruptData, "Avro fixed of {} bytes holds {}",
                      node.fixed_size, bytes.size());
        }
        value.value = std::string(bytes);
        return {};
      }
      default:
        return {};  // null
    }
  }

  Status DecodeInt(AvroValue& value) {
    FRAZIL_ASSIGN(const std::int64_t number, cursor_.Long());
    if (number != static_cast<std::int32_t>(number)) {
      return Fail(ErrorKind::kCorruptData, "Avro int of more than 32 bits: {}", number);
    }
    value.value = number;
    return {};
  }

  Result<AvroValue> DecodeUnion(const AvroNode& node, int depth) {
    FRAZIL_ASSIGN(const std::int64_t branch, cursor_.Long());
    if (branch < 0 || static_cast<std::uint64_t>(branch) >= node.children.size()) {
      return Fail(ErrorKind::kCorruptData, "Avro union has no branch {}", branch);
    }
    return Decode(node.children[static_cast<std::size_t>(branch)], depth + 1);
  }

  Result<AvroValue::Items> DecodeFields(const AvroNode& record, int depth) {
    AvroValue::Items fields;
    fields.reserve(record.fields.size());
    for (const AvroNode::Field& field : record.fields) {
      FRAZIL_ASSIGN(AvroValue item, Decode(field.node, depth + 1));
      fields.push_back(std::move(item));
    }
    return fields;
  }

  // Elements of an array, or keys and values of a map in turn.
  Result<AvroValue::Items> DecodeBlocks(const AvroNode& node, int depth) {
    AvroValue::Items items;
    while (true) {
      FRAZIL_ASSIGN(const std::size_t count, cursor_.BlockCount());
      if (count == 0) return items;
      for (std::size_t i = 0; i < count; ++i)
        FRAZIL_TRY(DecodeElement(node, depth, items));
    }
  }

  Status DecodeElement(const AvroNode& node, int depth, AvroValue::Items& items) {
    const std::size_t bytes_left = cursor_.rest().size();
    if (node.kind == AvroKind::kMap) {
      FRAZIL_ASSIGN(const std::string_view key, cursor_.Bytes());
      items.push_back(AvroValue{std::string(key), 0});
    }
    FRAZIL_ASSIGN(AvroValue item, Decode(node.children.front(), depth + 1));
    items.push_back(std::move(item));
    // Or few bytes could stand for very many elements.
    if (cursor_.rest().size() == bytes_left) {
      return Fail(ErrorKind::kCorruptData, "Avro array of elements without bytes");
    }
    return {};
  }

  const AvroSchema& schema_;
  Cursor cursor_;
};

Result<std::string> Decompress(std::string_view codec, std::string_view bytes) {
  if (codec == "null") return std::string(bytes);
  if (codec == "deflate") return DecompressDeflate(bytes);
  if (codec == "zstandard") return DecompressZstd(bytes);
  return DecompressAvroSnappy(bytes);
}

Status CheckCodec(std::string_view codec) {
  for (const std::string_view known : {"null", "deflate", "zstandard", "snappy"}) {
    if (codec == known) return {};
  }
  return Fail(ErrorKind::kNotSupported, "Avro codec: {}", codec);
}

}  // namespace

Result<AvroReader> AvroReader::Open(std::string_view bytes, FixedForm fixed_form) {
  if (!bytes.starts_with(kMagic)) {
    return Fail(ErrorKind::kCorruptData, "not an Avro file: {} bytes", bytes.size());
  }
  AvroReader reader;
  Cursor cursor(bytes.substr(kMagic.size()));
  while (true) {
    FRAZIL_ASSIGN(const std::size_t count, cursor.BlockCount());
    if (count == 0) break;
    for (std::size_t i = 0; i < count; ++i) {
      FRAZIL_ASSIGN(const std::string_view key, cursor.Bytes());
      FRAZIL_ASSIGN(const std::string_view value, cursor.Bytes());
      reader.metadata_[std::string(key)] = value;
    }
  }
  FRAZIL_ASSIGN(reader.sync_marker_, cursor.Take(kSyncBytes));
  reader.rest_ = cursor.rest();
  const auto codec = reader.metadata_.find("avro.codec");
  reader.codec_ = codec == reader.metadata_.end() ? "null" : codec->second;
  FRAZIL_TRY(CheckCodec(reader.codec_));
  const auto schema = reader.metadata_.find("avro.schema");
  if (schema == reader.metadata_.end()) {
    return Fail(ErrorKind::kCorruptData, "Avro file without a schema");
  }
  FRAZIL_ASSIGN(const Json json, ParseJson(schema->second));
  FRAZIL_ASSIGN(reader.schema_, AvroSchema::Parse(json));
  if (fixed_form == FixedForm::kWithLength) reader.schema_.ExpectLengths();
  return reader;
}

Status AvroReader::ReadBlock() {
  Cursor cursor(rest_);
  FRAZIL_ASSIGN(const std::int64_t objects, cursor.Long());
  FRAZIL_ASSIGN(const std::string_view data, cursor.Bytes());
  FRAZIL_ASSIGN(const std::string_view marker, cursor.Take(kSyncBytes));
  if (marker != sync_marker_) {
    return Fail(ErrorKind::kCorruptData, "Avro block without its sync marker");
  }
  FRAZIL_ASSIGN(block_, Decompress(codec_, data));
  // As with arrays: an object takes a byte at least.
  if (objects < 0 || static_cast<std::uint64_t>(objects) > block_.size()) {
    return Fail(ErrorKind::kCorruptData, "Avro block of {} bytes with {} objects",
                block_.size(), objects);
  }
  block_at_ = 0;
  objects_left_ = objects;
  rest_ = cursor.rest();
  return {};
}

Result<std::optional<AvroValue>> AvroReader::Next() {
  while (objects_left_ == 0) {
    if (block_at_ != block_.size()) {
      return Fail(ErrorKind::kCorruptData, "Avro block has {} bytes left over",
                  block_.size() - block_at_);
    }
    if (rest_.empty()) return std::optional<AvroValue>();
    FRAZIL_TRY(ReadBlock());
  }
  Decoder decoder(schema_, std::string_view(block_).substr(block_at_));
  FRAZIL_ASSIGN(AvroValue value, decoder.Decode(0, 0));
  block_at_ = block_.size() - decoder.rest().size();
  --objects_left_;
  return std::optional<AvroValue>(std::move(value));
}

}  // namespace frazil
