#include "write/file_metrics.h"

#include <algorithm>
#include <cstring>
#include <string_view>
#include <utility>

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/scalar.h>
#include <parquet/metadata.h>
#include <parquet/statistics.h>

#include "iceberg/metrics.h"
#include "iceberg/single_value.h"

namespace frazil {
namespace {

using arrow::Array;

// A leaf that is not inside a list or map, with the nulls of the structs around it.
Result<std::shared_ptr<Array>> LeafArray(const arrow::RecordBatch& rows,
                                         const LeafColumn& leaf) {
  std::shared_ptr<Array> array = rows.column(leaf.indexes.front());
  for (std::size_t i = 1; i < leaf.indexes.size(); ++i) {
    const auto& structs = static_cast<const arrow::StructArray&>(*array);
    if (structs.null_count() == 0) {
      array = structs.field(leaf.indexes[i]);
      continue;
    }
    auto member = structs.GetFlattenedField(leaf.indexes[i]);
    if (!member.ok()) return Fail(ErrorKind::kInternal, "{}", member.status().ToString());
    array = *std::move(member);
  }
  return array;
}

template <typename FloatArray>
std::int64_t CountNan(const Array& array) {
  const auto& floats = static_cast<const FloatArray&>(array);
  const auto* values = floats.raw_values();
  std::int64_t count = 0;
  for (std::int64_t i = 0; i < floats.length(); ++i)
    count += values[i] != values[i] ? 1 : 0;
  if (count == 0 || floats.null_count() == 0) return count;
  // Memory under a null may hold anything.
  for (std::int64_t i = 0; i < floats.length(); ++i) {
    if (values[i] != values[i] && floats.IsNull(i)) --count;
  }
  return count;
}

bool HasLongValue(const arrow::BinaryArray& array) {
  const std::int32_t* offsets = array.raw_value_offsets();
  const std::int64_t length = array.length();
  if (offsets[length] - offsets[0] <= FileMetrics::kLongestFooterBound) return false;
  std::int32_t longest = 0;
  for (std::int64_t i = 0; i < length; ++i) {
    longest = std::max(longest, offsets[i + 1] - offsets[i]);
  }
  return longest > FileMetrics::kLongestFooterBound;
}

// Lower and upper bound of a column of one file while its row groups are gone through.
struct Bounds {
  std::optional<std::string> lower;
  std::optional<std::string> upper;
  // True once a row group has values whose bounds nobody knows.
  bool is_lower_lost = false;
  bool is_upper_lost = false;
};

// Two's complement of Parquet's plain encoding: little-endian integers, or big-endian
// fixed bytes.
Result<Int128> DecodeDecimal(std::string_view bytes, parquet::Type::type physical) {
  if (physical == parquet::Type::FIXED_LEN_BYTE_ARRAY) return DecimalFromBytes(bytes);
  if (physical == parquet::Type::INT32 && bytes.size() == sizeof(std::int32_t)) {
    std::int32_t value = 0;
    std::memcpy(&value, bytes.data(), sizeof(value));
    return Int128{value};
  }
  if (physical == parquet::Type::INT64 && bytes.size() == sizeof(std::int64_t)) {
    std::int64_t value = 0;
    std::memcpy(&value, bytes.data(), sizeof(value));
    return Int128{value};
  }
  return Fail(ErrorKind::kInternal, "decimal bound of {} bytes in a footer",
              bytes.size());
}

// Iceberg's single-value form of a bound in Parquet's plain encoding. All but decimals are
// the same in both.
Result<std::string> ToSingleValue(const std::string& bytes, const Type& type,
                                  parquet::Type::type physical) {
  if (type.id() != TypeId::kDecimal) return bytes;
  FRAZIL_ASSIGN(const Int128 unscaled, DecodeDecimal(bytes, physical));
  return DecimalToBytes(unscaled);
}

// Orders bounds in single-value form as the values they stand for.
Result<bool> IsLess(const std::string& a, const std::string& b, const Type& type) {
  switch (type.id()) {
    case TypeId::kString:
    case TypeId::kBinary:
    case TypeId::kFixed:
    case TypeId::kUuid:
      return std::string_view(a) < std::string_view(b);  // char_traits compares unsigned
    default:
      break;
  }
  FRAZIL_ASSIGN(const Literal left, DecodeSingleValue(a, type));
  FRAZIL_ASSIGN(const Literal right, DecodeSingleValue(b, type));
  return left < right;
}

Status Widen(Bounds& bounds, const std::optional<std::string>& lower,
             const std::optional<std::string>& upper, const Type& type) {
  if (lower.has_value()) {
    bool is_less = true;
    if (bounds.lower.has_value()) {
      FRAZIL_ASSIGN(is_less, IsLess(*lower, *bounds.lower, type));
    }
    if (is_less) bounds.lower = lower;
  }
  if (upper.has_value()) {
    bool is_greater = true;
    if (bounds.upper.has_value()) {
      FRAZIL_ASSIGN(is_greater, IsLess(*bounds.upper, *upper, type));
    }
    if (is_greater) bounds.upper = upper;
  }
  return {};
}

Status WidenByChunk(Bounds& bounds, const parquet::ColumnChunkMetaData& chunk,
                    const parquet::EncodedStatistics& statistics, const Type& type) {
  std::optional<std::string> lower;
  std::optional<std::string> upper;
  if (statistics.has_min) {
    FRAZIL_ASSIGN(lower, ToSingleValue(statistics.min(), type, chunk.type()));
  }
  if (statistics.has_max) {
    FRAZIL_ASSIGN(upper, ToSingleValue(statistics.max(), type, chunk.type()));
  }
  const bool is_all_null =
      statistics.has_null_count && statistics.null_count == chunk.num_values();
  bounds.is_lower_lost |= !is_all_null && !statistics.has_min;
  bounds.is_upper_lost |= !is_all_null && !statistics.has_max;
  return Widen(bounds, lower, upper, type);
}

bool IsFloat(const Type& type) {
  return type.id() == TypeId::kFloat || type.id() == TypeId::kDouble;
}

// UUIDs on both sides of where readers differ in their order have no bounds: these would
// rule out next to nothing where they are understood, and everything where they are not.
bool AreOrderedTheSame(const Bounds& bounds) {
  return bounds.lower.has_value() && bounds.upper.has_value() &&
         UuidSigns(*bounds.lower) == UuidSigns(*bounds.upper);
}

void PutBounds(const LeafColumn& leaf, const Bounds& bounds, DataFile& file) {
  if (leaf.type.id() == TypeId::kUuid && !AreOrderedTheSame(bounds)) return;
  const bool is_cut = leaf.mode.kind == MetricsMode::Kind::kTruncate;
  if (bounds.lower.has_value() && !bounds.is_lower_lost) {
    file.lower_bounds[leaf.field_id] =
        is_cut ? std::string(TruncateLower(*bounds.lower, leaf.type, leaf.mode.length))
               : *bounds.lower;
  }
  if (bounds.upper.has_value() && !bounds.is_upper_lost) {
    auto upper =
        is_cut ? TruncateUpper(*bounds.upper, leaf.type, leaf.mode.length) : bounds.upper;
    if (upper.has_value()) file.upper_bounds[leaf.field_id] = *std::move(upper);
  }
}

// Where a column chunk begins in the file.
std::int64_t StartOf(const parquet::ColumnChunkMetaData& chunk) {
  const std::int64_t data = chunk.data_page_offset();
  if (!chunk.has_dictionary_page()) return data;
  const std::int64_t dictionary = chunk.dictionary_page_offset();
  return dictionary > 0 && dictionary < data ? dictionary : data;
}

}  // namespace

FileMetrics::FileMetrics(std::shared_ptr<const ParquetLayout> layout)
    : layout_(std::move(layout)), observed_(layout_->leaves().size()) {}

void FileMetrics::Observe(const arrow::RecordBatch& rows) {
  for (std::size_t i = 0; i < observed_.size(); ++i) {
    const LeafColumn& leaf = layout_->leaves()[i];
    if (leaf.is_repeated || !leaf.mode.has_counts()) continue;
    const TypeId id = leaf.type.id();
    const bool has_bytes = id == TypeId::kString || id == TypeId::kBinary;
    const bool is_uuid = id == TypeId::kUuid && layout_->HasStatistics(leaf);
    const bool is_watched =
        IsFloat(leaf.type) || is_uuid || (has_bytes && leaf.mode.has_bounds());
    if (!is_watched) continue;
    auto found = LeafArray(rows, leaf);
    if (!found.has_value()) continue;
    const Array& array = **found;
    if (id == TypeId::kFloat)
      observed_[i].nan_count += CountNan<arrow::FloatArray>(array);
    if (id == TypeId::kDouble)
      observed_[i].nan_count += CountNan<arrow::DoubleArray>(array);
    if (has_bytes) ObserveBytes(array, observed_[i]);
    if (is_uuid) ObserveUuids(array, observed_[i]);
  }
}

void FileMetrics::ObserveBytes(const arrow::Array& array, Observed& observed) {
  const auto& bytes = static_cast<const arrow::BinaryArray&>(array);
  if (!HasLongValue(bytes)) return;
  for (std::int64_t i = 0; i < bytes.length(); ++i) {
    if (bytes.IsNull(i)) continue;
    const std::string_view value = bytes.GetView(i);
    if (!observed.least.has_value() || value < *observed.least) observed.least = value;
    if (!observed.greatest.has_value() || value > *observed.greatest) {
      observed.greatest = value;
    }
  }
}

void FileMetrics::ObserveUuids(const arrow::Array& array, Observed& observed) {
  const auto& uuids = static_cast<const arrow::FixedSizeBinaryArray&>(
      *static_cast<const arrow::ExtensionArray&>(array).storage());
  observed.null_count += uuids.null_count();
  std::optional<std::string_view> least = observed.least;
  std::optional<std::string_view> greatest = observed.greatest;
  for (std::int64_t i = 0; i < uuids.length(); ++i) {
    if (uuids.IsNull(i)) continue;
    const std::string_view value = uuids.GetView(i);
    if (!least.has_value() || value < *least) least = value;
    if (!greatest.has_value() || value > *greatest) greatest = value;
  }
  // Copied once per batch: most values of an ascending column are a new greatest one.
  if (least.has_value()) observed.least = std::string(*least);
  if (greatest.has_value()) observed.greatest = std::string(*greatest);
}

Status FileMetrics::Fill(const parquet::FileMetaData& footer, DataFile& file) const {
  if (static_cast<std::size_t>(footer.num_columns()) != observed_.size()) {
    return Fail(ErrorKind::kInternal, "footer with {} columns instead of {}",
                footer.num_columns(), observed_.size());
  }
  file.record_count = footer.num_rows();
  for (int group = 0; group < footer.num_row_groups(); ++group) {
    file.split_offsets.push_back(StartOf(*footer.RowGroup(group)->ColumnChunk(0)));
  }
  for (std::size_t i = 0; i < observed_.size(); ++i) {
    FRAZIL_TRY(FillLeaf(footer, i, file));
  }
  return {};
}

Status FileMetrics::FillLeaf(const parquet::FileMetaData& footer, std::size_t index,
                             DataFile& file) const {
  const LeafColumn& leaf = layout_->leaves()[index];
  const Observed& observed = observed_[index];
  Bounds bounds;
  std::optional<std::int64_t> null_count = 0;
  std::int64_t value_count = 0;
  bool has_statistics = true;
  for (int group = 0; group < footer.num_row_groups(); ++group) {
    const auto chunk = footer.RowGroup(group)->ColumnChunk(static_cast<int>(index));
    file.column_sizes[leaf.field_id] += chunk->total_compressed_size();
    value_count += chunk->num_values();
    const auto statistics = chunk->encoded_statistics();
    has_statistics &= statistics != nullptr;
    if (!has_statistics || !statistics->has_null_count) null_count.reset();
    if (null_count.has_value()) *null_count += statistics->null_count;
    if (has_statistics && !leaf.is_repeated && leaf.mode.has_bounds()) {
      FRAZIL_TRY(WidenByChunk(bounds, *chunk, *statistics, leaf.type));
    }
  }
  if (leaf.is_repeated || !leaf.mode.has_counts()) return {};
  if (leaf.type.id() == TypeId::kUuid && layout_->HasStatistics(leaf)) {
    has_statistics = true;
    null_count = observed.null_count;
  }
  file.value_counts[leaf.field_id] = value_count;
  if (null_count.has_value()) file.null_value_counts[leaf.field_id] = *null_count;
  if (IsFloat(leaf.type)) {
    file.nan_value_counts[leaf.field_id] = observed.nan_count;
    // Without a bound in the footer a row group has NaN only.
    bounds.is_lower_lost &= observed.nan_count == 0;
    bounds.is_upper_lost &= observed.nan_count == 0;
  }
  if (observed.least.has_value()) {
    FRAZIL_TRY(Widen(bounds, observed.least, observed.greatest, leaf.type));
    bounds.is_lower_lost = bounds.is_upper_lost = false;
  }
  if (leaf.mode.has_bounds() && has_statistics) PutBounds(leaf, bounds, file);
  return {};
}

}  // namespace frazil
