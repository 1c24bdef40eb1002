#include "write/table_writer.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <arrow/memory_pool.h>
#include <arrow/record_batch.h>
#include <arrow/util/byte_size.h>
#include <fmt/format.h>
#include <sys/resource.h>

#include "base/log.h"
#include "base/unique_id.h"
#include "iceberg/partition_path.h"
#include "storage/home_folder.h"
#include "write/dictionary_choice.h"
#include "write/finish_files.h"
#include "write/parquet_file.h"
#include "write/parquet_layout.h"
#include "write/partition_router.h"

namespace frazil {
namespace {

constexpr std::int64_t kMegabyte = std::int64_t{1} << 20;

// Rows and bytes between two looks at the size of a file. A step is also what is copied at
// once of rows that do not lie together.
constexpr std::int64_t kRowsPerStep = 4096;
constexpr std::int64_t kBytesPerStep = 4 * kMegabyte;

// A writer that holds less than this part of the budget is not asked to give way.
constexpr std::int64_t kLeastShare = 8;

// Each open file has a descriptor, of which others need some as well.
std::size_t MostOpenFiles() {
  constexpr std::size_t kMost = 4000;
  rlimit descriptors{};
  if (::getrlimit(RLIMIT_NOFILE, &descriptors) != 0) return 400;
  return std::min(kMost, static_cast<std::size_t>(descriptors.rlim_cur) / 5 * 2);
}

// Handing rows to a file costs as much as encoding some dozens of them: rows of many
// partitions wait until there are about so many for each.
constexpr std::size_t kRowsPerHandOver = 256;

// Memory of closed files for which the allocators are asked for what they keep.
constexpr std::int64_t kLeastGivenBack = 32 * kMegabyte;

// Memory of an open file with a few rows, per leaf column (measured), and of one whose row
// groups are written out.
constexpr std::int64_t kLeastBytesPerColumn = 18 << 10;
constexpr std::int64_t kFlushedBytesPerColumn = 5 << 10;

// New memory between two looks at the process.
constexpr std::int64_t kBytesPerLook = kMegabyte;

// Files of passing partitions that are completed together.
constexpr std::size_t kFilesPerClose = 32;

struct OpenFile {
  std::unique_ptr<ParquetFile> file;
  std::vector<Literal> partition;
  Reservation memory;
  std::int64_t size_bytes = 0;  // estimated
};

// Rows that wait to be routed together.
struct Stage {
  std::vector<std::shared_ptr<arrow::RecordBatch>> batches;
  std::size_t row_count = 0;
  Reservation memory;
};

struct Epoch {
  std::int64_t number = 0;
  // By partition key.
  std::map<std::string, OpenFile> open;
  std::vector<DataFile> finished;
  // Which leaf columns get dictionaries.
  std::vector<bool> dictionaries;
  Stage stage;
  std::int64_t size_bytes = 0;  // of finished and open files
};

class PartitionedTableWriter : public TableWriter {
 public:
  PartitionedTableWriter(std::shared_ptr<const TableMetadata> metadata,
                         std::shared_ptr<const ParquetLayout> layout,
                         PartitionRouter router, FileIO& io, MemoryBudget& budget)
      : metadata_(std::move(metadata)),
        layout_(std::move(layout)),
        router_(std::move(router)),
        io_(io),
        home_(io, metadata_->location),
        budget_(budget) {}

  Status Write(std::int64_t epoch,
               const std::shared_ptr<arrow::RecordBatch>& rows) override {
    if (failure_.has_value()) return Fail(*failure_);
    if (rows->num_rows() == 0) return {};
    FRAZIL_ASSIGN(const auto adopted, layout_->Adopt(rows));
    Epoch& open_epoch = FindOrOpen(epoch, *adopted);
    Stage& stage = open_epoch.stage;
    stage.row_count += static_cast<std::size_t>(rows->num_rows());
    // Without the parts of shared buffers that belong to other slices.
    stage.memory.Resize(stage.memory.bytes() +
                        arrow::util::ReferencedBufferSize(*adopted).ValueOr(0));
    stage.batches.push_back(adopted);
    if (!IsStageFull(stage)) return {};
    return Remember(WriteStage(open_epoch));
  }

  Result<std::vector<DataFile>> Finish(std::int64_t epoch) override {
    if (failure_.has_value()) return Fail(*failure_);
    const auto at = std::find_if(epochs_.begin(), epochs_.end(),
                                 [&](const Epoch& e) { return e.number == epoch; });
    if (at == epochs_.end()) return std::vector<DataFile>();
    FRAZIL_TRY(Remember(WriteStage(*at)));
    std::vector<std::string> keys;
    for (const auto& [key, open] : at->open) keys.push_back(key);
    FRAZIL_TRY(Remember(CloseFiles(*at, keys)));
    std::vector<DataFile> files = std::move(at->finished);
    epochs_.erase(at);
    GiveMemoryBack();
    return files;
  }

  void Abandon() override {
    for (Epoch& epoch : epochs_) {
      epoch.open.clear();
      for (const DataFile& file : epoch.finished) {
        if (const Status deleted = io_.Delete(file.file_path); !deleted.has_value()) {
          Log(LogLevel::kWarning, "cannot delete an abandoned file",
              {{"location", file.file_path}, {"error", deleted.error().message}});
        }
      }
    }
    epochs_.clear();
    closed_memory_bytes_ += memory_bytes_;
    memory_bytes_ = 0;
    failure_.reset();
    GiveMemoryBack();
  }

  [[nodiscard]] std::int64_t EpochBytes(std::int64_t epoch) const override {
    for (const Epoch& open : epochs_) {
      if (open.number == epoch) return open.size_bytes + open.stage.memory.bytes();
    }
    return 0;
  }

 private:
  using OpenFiles = std::map<std::string, OpenFile>;

  Status Remember(Status status) {
    if (status.has_value()) return status;
    // A folder that is gone has more to tell than a file in it that cannot be renamed.
    if (Status home = home_.Check(); !home.has_value()) status = std::move(home);
    failure_ = status.error();
    return status;
  }

  Epoch& FindOrOpen(std::int64_t number, const arrow::RecordBatch& rows) {
    for (Epoch& epoch : epochs_) {
      if (epoch.number == number) return epoch;
    }
    Epoch epoch;
    epoch.number = number;
    epoch.dictionaries = ChooseDictionaries(*layout_, rows);
    epoch.stage.memory = Reservation(budget_);
    epochs_.push_back(std::move(epoch));
    return epochs_.back();
  }

  // Memory of files of all partitions of the rows routed last.
  [[nodiscard]] std::int64_t FilesBytes(std::int64_t bytes_per_column) const {
    return static_cast<std::int64_t>(partition_count_ * layout_->leaves().size()) *
           bytes_per_column;
  }

  // How many partitions the rows have. Where there is no room for an open row group each,
  // as many rows as possible are collected, and the row groups of a partition written out
  // before those of the next. Where there is none for the files either, they are closed.
  enum class Crowd { kNone, kRowGroups, kFiles };
  [[nodiscard]] Crowd CrowdOf() const {
    if (partition_count_ > most_open_files_ ||
        FilesBytes(kFlushedBytesPerColumn) > budget_.limit_bytes() / 4) {
      return Crowd::kFiles;
    }
    return FilesBytes(kLeastBytesPerColumn) > budget_.limit_bytes() / 2
               ? Crowd::kRowGroups
               : Crowd::kNone;
  }

  [[nodiscard]] bool IsStageFull(const Stage& stage) const {
    const std::int64_t limit_bytes = budget_.limit_bytes();
    if (partition_count_ <= 1) return true;
    if (budget_.is_exceeded() && stage.memory.bytes() > limit_bytes / 16) return true;
    if (CrowdOf() != Crowd::kNone) return stage.memory.bytes() >= limit_bytes / 3;
    return stage.row_count >= partition_count_ * kRowsPerHandOver ||
           stage.memory.bytes() >= std::min(8 * kMegabyte, limit_bytes / 32);
  }

  Status WriteStage(Epoch& epoch) {
    Stage& stage = epoch.stage;
    if (stage.batches.empty()) return {};
    bytes_per_row_ =
        stage.memory.bytes() / static_cast<std::int64_t>(stage.row_count) + 1;
    rows_per_step_ =
        std::clamp<std::int64_t>(kBytesPerStep / bytes_per_row_, 1, kRowsPerStep);
    FRAZIL_ASSIGN(const RoutedRows rows, router_.Route(std::move(stage.batches)));
    stage.batches.clear();
    stage.row_count = 0;
    partition_count_ = rows.partitions().size();
    const Crowd crowd = CrowdOf();
    std::vector<std::string> passed;
    for (const RoutedPartition& partition : rows.partitions()) {
      FRAZIL_TRY(WritePartition(epoch, rows, partition));
      if (crowd == Crowd::kRowGroups) FRAZIL_TRY(Flush(epoch, partition.key));
      if (crowd == Crowd::kFiles) passed.push_back(partition.key);
      if (passed.size() < kFilesPerClose) continue;
      FRAZIL_TRY(CloseFiles(epoch, passed));
      passed.clear();
    }
    FRAZIL_TRY(CloseFiles(epoch, passed));
    stage.memory.Resize(0);
    return {};
  }

  Status WritePartition(Epoch& epoch, const RoutedRows& rows,
                        const RoutedPartition& partition) {
    for (std::int64_t first = 0; first < partition.row_count(); first += rows_per_step_) {
      auto at = epoch.open.find(partition.key);
      if (at == epoch.open.end()) {
        FRAZIL_ASSIGN(OpenFile file, OpenNew(epoch, partition));
        at = epoch.open.emplace(partition.key, std::move(file)).first;
        not_looked_bytes_ +=
            static_cast<std::int64_t>(layout_->leaves().size()) * kLeastBytesPerColumn;
      }
      FRAZIL_ASSIGN(const auto step, rows.Take(partition, first, rows_per_step_));
      FRAZIL_TRY(at->second.file->Write(*step));
      not_looked_bytes_ += step->num_rows() * bytes_per_row_;
      UpdateSizes(epoch, at->second);
      if (at->second.size_bytes >= layout_->options().target_file_size_bytes) {
        FRAZIL_TRY(CloseFiles(epoch, {partition.key}));
      }
      FRAZIL_TRY(GiveWay());
    }
    return {};
  }

  // Writes out the row group of a partition's file if that is still open.
  Status Flush(Epoch& epoch, const std::string& key) {
    const auto at = epoch.open.find(key);
    if (at == epoch.open.end()) return {};
    FRAZIL_TRY(at->second.file->FlushRowGroup());
    UpdateSizes(epoch, at->second);
    return {};
  }

  Result<OpenFile> OpenNew(const Epoch& epoch, const RoutedPartition& partition) {
    const std::string name =
        fmt::format("{:05}-{}-{}.parquet", file_count_++, epoch.number, writer_id_);
    OpenFile open{nullptr, partition.values, Reservation(budget_)};
    FRAZIL_TRY(home_.Check());
    FRAZIL_ASSIGN(open.file,
                  ParquetFile::Open(layout_, io_,
                                    DataFileLocation(*metadata_, metadata_->DefaultSpec(),
                                                     partition.values, name),
                                    epoch.dictionaries));
    return open;
  }

  void UpdateSizes(Epoch& epoch, OpenFile& open) {
    const std::int64_t memory_bytes = open.file->MemoryBytes();
    memory_bytes_ += memory_bytes - open.memory.bytes();
    open.memory.Resize(memory_bytes);
    const std::int64_t size_bytes = open.file->EstimatedSizeBytes();
    epoch.size_bytes += size_bytes - open.size_bytes;
    open.size_bytes = size_bytes;
  }

  // Completes the files of those of the partitions that have one.
  Status CloseFiles(Epoch& epoch, const std::vector<std::string>& keys) {
    std::vector<OpenFiles::iterator> closing;
    std::vector<ParquetFile*> files;
    for (const std::string& key : keys) {
      const auto at = epoch.open.find(key);
      if (at == epoch.open.end()) continue;
      closing.push_back(at);
      files.push_back(at->second.file.get());
    }
    std::vector<Result<DataFile>> finished = FinishFiles(files);
    Status status;
    for (std::size_t i = 0; i < closing.size(); ++i) {
      if (!finished[i].has_value()) {
        if (status.has_value()) status = Fail(std::move(finished[i]).error());
        continue;
      }
      OpenFile& open = closing[i]->second;
      DataFile& file = *finished[i];
      file.spec_id = metadata_->default_spec_id;
      file.partition = std::move(open.partition);
      file.sort_order_id = 0;
      epoch.size_bytes += file.file_size_bytes - open.size_bytes;
      epoch.finished.push_back(std::move(file));
      memory_bytes_ -= open.memory.bytes();
      closed_memory_bytes_ += open.memory.bytes();
      epoch.open.erase(closing[i]);
    }
    return status;
  }

  // Frees memory while there are too many files; while the pipeline holds more memory than
  // it may and this writer more than its share of it: what others hold must not make our
  // files tiny; or if the process itself is about to hold too much.
  Status GiveWay() {
    const std::int64_t share = budget_.limit_bytes() / kLeastShare;
    while (OpenFileCount() > most_open_files_)
      FRAZIL_TRY(ShrinkLargest(/*by_closing=*/true));
    while (budget_.is_exceeded() && memory_bytes_ > share) {
      FRAZIL_TRY(ShrinkLargest(/*by_closing=*/false));
    }
    if (not_looked_bytes_ < kBytesPerLook) return {};
    not_looked_bytes_ = 0;
    const std::int64_t excess = budget_.ProcessExcessBytes();
    if (excess == 0 || memory_bytes_ <= share) return {};
    // Some more, so that it lasts for a while.
    const std::int64_t goal = std::max(share, memory_bytes_ - excess - share);
    while (memory_bytes_ > goal) FRAZIL_TRY(ShrinkLargest(/*by_closing=*/false));
    budget_.ReturnFreed();
    return {};
  }

  // Writes out the row group of the file that holds most, or closes it if it has none.
  Status ShrinkLargest(bool by_closing) {
    Epoch* largest_epoch = nullptr;
    OpenFiles::iterator largest;
    for (Epoch& epoch : epochs_) {
      for (auto at = epoch.open.begin(); at != epoch.open.end(); ++at) {
        if (largest_epoch == nullptr ||
            at->second.memory.bytes() > largest->second.memory.bytes()) {
          largest_epoch = &epoch;
          largest = at;
        }
      }
    }
    if (largest_epoch == nullptr) {
      return Fail(ErrorKind::kInternal, "no open file holds the memory counted: {} bytes",
                  memory_bytes_);
    }
    const std::string key = largest->first;
    if (by_closing || largest->second.file->BufferedRows() == 0) {
      return CloseFiles(*largest_epoch, {key});
    }
    return Flush(*largest_epoch, key);
  }

  [[nodiscard]] std::size_t OpenFileCount() const {
    std::size_t count = 0;
    for (const Epoch& epoch : epochs_) count += epoch.open.size();
    return count;
  }

  // What the allocators keep of closed files would count as ours for ever.
  void GiveMemoryBack() {
    if (closed_memory_bytes_ < kLeastGivenBack) return;
    arrow::system_memory_pool()->ReleaseUnused();
    arrow::default_memory_pool()->ReleaseUnused();
    closed_memory_bytes_ = 0;
  }

  std::shared_ptr<const TableMetadata> metadata_;
  std::shared_ptr<const ParquetLayout> layout_;
  PartitionRouter router_;
  FileIO& io_;
  HomeFolder home_;
  MemoryBudget& budget_;
  // With the count it makes the names of this writer's files unique for ever.
  std::string writer_id_ = RandomUuid();
  std::int64_t file_count_ = 0;
  std::int64_t memory_bytes_ = 0;         // of the open files
  std::int64_t closed_memory_bytes_ = 0;  // of files closed since memory was given back
  std::int64_t not_looked_bytes_ = 0;     // allocated since the process was looked at
  // Of the rows routed last.
  std::size_t partition_count_ = 1;
  std::int64_t bytes_per_row_ = 1;
  std::int64_t rows_per_step_ = kRowsPerStep;
  const std::size_t most_open_files_ = MostOpenFiles();
  std::vector<Epoch> epochs_;
  // The first error: the files of the open epochs are then good for Abandon() only.
  std::optional<Error> failure_;
};

}  // namespace

Result<std::unique_ptr<TableWriter>> TableWriter::Make(
    std::shared_ptr<const TableMetadata> metadata, FileIO& io, MemoryBudget& budget) {
  FRAZIL_ASSIGN(auto layout, ParquetLayout::Make(*metadata));
  FRAZIL_ASSIGN(auto router, PartitionRouter::Make(metadata->CurrentSchema(),
                                                   metadata->DefaultSpec()));
  return std::make_unique<PartitionedTableWriter>(std::move(metadata), std::move(layout),
                                                  std::move(router), io, budget);
}

}  // namespace frazil
