#include "write/parquet_layout.h"

#include <utility>

#include <arrow/array.h>
#include <arrow/extension/uuid.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "model/arrow_schema.h"
#include "write/required_columns.h"

namespace frazil {
namespace {

// --- The file's Arrow types: uuid as extension type, all else as ArrowTypeOf ---

std::shared_ptr<arrow::Field> FileFieldOf(const SchemaField& field);

std::shared_ptr<arrow::DataType> FileTypeOf(const Type& type) {
  if (type.id() == TypeId::kUuid) return arrow::extension::uuid();
  if (!type.is_nested()) return ArrowTypeOf(type);
  arrow::FieldVector fields;
  for (const SchemaField& field : type.fields()) fields.push_back(FileFieldOf(field));
  if (type.id() == TypeId::kStruct) return arrow::struct_(std::move(fields));
  if (type.id() == TypeId::kList) return arrow::list(fields.at(0)->WithName("element"));
  return std::make_shared<arrow::MapType>(
      fields.at(0)->WithName("key")->WithNullable(false),
      fields.at(1)->WithName("value"));
}

std::shared_ptr<arrow::Field> FileFieldOf(const SchemaField& field) {
  return ArrowFieldOf(field)->WithType(FileTypeOf(field.type));
}

// --- Leaves ---

struct Place {
  std::string path;
  std::string parquet_path;
  std::vector<int> indexes;
  bool is_repeated = false;

  [[nodiscard]] Place Inside(const std::string& name, const std::string& parquet_name,
                             int index) const {
    Place inner = *this;
    inner.path += path.empty() ? name : "." + name;
    inner.parquet_path += parquet_path.empty() ? parquet_name : "." + parquet_name;
    inner.indexes.push_back(index);
    return inner;
  }
};

void CollectLeaves(const SchemaField& field, Place place, const MetricsConfig& metrics,
                   std::vector<LeafColumn>& leaves) {
  const std::vector<SchemaField>& members = field.type.fields();
  switch (field.type.id()) {
    case TypeId::kStruct:
      for (std::size_t i = 0; i < members.size(); ++i) {
        CollectLeaves(members[i],
                      place.Inside(members[i].name, members[i].name, static_cast<int>(i)),
                      metrics, leaves);
      }
      return;
    case TypeId::kList:
      place.is_repeated = true;
      CollectLeaves(members.at(0), place.Inside("element", "list.element", 0), metrics,
                    leaves);
      return;
    case TypeId::kMap:
      place.is_repeated = true;
      CollectLeaves(members.at(0), place.Inside("key", "key_value.key", 0), metrics,
                    leaves);
      CollectLeaves(members.at(1), place.Inside("value", "key_value.value", 1), metrics,
                    leaves);
      return;
    default:
      leaves.push_back({field.field_id, field.type, std::move(place.path),
                        std::move(place.parquet_path), place.is_repeated,
                        std::move(place.indexes), metrics.ModeOf(field.field_id)});
  }
}

std::vector<std::int32_t> SortFieldIds(const TableMetadata& metadata) {
  std::vector<std::int32_t> ids;
  for (const SortOrder& order : metadata.sort_orders) {
    if (order.order_id != metadata.default_sort_order_id) continue;
    for (const SortField& field : order.fields) ids.push_back(field.source_id);
  }
  return ids;
}

// --- Rows under the file's types ---

// True if arrays of `given` have the buffers that `wanted` needs. Names of list and map
// members and nullability do not matter: nulls are looked for in the rows themselves.
bool HasSameBuffers(const arrow::DataType& given, const arrow::DataType& wanted) {
  if (wanted.id() == arrow::Type::EXTENSION) {
    const auto& storage =
        *static_cast<const arrow::ExtensionType&>(wanted).storage_type();
    return HasSameBuffers(
        given.id() == arrow::Type::EXTENSION
            ? *static_cast<const arrow::ExtensionType&>(given).storage_type()
            : given,
        storage);
  }
  if (given.id() != wanted.id() || given.num_fields() != wanted.num_fields())
    return false;
  if (wanted.id() == arrow::Type::TIMESTAMP) {
    const auto& timestamps = static_cast<const arrow::TimestampType&>(wanted);
    const auto& others = static_cast<const arrow::TimestampType&>(given);
    // The values count from the epoch in UTC, whatever zone is for display.
    return timestamps.unit() == others.unit() &&
           timestamps.timezone().empty() == others.timezone().empty();
  }
  if (wanted.num_fields() == 0) return given.Equals(wanted);
  for (int i = 0; i < wanted.num_fields(); ++i) {
    if (wanted.id() == arrow::Type::STRUCT &&
        given.field(i)->name() != wanted.field(i)->name()) {
      return false;
    }
    if (!HasSameBuffers(*given.field(i)->type(), *wanted.field(i)->type())) return false;
  }
  return true;
}

// The same values as the field says. What is null in a required one, nobody sees, since the
// struct or list around it is null; Arrow's writer would refuse it all the same.
std::shared_ptr<arrow::ArrayData> ValuesAs(const arrow::Field& field,
                                           const arrow::ArrayData& data) {
  auto copy = std::make_shared<arrow::ArrayData>(data);
  copy->type = field.type();
  if (!field.nullable()) {
    copy->buffers[0] = nullptr;
    copy->null_count = 0;
  }
  for (std::size_t i = 0; i < copy->child_data.size(); ++i) {
    copy->child_data[i] =
        ValuesAs(*field.type()->field(static_cast<int>(i)), *copy->child_data[i]);
  }
  return copy;
}

}  // namespace

Result<std::shared_ptr<const ParquetLayout>> ParquetLayout::Make(
    const TableMetadata& metadata) {
  std::shared_ptr<ParquetLayout> layout(new ParquetLayout());
  layout->schema_ = metadata.CurrentSchema();
  FRAZIL_ASSIGN(layout->options_, ParseParquetOptions(metadata.properties));
  const MetricsConfig metrics =
      MetricsConfig::Make(layout->schema_, metadata.properties, SortFieldIds(metadata));
  arrow::FieldVector fields;
  for (std::size_t i = 0; i < layout->schema_.fields.size(); ++i) {
    const SchemaField& field = layout->schema_.fields[i];
    fields.push_back(FileFieldOf(field));
    CollectLeaves(field, Place().Inside(field.name, field.name, static_cast<int>(i)),
                  metrics, layout->leaves_);
  }
  if (layout->leaves_.empty()) {
    return Fail(ErrorKind::kNotSupported, "a table without columns cannot be written");
  }
  layout->file_schema_ = arrow::schema(std::move(fields));
  return std::shared_ptr<const ParquetLayout>(std::move(layout));
}

Result<std::shared_ptr<arrow::RecordBatch>> ParquetLayout::Adopt(
    const std::shared_ptr<arrow::RecordBatch>& rows) const {
  if (rows->num_columns() != file_schema_->num_fields()) {
    return Fail(ErrorKind::kInvalidArgument, "rows have {} columns, the table has {}",
                rows->num_columns(), file_schema_->num_fields());
  }
  std::vector<std::shared_ptr<arrow::ArrayData>> columns = rows->column_data();
  for (int i = 0; i < rows->num_columns(); ++i) {
    const arrow::Field& wanted = *file_schema_->field(i);
    std::shared_ptr<arrow::ArrayData>& column = columns[static_cast<std::size_t>(i)];
    if (!HasSameBuffers(*column->type, *wanted.type())) {
      return Fail(
          ErrorKind::kInvalidArgument,
          "column {} of the rows has another type than the table: {} instead of {}",
          wanted.name(), column->type->ToString(), wanted.type()->ToString());
    }
    FRAZIL_TRY(
        CheckRequired(schema_.fields[static_cast<std::size_t>(i)], *rows->column(i)));
    column = ValuesAs(wanted, *column);
  }
  return arrow::RecordBatch::Make(file_schema_, rows->num_rows(), std::move(columns));
}

}  // namespace frazil
