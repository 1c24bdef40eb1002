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

Status DeadLetterSource::BeginRounds() {
  FRAZIL_ASSIGN(const auto failed,
                connection_->QueryTexts(fmt::format(
                    "SELECT DISTINCT topic, \"partition\" FROM {} AND state = "
                    "'failed-again'",
                    OwnLetters())));
  for (const auto& row : failed) {
    const Split split{config_.name, row[0], ToInteger<std::int32_t>(row[1])};
    if (config_.unfinished.contains(split)) continue;
    ReplayPosition& position = next_[split];
    RawBatch begun;
    begun.split = split;
    begun.range.begin = position.ToPosition();
    position = position.NextRound();
    begun.range.end = position.ToPosition();
    begun_rounds_.push_back(std::move(begun));
  }
  return {};
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

Status DeadLetterSource::Start(SplitListener& listener) {
  std::vector<Split> splits;
  for (const auto& [split, identity] : splits_) splits.push_back(split);
  FRAZIL_ASSIGN(const Positions positions, listener.OnAssigned(splits));
  for (const auto& [split, position] : positions) {
    FRAZIL_ASSIGN(next_[split], ReplayPosition::From(position));
  }
  if (config_.is_retry) FRAZIL_TRY(BeginRounds());
  FRAZIL_TRY(CheckInserts());
  FRAZIL_ASSIGN(const auto count,
                connection_->QueryTexts(fmt::format(
                    "SELECT count(*) FROM {} AND state = 'waiting'", OwnLetters())));
  waiting_ = ToInteger<std::int64_t>(count[0][0]);
  FRAZIL_ASSIGN(statement_, connection_->Prepare(fmt::format(
                                "SELECT {} FROM {} AND state = 'waiting' ORDER BY topic, "
                                "\"partition\", \"offset\"",
                                kLetterColumns, OwnLetters())));
  FRAZIL_ASSIGN(rows_, statement_->Run());
  return {};
}

Result<std::vector<RawBatch>> DeadLetterSource::Poll(std::chrono::milliseconds wait) {
  if (!begun_rounds_.empty()) return std::exchange(begun_rounds_, {});
  std::vector<RawBatch> batches;
  if (is_at_end_ || rows_ == nullptr) {
    std::this_thread::sleep_for(std::min(wait, kIdle));
    return batches;
  }
  FRAZIL_ASSIGN(const auto rows, rows_->Next(kRowsPerPoll));
  if (rows == nullptr) {
    is_at_end_ = true;
    return batches;
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
