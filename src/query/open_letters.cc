#include "query/open_letters.h"

#include <algorithm>

#include <arrow/array.h>
#include <arrow/record_batch.h>

#include "config/sql/token.h"
#include "engine/iceberg_scan.h"
#include "engine/query_tree.h"
#include "pipeline/replay.h"
#include "source/dead_letters/dead_letter_rows.h"

namespace frazil {
namespace {

constexpr std::int64_t kRowsPerFetch = 4096;

// Adds the rows of the batch that are at one of the places; counts the others.
Status CompareBatch(const arrow::RecordBatch& batch, const OpenLetters::Places& places,
                    RowHashSum& found, std::int64_t& elsewhere) {
  const auto sources = batch.GetColumnByName("source");
  const auto topics = batch.GetColumnByName("topic");
  const auto partitions = batch.GetColumnByName("partition");
  const auto offsets = batch.GetColumnByName("offset");
  for (std::int64_t i = 0; i < batch.num_rows(); ++i) {
    const Split split{static_cast<const arrow::StringArray&>(*sources).GetString(i),
                      static_cast<const arrow::StringArray&>(*topics).GetString(i),
                      static_cast<const arrow::Int32Array&>(*partitions).Value(i)};
    const auto offset = static_cast<const arrow::Int64Array&>(*offsets).Value(i);
    if (!places.contains({split, offset})) {
      ++elsewhere;
      continue;
    }
    FRAZIL_TRY(found.Add(*batch.Slice(i, 1)));
  }
  return {};
}

}  // namespace

Result<OpenLetters> OpenLetters::Load(const PipelinePlan& plan,
                                      DuckConnection& connection) {
  OpenLetters letters;
  if (plan.dead_letter_target < 0) return letters;
  const auto& target = plan.targets[static_cast<std::size_t>(plan.dead_letter_target)];
  FRAZIL_ASSIGN(const ReplayPositions positions, ReadReplayPositions(plan, plan.name));
  letters.was_replayed_ = !positions.empty();
  if (!target.table.has_value()) {
    return Fail(ErrorKind::kNotFound, "no such table: {}", target.name.ToString());
  }
  FRAZIL_ASSIGN(const std::string scan, ScanSql(*target.table->metadata, *plan.io));
  std::string columns;
  for (const SchemaField& field : target.schema.fields) {
    if (!columns.empty()) columns += ", ";
    columns += QuoteSqlName(field.name);
  }
  letters.sql_ = fmt::format(
      "SELECT {} FROM ({}) AS letters WHERE state <> 'replayed' QUALIFY row_number() "
      "OVER "
      "(PARTITION BY source, topic, \"partition\", \"offset\" ORDER BY replay_round "
      "DESC) "
      "= 1",
      columns, LettersSql("(" + scan + ")", positions));
  for (const std::size_t source : plan.sources) {
    FRAZIL_TRY(letters.LoadInserts(plan.spec.sources[source].name, connection));
  }
  return letters;
}

Status OpenLetters::LoadInserts(const std::string& source, DuckConnection& connection) {
  FRAZIL_ASSIGN(const auto statement, connection.Prepare(fmt::format(
                                          "SELECT {} FROM ({}) AS open WHERE source = {}",
                                          kLetterColumns, sql_, QuoteSqlText(source))));
  FRAZIL_ASSIGN(const auto rows, statement->Run());
  while (true) {
    FRAZIL_ASSIGN(const auto batch, rows->Next(kRowsPerFetch));
    if (batch == nullptr) return {};
    for (const LetterRun& run : RecordsOf(batch)) {
      auto& of_split = inserts_[Split{source, run.topic, run.partition}];
      for (const RawRecord& record : run.records) {
        of_split[record.ordinal] = run.inserts;
      }
    }
  }
}

std::vector<std::size_t> OpenLetters::RecordsWithout(const RawBatch& batch,
                                                     const std::string& insert) const {
  std::vector<std::size_t> records;
  const auto of_split = inserts_.find(batch.split);
  if (of_split == inserts_.end() || batch.records.empty()) return records;
  const auto end = of_split->second.upper_bound(batch.records.back().ordinal);
  for (auto letter = of_split->second.lower_bound(batch.records.front().ordinal);
       letter != end; ++letter) {
    const auto& [offset, inserts] = *letter;
    if (!inserts.empty() &&
        std::find(inserts.begin(), inserts.end(), insert) == inserts.end()) {
      continue;
    }
    const auto record = std::lower_bound(
        batch.records.begin(), batch.records.end(), offset,
        [](const RawRecord& a, std::int64_t ordinal) { return a.ordinal < ordinal; });
    if (record != batch.records.end() && record->ordinal == offset) {
      records.push_back(static_cast<std::size_t>(record - batch.records.begin()));
    }
  }
  return records;
}

Result<std::int64_t> OpenLetters::Compare(const Places& places,
                                          DuckConnection& connection,
                                          RowHashSum& found) const {
  std::int64_t elsewhere = 0;
  if (sql_.empty()) return elsewhere;
  FRAZIL_ASSIGN(const auto statement, connection.Prepare(sql_));
  FRAZIL_ASSIGN(const auto rows, statement->Run());
  while (true) {
    FRAZIL_ASSIGN(const auto batch, rows->Next(kRowsPerFetch));
    if (batch == nullptr) return elsewhere;
    FRAZIL_TRY(CompareBatch(*batch, places, found, elsewhere));
  }
}

}  // namespace frazil
