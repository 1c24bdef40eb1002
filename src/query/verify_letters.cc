#include "query/verify_letters.h"

#include <algorithm>

#include <arrow/array.h>
#include <arrow/record_batch.h>

#include "config/sql/token.h"
#include "engine/query_tree.h"
#include "pipeline/replay.h"
#include "query/table_reader.h"

namespace frazil {
namespace {

// Adds the rows of the batch that are at one of the places; counts the others.
Status CompareBatch(const arrow::RecordBatch& batch, const VerifyLetters::Places& places,
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

// Whether a replay that stands here has run the row of a letter.
bool WasRun(const ReplayPositions& positions, const Split& split, std::int64_t offset,
            std::int32_t round) {
  const auto found = positions.find(split);
  if (found == positions.end()) return false;
  const ReplayPosition& at = found->second;
  if (round == 0) return offset < std::max(at.offset, at.new_from);
  return round + 1 < at.round || (round + 1 == at.round && offset < at.offset);
}

// Neighbours of one kind are one run.
void Append(RecordRun run, std::vector<RecordRun>& runs) {
  if (run.begin >= run.end) return;
  if (!runs.empty() && runs.back().end == run.begin &&
      runs.back().is_held == run.is_held) {
    runs.back().end = run.end;
  } else {
    runs.push_back(run);
  }
}

Result<ReplayPositions> TakeApart(const Positions& positions) {
  ReplayPositions apart;
  for (const auto& [split, position] : positions) {
    FRAZIL_ASSIGN(apart[split], ReplayPosition::From(position));
  }
  return apart;
}

// The dead letters of a source that one INSERT could not make rows of, with the last round in
// which it could not.
Status LoadExceptions(const PipelinePlan& plan, const std::string& source,
                      const std::string& insert, DuckConnection& connection,
                      LetterExceptions& exceptions) {
  return ReadTable(
      plan, static_cast<std::size_t>(plan.dead_letter_target), connection,
      fmt::format(
          "SELECT topic, \"partition\", \"offset\", max(replay_round) FROM "
          "this_table WHERE source = {} AND (len(coalesce(failed_inserts, [])) = 0 "
          "OR list_contains(failed_inserts, {})) GROUP BY ALL",
          QuoteSqlText(source), QuoteSqlText(insert)),
      [&](const arrow::RecordBatch& batch) -> Status {
        const auto& topics = static_cast<const arrow::StringArray&>(*batch.column(0));
        const auto& partitions = static_cast<const arrow::Int32Array&>(*batch.column(1));
        const auto& offsets = static_cast<const arrow::Int64Array&>(*batch.column(2));
        const auto& rounds = static_cast<const arrow::Int32Array&>(*batch.column(3));
        for (std::int64_t i = 0; i < batch.num_rows(); ++i) {
          exceptions.Add({source, topics.GetString(i), partitions.Value(i)},
                         offsets.Value(i), rounds.Value(i));
        }
        return {};
      });
}

}  // namespace

LetterExceptions::LetterExceptions(Positions account, ReplayPositions replayed_from,
                                   ReplayPositions replayed_to)
    : account_(std::move(account)),
      replayed_from_(std::move(replayed_from)),
      replayed_to_(std::move(replayed_to)) {}

void LetterExceptions::Add(const Split& split, std::int64_t offset, std::int32_t round) {
  const bool is_held = WasRun(replayed_to_, split, offset, round) &&
                       !WasRun(replayed_from_, split, offset, round);
  const auto begin = account_.find(split);
  const bool is_in_account = begin == account_.end() || offset >= begin->second.ordinal;
  if (is_held && is_in_account) return;
  is_held_[split].emplace(offset, is_held);
}

std::vector<RecordRun> LetterExceptions::RunsOf(const RawBatch& batch,
                                                RecordRun account) const {
  std::vector<RecordRun> runs;
  std::size_t next = account.begin;  // of the account, not given yet
  const auto of_split = is_held_.find(batch.split);
  if (of_split != is_held_.end() && !batch.records.empty()) {
    const auto end = of_split->second.upper_bound(batch.records.back().ordinal);
    for (auto letter = of_split->second.lower_bound(batch.records.front().ordinal);
         letter != end; ++letter) {
      const std::size_t record = RecordsBelow(batch, letter->first);
      if (record >= batch.records.size() ||
          batch.records[record].ordinal != letter->first) {
        continue;
      }
      const std::size_t reached = std::min(record, account.end);
      Append({next, reached, account.is_held}, runs);
      next = std::max(next, std::min(record + 1, account.end));
      Append({record, record + 1, letter->second}, runs);
    }
  }
  Append({next, account.end, account.is_held}, runs);
  return runs;
}

Result<VerifyLetters> VerifyLetters::Load(const PipelinePlan& plan,
                                          const LedgerCoverage& coverage,
                                          const LedgerCoverage& replays,
                                          DuckConnection& connection) {
  VerifyLetters letters;
  if (plan.dead_letter_target < 0) return letters;
  const auto& target = plan.targets[static_cast<std::size_t>(plan.dead_letter_target)];
  FRAZIL_ASSIGN(const ReplayPositions positions, ReadReplayPositions(plan, plan.name));
  letters.was_replayed_ = !positions.empty();
  std::string columns;
  for (const SchemaField& field : target.schema.fields) {
    if (!columns.empty()) columns += ", ";
    columns += QuoteSqlName(field.name);
  }
  letters.open_sql_ = fmt::format(
      "SELECT {} FROM ({}) AS letters WHERE state <> 'replayed' QUALIFY row_number() "
      "OVER (PARTITION BY source, topic, \"partition\", \"offset\" ORDER BY replay_round "
      "DESC) = 1",
      columns, LettersSql("this_table", positions));
  const std::vector<std::string> inserts = InsertNames(plan);
  for (std::size_t i = 0; i < inserts.size(); ++i) {
    const FlowPlan& flow = plan.flows[i];
    FRAZIL_ASSIGN(ReplayPositions from, TakeApart(replays.begin[flow.target]));
    FRAZIL_ASSIGN(ReplayPositions to, TakeApart(replays.end[flow.target]));
    LetterExceptions exceptions(coverage.begin[flow.target], std::move(from),
                                std::move(to));
    const std::string& source = plan.spec.sources[plan.sources[flow.source]].name;
    FRAZIL_TRY(LoadExceptions(plan, source, inserts[i], connection, exceptions));
    letters.exceptions_.emplace(inserts[i], std::move(exceptions));
  }
  return letters;
}

std::vector<RecordRun> VerifyLetters::RunsOf(const RawBatch& batch,
                                             const std::string& insert,
                                             RecordRun account) const {
  const auto exceptions = exceptions_.find(insert);
  if (exceptions != exceptions_.end()) return exceptions->second.RunsOf(batch, account);
  return {account};
}

Result<std::int64_t> VerifyLetters::Compare(const PipelinePlan& plan,
                                            const Places& places,
                                            DuckConnection& connection,
                                            RowHashSum& found) const {
  std::int64_t elsewhere = 0;
  if (open_sql_.empty()) return elsewhere;
  FRAZIL_TRY(ReadTable(plan, static_cast<std::size_t>(plan.dead_letter_target),
                       connection, open_sql_, [&](const arrow::RecordBatch& batch) {
                         return CompareBatch(batch, places, found, elsewhere);
                       }));
  return elsewhere;
}

}  // namespace frazil
