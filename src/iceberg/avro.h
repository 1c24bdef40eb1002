#pragma once

/// \file iceberg/avro.h
/// \brief Avro object container files: what manifests and manifest lists are.
///
/// Reading gives a tree of values, writing is a byte appender without a tree. Iceberg's
/// attributes (field-id, element-id, logicalType, ...) are kept in the schema.
/// Source: Avro 1.11 specification; Iceberg specification, Appendix A.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace frazil {

/// \brief The kinds of Avro schemas.
enum class AvroKind {
  kNull,
  kBoolean,
  kInt,
  kLong,
  kFloat,
  kDouble,
  kBytes,
  kString,
  kFixed,
  kEnum,
  kArray,
  kMap,
  kRecord,
  kUnion,
};

/// \brief One node of a schema. Nodes refer to each other by index, since a schema may name
/// itself.
struct AvroNode {
  struct Field {
    std::string name;
    std::optional<std::int32_t> field_id;
    std::size_t node = 0;
  };
  AvroKind kind = AvroKind::kNull;
  /// "decimal", "uuid", "map", ...; empty: none.
  std::string logical_type;
  /// Of kFixed, in bytes.
  std::size_t fixed_size = 0;
  /// A length stands before the value of a fixed: see FixedForm.
  bool has_length = false;
  /// Of kEnum.
  std::size_t symbol_count = 0;
  /// Of kRecord.
  std::vector<Field> fields;
  /// Of kUnion: its branches; of kArray and kMap: the element.
  std::vector<std::size_t> children;
};

/// \brief A schema; node 0 is its root.
class AvroSchema {
 public:
  /// \return kCorruptData for anything else than an Avro schema.
  static Result<AvroSchema> Parse(const Json& json);

  /// \brief Expects FixedForm::kWithLength.
  void ExpectLengths();

  [[nodiscard]] const AvroNode& root() const { return nodes_.front(); }
  [[nodiscard]] const AvroNode& node(std::size_t index) const { return nodes_[index]; }

  /// \brief Position of a record's field by id, else, for writers that leave ids out, by
  /// name; nullopt if there is none.
  [[nodiscard]] static std::optional<std::size_t> FindField(const AvroNode& record,
                                                            std::int32_t field_id,
                                                            std::string_view name);

 private:
  friend class AvroSchemaParser;
  std::vector<AvroNode> nodes_;
};

/// \brief A decoded value. Unions are resolved: the value of the branch, with its node.
struct AvroValue {
  using Items = std::vector<AvroValue>;
  /// Items: the fields of a record or the elements of an array; of a map: key, value, ...
  /// int and long share std::int64_t, float and double share double; bytes, string and fixed
  /// share std::string.
  std::variant<std::monostate, bool, std::int64_t, double, std::string, Items> value;
  /// Index of the schema node that `value` is of, never a union.
  std::size_t node = 0;

  [[nodiscard]] bool is_null() const {
    return std::holds_alternative<std::monostate>(value);
  }
};

/// \brief How a file holds the values of fixed types without a logical type.
enum class FixedForm {
  kPlain,       ///< As Avro says.
  kWithLength,  ///< As bytes: what Java's library up to 1.12 makes of partition values.
};

/// \brief Reads a container file. Codecs: null, deflate, zstandard, snappy.
class AvroReader {
 public:
  /// \brief Reads the header.
  /// \param bytes outlive the reader.
  /// \return kCorruptData, or kNotSupported for another codec.
  static Result<AvroReader> Open(std::string_view bytes,
                                 FixedForm fixed_form = FixedForm::kPlain);

  [[nodiscard]] const AvroSchema& schema() const { return schema_; }
  /// \brief The file's metadata: "avro.schema", "partition-spec-id", ...
  [[nodiscard]] const std::map<std::string, std::string>& metadata() const {
    return metadata_;
  }

  /// \brief Reads the next object, or nullopt at the end of the file.
  Result<std::optional<AvroValue>> Next();

 private:
  AvroReader() = default;
  Status ReadBlock();

  std::string_view rest_;  // of the file
  std::string sync_marker_;
  std::string codec_;
  AvroSchema schema_;
  std::map<std::string, std::string> metadata_;
  std::string block_;  // decompressed
  std::size_t block_at_ = 0;
  std::int64_t objects_left_ = 0;
};

/// \brief Appends values in Avro's binary form. The caller keeps to the schema.
class AvroEncoder {
 public:
  void PutBoolean(bool value) { bytes_ += value ? '\1' : '\0'; }
  /// \brief An int or a long: zig-zag, 7 bits a byte.
  void PutLong(std::int64_t value);
  void PutFloat(float value);
  void PutDouble(double value);
  /// \brief bytes or string: length and content.
  void PutBytes(std::string_view value);
  /// \brief A fixed: content alone.
  void PutFixed(std::string_view value) { bytes_ += value; }
  /// \brief Branch of the union ["null", T].
  void PutIsPresent(bool is_present) { PutLong(is_present ? 1 : 0); }
  /// \brief Starts an array of `count` elements, which follow; EndArray ends it.
  void StartArray(std::size_t count) {
    if (count > 0) PutLong(static_cast<std::int64_t>(count));
  }
  void EndArray() { PutLong(0); }

  [[nodiscard]] const std::string& bytes() const { return bytes_; }
  void Clear() { bytes_.clear(); }

 private:
  std::string bytes_;
};

/// \brief Writes a container file with codec deflate into memory.
class AvroWriter {
 public:
  /// \param metadata entries of the header beside "avro.schema" and "avro.codec".
  AvroWriter(std::string_view schema_json,
             const std::map<std::string, std::string>& metadata);

  /// \brief Where the next object goes; Commit() after each.
  AvroEncoder& encoder() { return encoder_; }
  /// \brief Ends an object.
  void Commit();
  /// \brief Ends the file. The writer is spent afterwards.
  std::string Finish();

 private:
  void FlushBlock();

  std::string file_;
  std::string sync_marker_;
  AvroEncoder encoder_;
  std::int64_t objects_ = 0;
};

}  // namespace frazil
