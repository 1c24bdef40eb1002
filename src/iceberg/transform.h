#pragma once

/// \file iceberg/transform.h
/// \brief Partition transforms: identity, bucket, truncate, year to hour, void.
///
/// Source: Iceberg specification, "Partition Transforms" and Appendix B (hashes).

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "model/literal.h"
#include "model/type.h"

namespace frazil {

/// \brief Which function a Transform applies.
enum class TransformKind {
  kIdentity,
  kBucket,    ///< parameter: number of buckets
  kTruncate,  ///< parameter: width
  kYear,
  kMonth,
  kDay,
  kHour,
  kVoid,
  kUnknown,  ///< of a later specification: readable, never written into
};

/// \brief A function from a column's value to a partition value.
class Transform {
 public:
  Transform() = default;
  explicit Transform(TransformKind kind, std::int32_t parameter = 0)
      : kind_(kind), parameter_(parameter) {}

  /// \brief Reads "identity", "bucket[16]", "truncate[4]", "day", ... Others become kUnknown
  /// and keep their text.
  static Transform Parse(std::string_view text);

  [[nodiscard]] TransformKind kind() const { return kind_; }
  [[nodiscard]] std::int32_t parameter() const { return parameter_; }
  /// \brief The text of table metadata: "bucket[16]".
  [[nodiscard]] std::string ToString() const;

  /// \brief The type of the results for a source type.
  /// \return kInvalidArgument where the transform does not take that type.
  [[nodiscard]] Result<Type> ResultType(const Type& source) const;

  /// \brief Applies the function to one value. Null gives null.
  /// \pre ResultType(source) succeeds and `value` is of `source`.
  [[nodiscard]] Literal Apply(const Literal& value, const Type& source) const;

  /// \brief A partition value as it stands in a path: "2026-11-21-13", "null", "us".
  [[nodiscard]] std::string ToHumanString(const Literal& value, const Type& source) const;

  /// \brief Whether one column must not be partitioned by both: they are the same, or each
  /// takes a time apart (year, month, day, hour), as a day tells its month. Java and PyIceberg
  /// refuse to load such tables. Source: Java's PartitionSpec.Builder.
  [[nodiscard]] bool IsRedundantWith(const Transform& other) const;

  bool operator==(const Transform&) const = default;

 private:
  TransformKind kind_ = TransformKind::kIdentity;
  std::int32_t parameter_ = 0;
  std::string unknown_text_;
};

/// \name Appendix B hashes (murmur3 x86 32, seed 0)
/// @{
std::int32_t HashLong(std::int64_t value);
std::int32_t HashBytes(std::string_view bytes);
std::int32_t HashDecimal(Int128 unscaled);
/// @}

/// \brief hash & 0x7fffffff modulo the number of buckets.
inline std::int32_t BucketOf(std::int32_t hash, std::int32_t bucket_count) {
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(hash) & 0x7FFFFFFFU) %
         bucket_count;
}

}  // namespace frazil
