#include "query/verify_places.h"

#include <algorithm>
#include <iterator>
#include <set>

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <fmt/format.h>

#include "base/json.h"
#include "engine/names.h"
#include "engine/query_tree.h"

namespace frazil {
namespace {

constexpr std::int64_t kMaxPlaces = 20'000'000;
// Runs of offsets that a line names.
constexpr std::size_t kMaxRuns = 20;

// The columns of the source that each item of a SELECT list takes as they are; "" for an
// item that computes something.
std::vector<std::string> PlainItems(const Json& node, const SourceSpec& source) {
  std::vector<std::string> items;
  const auto list = node.find("select_list");
  if (TextMember(node, "type") != "SELECT_NODE" || list == node.end()) return items;
  for (const Json& item : *list) {
    if (TextMember(item, "class") == "STAR") {
      for (const ColumnSpec& column : source.columns) items.push_back(column.name);
      continue;
    }
    const auto names = item.find("column_names");
    const bool is_column = TextMember(item, "class") == "COLUMN_REF" &&
                           names != item.end() && names->is_array() && !names->empty() &&
                           names->back().is_string();
    items.push_back(is_column ? names->back().get<std::string>() : "");
  }
  return items;
}

bool ReadsSource(const Json& node, const SourceSpec& source, const PipelineSpec& spec) {
  const auto from = node.find("from_table");
  if (from == node.end() || TextMember(*from, "type") != "BASE_TABLE") return false;
  const std::string name = BaseTableName(*from);
  const bool is_view =
      std::any_of(spec.views.begin(), spec.views.end(),
                  [&](const ViewSpec& view) { return SameName(view.name, name); });
  return !is_view && SameName(name, source.name);
}

std::string MetadataKeyOf(const SourceSpec& source, const std::string& name) {
  for (const ColumnSpec& column : source.columns) {
    if (SameName(column.name, name)) return column.metadata_key.value_or("");
  }
  return "";
}

int ColumnIndex(const Schema& schema, const std::string& name) {
  for (std::size_t i = 0; i < schema.fields.size(); ++i) {
    if (SameName(schema.fields[i].name, name)) return static_cast<int>(i);
  }
  return -1;
}

// A column of whole numbers: -1 stands for null.
std::int64_t NumberAt(const arrow::Array& column, std::int64_t row) {
  if (column.IsNull(row)) return -1;
  if (column.type_id() == arrow::Type::INT32) {
    return static_cast<const arrow::Int32Array&>(column).Value(row);
  }
  return static_cast<const arrow::Int64Array&>(column).Value(row);
}

std::string Runs(const std::vector<std::int64_t>& offsets) {
  std::string text;
  std::size_t runs = 0;
  for (std::size_t i = 0; i < offsets.size();) {
    std::size_t last = i;
    while (last + 1 < offsets.size() && offsets[last + 1] <= offsets[last] + 1) ++last;
    if (++runs > kMaxRuns) return fmt::format("{}, ...", text);
    if (!text.empty()) text += ", ";
    text += offsets[i] == offsets[last] ? fmt::format("{}", offsets[i])
                                        : fmt::format("{}-{}", offsets[i], offsets[last]);
    i = last + 1;
  }
  return text;
}

using Offsets = std::vector<std::int64_t>;

void AddLine(std::string_view kind, const std::pair<std::string, std::int64_t>& stream,
             const Offsets& offsets, std::vector<std::string>& lines) {
  if (offsets.empty()) return;
  const std::string name = stream.first.empty()
                               ? fmt::format("partition {}", stream.second)
                               : fmt::format("{}-{}", stream.first, stream.second);
  lines.push_back(fmt::format("{}: {}: {}", kind, name, Runs(offsets)));
}

}  // namespace

std::optional<PlaceColumns> FindPlaceColumns(const PipelinePlan& plan, std::size_t target,
                                             DuckConnection& connection) {
  const FlowPlan* only = nullptr;
  for (const FlowPlan& flow : plan.flows) {
    if (flow.target != target) continue;
    if (only != nullptr) return std::nullopt;
    only = &flow;
  }
  if (only == nullptr) return std::nullopt;
  const InsertSpec& insert = plan.spec.inserts[only->insert];
  const SourceSpec& source = plan.spec.sources[plan.sources[only->source]];
  const auto tree = QueryTree::Parse(connection, insert.select);
  if (!tree.has_value() || !ReadsSource(tree->node(), source, plan.spec)) {
    return std::nullopt;
  }
  const Schema& schema = plan.targets[target].schema;
  const std::vector<std::string> items = PlainItems(tree->node(), source);
  PlaceColumns columns;
  for (std::size_t i = 0; i < items.size(); ++i) {
    const std::string key = MetadataKeyOf(source, items[i]);
    const int index = !insert.columns.empty() && i < insert.columns.size()
                          ? ColumnIndex(schema, insert.columns[i])
                          : static_cast<int>(i);
    if (index >= static_cast<int>(schema.fields.size())) return std::nullopt;
    if (key == "partition") columns.partition = index;
    if (key == "offset") columns.offset = index;
    if (key == "topic") columns.topic = index;
  }
  if (columns.partition < 0 || columns.offset < 0) return std::nullopt;
  for (const int index : {columns.partition, columns.offset}) {
    const TypeId id = schema.fields[static_cast<std::size_t>(index)].type.id();
    if (id != TypeId::kInt && id != TypeId::kLong) return std::nullopt;
  }
  return columns;
}

void PlaceList::Add(const arrow::RecordBatch& rows) {
  count_ += rows.num_rows();
  if (count_ > kMaxPlaces) {
    is_complete_ = false;
    offsets_.clear();
  }
  if (!is_complete_) return;
  const auto partitions = rows.column(columns_.partition);
  const auto offsets = rows.column(columns_.offset);
  const auto topics = columns_.topic < 0 ? nullptr : rows.column(columns_.topic);
  Stream stream;
  std::vector<std::int64_t>* list = nullptr;
  for (std::int64_t row = 0; row < rows.num_rows(); ++row) {
    std::string_view topic;
    if (topics != nullptr && topics->IsValid(row)) {
      topic = static_cast<const arrow::StringArray&>(*topics).GetView(row);
    }
    const std::int64_t partition = NumberAt(*partitions, row);
    if (list == nullptr || stream.second != partition || stream.first != topic) {
      stream = {std::string(topic), partition};
      list = &offsets_[stream];
    }
    list->push_back(NumberAt(*offsets, row));
  }
}

PlaceDifferences PlaceList::Differences(PlaceList expected, PlaceList found) {
  PlaceDifferences differences;
  if (!expected.is_complete_ || !found.is_complete_) return differences;
  bool has_foreign = false;
  std::set<Stream> streams;
  for (const auto& [stream, offsets] : expected.offsets_) streams.insert(stream);
  for (const auto& [stream, offsets] : found.offsets_) streams.insert(stream);
  for (const Stream& stream : streams) {
    Offsets& wanted = expected.offsets_[stream];
    Offsets& there = found.offsets_[stream];
    std::sort(wanted.begin(), wanted.end());
    std::sort(there.begin(), there.end());
    Offsets missing;
    Offsets extra;
    std::set_difference(wanted.begin(), wanted.end(), there.begin(), there.end(),
                        std::back_inserter(missing));
    std::set_difference(there.begin(), there.end(), wanted.begin(), wanted.end(),
                        std::back_inserter(extra));
    Offsets doubled;
    Offsets foreign;
    for (const std::int64_t offset : extra) {
      const bool is_known = std::binary_search(wanted.begin(), wanted.end(), offset);
      (is_known ? doubled : foreign).push_back(offset);
    }
    AddLine("missing", stream, missing, differences.lines);
    AddLine("doubled", stream, doubled, differences.lines);
    AddLine("not from the source", stream, foreign, differences.lines);
    differences.is_certain |= !missing.empty() || !doubled.empty();
    has_foreign |= !foreign.empty();
  }
  // With every row in its place it is the values that differ.
  differences.is_certain |= !has_foreign;
  return differences;
}

}  // namespace frazil
