#include "source/dead_letters/dead_letter_source.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <thread>
#include <utility>

#include "base/unique_id.h"
#include "engine/iceberg_scan.h"
#include "engine/query_tree.h"
#include "source/dead_letters/dead_letter_rows.h"

namespace frazil {
namespace {

constexpr std::int64_t kMemoryBytes = 192LL << 20;
constexpr std::int64_t kRowsPerPoll = 1024;
constexpr std::chrono::milliseconds kIdle(10);

// Of an integer as DuckDB writes it.
template <typename Integer>
Integer ToInteger(const std::string& text) {
  Integer value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

}  // namespace

DeadLetterSource::DeadLetterSource(DeadLetterConfig config)
    : config_(std::move(config)) {}

DeadLetterSource::~DeadLetterSource() { Close(); }

std::string DeadLetterSource::OwnLetters() const {
  return fmt::format("({}) AS own WHERE source = {}", LettersSql("letters", next_),
                     QuoteSqlText(config_.name));
}

Status DeadLetterSource::Open() {
  std::error_code error;
  const auto temporary = std::filesystem::temp_directory_path(error);
  if (!error) spill_folder_ = temporary / ("frazil-replay-" + RandomUuid());
  DuckOptions options;
  options.memory_limit_bytes = kMemoryBytes;
  options.temp_directory = spill_folder_;
  options.external_access = true;
  FRAZIL_ASSIGN(database_, DuckDatabase::Open(options));
  FRAZIL_ASSIGN(connection_, database_->Connect());
  FRAZIL_ASSIGN(const std::string scan, ScanSql(*config_.table, *config_.io));
  FRAZIL_TRY(connection_->Execute("CREATE TEMPORARY VIEW letters AS " + scan));
  FRAZIL_ASSIGN(const auto found,
                connection_->QueryTexts(fmt::format(
                    "SELECT DISTINCT topic, \"partition\" FROM letters WHERE source = {}",
                    QuoteSqlText(config_.name))));
  for (const auto& row : found) {
    const Split split{config_.name, row[0], ToInteger<std::int32_t>(row[1])};
    const auto identity = config_.identities.find(split);
    splits_.emplace(split, identity == config_.identities.end() ? StreamIdentity()
                                                                : identity->second);
  }
  return {};
}

Result<Positions> DeadLetterSource::ResolveStartup() {
  Positions positions;
  for (const auto& [split, identity] : splits_) positions.emplace(split, Position());
  return positions;
}

Result<Positions> DeadLetterSource::Beginnings(const std::vector<Split>& splits) {
  Positions beginnings;
  for (const Split& split : splits) beginnings.emplace(split, Position());
  return beginnings;
}

// A round that some table has been in ends where it ended then: what came later was read in
// the next one.
std::string DeadLetterSource::BeforeBounds() const {
  std::string condition = "true";
  for (const auto& [split, reached] : reached_) {
    const auto at = next_.find(split);
    if (at == next_.end() || reached.round <= at->second.round) continue;
    condition +=
        fmt::format(" AND NOT (topic = {} AND \"partition\" = {} AND \"offset\" >= {})",
                    QuoteSqlText(split.stream), split.partition,
                    reached.shift - 1 - at->second.shift);
  }
  return condition;
}

// A letter that has failed in this round, before a table was rolled back or the replay was
// killed, is read again in the next one, for the INSERTs that failed; here only for others.
std::string DeadLetterSource::WaitingLetters() const {
  std::string all;
  for (const std::string& insert : config_.inserts) {
    all += fmt::format("{}{}", all.empty() ? "" : ", ", QuoteSqlText(insert));
  }
  std::string rounds = "('', -1, 0)";
  for (const auto& [split, position] : next_) {
    rounds += fmt::format(", ({}, {}, {})", QuoteSqlText(split.stream), split.partition,
                          position.round);
  }
  return fmt::format(
      "SELECT waiting.* REPLACE (CASE WHEN failed.topic IS NULL THEN "
      "waiting.failed_inserts ELSE list_filter(CASE WHEN "
      "len(coalesce(waiting.failed_inserts, [])) = 0 THEN [{0}] ELSE "
      "waiting.failed_inserts END, lambda name: NOT "
      "list_contains(failed.failed_inserts, name)) END AS failed_inserts) "
      "FROM (SELECT * FROM {1} AND state = 'waiting' AND {2}) AS waiting "
      "LEFT JOIN (SELECT letters.topic, letters.\"partition\", letters.\"offset\", "
      "letters.failed_inserts FROM letters JOIN (VALUES {3}) AS "
      "at_round(topic, \"partition\", round) ON letters.topic = at_round.topic AND "
      "letters.\"partition\" = at_round.\"partition\" AND letters.replay_round = "
      "at_round.round WHERE letters.source = {4}) AS failed ON failed.topic = "
      "waiting.topic AND failed.\"partition\" = waiting.\"partition\" AND "
      "failed.\"offset\" = waiting.\"offset\" WHERE failed.topic IS NULL OR "
      "(len(coalesce(failed.failed_inserts, [])) > 0 AND NOT "
      "list_has_all(failed.failed_inserts, CASE WHEN "
      "len(coalesce(waiting.failed_inserts, [])) = 0 THEN [{0}] ELSE "
      "waiting.failed_inserts END))",
      all, OwnLetters(), BeforeBounds(), rounds, QuoteSqlText(config_.name));
}

Result<std::set<Split>> DeadLetterSource::SplitsWith(const std::string& condition) {
  FRAZIL_ASSIGN(const auto rows,
                connection_->QueryTexts(fmt::format(
                    "SELECT topic, \"partition\" FROM {} GROUP BY ALL HAVING {}",
                    OwnLetters(), condition)));
  std::set<Split> splits;
  for (const auto& row : rows) {
    splits.insert(Split{config_.name, row[0], ToInteger<std::int32_t>(row[1])});
  }
  return splits;
}

Status DeadLetterSource::ReadReached() {
  for (const auto& [split, position] : config_.reached) {
    if (split.source != config_.name) continue;
    FRAZIL_ASSIGN(const ReplayPosition reached, ReplayPosition::From(position));
    const auto at = next_.find(split);
    if (at == next_.end() || at->second.round + 1 >= reached.round) {
      reached_[split] = reached;
      continue;
    }
    return Fail(
        ErrorKind::kDataLoss,
        "{}: a table was rolled back to round {} of the replays of its dead "
        "letters, but was in round {}: what lies between cannot be replayed again. "
        "Set that table to a later snapshot, of round {} or after it",
        split.ToString(), at->second.round, reached.round, reached.round - 1);
  }
  return {};
}

void DeadLetterSource::Move(const Split& split, const ReplayPosition& to) {
  ReplayPosition& position = next_[split];
  RawBatch move;
  move.split = split;
  move.range.begin = position.ToPosition();
  position = to;
  move.range.end = position.ToPosition();
  moves_.push_back(std::move(move));
}

// What was asked for: the next round, where the last one is finished.
Status DeadLetterSource::BeginRounds() {
  FRAZIL_ASSIGN(const std::set<Split> failed,
                SplitsWith("count(*) FILTER (state = 'failed-again') > 0"));
  // New ones do not count: the next round reads them as well.
  FRAZIL_ASSIGN(
      const std::set<Split> unfinished,
      SplitsWith("count(*) FILTER (state = 'waiting' AND replay_round > 0) > 0"));
  for (const Split& split : failed) {
    const ReplayPosition& position = next_[split];
    const auto reached = reached_.find(split);
    const bool is_behind =
        reached != reached_.end() &&
        reached->second.ToPosition().ordinal > position.ToPosition().ordinal;
    if (!is_behind && !unfinished.contains(split)) Move(split, position.NextRound());
  }
  return {};
}

// Goes on where some table has been: to the next round, or over letters that are done with.
void DeadLetterSource::EndPass() {
  for (const auto& [split, reached] : reached_) {
    const auto at = next_.find(split);
    if (at == next_.end()) continue;
    const bool is_behind = at->second.ToPosition().ordinal < reached.ToPosition().ordinal;
    if (at->second.round < reached.round) {
      ReplayPosition begin = reached;
      begin.offset = 0;
      Move(split, begin);
    } else if (is_behind) {
      Move(split, reached);
    }
  }
}

Status DeadLetterSource::CheckInserts() {
  FRAZIL_ASSIGN(
      const auto wanted,
      connection_->QueryTexts(fmt::format(
          "SELECT DISTINCT unnest(failed_inserts) FROM {} AND state = 'waiting'",
          OwnLetters())));
  for (const auto& row : wanted) {
    if (std::find(config_.inserts.begin(), config_.inserts.end(), row[0]) !=
        config_.inserts.end()) {
      continue;
    }
    return Fail(ErrorKind::kInvalidConfig,
                "dead letters of {} wait for INSERT INTO {}, which the script no longer "
                "has: put it back to run them again",
                config_.name, row[0]);
  }
  return {};
}

Status DeadLetterSource::StartPass() {
  const std::string waiting = WaitingLetters();
  FRAZIL_ASSIGN(const auto count, connection_->QueryTexts(fmt::format(
                                      "SELECT count(*) FROM ({}) AS waiting", waiting)));
  waiting_ = ToInteger<std::int64_t>(count[0][0]);
  FRAZIL_ASSIGN(statement_, connection_->Prepare(
                                fmt::format("SELECT {} FROM ({}) AS waiting ORDER BY "
                                            "topic, \"partition\", \"offset\"",
                                            kLetterColumns, waiting)));
  FRAZIL_ASSIGN(rows_, statement_->Run());
  return {};
}

Status DeadLetterSource::Start(SplitListener& listener) {
  std::vector<Split> splits;
  for (const auto& [split, identity] : splits_) splits.push_back(split);
  FRAZIL_ASSIGN(const Positions positions, listener.OnAssigned(splits));
  for (const auto& [split, position] : positions) {
    FRAZIL_ASSIGN(next_[split], ReplayPosition::From(position));
  }
  FRAZIL_TRY(ReadReached());
  if (config_.is_retry) FRAZIL_TRY(BeginRounds());
  FRAZIL_TRY(CheckInserts());
  return StartPass();
}

Result<std::vector<RawBatch>> DeadLetterSource::Poll(std::chrono::milliseconds wait) {
  if (!moves_.empty()) return std::exchange(moves_, {});
  std::vector<RawBatch> batches;
  if (is_at_end_ || rows_ == nullptr) {
    std::this_thread::sleep_for(std::min(wait, kIdle));
    return batches;
  }
  FRAZIL_ASSIGN(const auto rows, rows_->Next(kRowsPerPoll));
  if (rows == nullptr) {
    EndPass();
    is_at_end_ = moves_.empty();
    if (is_at_end_) return batches;
    rows_.reset();
    FRAZIL_TRY(StartPass());
    return std::exchange(moves_, {});
  }
  for (LetterRun& run : RecordsOf(rows)) {
    RawBatch batch;
    batch.split = {config_.name, std::move(run.topic), run.partition};
    ReplayPosition& position = next_[batch.split];
    batch.range.begin = position.ToPosition();
    position.offset = run.records.back().ordinal + 1;
    batch.range.end = position.ToPosition();
    batch.replay = {std::move(run.inserts), position.round, position.shift};
    waiting_ -= static_cast<std::int64_t>(run.records.size());
    batch.records = std::move(run.records);
    batch.size_bytes = run.size_bytes;
    batch.storage = std::move(run.storage);
    batches.push_back(std::move(batch));
  }
  return batches;
}

void DeadLetterSource::Close() {
  rows_.reset();
  statement_.reset();
  connection_.reset();
  database_.reset();
  if (spill_folder_.empty()) return;
  std::error_code error;
  std::filesystem::remove_all(spill_folder_, error);
  spill_folder_.clear();
}

}  // namespace frazil
