#include "write/row_gather.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

#include <arrow/array/data.h>
#include <arrow/buffer.h>
#include <arrow/extension_type.h>
#include <arrow/memory_pool.h>
#include <arrow/record_batch.h>
#include <arrow/result.h>
#include <arrow/type.h>
#include <arrow/util/bit_util.h>

namespace frazil {
namespace {

using arrow::ArrayData;
using arrow::Buffer;
namespace bit_util = arrow::bit_util;
using Rows = std::span<const RowRef>;

// The array of one batch; its value for row r is at `offset + r`.
struct Source {
  const ArrayData* data;
  std::int64_t offset;

  [[nodiscard]] const std::uint8_t* bytes(std::size_t buffer) const {
    const auto& held = data->buffers[buffer];
    return held == nullptr ? nullptr : held->data();
  }
};

// The arrays of one column, per batch.
using Column = std::vector<Source>;

class Gatherer {
 public:
  explicit Gatherer(arrow::MemoryPool* pool) : pool_(pool) {}

  arrow::Result<std::shared_ptr<ArrayData>> Gather(
      const std::shared_ptr<arrow::DataType>& type, const Column& column, Rows rows) {
    switch (type->id()) {
      case arrow::Type::BOOL:
        return GatherBooleans(type, column, rows);
      case arrow::Type::STRING:
      case arrow::Type::BINARY:
        return GatherBytes(type, column, rows);
      case arrow::Type::STRUCT:
        return GatherStructs(type, column, rows);
      case arrow::Type::LIST:
      case arrow::Type::MAP:
        return GatherLists(type, column, rows);
      case arrow::Type::EXTENSION: {
        const auto& storage =
            static_cast<const arrow::ExtensionType&>(*type).storage_type();
        ARROW_ASSIGN_OR_RAISE(auto gathered, Gather(storage, column, rows));
        gathered->type = type;
        return gathered;
      }
      default:
        break;
    }
    const auto* fixed = dynamic_cast<const arrow::FixedWidthType*>(type.get());
    if (fixed == nullptr)
      return arrow::Status::NotImplemented("rows with ", type->ToString());
    return GatherFixed(type, fixed->bit_width() / 8, column, rows);
  }

 private:
  struct Validity {
    std::shared_ptr<Buffer> bitmap;  // nullptr: no nulls
    std::int64_t null_count = 0;
  };

  static bool MayHaveNulls(const Column& column) {
    return std::any_of(column.begin(), column.end(), [](const Source& source) {
      return source.bytes(0) != nullptr && source.data->null_count != 0;
    });
  }

  static bool IsValid(const Source& source, std::int64_t at) {
    const std::uint8_t* bitmap = source.bytes(0);
    return bitmap == nullptr || bit_util::GetBit(bitmap, at);
  }

  arrow::Result<Validity> GatherValidity(const Column& column, Rows rows) {
    Validity validity;
    if (!MayHaveNulls(column)) return validity;
    ARROW_ASSIGN_OR_RAISE(
        auto bitmap,
        arrow::AllocateEmptyBitmap(static_cast<std::int64_t>(rows.size()), pool_));
    std::int64_t at = 0;
    for (const RowRef& row : rows) {
      const Source& source = column[row.batch];
      if (IsValid(source, source.offset + row.row)) {
        bit_util::SetBit(bitmap->mutable_data(), at);
      } else {
        ++validity.null_count;
      }
      ++at;
    }
    if (validity.null_count > 0) validity.bitmap = std::move(bitmap);
    return validity;
  }

  static std::shared_ptr<ArrayData> Make(const std::shared_ptr<arrow::DataType>& type,
                                         Rows rows, Validity validity,
                                         std::vector<std::shared_ptr<Buffer>> buffers) {
    buffers.insert(buffers.begin(), std::move(validity.bitmap));
    return ArrayData::Make(type, static_cast<std::int64_t>(rows.size()),
                           std::move(buffers), validity.null_count);
  }

  arrow::Result<std::shared_ptr<ArrayData>> GatherBooleans(
      const std::shared_ptr<arrow::DataType>& type, const Column& column, Rows rows) {
    ARROW_ASSIGN_OR_RAISE(Validity validity, GatherValidity(column, rows));
    ARROW_ASSIGN_OR_RAISE(
        auto values,
        arrow::AllocateEmptyBitmap(static_cast<std::int64_t>(rows.size()), pool_));
    std::int64_t at = 0;
    for (const RowRef& row : rows) {
      const Source& source = column[row.batch];
      bit_util::SetBitTo(values->mutable_data(), at++,
                         bit_util::GetBit(source.bytes(1), source.offset + row.row));
    }
    return Make(type, rows, std::move(validity), {std::move(values)});
  }

  template <typename Word>
  static void CopyWords(const Column& column, Rows rows, std::uint8_t* out) {
    auto* to = reinterpret_cast<Word*>(out);
    for (const RowRef& row : rows) {
      const Source& source = column[row.batch];
      *to++ = reinterpret_cast<const Word*>(source.bytes(1))[source.offset + row.row];
    }
  }

  arrow::Result<std::shared_ptr<ArrayData>> GatherFixed(
      const std::shared_ptr<arrow::DataType>& type, std::int64_t width,
      const Column& column, Rows rows) {
    ARROW_ASSIGN_OR_RAISE(Validity validity, GatherValidity(column, rows));
    ARROW_ASSIGN_OR_RAISE(
        std::shared_ptr<Buffer> values,
        arrow::AllocateBuffer(width * static_cast<std::int64_t>(rows.size()), pool_));
    std::uint8_t* out = values->mutable_data();
    if (width == sizeof(std::int64_t)) {
      CopyWords<std::int64_t>(column, rows, out);
    } else if (width == sizeof(std::int32_t)) {
      CopyWords<std::int32_t>(column, rows, out);
    } else {
      for (const RowRef& row : rows) {
        const Source& source = column[row.batch];
        std::memcpy(out, source.bytes(1) + (source.offset + row.row) * width,
                    static_cast<std::size_t>(width));
        out += width;
      }
    }
    return Make(type, rows, std::move(validity), {std::move(values)});
  }

  // Offsets of strings or lists that follow one another, from the offsets they had.
  arrow::Result<std::shared_ptr<Buffer>> GatherOffsets(const Column& column, Rows rows) {
    ARROW_ASSIGN_OR_RAISE(
        std::shared_ptr<Buffer> offsets,
        arrow::AllocateBuffer(
            static_cast<std::int64_t>((rows.size() + 1) * sizeof(std::int32_t)), pool_));
    auto* out = reinterpret_cast<std::int32_t*>(offsets->mutable_data());
    std::int64_t end = 0;
    *out++ = 0;
    for (const RowRef& row : rows) {
      const Source& source = column[row.batch];
      const std::int64_t at = source.offset + row.row;
      const auto* from = reinterpret_cast<const std::int32_t*>(source.bytes(1)) + at;
      if (IsValid(source, at)) end += from[1] - from[0];
      if (end > std::numeric_limits<std::int32_t>::max()) {
        return arrow::Status::CapacityError("more than 2 GiB in a column of rows");
      }
      *out++ = static_cast<std::int32_t>(end);
    }
    return offsets;
  }

  arrow::Result<std::shared_ptr<ArrayData>> GatherBytes(
      const std::shared_ptr<arrow::DataType>& type, const Column& column, Rows rows) {
    ARROW_ASSIGN_OR_RAISE(Validity validity, GatherValidity(column, rows));
    ARROW_ASSIGN_OR_RAISE(auto offsets, GatherOffsets(column, rows));
    const auto* ends = reinterpret_cast<const std::int32_t*>(offsets->data()) + 1;
    const std::int64_t size = rows.empty() ? 0 : ends[rows.size() - 1];
    ARROW_ASSIGN_OR_RAISE(std::shared_ptr<Buffer> values,
                          arrow::AllocateBuffer(size, pool_));
    std::uint8_t* out = values->mutable_data();
    std::int32_t begin = 0;
    for (const RowRef& row : rows) {
      const Source& source = column[row.batch];
      const auto length = static_cast<std::size_t>(*ends - begin);
      begin = *ends++;
      if (length == 0) continue;
      const auto* from = reinterpret_cast<const std::int32_t*>(source.bytes(1));
      std::memcpy(out, source.bytes(2) + from[source.offset + row.row], length);
      out += length;
    }
    return Make(type, rows, std::move(validity), {std::move(offsets), std::move(values)});
  }

  arrow::Result<std::shared_ptr<ArrayData>> GatherStructs(
      const std::shared_ptr<arrow::DataType>& type, const Column& column, Rows rows) {
    ARROW_ASSIGN_OR_RAISE(Validity validity, GatherValidity(column, rows));
    auto gathered = Make(type, rows, std::move(validity), {});
    for (int i = 0; i < type->num_fields(); ++i) {
      Column member;
      for (const Source& source : column) {
        // A struct's members are not sliced with it.
        const ArrayData* child =
            source.data->child_data[static_cast<std::size_t>(i)].get();
        member.push_back({child, source.offset + child->offset});
      }
      ARROW_ASSIGN_OR_RAISE(auto values, Gather(type->field(i)->type(), member, rows));
      gathered->child_data.push_back(std::move(values));
    }
    return gathered;
  }

  // Lists, and maps, which are lists of structs of key and value.
  arrow::Result<std::shared_ptr<ArrayData>> GatherLists(
      const std::shared_ptr<arrow::DataType>& type, const Column& column, Rows rows) {
    ARROW_ASSIGN_OR_RAISE(Validity validity, GatherValidity(column, rows));
    ARROW_ASSIGN_OR_RAISE(auto offsets, GatherOffsets(column, rows));
    const auto* ends = reinterpret_cast<const std::int32_t*>(offsets->data()) + 1;
    std::vector<RowRef> elements;
    elements.reserve(rows.empty() ? 0 : static_cast<std::size_t>(ends[rows.size() - 1]));
    std::int32_t begin = 0;
    for (const RowRef& row : rows) {
      const Source& source = column[row.batch];
      const auto* from = reinterpret_cast<const std::int32_t*>(source.bytes(1));
      auto element = static_cast<std::uint32_t>(from[source.offset + row.row]);
      for (; begin < *ends; ++begin) elements.push_back({row.batch, element++});
      ++ends;
    }
    Column child;
    for (const Source& source : column) {
      const ArrayData* values = source.data->child_data[0].get();
      child.push_back({values, values->offset});
    }
    ARROW_ASSIGN_OR_RAISE(auto values, Gather(type->field(0)->type(), child, elements));
    auto gathered = Make(type, rows, std::move(validity), {std::move(offsets)});
    gathered->child_data.push_back(std::move(values));
    return gathered;
  }

  arrow::MemoryPool* pool_;
};

arrow::Result<std::shared_ptr<arrow::RecordBatch>> GatherColumns(
    const std::vector<std::shared_ptr<arrow::RecordBatch>>& batches, Rows rows,
    arrow::MemoryPool* pool) {
  Gatherer gatherer(pool);
  const arrow::Schema& schema = *batches.front()->schema();
  std::vector<std::shared_ptr<ArrayData>> columns;
  for (int i = 0; i < schema.num_fields(); ++i) {
    Column column;
    for (const auto& batch : batches) {
      const ArrayData* data = batch->column_data(i).get();
      column.push_back({data, data->offset});
    }
    ARROW_ASSIGN_OR_RAISE(auto gathered,
                          gatherer.Gather(schema.field(i)->type(), column, rows));
    columns.push_back(std::move(gathered));
  }
  return arrow::RecordBatch::Make(batches.front()->schema(),
                                  static_cast<std::int64_t>(rows.size()),
                                  std::move(columns));
}

}  // namespace

Result<std::shared_ptr<arrow::RecordBatch>> GatherRows(
    const std::vector<std::shared_ptr<arrow::RecordBatch>>& batches,
    std::span<const RowRef> rows, arrow::MemoryPool* pool) {
  auto gathered = GatherColumns(batches, rows, pool);
  if (!gathered.ok()) {
    return Fail(ErrorKind::kInternal, "cannot gather rows: {}",
                gathered.status().ToString());
  }
  return *std::move(gathered);
}

}  // namespace frazil
