#include "query/verify.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include <arrow/record_batch.h>

#include "base/memory_budget.h"
#include "engine/duck_database.h"
#include "pipeline/parts.h"
#include "pipeline/select.h"
#include "pipeline/worker_stage.h"
#include "query/table_reader.h"
#include "query/verify_letters.h"
#include "query/verify_places.h"
#include "query/verify_ranges.h"
#include "write/dead_letter.h"

namespace frazil {
namespace {

constexpr std::int64_t kMemoryBytes = 512LL << 20;
constexpr std::chrono::milliseconds kPollWait(100);
// So long may a source give nothing before it is taken for away.
constexpr std::chrono::seconds kPatience(60);

// One table, from both sides.
struct Side {
  explicit Side(const std::vector<int>& columns) : expected(columns), found(columns) {}

  RowHashSum expected;
  RowHashSum found;
  std::optional<PlaceList> expected_places;
  std::optional<PlaceList> found_places;
};

// Reads a Kafka source to the ends that ledgers name, or to its own if that comes first,
// beside the pipeline's own group.
SourceSpec ReplaySpec(const SourceSpec& source) {
  if (source.connector != "kafka") return source;
  SourceSpec replay = source;
  replay.options = Options();
  for (const Option& option : source.options.all()) {
    if (option.key.starts_with("scan.bounded.") || option.key == "scan.assignment") {
      continue;
    }
    (void)replay.options.Add(option);
  }
  (void)replay.options.Add({"scan.assignment", "static", source.place, source.place});
  (void)replay.options.Add(
      {"scan.bounded.mode", "latest-offset", source.place, source.place});
  return replay;
}

class StartAt : public SplitListener {
 public:
  explicit StartAt(Positions start) : start_(std::move(start)) {}

  Result<Positions> OnAssigned(const std::vector<Split>& splits) override {
    Positions positions;
    for (const Split& split : splits) {
      const auto found = start_.find(split);
      if (found == start_.end()) {
        return Fail(ErrorKind::kUnavailable, "{} appeared just now; try again",
                    split.ToString());
      }
      positions.insert(*found);
    }
    return positions;
  }
  void OnRevoked(const std::vector<Split>&) override {}
  void OnLost(const std::vector<Split>&) override {}

 private:
  Positions start_;
};

// The number of a batch's rows that come from its first `records` records.
std::int64_t RowsOf(const DecodedBatch& decoded, std::size_t records) {
  if (decoded.record_of_row.empty()) {
    return std::min(static_cast<std::int64_t>(records), decoded.rows->num_rows());
  }
  const auto& of_row = decoded.record_of_row;
  return std::lower_bound(of_row.begin(), of_row.end(), records) - of_row.begin();
}

class Verifier {
 public:
  Verifier(PipelinePlan replay, const PipelinePlan& plan,
           const OnVerifyProgress& progress)
      : plan_(plan),
        replay_(std::move(replay)),
        on_progress_(progress),
        budget_(kMemoryBytes),
        parts_(replay_, budget_) {}

  Result<VerifyReport> Run() {
    VerifyReport report;
    FRAZIL_ASSIGN(coverage_, CoverageOf(plan_));
    report.cannot_verify = coverage_.unknown_because;
    if (!report.cannot_verify.empty()) return report;
    DuckOptions duck;
    duck.memory_limit_bytes = kMemoryBytes;
    duck.threads = 2;
    duck.external_access = true;
    FRAZIL_ASSIGN(database_, DuckDatabase::Open(duck));
    FRAZIL_ASSIGN(connection_, database_->Connect());
    FRAZIL_ASSIGN(const LedgerCoverage replays, ReplayCoverageOf(plan_));
    FRAZIL_ASSIGN(letters_, VerifyLetters::Load(plan_, coverage_, replays, *connection_));
    FRAZIL_ASSIGN(report.cannot_verify, Prepare(report));
    if (!report.cannot_verify.empty()) return report;
    for (std::size_t i = 0; i < replay_.sources.size(); ++i) {
      FRAZIL_ASSIGN(report.cannot_verify, Replay(i));
      if (!report.cannot_verify.empty()) return report;
    }
    for (std::size_t i = 0; i < plan_.targets.size(); ++i) {
      FRAZIL_TRY(ReadFound(i));
      Conclude(i, report.tables[i]);
    }
    report.records = records_;
    report.replayable = replayable_;
    return report;
  }

 private:
  // Finds out what can be compared. \return why nothing can.
  Result<std::string> Prepare(VerifyReport& report) {
    std::vector<std::set<std::string>> unsteady(plan_.targets.size());
    for (const FlowPlan& flow : plan_.flows) {
      const TransformSpec spec = TransformSpecOf(plan_, flow);
      FRAZIL_ASSIGN(const SelectTraits traits, DescribeSelect(spec, database_.get()));
      if (!traits.row_wise) {
        return fmt::format(
            "what the SELECT into {} gives depends on where batches end: {}",
            spec.target_name, traits.not_row_wise_because);
      }
      for (const std::string& name : traits.nondeterministic_columns) {
        unsteady[flow.target].insert(name);
      }
    }
    if (plan_.dead_letter_target >= 0) {
      auto& columns = unsteady[static_cast<std::size_t>(plan_.dead_letter_target)];
      columns = {"message", "recorded_at"};
      // Written by the script of the time, which was mended since.
      if (letters_.was_replayed()) {
        columns.insert({"stage", "error_class", "failed_inserts", "replay_round"});
      }
    }
    for (std::size_t i = 0; i < plan_.targets.size(); ++i) {
      const TargetPlan& target = plan_.targets[i];
      TableVerdict verdict;
      verdict.table = target.name.ToString();
      verdict.left_out.assign(unsteady[i].begin(), unsteady[i].end());
      for (const Snapshot& snapshot : target.table->metadata->snapshots) {
        if (snapshot.summary.Find("engine-name") != "frazil") ++verdict.foreign_snapshots;
      }
      std::vector<int> columns;
      for (std::size_t c = 0; c < target.schema.fields.size(); ++c) {
        if (!unsteady[i].contains(target.schema.fields[c].name)) {
          columns.push_back(static_cast<int>(c));
        }
      }
      sides_.emplace_back(columns);
      AddPlaces(i);
      report.tables.push_back(std::move(verdict));
    }
    return std::string();
  }

  void AddPlaces(std::size_t target) {
    std::optional<PlaceColumns> columns = FindPlaceColumns(plan_, target, *connection_);
    std::set<std::string> streams;
    for (const auto& [split, position] : coverage_.end[target]) {
      streams.insert(split.source + "/" + split.stream);
    }
    if (!columns.has_value() || (columns->topic < 0 && streams.size() > 1)) return;
    sides_[target].expected_places.emplace(*columns);
    sides_[target].found_places.emplace(*columns);
  }

  // Reads a source again. \return why it cannot be.
  Result<std::string> Replay(std::size_t index) {
    FRAZIL_ASSIGN(const auto source, parts_.MakeSource(index));
    FRAZIL_TRY(source->Open());
    const SourceSpec& spec = replay_.spec.sources[replay_.sources[index]];
    const bool can_begin_earliest =
        spec.options.Get("scan.startup.mode") == "earliest-offset" ||
        spec.connector != "kafka";
    FRAZIL_ASSIGN(const ReplayRange range,
                  RangeOf(coverage_, *source, can_begin_earliest));
    if (!range.impossible_because.empty()) return range.impossible_because;
    std::map<Split, std::int64_t> left;
    for (const auto& [split, end] : range.end) {
      const std::int64_t begin = range.start.at(split).ordinal;
      left.emplace(split, end);
      offsets_ += end - begin;
    }
    StartAt listener(range.start);
    FRAZIL_ASSIGN(const auto decoder, parts_.MakeDecoder(index));
    FRAZIL_ASSIGN(const auto flows, parts_.MakeFlows(index));
    if (left.empty()) return std::string();
    for (const std::string& stream : source->CompactedStreams()) {
      compacted_.insert(spec.name + "/" + stream);
    }
    FRAZIL_TRY(source->Start(listener));
    auto last_batch = std::chrono::steady_clock::now();
    while (!left.empty()) {
      FRAZIL_ASSIGN(std::vector<RawBatch> batches, source->Poll(kPollWait));
      const auto now = std::chrono::steady_clock::now();
      if (!batches.empty()) last_batch = now;
      if (batches.empty() && source->IsAtEnd()) {
        const auto& [split, end] = *left.begin();
        return fmt::format(
            "{} ends before offset {}, up to which its rows are in the "
            "tables: the topic was cut short or made again",
            split.ToString(), end);
      }
      if (now - last_batch > kPatience) {
        return Fail(ErrorKind::kUnavailable, "{}: no records for {} s", source->name(),
                    kPatience.count());
      }
      for (RawBatch& batch : batches) {
        const auto wanted = left.find(batch.split);
        if (wanted == left.end()) continue;
        const bool is_done = batch.range.end.ordinal >= wanted->second;
        CutAt(wanted->second, batch);
        if (is_done) left.erase(wanted);
        FRAZIL_TRY(AddBatch(batch, *decoder, flows));
      }
      on_progress_(records_, offsets_);
    }
    source->Close();
    return std::string();
  }

  static void CutAt(std::int64_t end, RawBatch& batch) {
    batch.records.resize(RecordsBelow(batch, end));
  }

  // Records of a batch that a table's own account covers.
  RecordRun AccountOf(std::size_t target, const RawBatch& batch) const {
    const auto begin = coverage_.begin[target].find(batch.split);
    const auto end = coverage_.end[target].find(batch.split);
    if (end == coverage_.end[target].end()) return {0, 0};
    const std::size_t last = RecordsBelow(batch, end->second.ordinal);
    if (begin == coverage_.begin[target].end()) return {0, last};
    return {std::min(last, RecordsBelow(batch, begin->second.ordinal)), last};
  }

  Status AddBatch(const RawBatch& batch, Decoder& decoder,
                  const std::vector<Flow>& flows) {
    if (batch.records.empty()) return {};
    records_ += static_cast<std::int64_t>(batch.records.size());
    FRAZIL_ASSIGN(DecodedBatch decoded, decoder.Decode(batch, 0));
    std::vector<RecordFailure> failures = std::move(decoded.failures);
    for (const Flow& flow : flows) {
      const RecordRun account = AccountOf(flow.table, batch);
      for (const RecordRun& run : letters_.RunsOf(batch, flow.insert, account)) {
        FRAZIL_TRY(RunFlow(flow, decoded, run, failures));
      }
    }
    return AddDeadLetters(batch, std::move(failures));
  }

  Status RunFlow(const Flow& flow, const DecodedBatch& decoded, RecordRun run,
                 std::vector<RecordFailure>& failures) {
    const std::int64_t begin = RowsOf(decoded, run.begin);
    const std::int64_t end = RowsOf(decoded, run.end);
    if (begin >= end) return {};
    FRAZIL_ASSIGN(TransformedBatch made,
                  flow.transformer->Apply(decoded.rows->Slice(begin, end - begin)));
    for (RowFailure& failure : made.failures) {
      const auto row = static_cast<std::size_t>(begin + failure.row);
      const std::size_t record =
          decoded.record_of_row.empty() ? row : decoded.record_of_row[row];
      failures.push_back({record,
                          "transform",
                          std::move(failure.error_class),
                          std::move(failure.message),
                          {flow.insert}});
    }
    if (made.rows == nullptr || !run.is_held) return {};
    return AddExpected(flow.table, *made.rows);
  }

  // As a worker does it: a record is one dead letter, with the first reason.
  Status AddDeadLetters(const RawBatch& batch, std::vector<RecordFailure> failures) {
    if (plan_.dead_letter_target < 0 || failures.empty()) return {};
    const auto target = static_cast<std::size_t>(plan_.dead_letter_target);
    MergeFailures(failures);
    const RecordRun account = AccountOf(target, batch);
    std::erase_if(failures, [&](const RecordFailure& failure) {
      return failure.record_index < account.begin || failure.record_index >= account.end;
    });
    if (failures.empty()) return {};
    for (const RecordFailure& failure : failures) {
      still_failing_.emplace(batch.split, batch.records[failure.record_index].ordinal);
    }
    FRAZIL_ASSIGN(const auto rows, DeadLetterBatch(batch, failures, {plan_.name, 0}));
    return AddExpected(target, *rows);
  }

  Status AddExpected(std::size_t target, const arrow::RecordBatch& rows) {
    if (sides_[target].expected_places) sides_[target].expected_places->Add(rows);
    return sides_[target].expected.Add(rows);
  }

  Status ReadFound(std::size_t target) {
    if (static_cast<std::int64_t>(target) == plan_.dead_letter_target) {
      FRAZIL_ASSIGN(replayable_, letters_.Compare(plan_, still_failing_, *connection_,
                                                  sides_[target].found));
      return {};
    }
    return ReadTable(plan_, target, *connection_, "SELECT * FROM this_table",
                     [&](const arrow::RecordBatch& rows) {
                       Side& side = sides_[target];
                       if (side.found_places) side.found_places->Add(rows);
                       return side.found.Add(rows);
                     });
  }

  void Conclude(std::size_t target, TableVerdict& verdict) {
    Side& side = sides_[target];
    verdict.expected_rows = side.expected.row_count();
    verdict.found_rows = side.found.row_count();
    verdict.expected_hash = side.expected.sum();
    verdict.found_hash = side.found.sum();
    if (verdict.is_equal()) return;
    // More than the source gives today may be what it gave once.
    bool is_certain = verdict.found_rows < verdict.expected_rows;
    if (side.expected_places) {
      PlaceDifferences places = PlaceList::Differences(*std::move(side.expected_places),
                                                       *std::move(side.found_places));
      verdict.differences = std::move(places.lines);
      is_certain |= places.is_certain;
    }
    if (is_certain) return;
    for (const auto& [split, end] : coverage_.end[target]) {
      if (!compacted_.contains(split.source + "/" + split.stream)) continue;
      verdict.in_doubt = fmt::format(
          "topic '{}' is compacted and may no longer hold all that {} was made from, "
          "which has {} rows and would get {} today",
          split.stream, verdict.table, verdict.found_rows, verdict.expected_rows);
      return;
    }
  }

  const PipelinePlan& plan_;
  PipelinePlan replay_;
  const OnVerifyProgress& on_progress_;
  MemoryBudget budget_;
  PipelineParts parts_;
  LedgerCoverage coverage_;
  std::set<std::string> compacted_;  // "<source>/<stream>"
  std::unique_ptr<DuckDatabase> database_;
  std::unique_ptr<DuckConnection> connection_;
  std::vector<Side> sides_;
  VerifyLetters letters_;
  // Places of records that the script of today sets aside.
  VerifyLetters::Places still_failing_;
  std::int64_t replayable_ = 0;
  std::int64_t records_ = 0;
  std::int64_t offsets_ = 0;
};

}  // namespace

Result<VerifyReport> VerifyPipeline(const PipelinePlan& plan,
                                    const OnVerifyProgress& on_progress) {
  PipelinePlan replay;
  replay.spec = plan.spec;
  for (SourceSpec& source : replay.spec.sources) source = ReplaySpec(source);
  replay.settings = plan.settings;
  replay.name = plan.name;
  replay.io = plan.io;
  replay.database = plan.database;
  replay.sources = plan.sources;
  replay.targets = plan.targets;
  replay.flows = plan.flows;
  replay.dead_letter_target = plan.dead_letter_target;
  // A dead-letter topic is not written again.
  if (replay.settings.dead_letters == DeadLetterPolicy::kTopic) {
    replay.settings.dead_letters = DeadLetterPolicy::kFail;
  }
  Verifier verifier(std::move(replay), plan, on_progress);
  return verifier.Run();
}

}  // namespace frazil
