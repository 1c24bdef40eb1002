#include "query/verify.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include <arrow/record_batch.h>

#include "base/memory_budget.h"
#include "engine/duck_database.h"
#include "pipeline/parts.h"
#include "pipeline/select.h"
#include "query/table_reader.h"
#include "query/verify_expected.h"
#include "query/verify_letters.h"
#include "query/verify_places.h"
#include "query/verify_ranges.h"
#include "query/verify_source.h"

namespace frazil {
namespace {

constexpr std::int64_t kMemoryBytes = 512LL << 20;

// One table, from both sides.
struct Side {
  explicit Side(const std::vector<int>& columns) : expected(columns), found(columns) {}

  RowHashSum expected;
  RowHashSum found;
  std::optional<PlaceList> expected_places;
  std::optional<PlaceList> found_places;
};

// By target, the columns that need not come out the same.
using UnsteadyColumns = std::vector<std::set<std::string>>;

std::int64_t ForeignSnapshotsOf(const TargetPlan& target) {
  if (!target.table.has_value()) return 0;
  const auto& snapshots = target.table->metadata->snapshots;
  return std::count_if(snapshots.begin(), snapshots.end(), [](const Snapshot& snapshot) {
    return snapshot.summary.Find("engine-name") != "frazil";
  });
}

class Verifier {
 public:
  Verifier(const PipelinePlan& plan, PipelinePlan again, const OnVerifyProgress& progress)
      : plan_(plan),
        again_(std::move(again)),
        on_progress_(progress),
        budget_(kMemoryBytes),
        parts_(again_, budget_) {}

  Result<VerifyReport> Run() {
    FRAZIL_ASSIGN(coverage_, CoverageOf(plan_));
    if (!coverage_.unknown_because.empty()) return Impossible(coverage_.unknown_because);
    FRAZIL_TRY(OpenDatabase());
    FRAZIL_ASSIGN(const LedgerCoverage replays, ReplayCoverageOf(plan_));
    FRAZIL_ASSIGN(letters_, VerifyLetters::Load(plan_, coverage_, replays, *connection_));
    UnsteadyColumns unsteady;
    FRAZIL_ASSIGN(std::string reason, FindUnsteady(unsteady));
    if (!reason.empty()) return Impossible(std::move(reason));
    for (std::size_t i = 0; i < plan_.targets.size(); ++i) AddTable(i, unsteady[i]);
    FRAZIL_ASSIGN(reason, ReadSources());
    if (!reason.empty()) return Impossible(std::move(reason));
    for (std::size_t i = 0; i < plan_.targets.size(); ++i) {
      FRAZIL_TRY(ReadFound(i));
      Conclude(i, report_.tables[i]);
    }
    return std::move(report_);
  }

 private:
  static VerifyReport Impossible(std::string reason) {
    VerifyReport report;
    report.cannot_verify = std::move(reason);
    return report;
  }

  Status OpenDatabase() {
    DuckOptions duck;
    duck.memory_limit_bytes = kMemoryBytes;
    duck.threads = 2;
    duck.external_access = true;
    FRAZIL_ASSIGN(database_, DuckDatabase::Open(duck));
    FRAZIL_ASSIGN(connection_, database_->Connect());
    return {};
  }

  // \return why nothing can be compared; empty if it can.
  Result<std::string> FindUnsteady(UnsteadyColumns& unsteady) {
    unsteady.resize(plan_.targets.size());
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
    if (plan_.dead_letter_target < 0) return std::string();
    auto& columns = unsteady[static_cast<std::size_t>(plan_.dead_letter_target)];
    columns = {"message", "recorded_at"};
    // Written by the script of the time, which was mended since.
    if (letters_.was_replayed()) {
      columns.insert({"stage", "error_class", "failed_inserts", "replay_round"});
    }
    return std::string();
  }

  void AddTable(std::size_t index, const std::set<std::string>& unsteady) {
    const TargetPlan& target = plan_.targets[index];
    TableVerdict verdict;
    verdict.table = target.name.ToString();
    verdict.left_out.assign(unsteady.begin(), unsteady.end());
    verdict.foreign_snapshots = ForeignSnapshotsOf(target);
    std::vector<int> columns;
    for (std::size_t c = 0; c < target.schema.fields.size(); ++c) {
      if (unsteady.contains(target.schema.fields[c].name)) continue;
      columns.push_back(static_cast<int>(c));
    }
    sides_.emplace_back(columns);
    AddPlaces(index);
    report_.tables.push_back(std::move(verdict));
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

  // Adds what is expected. \return why a source cannot be read again; empty if all were.
  Result<std::string> ReadSources() {
    ExpectedRows expected(plan_, coverage_, letters_,
                          [&](std::size_t target, const arrow::RecordBatch& rows) {
                            Side& side = sides_[target];
                            if (side.expected_places) side.expected_places->Add(rows);
                            return side.expected.Add(rows);
                          });
    for (std::size_t i = 0; i < again_.sources.size(); ++i) {
      FRAZIL_ASSIGN(std::string reason, ReadSource(i, expected));
      if (!reason.empty()) return reason;
    }
    still_failing_ = expected.still_failing();
    return std::string();
  }

  Result<std::string> ReadSource(std::size_t index, ExpectedRows& expected) {
    FRAZIL_ASSIGN(auto source, parts_.MakeSource(index));
    const SourceSpec& spec = again_.spec.sources[again_.sources[index]];
    FRAZIL_ASSIGN(SourceReading reading,
                  SourceReading::Open(std::move(source), spec, coverage_));
    if (!reading.impossible_because().empty()) return reading.impossible_because();
    FRAZIL_ASSIGN(const auto decoder, parts_.MakeDecoder(index));
    FRAZIL_ASSIGN(const auto flows, parts_.MakeFlows(index));
    offsets_ += reading.offsets();
    compacted_.merge(reading.CompactedStreams());
    return reading.Read([&](const RawBatch& batch) {
      report_.records += static_cast<std::int64_t>(batch.records.size());
      on_progress_(report_.records, offsets_);
      return expected.Add(batch, *decoder, flows);
    });
  }

  Status ReadFound(std::size_t target) {
    if (static_cast<std::int64_t>(target) == plan_.dead_letter_target) {
      FRAZIL_ASSIGN(
          report_.replayable,
          letters_.Compare(plan_, still_failing_, *connection_, sides_[target].found));
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
    if (side.expected_places && side.found_places) {
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
  const PipelinePlan again_;
  const OnVerifyProgress& on_progress_;
  MemoryBudget budget_;
  PipelineParts parts_;
  LedgerCoverage coverage_;
  std::set<std::string> compacted_;  // "<source>/<stream>"
  std::unique_ptr<DuckDatabase> database_;
  std::unique_ptr<DuckConnection> connection_;
  VerifyLetters letters_;
  // Of records that the script of today sets aside.
  VerifyLetters::Places still_failing_;
  std::vector<Side> sides_;
  VerifyReport report_;
  std::int64_t offsets_ = 0;
};

}  // namespace

Result<VerifyReport> VerifyPipeline(const PipelinePlan& plan,
                                    const OnVerifyProgress& on_progress) {
  FRAZIL_ASSIGN(PipelinePlan again, PlanReadingAgain(plan));
  Verifier verifier(plan, std::move(again), on_progress);
  return verifier.Run();
}

}  // namespace frazil
