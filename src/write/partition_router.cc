#include "write/partition_router.h"

#include <algorithm>
#include <cstddef>
#include <span>
#include <utility>
#include <variant>

#include <arrow/array.h>
#include <arrow/memory_pool.h>
#include <arrow/record_batch.h>

namespace frazil {
namespace {

void AppendKey(const Literal& value, const Type& type, std::string& key) {
  if (IsNull(value)) {
    key += '\0';
    return;
  }
  const auto* bytes = std::get_if<std::string>(&value);
  const std::string text = bytes != nullptr ? *bytes : LiteralToString(value, type);
  key += '\1';
  key += std::to_string(text.size());
  key += ':';
  key += text;
}

// The batch and the row in it of a row counted across batches.
RowRef Locate(const std::vector<std::shared_ptr<arrow::RecordBatch>>& batches,
              std::size_t row) {
  std::uint32_t batch = 0;
  while (row >= static_cast<std::size_t>(batches[batch]->num_rows())) {
    row -= static_cast<std::size_t>(batches[batch++]->num_rows());
  }
  return {batch, static_cast<std::uint32_t>(row)};
}

}  // namespace

Result<std::shared_ptr<arrow::RecordBatch>> RoutedRows::Take(
    const RoutedPartition& partition, std::int64_t first, std::int64_t count) const {
  count = std::min(count, partition.row_count() - first);
  if (count <= 0) return batches_.front()->Slice(0, 0);
  const std::span<const RowRef> rows(
      order_.data() + partition.begin + static_cast<std::size_t>(first),
      static_cast<std::size_t>(count));
  const bool is_together =
      rows.front().batch == rows.back().batch &&
      rows.back().row - rows.front().row == static_cast<std::uint32_t>(count - 1);
  if (!is_together) return GatherRows(batches_, rows, arrow::default_memory_pool());
  const auto& batch = batches_[rows.front().batch];
  return count == batch->num_rows() ? batch : batch->Slice(rows.front().row, count);
}

Result<PartitionRouter> PartitionRouter::Make(const Schema& schema,
                                              const PartitionSpec& spec) {
  PartitionRouter router;
  for (const PartitionField& field : spec.fields) {
    FRAZIL_ASSIGN(BoundPartitionField bound, BoundPartitionField::Bind(schema, field));
    router.fields_.push_back(std::move(bound));
  }
  return router;
}

void PartitionRouter::FillPartitions(const Sources& sources, RoutedRows& routed) const {
  routed.partitions_.resize(grouping_.first_row.size());
  for (std::size_t group = 0; group < routed.partitions_.size(); ++group) {
    RoutedPartition& partition = routed.partitions_[group];
    const RowRef row = Locate(routed.batches_, grouping_.first_row[group]);
    for (std::size_t i = 0; i < fields_.size(); ++i) {
      Literal value = fields_[i].ValueAt(sources[i][row.batch].get(), row.row);
      AppendKey(value, fields_[i].result_type(), partition.key);
      partition.values.push_back(std::move(value));
    }
  }
}

// A counting sort by group.
void PartitionRouter::FillOrder(RoutedRows& routed) const {
  for (const std::uint32_t group : grouping_.group_of_row)
    ++routed.partitions_[group].end;
  std::size_t begin = 0;
  for (RoutedPartition& partition : routed.partitions_) {
    partition.begin = begin;
    begin += partition.end;
    partition.end = partition.begin;
  }
  routed.order_.resize(grouping_.group_of_row.size());
  const std::uint32_t* group = grouping_.group_of_row.data();
  for (std::uint32_t batch = 0; batch < routed.batches_.size(); ++batch) {
    const auto row_count = static_cast<std::uint32_t>(routed.batches_[batch]->num_rows());
    for (std::uint32_t row = 0; row < row_count; ++row) {
      routed.order_[routed.partitions_[*group++].end++] = {batch, row};
    }
  }
}

Result<RoutedRows> PartitionRouter::Route(
    std::vector<std::shared_ptr<arrow::RecordBatch>> batches) {
  RoutedRows routed;
  std::size_t row_count = 0;
  for (const auto& batch : batches)
    row_count += static_cast<std::size_t>(batch->num_rows());
  routed.batches_ = std::move(batches);
  grouping_.Reset(row_count);
  Sources sources(fields_.size());
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    for (const auto& batch : routed.batches_) {
      FRAZIL_ASSIGN(auto source, fields_[i].SourceOf(*batch));
      sources[i].push_back(std::move(source));
    }
    fields_[i].Split(sources[i], splitters_, grouping_);
  }
  FillPartitions(sources, routed);
  FillOrder(routed);
  return routed;
}

}  // namespace frazil
