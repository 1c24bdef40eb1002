#include "query/verify_source.h"

#include <chrono>
#include <utility>
#include <vector>

namespace frazil {
namespace {

constexpr std::chrono::milliseconds kPollWait(100);
// So long may a source give nothing before it is taken for away.
constexpr std::chrono::seconds kPatience(60);

Result<SourceSpec> SpecReadingAgain(const SourceSpec& source) {
  if (source.connector != "kafka") return source;
  SourceSpec again = source;
  again.options = Options();
  for (const Option& option : source.options.all()) {
    if (option.key.starts_with("scan.bounded.") || option.key == "scan.assignment") {
      continue;
    }
    FRAZIL_TRY(again.options.Add(option));
  }
  FRAZIL_TRY(
      again.options.Add({"scan.assignment", "static", source.place, source.place}));
  FRAZIL_TRY(again.options.Add(
      {"scan.bounded.mode", "latest-offset", source.place, source.place}));
  return again;
}

class StartAt : public SplitListener {
 public:
  explicit StartAt(const Positions& start) : start_(start) {}

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
  const Positions& start_;
};

}  // namespace

Result<PipelinePlan> PlanReadingAgain(const PipelinePlan& plan) {
  PipelinePlan again;
  again.spec = plan.spec;
  for (SourceSpec& source : again.spec.sources) {
    FRAZIL_ASSIGN(source, SpecReadingAgain(source));
  }
  again.settings = plan.settings;
  again.name = plan.name;
  again.io = plan.io;
  again.database = plan.database;
  again.sources = plan.sources;
  again.targets = plan.targets;
  again.flows = plan.flows;
  again.dead_letter_target = plan.dead_letter_target;
  // A dead-letter topic is not written again.
  if (again.settings.dead_letters == DeadLetterPolicy::kTopic) {
    again.settings.dead_letters = DeadLetterPolicy::kFail;
  }
  return again;
}

SourceReading::SourceReading(std::unique_ptr<Source> source, ReplayRange range)
    : source_(std::move(source)), range_(std::move(range)) {}

Result<SourceReading> SourceReading::Open(std::unique_ptr<Source> source,
                                          const SourceSpec& spec,
                                          const LedgerCoverage& coverage) {
  FRAZIL_TRY(source->Open());
  const bool can_begin_earliest =
      spec.options.Get("scan.startup.mode") == "earliest-offset" ||
      spec.connector != "kafka";
  FRAZIL_ASSIGN(ReplayRange range, RangeOf(coverage, *source, can_begin_earliest));
  return SourceReading(std::move(source), std::move(range));
}

std::int64_t SourceReading::offsets() const {
  std::int64_t sum = 0;
  for (const auto& [split, end] : range_.end) {
    sum += end - range_.start.at(split).ordinal;
  }
  return sum;
}

std::set<std::string> SourceReading::CompactedStreams() const {
  std::set<std::string> streams;
  if (range_.end.empty()) return streams;
  for (const std::string& stream : source_->CompactedStreams()) {
    streams.insert(source_->name() + "/" + stream);
  }
  return streams;
}

Status SourceReading::Take(RawBatch batch, const OnRecords& on_records) {
  const auto wanted = range_.end.find(batch.split);
  if (wanted == range_.end.end()) return {};
  batch.records.resize(RecordsBelow(batch, wanted->second));
  if (batch.range.end.ordinal >= wanted->second) range_.end.erase(wanted);
  return batch.records.empty() ? Status() : on_records(batch);
}

Result<std::string> SourceReading::Read(const OnRecords& on_records) {
  if (range_.end.empty()) return std::string();
  StartAt listener(range_.start);
  FRAZIL_TRY(source_->Start(listener));
  auto last_batch = std::chrono::steady_clock::now();
  while (!range_.end.empty()) {
    FRAZIL_ASSIGN(std::vector<RawBatch> batches, source_->Poll(kPollWait));
    const auto now = std::chrono::steady_clock::now();
    if (!batches.empty()) last_batch = now;
    if (batches.empty() && source_->IsAtEnd()) {
      const auto& [split, end] = *range_.end.begin();
      return fmt::format(
          "{} ends before offset {}, up to which its rows are in the tables: the topic "
          "was cut short or made again",
          split.ToString(), end);
    }
    if (now - last_batch > kPatience) {
      return Fail(ErrorKind::kUnavailable, "{}: no records for {} s", source_->name(),
                  kPatience.count());
    }
    for (RawBatch& batch : batches) FRAZIL_TRY(Take(std::move(batch), on_records));
  }
  source_->Close();
  return std::string();
}

}  // namespace frazil
