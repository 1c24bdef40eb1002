#include "source/datagen/datagen_source.h"

#include <algorithm>
#include <memory>
#include <string_view>
#include <thread>
#include <utility>

#include "source/datagen/record_writer.h"

namespace frazil {
namespace {

// A batch is made in one piece of memory of about this size, and has no more records.
constexpr std::size_t kArenaBytes = 1 << 20;
constexpr std::int64_t kMaxBatchRecords = 4096;

class Arena final : public RawStorage {
 public:
  explicit Arena(std::size_t size) : bytes_(new char[size]) {}
  [[nodiscard]] Headers HeadersOf(std::size_t /*index*/) const override { return {}; }
  [[nodiscard]] char* bytes() const { return bytes_.get(); }

 private:
  std::unique_ptr<char[]> bytes_;
};

}  // namespace

DatagenSource::DatagenSource(DatagenConfig config)
    : config_(std::move(config)),
      record_bytes_(MaxRecordBytes(config_.fields)),
      next_(static_cast<std::size_t>(config_.splits), 0) {}

Split DatagenSource::SplitOf(std::int32_t partition) const {
  return Split{config_.name, config_.name, partition};
}

std::map<Split, StreamIdentity> DatagenSource::Splits() const {
  std::map<Split, StreamIdentity> splits;
  for (std::int32_t i = 0; i < config_.splits; ++i)
    splits.emplace(SplitOf(i), StreamIdentity());
  return splits;
}

Result<Positions> DatagenSource::ResolveStartup() {
  Positions positions;
  for (std::int32_t i = 0; i < config_.splits; ++i)
    positions.emplace(SplitOf(i), Position());
  return positions;
}

Result<Positions> DatagenSource::Beginnings(const std::vector<Split>& splits) {
  Positions positions;
  for (const Split& split : splits) positions.emplace(split, Position());
  return positions;
}

Status DatagenSource::Start(SplitListener& listener) {
  std::vector<Split> splits;
  for (std::int32_t i = 0; i < config_.splits; ++i) splits.push_back(SplitOf(i));
  FRAZIL_ASSIGN(const Positions positions, listener.OnAssigned(splits));
  for (const Split& split : splits) {
    const auto position = positions.find(split);
    if (position == positions.end()) {
      return Fail(ErrorKind::kInternal, "no position for {}", split.ToString());
    }
    next_[static_cast<std::size_t>(split.partition)] = position->second.ordinal;
  }
  is_started_ = true;
  started_ = Clock::now();
  rows_made_ = 0;
  return {};
}

// Of the table's rows, those whose number leaves `partition` when divided by the splits.
std::int64_t DatagenSource::RowsIn(std::int32_t partition) const {
  const std::int64_t rows = *config_.row_count;
  return rows / config_.splits + (partition < rows % config_.splits ? 1 : 0);
}

// Rows that rows-per-second lets out now.
std::int64_t DatagenSource::Allowance() const {
  if (config_.rows_per_second == 0) return kMaxBatchRecords;
  const double seconds = std::chrono::duration<double>(Clock::now() - started_).count();
  const double due = seconds * static_cast<double>(config_.rows_per_second);
  return std::clamp(static_cast<std::int64_t>(std::min(due, 9e18)) - rows_made_,
                    std::int64_t{0}, kMaxBatchRecords);
}

Result<std::vector<RawBatch>> DatagenSource::Poll(std::chrono::milliseconds wait) {
  if (!is_started_) return Fail(ErrorKind::kInternal, "{}: not started", config_.name);
  std::vector<RawBatch> batches;
  std::int64_t allowed = Allowance();
  if (allowed == 0 || IsAtEnd()) {
    std::this_thread::sleep_for(std::min(wait, std::chrono::milliseconds(10)));
    allowed = Allowance();
  }
  for (std::int32_t tried = 0; tried < config_.splits && allowed > 0; ++tried) {
    const std::int32_t partition = turn_;
    turn_ = (turn_ + 1) % config_.splits;
    std::int64_t count = allowed;
    if (config_.row_count) {
      count =
          std::min(count, RowsIn(partition) - next_[static_cast<std::size_t>(partition)]);
    }
    if (count <= 0) continue;
    batches.push_back(Generate(partition, count));
    break;
  }
  return batches;
}

RawBatch DatagenSource::Generate(std::int32_t partition, std::int64_t count) {
  std::int64_t& next = next_[static_cast<std::size_t>(partition)];
  const std::size_t wanted = static_cast<std::size_t>(count) * record_bytes_;
  const std::size_t size = std::max(std::min(kArenaBytes, wanted), record_bytes_);
  auto arena = std::make_unique<Arena>(size);
  RawBatch batch;
  batch.split = SplitOf(partition);
  batch.range.begin.ordinal = next;
  batch.records.reserve(static_cast<std::size_t>(count));
  char* out = arena->bytes();
  const char* const last_start = out + (size - record_bytes_);
  for (std::int64_t i = 0; i < count && out <= last_start; ++i, ++next) {
    const std::int64_t index = next * config_.splits + partition;
    char* const end = WriteRecord(config_, index, out);
    RawRecord& record = batch.records.emplace_back();
    record.value = std::string_view(out, static_cast<std::size_t>(end - out));
    record.ordinal = next;
    record.timestamp_ms = RecordTimeMs(config_, index);
    record.timestamp_type = TimestampType::kCreateTime;
    out = end;
  }
  batch.range.end.ordinal = next;
  batch.size_bytes = out - arena->bytes();
  rows_made_ += next - batch.range.begin.ordinal;
  batch.storage = std::move(arena);
  return batch;
}

bool DatagenSource::IsAtEnd() const {
  if (!config_.row_count) return false;
  for (std::int32_t i = 0; i < config_.splits; ++i) {
    if (next_[static_cast<std::size_t>(i)] < RowsIn(i)) return false;
  }
  return true;
}

std::int64_t DatagenSource::Lag() const {
  if (!config_.row_count) return -1;
  std::int64_t lag = 0;
  for (std::int32_t i = 0; i < config_.splits; ++i) {
    lag += std::max<std::int64_t>(RowsIn(i) - next_[static_cast<std::size_t>(i)], 0);
  }
  return lag;
}

}  // namespace frazil
